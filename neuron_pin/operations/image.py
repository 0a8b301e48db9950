"""An image: what is in it, the phases of its parts, and what a newer one of its line changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.image_support import find_container_parts, find_machine_parts
from neuron_pin.catalog.images import (
    ContainerImage,
    Images,
    MachineImage,
    find_released_day,
    find_same_framework,
    list_public,
    list_public_machines,
    load_images,
)
from neuron_pin.catalog.newness import Standing, list_known_versions
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import Subjects
from neuron_pin.catalog.support import Part, find_package_phase, find_target_parts, package_part
from neuron_pin.inputs.images import NamedContainer, NamedImage, NamedMachine, find_images
from neuron_pin.inputs.state import read_image_state
from neuron_pin.policy import Phase, Subject, SubjectKind
from neuron_pin.record import NamedTuple

from .diff import Comparison, compare


class Content(NamedTuple):
    """A package of an image: its versions, highest first, empty where they are not known, and
    their phases, empty for what is no Neuron package."""

    name: str
    versions: tuple[str, ...]
    phases: tuple[Phase, ...]


class Newer(NamedTuple):
    """A newer image of a line: its name, the reference or the parameter that leads to it, its
    release and its day."""

    name: str
    reference: str
    sdk: str
    day: date | None


class ImageReport(NamedTuple):
    """What is known of an image on a day.

    ``released`` is its day, none where that is not known, ``status`` that of its SDK release.
    ``parts`` are what has a phase: its line, its framework, Python, operating system.  ``newest``
    is the newest image of its line, ``same_framework`` the newest with its framework version;
    none where this one is it, or none is known.  ``changes`` lie between the image and the
    newest, none where one of them has contents that are not known.
    """

    named: NamedImage
    sdk: str
    released: date | None
    status: Status | None
    parts: tuple[Part, ...]
    contents: tuple[Content, ...]
    newest: Newer | None
    same_framework: Newer | None
    changes: Comparison | None
    as_of: date
    near: tuple[str, ...] = ()
    """Of an image that no list has, the tags of its line and release that they have."""


class ImageLine(NamedTuple):
    """A line of images: what it is called, how many are known, the newest one, and its phase;
    ``goes_on`` says that the newest release that has any images has one of it."""

    kind: SubjectKind
    name: str
    known: int
    newest: Newer
    parts: tuple[Part, ...]
    goes_on: bool


def describe_images(text: str, catalog: Catalog, as_of: date) -> list[ImageReport]:
    """A report of each image that a text names; raises `UnknownName` for what is no Neuron
    image."""
    images = load_images(catalog)
    return [_describe(named, images, catalog, as_of) for named in find_images(text, catalog, as_of)]


def _describe(named: NamedImage, images: Images, catalog: Catalog, as_of: date) -> ImageReport:
    container = named.image if isinstance(named, NamedContainer) else None
    sdk = container.sdk if container is not None else _release_of(named)
    released = catalog.dates.get(sdk)
    if container is not None and released is not None:
        released = find_released_day(catalog, container)
    state = read_image_state(named, catalog)
    newest, same, replaced = _find_newer(named, images, catalog, as_of)
    changes = None
    if replaced is not None and state.versions:
        changes = compare(state, read_image_state(replaced, catalog), catalog, as_of)
    contents = [
        Content(key.name, versions, _find_phases(catalog, key.name, versions, as_of))
        for key, versions in state.versions.items()
    ]
    if container is not None:
        listed = {content.name for content in contents}
        contents += [Content(name, (), ()) for name in container.packages if name not in listed]
    return ImageReport(
        named,
        sdk,
        released,
        _find_status(catalog, sdk, as_of),
        tuple(_list_parts(named, sdk, catalog, as_of)),
        tuple(sorted(contents)),
        newest,
        same,
        changes,
        as_of,
        _list_near(named, images),
    )


def _list_near(named: NamedImage, images: Images) -> tuple[str, ...]:
    if not isinstance(named, NamedContainer) or named.standing is not Standing.UNKNOWN:
        return ()
    image = named.image
    line = images.list_line(image.repository)
    return tuple(other.tag for other in line if image.sdk and other.sdk == image.sdk)


def _release_of(named: NamedImage) -> str:
    return named.sdk if isinstance(named, NamedMachine) else named.image.sdk


def _find_status(catalog: Catalog, sdk: str, as_of: date) -> Status | None:
    for status in Subjects(catalog, as_of):
        if status.subject.kind is not SubjectKind.SDK:
            break
        if status.subject.version == sdk:
            return status
    return None


def _find_phases(
    catalog: Catalog, name: str, versions: Sequence[str], as_of: date
) -> tuple[Phase, ...]:
    if name not in catalog.packages:
        return ()
    return tuple(find_package_phase(catalog, name, v, None, as_of).phase for v in versions)


_LEADERS = {
    ("pytorch", True): "torch-neuronx",
    ("pytorch", False): "torch-neuron",
    ("tensorflow", True): "tensorflow-neuronx",
    ("tensorflow", False): "tensorflow-neuron",
    ("jax", True): "jax-neuronx",
    ("mxnet", False): "mx-neuron",
}
"""The package of a framework, for NeuronCores of the second generation or the first."""


def find_announced_lines(named: NamedImage, catalog: Catalog, as_of: date) -> set[Subject]:
    """The subjects of what was announced by a day of images that an image is one of."""
    parts = _list_line_parts(named, _release_of(named), catalog, as_of)
    events = [event for part in parts for event in (part.event, part.floor.event)]
    return {event.subject for event in events if event is not None}


def _list_line_parts(named: NamedImage, sdk: str, catalog: Catalog, as_of: date) -> list[Part]:
    """The parts of an image that announcements about images are of; its line, if that is known."""
    if isinstance(named, NamedMachine):
        return find_machine_parts(catalog, named.name, sdk, None, as_of)
    image = named.image
    parts = find_container_parts(catalog, image, None, as_of) if image.repository else []
    return [part for part in parts if part.event is not None or image.registries]


def _list_parts(named: NamedImage, sdk: str, catalog: Catalog, as_of: date) -> list[Part]:
    parts = _list_line_parts(named, sdk, catalog, as_of)
    if isinstance(named, NamedContainer):
        image = named.image
        framework, version, python = image.framework, image.version, image.python
        is_second, system = "neuronx" in image.label, image.os
    else:
        framework, version, python = named.name.form, named.name.version, ""
        is_second, system = not framework.endswith("-inf1"), named.name.os
        framework = framework.removesuffix("-inf1")
    leader = _LEADERS.get((framework, is_second))
    if leader is not None and version:
        part = package_part(catalog, leader, version, None, as_of)
        if part.event is not None or _is_known_series(catalog, leader, version):
            parts.append(part)
    parts += find_target_parts(
        catalog,
        python=python or None,
        system=catalog.find_system(system) if system else None,
        instance=None,
        as_of=as_of,
    )
    return parts


def _is_known_series(catalog: Catalog, package: str, version: str) -> bool:
    """Whether any known version of a framework's package is of the same series: nothing is known
    of the phase of another one."""
    series = version.split(".")[:2]
    return any(v.split(".")[:2] == series for v in list_known_versions(catalog, package))


# The newest of a line --------------------------------------------------------------------


def _find_newer(
    named: NamedImage, images: Images, catalog: Catalog, as_of: date
) -> tuple[Newer | None, Newer | None, NamedImage | None]:
    """The newest image of the line, the newest with the same framework version, and the first of
    them as what could be named."""
    if isinstance(named, NamedMachine):
        return _find_newer_machine(named, images, catalog, as_of)
    image = named.image
    line = list_public(catalog, images.list_line(image.repository), as_of)
    newer = [other for other in line if image.sdk and other.order > image.order]
    if not newer:
        return None, None, None
    newest, same = newer[0], find_same_framework(image, line)
    if same == newest:
        same = None
    return (
        _name_container(newest, catalog),
        _name_container(same, catalog) if same is not None else None,
        NamedContainer(newest.label, newest, Standing.KNOWN, ""),
    )


def _name_container(image: ContainerImage, catalog: Catalog) -> Newer:
    return Newer(image.label, image.reference, image.sdk, find_released_day(catalog, image))


def _find_newer_machine(
    named: NamedMachine, images: Images, catalog: Catalog, as_of: date
) -> tuple[Newer | None, Newer | None, NamedImage | None]:
    own = (sdk_key(named.sdk), sdk_key(named.name.version))
    rows = list_public_machines(images, catalog, named.name.line, as_of)
    if not rows or not named.sdk:
        return None, None, None
    newer = [row for row in rows if (sdk_key(row[1]), sdk_key(row[0].parsed.version)) > own]
    if not newer:
        return None, None, None
    same = next((row for row in newer if row[0].parsed == named.name.plain), None)
    image, sdk = newer[0]
    return (
        _name_machine(image, sdk, catalog),
        _name_machine(*same, catalog) if same is not None and same != newer[0] else None,
        NamedMachine(image.name, image.parsed, image, sdk, Standing.KNOWN, is_stated=True),
    )


def _name_machine(image: MachineImage, sdk: str, catalog: Catalog) -> Newer:
    parameter = f"{image.parameter}/latest/image_id" if image.parameter else ""
    return Newer(image.name, parameter, sdk, catalog.dates.get(sdk))


# Lines -----------------------------------------------------------------------------------


def list_lines(catalog: Catalog, as_of: date) -> list[ImageLine]:
    """Every known line with its newest image of a day: containers, then machine images."""
    images = load_images(catalog)
    last = max(
        (i.sdk for i in list_public(catalog, images.containers, as_of)), key=sdk_key, default=""
    )
    found = []
    for repository in sorted(images.registries):
        line = list_public(catalog, images.list_line(repository), as_of)
        if line:
            parts = tuple(find_container_parts(catalog, line[0], None, as_of))
            newest = _name_container(line[0], catalog)
            found.append(
                ImageLine(SubjectKind.DLC, repository, len(line), newest, parts, newest.sdk == last)
            )
    for form, system in images.lines:
        rows = list_public_machines(images, catalog, (form, system), as_of)
        if not rows:
            continue
        image, sdk = rows[0]
        parts = tuple(find_machine_parts(catalog, image.parsed, sdk, None, as_of))
        newest = _name_machine(image, sdk, catalog)
        found.append(
            ImageLine(
                SubjectKind.DLAMI, f"{form} on {system}", len(rows), newest, parts, sdk == last
            )
        )
    return found
