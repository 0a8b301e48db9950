"""What is known of Neuron's images: containers (DLC) by tag, machine images (DLAMI) by name.

Read by what asks for images, and by nothing else.  ``images.json`` has what the vendor's public
lists state: a row for each tag, a row for each content that a machine image had, with the
releases that had it.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from neuron_pin.errors import BrokenCatalog
from neuron_pin.record import NamedTuple

from .catalog import EMBEDDED, Catalog
from .files import Fields, read_object
from .image_names import MachineName, parse_machine_name
from .version_range import sdk_key

FILE = "images.json"
PUBLIC = "public.ecr.aws/neuron"
"""The registry of the vendor's own images."""


class ContainerImage(NamedTuple):
    """One tag of a repository.

    ``framework`` is ``pytorch``, ``jax``, ``tensorflow`` or ``vllm``, ``version`` the one that the
    tag begins with.  ``packages`` are the Neuron packages in it, each with its version where the
    image's recipe has another one than the release lists, else empty.  ``day`` is the one on which
    the tag was listed, none for the day of its release.  ``registries`` have the repository.
    """

    repository: str
    tag: str
    framework: str
    version: str
    sdk: str
    python: str
    os: str
    instances: frozenset[str]
    packages: Mapping[str, str]
    day: date | None
    source: str
    registries: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """``pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04``."""
        return f"{self.repository}:{self.tag}"

    @property
    def reference(self) -> str:
        """The same with the first registry that has it, as ``docker pull`` takes it."""
        registry = next(iter(self.registries), "")
        return f"{registry}/{self.label}" if registry else self.label

    @property
    def order(self) -> tuple[tuple[int, ...], ...]:
        """What sorts the images of a line, the newest last."""
        numbers = tuple(map(int, re.findall(r"\d+", self.tag)))
        return sdk_key(self.sdk), sdk_key(self.version), numbers

    def as_document(self) -> dict[str, object]:
        """Plain values, as ``images.json`` has them."""
        row: dict[str, object] = {
            "repository": self.repository,
            "tag": self.tag,
            "framework": self.framework,
            "version": self.version,
            "sdk": self.sdk,
            "python": self.python,
            "os": self.os,
            "instances": sorted(self.instances),
            "packages": dict(sorted(self.packages.items())),
        }
        if self.day is not None:
            row["day"] = self.day.isoformat()
        return row | {"source": self.source}


class MachineImage(NamedTuple):
    """What a machine image had in some releases, oldest first: its environments, each folder with
    what is said to be in it; the SSM parameter that leads to the newest one, empty where none is
    documented.  ``name`` is without the day."""

    name: str
    releases: tuple[str, ...]
    instances: frozenset[str]
    parameter: str
    environments: Mapping[str, str]
    source: str

    @property
    def parsed(self) -> MachineName:
        """What the name says."""
        found = parse_machine_name(self.name)
        assert found is not None, self.name
        return found

    def as_document(self) -> dict[str, object]:
        """Plain values, as ``images.json`` has them."""
        return {
            "name": self.name,
            "releases": list(self.releases),
            "instances": sorted(self.instances),
            "parameter": self.parameter,
            "environments": dict(sorted(self.environments.items())),
            "source": self.source,
        }


class Images(NamedTuple):
    """Every known image; ``registries`` by repository, the public one first."""

    containers: tuple[ContainerImage, ...]
    machines: tuple[MachineImage, ...]
    registries: Mapping[str, tuple[str, ...]]

    def find_container(self, repository: str, tag: str) -> ContainerImage | None:
        """The image of a tag, none where it is not known."""
        return next(
            (i for i in self.containers if i.tag == tag and i.repository == repository), None
        )

    def as_document(self) -> dict[str, object]:
        """Plain values, as ``images.json`` has them."""
        return {
            "repositories": [
                {"repository": name, "registries": list(self.registries[name])}
                for name in sorted(self.registries)
            ],
            "containers": [image.as_document() for image in self.containers],
            "machines": [image.as_document() for image in self.machines],
        }

    @property
    def newest_release(self) -> str:
        """The newest release that any container image is of: up to there the lists go."""
        return max((image.sdk for image in self.containers), key=sdk_key, default="")

    def list_line(self, repository: str) -> list[ContainerImage]:
        """The images of a repository, newest first."""
        own = (image for image in self.containers if image.repository == repository)
        return sorted(own, key=lambda image: image.order, reverse=True)

    def list_machines(self, line: tuple[str, str]) -> list[MachineImage]:
        """The machine images of a line, that with the newest release first."""
        own = (image for image in self.machines if image.parsed.line == line)
        return sorted(
            own,
            key=lambda i: (sdk_key(i.releases[-1]), sdk_key(i.parsed.version)),
            reverse=True,
        )

    @property
    def lines(self) -> dict[tuple[str, str], list[MachineImage]]:
        """The machine images by line."""
        found: dict[tuple[str, str], list[MachineImage]] = {}
        for image in self.machines:
            found.setdefault(image.parsed.line, [])
        return {line: self.list_machines(line) for line in sorted(found)}


