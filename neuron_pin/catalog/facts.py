"""The types that the catalog's facts become.

One type an idea; dicts end where the files are parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from neuron_pin.policy import Ecosystem, NeuronVersion, Phase, parse_version
from neuron_pin.record import Enum, NamedTuple

from .backends import Backend, find_backend
from .version_range import VersionRange as VersionRange
from .version_range import public_version as public_version
from .version_range import same_public as same_public
from .version_range import version_numbers as version_numbers


class ComponentKind(Enum):
    """What a package is to the policy."""

    EXTENSION = "extension"
    STANDALONE = "standalone"
    DEPENDENCY = "dependency"
    """Third-party software that a release names a version of, as ``torch-xla``."""
    NO_PACKAGE = "none"
    """Listed by releases and installed by none of the package managers."""

    @property
    def is_component(self) -> bool:
        """Whether it is a component of Neuron that a package manager installs."""
        return self in (ComponentKind.EXTENSION, ComponentKind.STANDALONE)


class FrameworkRole(Enum):
    """What a package has to do with the framework version of an environment."""

    NONE = ""
    LEADER = "leader"
    """Its version begins with the framework's, and decides it: ``torch-neuronx``."""
    FOLLOWER = "follower"
    """Its version is the framework's, and follows: ``torch``, ``torch-xla``."""


class Place(Enum):
    """Which side of a container's wall a package is installed on."""

    HOST = "host"
    """On the host alone: the driver is a module of its kernel, the OCI hook one of its container
    runtime."""
    CONTAINER = "container"
    """Where the software runs that uses Neuron: in the container, if there is one."""
    BOTH = "both"
    """On either side, such as the tools."""
    CLUSTER = "cluster"
    """A part of Kubernetes: on its nodes, or in images of its own, and in no container of a
    workload."""

    @property
    def is_of_host(self) -> bool:
        """Whether a lock for the host has it."""
        return self is not Place.CONTAINER

    @property
    def is_of_container(self) -> bool:
        """Whether a lock for a workload's container has it."""
        return self in (Place.CONTAINER, Place.BOTH)


class Window(NamedTuple):
    """A range of another package that some versions of a package work with.

    It binds, it adds nothing: where ``other`` is not installed it says nothing.
    ``instances`` are the families that it is for, all if there are none.  ``required`` says that
    the package does not work without ``other``: what a release lists for a family and a Python
    has ``other`` there too, and two packages with ranges that do not meet need two environments.
    """

    versions: VersionRange
    other: str
    range: VersionRange
    source: str
    instances: frozenset[str] = frozenset()
    required: bool = False

    def applies_to(self, version: str, family: str | None) -> bool:
        """Whether it binds a version on an instance family; of an open one it says nothing
        if it is for some families only."""
        return self.versions.contains(version) and (not self.instances or family in self.instances)


class WheelBuild(NamedTuple):
    """What the wheels of some versions are built for.

    ``systems`` are the operating systems that plain Linux wheels (``linux_x86_64``) are for, empty
    for every one; ``is_portable`` says that they are for every machine (``py3-none-any``).
    """

    versions: VersionRange
    systems: frozenset[str]
    is_portable: bool
    source: str


