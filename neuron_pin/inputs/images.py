"""The image that a word of the user's names: a tag, a reference, the name of a machine image, or
an SSM parameter."""

from __future__ import annotations

import re
from datetime import date

from neuron_pin.catalog import Catalog, sdk_key, version_numbers
from neuron_pin.catalog.image_names import (
    MAX_LENGTH,
    MachineName,
    find_framework,
    name_parameter,
    parse_container_tag,
    parse_machine_name,
    parse_parameter,
    split_reference,
)
from neuron_pin.catalog.images import (
    ContainerImage,
    Images,
    MachineImage,
    find_released_day,
    list_public,
    load_images,
)
from neuron_pin.catalog.newness import Standing
from neuron_pin.errors import UnknownName
from neuron_pin.record import NamedTuple

_MACHINE_ID = re.compile(r"ami-[0-9a-f]{8,17}")
_OF_RELEASE = re.compile(r"(?P<name>.+?)\s*@\s*(?P<sdk>\d+\.\d+\.\d+)")


class NamedContainer(NamedTuple):
    """A container image that was named.

    ``image`` is what the facts have, or what the tag alone says where ``standing`` is not known;
    ``registry`` is the one that was named, empty for none.
    """

    asked: str
    image: ContainerImage
    standing: Standing
    registry: str

    @property
    def label(self) -> str:
        """The repository and the tag; the tag alone where no repository was named."""
        return self.image.label if self.image.repository else self.image.tag


class NamedMachine(NamedTuple):
    """A machine image that was named.

    ``image`` is what the facts have of it in release ``sdk``, none where they have nothing; a
    name with a day tells only that the release is not a later one, which ``at_most`` says, and
    nothing where the day is after releases that the lists do not cover.
    ``follows`` says that a parameter was named, which leads to another image with each release,
    ``is_stated`` that the release was named, too, ``is_older`` that it was built before the first
    release that the lists have of its name.
    """

    asked: str
    name: MachineName
    image: MachineImage | None
    sdk: str
    standing: Standing
    at_most: bool = False
    follows: bool = False
    is_stated: bool = False
    is_older: bool = False

    @property
    def label(self) -> str:
        """The name of the image, as it was given where it has a day, or the facts do not have
        it."""
        return self.asked if self.name.built or self.image is None else self.image.name

    @property
    def image_name(self) -> str:
        """The name without a day."""
        return self.image.name if self.image is not None else self.asked


NamedImage = NamedContainer | NamedMachine


def find_images(text: str, catalog: Catalog, as_of: date) -> list[NamedImage]:
    """The images that a text names; several only where a tag is one of several repositories.

    Of a repository without a tag it is the newest image of a day, and machine images are as they
    were on it.  Raises `UnknownName` for what is no Neuron image, for one that came later, and for
    a release that the machine image was not in.
    """
    text = text.strip()[:MAX_LENGTH]
    images = load_images(catalog)
    machine = _find_machine(text, images, catalog)
    if machine is not None:
        return [_at_day(machine, images, catalog, as_of)]
    if _MACHINE_ID.fullmatch(text):
        raise UnknownName(
            "image",
            text,
            (),
            hint="an AMI id says nothing of what is in it; its name does: aws ec2 describe-images "
            f"--image-ids {text} --query 'Images[].[Name,Description]'",
        )
    found = _find_containers(text, images, catalog, as_of)
    if not found:
        raise _refuse(text, images)
    later = [named.image for named in found if named.standing is Standing.KNOWN]
    later = [image for image in later if find_released_day(catalog, image) > as_of]
    if later:
        came = find_released_day(catalog, later[0])
        hint = f"it came on {came}, after {as_of}"
        raise UnknownName("Neuron image", later[0].label, (), hint=hint)
    return list(found)


def _find_machine(text: str, images: Images, catalog: Catalog) -> NamedMachine | None:
    of_release = _OF_RELEASE.fullmatch(text)
    wanted = of_release["sdk"] if of_release else ""
    plain = of_release["name"] if of_release else text
    name = parse_machine_name(plain)
    follows = name is None
    name = name or parse_parameter(plain)
    if name is None:
        return None
    own = _list_states(name, images, follows=follows)
    if not own:
        is_newer = _may_be_newer(name, images, catalog)
        standing = Standing.NEWER if is_newer else Standing.UNKNOWN
        return NamedMachine(plain, name, None, wanted, standing, follows=follows)
    releases = {sdk: image for image in reversed(own) for sdk in image.releases}
    known = sorted(releases, key=sdk_key, reverse=True)
    if wanted:
        if wanted in releases:
            return NamedMachine(
                plain, name, releases[wanted], wanted, Standing.KNOWN, is_stated=True
            )
        if sdk_key(wanted) > sdk_key(images.newest_release):
            return NamedMachine(plain, name, None, wanted, Standing.NEWER, is_stated=True)
        raise UnknownName(
            "release of the image",
            wanted,
            (),
            hint=f"{own[0].name} was in {known[-1]} to {known[0]}",
        )
    return NamedMachine(
        plain,
        name,
        releases[known[0]],
        known[0],
        Standing.KNOWN,
        at_most=name.built is not None,
        follows=follows,
    )


def _may_be_newer(name: MachineName, images: Images, catalog: Catalog) -> bool:
    """Whether a machine image that the lists do not have may have come after them: by its day,
    by its framework's version, or because they have no image of its kind for an operating system
    as new."""
    if name.built is not None and name.built <= catalog.announced:
        return False
    kind = [image.parsed for image in images.machines if image.parsed.form == name.form]
    if any(other.os == name.os for other in kind):
        newest = max(sdk_key(other.version) for other in kind)
        return bool(name.version) and sdk_key(name.version) > newest
    systems = [other.os for other in kind]
    distribution, number = _split_system(name.os)
    known = [of for own, of in map(_split_system, systems) if own == distribution]
    return not known or number > max(known)