def load_images(catalog: Catalog) -> Images:
    """The images of a catalog; the embedded ones where it was written before there was such a
    file.  Raises `BrokenCatalog`."""
    path = os.path.join(catalog.folder, FILE)
    path = path if os.path.lexists(path) else os.path.join(EMBEDDED, FILE)
    try:
        state = os.stat(path)
    except OSError as error:
        raise BrokenCatalog(path, None, error.strerror or str(error)) from None
    return _read_images(path, state.st_mtime_ns, state.st_ino)


@functools.lru_cache(maxsize=4)
def _read_images(path: str, *state: int) -> Images:
    """The images of a file, which is read again where it is another one by its ``state``."""
    del state
    fields = Fields(path, "images", read_object(path))
    registries = {
        row.text("repository"): row.words("registries")
        for row in fields.each("repositories", "repository")
    }
    return Images(
        tuple(_read_containers(fields, registries)), tuple(_read_machines(fields)), registries
    )


def _read_containers(
    fields: Fields, registries: Mapping[str, tuple[str, ...]]
) -> Iterator[ContainerImage]:
    for row in fields.each("containers", "container"):
        repository = row.text("repository")
        yield ContainerImage(
            repository=repository,
            tag=row.text("tag"),
            framework=row.text("framework"),
            version=row.text("version"),
            sdk=row.text("sdk"),
            python=row.text("python"),
            os=row.text("os"),
            instances=frozenset(row.words("instances")),
            packages=row.strings("packages"),
            day=row.day_or_none("day"),
            source=row.text("source"),
            registries=registries.get(repository, ()),
        )


def _read_machines(fields: Fields) -> Iterator[MachineImage]:
    for row in fields.each("machines", "machine"):
        image = MachineImage(
            name=row.text("name"),
            releases=row.words("releases"),
            instances=frozenset(row.words("instances")),
            parameter=row.text("parameter"),
            environments=row.strings("environments"),
            source=row.text("source"),
        )
        if parse_machine_name(image.name) is None or not image.releases:
            raise row.broken("is no machine image")
        yield image


def find_released_day(catalog: Catalog, image: ContainerImage) -> date:
    """The day on which an image came: that on which it was listed, else that of its release; the
    last day there is for one of a release that is not known."""
    return image.day or catalog.dates.get(image.sdk, date.max)


def list_public(
    catalog: Catalog, line: Iterable[ContainerImage], as_of: date
) -> list[ContainerImage]:
    """The images of a line that had come by a day, in their order."""
    return [image for image in line if find_released_day(catalog, image) <= as_of]


def list_public_machines(
    images: Images, catalog: Catalog, line: tuple[str, str], as_of: date
) -> list[tuple[MachineImage, str]]:
    """The machine images of a line in each release of a day or before, the newest first, and of
    one release that with the newest framework."""
    rows = [
        (image, sdk)
        for image in images.list_machines(line)
        for sdk in image.releases
        if catalog.dates.get(sdk, date.max) <= as_of
    ]
    return sorted(
        rows, key=lambda row: (sdk_key(row[1]), sdk_key(row[0].parsed.version)), reverse=True
    )


def find_same_framework(
    image: ContainerImage, line: Iterable[ContainerImage]
) -> ContainerImage | None:
    """The newest image of a line, newest first, that is newer than one and has its framework in
    the same version but for patches; none where there is none."""
    series = image.version.split(".")[:2]
    return next(
        (
            other
            for other in line
            if other.order > image.order
            and other.framework == image.framework
            and other.version.split(".")[:2] == series
        ),
        None,
    )