class Package(NamedTuple):
    """One package of the catalog.

    ``systems`` are the ecosystems it is in; ``framework`` is the framework's name where
    ``role`` is not none.  Versions from ``public_from`` (PEP 440) on are taken from the public
    index instead of Neuron's; where it is empty, none is.  ``place`` is the side of a container's
    wall that it is installed on, and ``place_source`` says who says so; without a row of its own
    it is the container.  ``plain`` are the versions that Neuron's apt
    repository has without a revision, none for no version.  ``placeholder`` is the version that
    PyPI has under the name, which is not AWS's package; empty where none is known.  ``backends``
    are what the name stands for in ranges of its versions, none where it is one thing.  ``wheels``
    say what wheels are built for where a file's name does not.  ``requires`` are requirements
    (PEP 508) that its newest wheels were seen to have, as ``requires_source`` says: what is to be
    read ahead, since a wheel alone decides what it requires.
    """

    name: str
    kind: ComponentKind
    systems: tuple[Ecosystem, ...]
    title: str
    framework: str = ""
    role: FrameworkRole = FrameworkRole.NONE
    public_from: str = ""
    place: Place = Place.CONTAINER
    place_source: str = ""
    replaced_by: str = ""
    windows: tuple[Window, ...] = ()
    plain: VersionRange | None = None
    placeholder: str = ""
    backends: tuple[Backend, ...] = ()
    wheels: tuple[WheelBuild, ...] = ()
    requires: tuple[str, ...] = ()
    requires_source: str = ""

    def find_build(self, version: str) -> WheelBuild | None:
        """What the wheels of a version are built for, none where that is not known."""
        return next((build for build in self.wheels if build.versions.contains(version)), None)

    def find_backend(self, version: str) -> Backend | None:
        """What a version of the package is, none where its name is one thing alone."""
        return find_backend(self.backends, version)

    def parse(self, version: str) -> NeuronVersion:
        """A version, in the form that the package has at it; raises `InvalidVersion`."""
        backend = self.find_backend(version)
        parts = backend.framework_parts if backend is not None else None
        return parse_version(version, framework_parts=parts)

    def lists(self, listed: str, version: str) -> bool:
        """Whether a version is the one that a release lists, whatever its local part and revision;
        of a backend in the short form, whatever its build: releases list these without it."""
        if same_public(listed, version):
            return True
        backend = self.find_backend(listed)
        is_short = backend is not None and backend.framework_parts < _FRAMEWORK_PARTS
        return is_short and public_version(version).startswith(f"{listed}.")

    def framework_numbers(self, version: str) -> tuple[int, ...]:
        """The three numbers of the framework version that a version is for: 2.14.0 of the native
        ``torch-neuronx`` 2.14.3.0."""
        backend = self.find_backend(version)
        parts = backend.framework_parts if backend is not None else _FRAMEWORK_PARTS
        numbers = version_numbers(version)[:parts]
        return numbers + (0,) * (_FRAMEWORK_PARTS - parts)

    def apt_spec(self, version: str) -> str:
        """What ``apt-get install`` takes to install a release's version, whatever its
        revision: apt compares the whole version, or its beginning up to a star."""
        if self.plain is not None and self.plain.contains(version):
            return f"{self.name}={version}"
        if version.endswith(".x"):
            return f"{self.name}={version[:-1]}*"
        return f"{self.name}={version}" if "-" in version else f"{self.name}={version}-*"


_FRAMEWORK_PARTS = 3


class Product(NamedTuple):
    """A name that announcements use and no package has: ``text`` says what it is, ``follows`` is
    the package whose successor it is called, of ``framework``.  ``instances`` are the instance
    families that it is for, empty where the facts do not say.  ``requirement`` is what installs
    it, from the release ``sdk`` on; empty for nothing."""

    name: str
    text: str
    follows: str
    framework: str
    source: str
    instances: frozenset[str] = frozenset()
    requirement: str = ""
    sdk: str = ""


class Member(NamedTuple):
    """One version that a release ships, for some instance families and Pythons.

    Empty ``pythons`` means that the release does not tie it to a Python.  An empty
    ``version`` means that the release names the package without one.
    """

    package: str
    version: str
    instances: frozenset[str]
    pythons: frozenset[str]

    def is_for(self, family: str | None, python: str | None = None) -> bool:
        """Whether it is listed for an instance family and for a Python; what is not named does
        not count."""
        return (family is None or family in self.instances) and (
            not python or not self.pythons or python in self.pythons
        )


class Evidence(NamedTuple):
    """What releases shipped beside what their manifest lists: a version of a package for some
    instance families and, unless ``pythons`` is empty, for some Pythons.

    ``published`` is the day on which it came, where that is later than the release.  ``source``
    names the recipe with its commit, or the page.
    """

    package: str
    version: str
    releases: tuple[str, ...]
    instances: frozenset[str]
    pythons: frozenset[str]
    source: str
    published: date | None = None


