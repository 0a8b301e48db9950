"""Locks, environments and machines as what they have that has a lifecycle."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import (
    find_system,
    tell_newer_python,
    tell_newer_system,
    tell_newer_versions,
)
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.state import State, find_release, name_image, read_image_state, read_state
from neuron_pin.policy import Ecosystem, Subject
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.target import Target, TargetOptions

from .image import find_announced_lines
from .lifecycle import Inventory
from .place_target import fill_in_place


class PlaceKind(Enum):
    """What a place is."""

    FILE = "file"
    ENVIRONMENT = "environment"
    IMAGE = "image"
    HOST = "host"
    NOTHING = "nothing"
    """No place: everything that is known."""


class Place(NamedTuple):
    """What one lock, environment or machine has.  ``name`` is its file or folder, the root of a
    machine; ``kernel`` what runs there, empty for unknown; ``unknown`` says why it is not known
    what an image has, empty where it is; ``lines`` are the subjects of announcements about images
    that an image is one of."""

    kind: PlaceKind
    name: str
    inventory: Inventory
    target: Target
    kernel: str = ""
    unknown: str = ""
    lines: frozenset[Subject] = frozenset()

    @property
    def label(self) -> str:
        """What people are told that it is."""
        return "this machine" if self.kind is PlaceKind.HOST and self.name == "/" else self.name

    @property
    def as_start(self) -> list[str]:
        """The words by which `plan` begins from it."""
        if self.kind is not PlaceKind.HOST:
            return ["--from", self.name]
        root = [] if self.name == "/" else ["--root", self.name]
        return ["--from", "host", *root]

    @property
    def as_compared(self) -> list[str]:
        """The words by which `outdated` compares it."""
        if self.kind is PlaceKind.FILE:
            return [self.name]
        if self.kind is PlaceKind.ENVIRONMENT:
            return ["--venv", self.name]
        return ["--host"] if self.name == "/" else ["--root", self.name]


class WantedPlaces(NamedTuple):
    """What to read: files, folders of environments, names of images, the root of a machine, none
    for no machine."""

    locks: Sequence[str] = ()
    environments: Sequence[str] = ()
    images: Sequence[str] = ()
    host: str | None = None


def read_places(
    catalog: Catalog, options: TargetOptions, wanted: WantedPlaces
) -> tuple[list[Place], list[str]]:
    """What locks, environments and a machine have, and warnings of what was not read.

    A machine is its system packages, and every environment on it that has Neuron packages.
    Raises `UnreadableInput`, `UnknownName` or `WrongUsage`.
    """
    found = [_read(catalog, options, PlaceKind.FILE, name) for name in wanted.locks]
    found += [_read(catalog, options, PlaceKind.ENVIRONMENT, name) for name in wanted.environments]
    found += [_read_image(catalog, options, name) for name in wanted.images]
    if wanted.host is None:
        return found, []
    of_host, warnings = _read_host(catalog, options, wanted.host)
    return [*found, *of_host], warnings


def list_newer(places: Sequence[Place], catalog: Catalog) -> list[str]:
    """What of some places is newer than the facts (NP510), so that nothing is known to change of
    it: operating systems, Pythons and versions; a line for each."""
    lines: dict[str, None] = {}
    question = "what changes of it is not known"
    versions: dict[tuple[str, str], None] = {}
    for place in places:
        target, inventory = place.target, place.inventory
        if target.os is not None and target.os.is_newer:
            lines[tell_newer_system(catalog, target.os, question)] = None
        if target.python_is_newer and inventory.python:
            lines[tell_newer_python(catalog, target.python, question)] = None
        for name, found in sorted(inventory.versions.items()):
            versions |= dict.fromkeys((name, version) for version in found)
    told = tell_newer_versions(catalog, versions)
    return [*lines, *([told] if told else [])]


def _read(
    catalog: Catalog, options: TargetOptions, kind: PlaceKind, name: str, kernel: str = ""
) -> Place:
    is_host = kind is PlaceKind.HOST
    state = read_state("host" if is_host else name, catalog, None, name if is_host else "/")
    filled = fill_in_place(options, catalog, "host" if is_host else name, name)
    target = filled.make(catalog)
    return Place(kind, name, _take_inventory(catalog, state, target), target, kernel)


def _read_image(catalog: Catalog, options: TargetOptions, name: str) -> Place:
    """A published image, as far as the facts know what is in it."""
    named = name_image(name, catalog, options.as_of)
    state = read_image_state(named, catalog)
    around = state.surroundings
    assert around is not None
    only = (found if len(found) == 1 else () for found in (around.instances, around.systems))
    instance, system = ("".join(found) for found in only)
    known = find_system(catalog, system)
    filled = options.fill_in(
        instance,
        known.name if known is not None else "",
        "".join(around.pythons) if len(around.pythons) == 1 else "",
    )
    target = filled.make(catalog)
    # Its name tells the Python where the facts do not know the packages.
    inventory = _take_inventory(catalog, state, target)
    inventory = inventory._replace(python=target.python if around.pythons else inventory.python)
    lines = find_announced_lines(named, catalog, options.as_of)
    return Place(
        PlaceKind.IMAGE, name, inventory, target, unknown=state.unknown, lines=frozenset(lines)
    )


def _take_inventory(catalog: Catalog, state: State, target: Target) -> Inventory:
    own = {
        key: versions
        for key, versions in state.versions.items()
        if (package := catalog.packages.get(key.name)) is not None and package.kind.is_component
    }
    has_python = any(key.ecosystem is Ecosystem.PIP for key in own)
    return Inventory(
        sdk=find_release(state, catalog) if own else "",
        versions={key.name: versions for key, versions in own.items()},
        python=target.python if has_python else "",
        system=target.os.name if target.os is not None else "",
        instance=target.instance or "",
    )


def _read_host(
    catalog: Catalog, options: TargetOptions, root: str
) -> tuple[list[Place], list[str]]:
    from neuron_pin.audit.environment import NeuronNames
    from neuron_pin.inputs.host.dpkg_status import has_dpkg_status
    from neuron_pin.inputs.host.environments import find_environments
    from neuron_pin.inputs.host.rpm_database import rpm_database
    from neuron_pin.target.detection import detect

    searched = find_environments(root, NeuronNames(catalog))
    warnings = [str(searched.problem)] if searched.problem is not None else []
    warnings += [
        f"{mount}: a mount of {kind}, not searched for environments"
        for mount, kind in searched.skipped
    ]
    places = []
    if has_dpkg_status(root) or rpm_database(root):
        kernel = options.kernel or detect(root).kernel
        places.append(_read(catalog, options, PlaceKind.HOST, root, kernel))
    elif searched.folders:
        warnings.append(f"{root} has no database of dpkg or rpm: system packages were not read")
    else:
        raise WrongUsage(
            f"{root} has no database of dpkg or rpm, and no environment with Neuron packages",
            hint="name a lock or an environment: --lock FILE, --venv DIR",
        )
    # An environment has a Python of its own.
    of_host = fill_in_place(options, catalog, "host", root)._replace(python=options.python)
    for folder in searched.folders:
        places.append(_read(catalog, of_host, PlaceKind.ENVIRONMENT, folder))
    return places, warnings