def _split_system(name: str) -> tuple[str, tuple[int, ...]]:
    distribution = name.rstrip("0123456789.")
    return distribution, version_numbers(name[len(distribution) :])


def _list_states(name: MachineName, images: Images, *, follows: bool) -> list[MachineImage]:
    """What a machine image had in its releases, the newest first: by its name, and by the
    parameter that it is told by, which has a version where some names have none."""
    line = images.list_machines(name.line)
    if follows:
        path = name_parameter(name)
        return [image for image in line if image.parameter == path]
    return [image for image in line if image.parsed == name.plain]


def _at_day(named: NamedMachine, images: Images, catalog: Catalog, as_of: date) -> NamedMachine:
    """A machine image as it was on a day: of one with a day in its name, the newest release of
    that day or before; of one without, that of ``as_of``.  It stays as it is where a release was
    named.  Raises `UnknownName` for one that came later.

    Nothing is said of the contents of one that was built when a release was out that the lists do
    not cover, or before the first release that they have of its name.
    """
    if named.image is None or named.is_stated:
        return named
    built = named.name.built
    if built is not None and _is_after_lists(built, images, catalog):
        return named._replace(image=None, sdk="", standing=Standing.NEWER, at_most=False)
    day = min(built or as_of, as_of)
    own = _list_states(named.name, images, follows=named.follows)
    releases = {sdk: image for image in reversed(own) for sdk in image.releases}
    before = [sdk for sdk in releases if catalog.dates.get(sdk, date.max) <= day]
    if before:
        sdk = max(before, key=sdk_key)
        return named._replace(image=releases[sdk], sdk=sdk)
    if built is not None and built <= as_of:
        older = [sdk for sdk, came in catalog.dates.items() if came <= day]
        sdk = max(older, key=sdk_key, default="")
        return named._replace(
            image=None, sdk=sdk, standing=Standing.UNKNOWN, at_most=bool(sdk), is_older=True
        )
    first = min(releases, key=sdk_key)
    hint = f"the first that the facts have is of SDK {first} ({catalog.dates[first]})"
    raise UnknownName("Neuron image", f"{named.label} on {as_of}", (), hint=hint)


def _is_after_lists(built: date, images: Images, catalog: Catalog) -> bool:
    """Whether a newer release than those that the lists cover was out on a day."""
    last = sdk_key(images.newest_release)
    return any(came <= built for sdk, came in catalog.dates.items() if sdk_key(sdk) > last)


def _find_containers(
    text: str, images: Images, catalog: Catalog, as_of: date
) -> list[NamedContainer]:
    registry, repository, tag = split_reference(text)
    if not tag and parse_container_tag(repository) is not None and not registry:
        tag, repository = repository, ""
    if not tag:
        line = images.list_line(repository)
        # Of one that came later the first says so.
        line = list_public(catalog, line, as_of) or line[-1:]
        return [NamedContainer(text, line[0], Standing.KNOWN, registry)] if line else []
    parsed = parse_container_tag(tag)
    if parsed is None:
        return []
    named = [
        NamedContainer(text, image, Standing.KNOWN, registry)
        for image in images.containers
        if image.tag == parsed.plain and repository in ("", image.repository)
    ]
    return named or [NamedContainer(text, *read_unlisted(repository, tag, images), registry)]


def read_unlisted(repository: str, tag: str, images: Images) -> tuple[ContainerImage, Standing]:
    """What the tag of an image says that no list has, and whether it is newer than the lists.

    Raises `ValueError` for a tag that has no form of Neuron's.
    """
    parsed = parse_container_tag(tag)
    if parsed is None:
        raise ValueError(tag)
    image = ContainerImage(
        repository=repository,
        tag=parsed.plain,
        framework=find_framework(repository),
        version=parsed.version,
        sdk=parsed.sdk,
        python=parsed.python,
        os=parsed.os,
        instances=frozenset(),
        packages={},
        day=None,
        source="",
        registries=images.registries.get(repository, ()),
    )
    is_newer = bool(parsed.sdk) and sdk_key(parsed.sdk) > sdk_key(images.newest_release)
    return image, Standing.NEWER if is_newer else Standing.UNKNOWN


def list_image_names(images: Images) -> tuple[str, ...]:
    """Every name that an image is known by: tags with their repositories, repositories, machine
    images, parameters."""
    names: dict[str, None] = {}
    for container in images.containers:
        names |= {container.label: None, container.repository: None}
    for machine in images.machines:
        names[machine.name] = None
        if machine.parameter:
            names[machine.parameter] = None
    return tuple(names)


def _refuse(text: str, images: Images) -> UnknownName:
    registry, repository, tag = split_reference(text)
    line = images.list_line(repository)
    if line and tag:
        # The repository is known: only the tag is not.
        tags = [image.tag for image in line]
        return UnknownName(
            f"tag of {repository}", tag, tags, hint=f"the newest that the facts have is {tags[0]}"
        )
    wanted = text if not registry or text.startswith("/") else f"{repository}:{tag}".rstrip(":")
    return UnknownName(
        "Neuron image",
        wanted,
        list_image_names(images),
        hint="give a tag, a reference (registry/repository:tag), the name of an AMI or the path of "
        "its SSM parameter; neuron-pin image lists what is known",
    )