class Release(NamedTuple):
    """An SDK release's place in time; its members are asked of the catalog.

    ``listed`` is false where no manifest says what the release ships: it is known by its date
    alone.  ``in_part`` says that such a release is newer than the manifest, and that some of what
    it ships may be known (`KnownPart`); a newer manifest has all of it.
    """

    sdk: str
    date: date
    source: str
    note: str = ""
    listed: bool = True
    in_part: bool = False

    @property
    def phase(self) -> Phase:
        """What its version says: a release candidate is ``2.34rc.0``, stable has no mark."""
        return parse_version(self.sdk).phase

    @property
    def is_final(self) -> bool:
        """Whether it is listed and no pre-release: what "the newest release" speaks of."""
        return self.listed and (self.sdk.replace(".", "").isdecimal() or self.phase >= Phase.STABLE)


class OperatingSystem(NamedTuple):
    """An operating system that packages are installed on.

    ``glibc`` is its C library's version, for wheel tags.  ``first_sdk`` and
    ``first_sdk_without`` bound the releases whose system packages support it, empty for
    open; ``excepted`` are packages that go on beyond the end, ``only``, if any, are all that
    are supported on it.  ``is_newer`` says that it is newer than the facts: then its C library
    is that of the newest known one of its distribution, and ``python`` is empty.  ``keyring`` is
    the file in which the vendor's set-up has the key of the apt repository, empty where it names
    none.
    """

    name: str
    ecosystem: Ecosystem
    codename: str
    glibc: str
    python: str
    first_sdk: str
    first_sdk_without: str
    excepted: frozenset[str]
    only: frozenset[str]
    aliases: tuple[str, ...]
    source: str
    keyring: str = ""
    is_newer: bool = False

    def is_called(self, name: str) -> bool:
        """Whether a name or an alias, as a machine states it, is this system's."""
        return name == self.name or name in self.aliases


class AvailabilityRange(NamedTuple):
    """The first and the last release that ship something, the first in which it is no
    pre-release, empty for never, and the instance families that it was ever for, in words."""

    first: str
    last: str
    first_stable: str
    instances: str


class Availability(NamedTuple):
    """When things came and went, by the releases that list them.

    ``frameworks`` are by package and framework version (``2.8``).
    """

    packages: Mapping[str, AvailabilityRange]
    frameworks: Mapping[str, Mapping[str, AvailabilityRange]]
    pythons: Mapping[str, AvailabilityRange]
    instances: Mapping[str, AvailabilityRange]


class SkippedAnnouncement(NamedTuple):
    """A published announcement that no event stands for, and why."""

    what: str
    reason: str
    source: str


class Contradiction(NamedTuple):
    """Two pages disagree on the phase of a subject: what the later-read one says, and what the
    facts have, each with its source.  The facts stay until a correction decides."""

    subject: str
    says: str
    source: str
    against: str
    against_source: str

    def as_document(self) -> dict[str, str]:
        """Plain values for JSON."""
        return self._asdict()


class TestedConfiguration(NamedTuple):
    """What a release's package was tested on: the kernels (``6.8``) and the C library of one
    operating system, for some instance families."""

    sdk: str
    package: str
    os: str
    kernels: tuple[str, ...]
    glibc: str
    instances: frozenset[str]
    source: str


class Chart(NamedTuple):
    """A release of the Neuron Helm chart: the SDK release that it is for and its day, empty and
    none where no source states it, and the tag of each image by the image's name."""

    version: str
    sdk: str
    date: date | None
    images: tuple[tuple[str, str], ...]
    source: str

    def as_document(self) -> dict[str, object]:
        """Plain values for JSON, as ``charts.json`` has them."""
        day = {"date": self.date.isoformat()} if self.date is not None else {}
        sdk = {"sdk": self.sdk} if self.sdk else {}
        found: dict[str, object] = {"chart": self.version, **sdk, **day}
        return found | {"images": dict(self.images), "source": self.source}


class KernelFloor(NamedTuple):
    """The least kernel that some versions of a package need on an operating system."""

    package: str
    versions: VersionRange
    os: str
    kernel: str
    source: str


class Repositories(NamedTuple):
    """Where Neuron publishes: URLs without credentials."""

    pip: str
    apt: str
    rpm: str

    def of(self, ecosystem: Ecosystem) -> str:
        """The address for an ecosystem."""
        return {Ecosystem.APT: self.apt, Ecosystem.RPM: self.rpm}.get(ecosystem, self.pip)


class Correction(NamedTuple):
    """Two sources disagree: which is right, why, and on what source."""

    subject: str
    wrong: str
    right: str
    why: str
    source: str
    date: date
