"""What takes the place of a package that ended, was renamed, or that newer releases do not ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from neuron_pin.policy import DEFAULT_PHASES, Event, EventType, Phase, phase_at
from neuron_pin.record import NamedTuple

from .catalog import Catalog
from .facts import version_numbers
from .names import canonicalize_name
from .version_range import sdk_key


class Successor(NamedTuple):
    """What an announcement or the catalog names in a package's place, and the announcement, empty
    for none; ``is_package`` is false for a product that no package is called after.  ``last_sdk``
    is the last release that ships a package which the newest one of the day does not, empty for
    one that it ships.  ``requirement`` is what installs a product, empty for nothing."""

    name: str
    source: str
    is_package: bool
    last_sdk: str = ""
    requirement: str = ""

    @property
    def label(self) -> str:
        """The name, with what it is where that is no package, and the last release where that is
        an older one."""
        if self.requirement:
            return f"{self.name} ({self.requirement})"
        if not self.is_package:
            return f"{self.name}, which is not a package"
        return f"{self.name} (last in SDK {self.last_sdk})" if self.last_sdk else self.name


def find_successor(
    catalog: Catalog, name: str, as_of: date, family: str | None = None
) -> Successor | None:
    """What takes a package's place on a day and for an instance family; none for nothing: the
    last of `list_successors`."""
    chain = list_successors(catalog, name, as_of, family)
    return chain[-1] if chain else None


def list_successors(
    catalog: Catalog, name: str, as_of: date, family: str | None = None
) -> list[Successor]:
    """What takes a package's place, then what takes the place of that, and so on.

    An announcement counts before the catalog, the latest one before others.  A package that has
    itself ended, or that the newest release of the day does not ship and nobody maintains, gives
    way to what took its place.  Those that are not for the instance family are left out; without
    one, those for none of the families that the package was for.
    """
    families = {family} if family is not None else _list_families(catalog, name)
    chain: list[Successor] = []
    seen = {name}
    is_kept = _is_for(catalog, name, families)
    following = _find_next(catalog, name, as_of, families)
    while following is not None and following.name not in seen:
        seen.add(following.name)
        if following.name in catalog.packages or _find_product_families(catalog, following.name):
            is_kept = _is_for(catalog, following.name, families)
        # A product of which nobody says for whom is for those of the package before it.
        if is_kept:
            chain.append(following)
        if not _is_gone(catalog, following.name, as_of):
            break
        following = _find_next(catalog, following.name, as_of, families)
    return chain


def find_current_name(catalog: Catalog, name: str, as_of: date, family: str | None = None) -> str:
    """The last package that took a package's place, empty where none did."""
    chain = list_successors(catalog, name, as_of, family)
    return next((found.name for found in reversed(chain) if found.name in catalog.packages), "")


def _is_for_others(catalog: Catalog, text: str, as_of: date, families: set[str]) -> bool:
    """Whether an announcement's words, such as ``PyTorch NeuronX or TensorFlow NeuronX``, name
    packages alone, of which none is there on the day for one of some families."""
    words = {name.words: name.name for name in catalog.names}
    parts = text.split(" or ")
    names = [words.get(part) or canonicalize_name(part.replace(" ", "-")) for part in parts]
    return all(name in catalog.packages for name in names) and not any(
        _is_for(catalog, name, families) and not _is_gone(catalog, name, as_of) for name in names
    )


def _find_next(catalog: Catalog, name: str, as_of: date, families: set[str]) -> Successor | None:
    for event in _list_advice(catalog, name, as_of):
        if event.instances and families and not families & event.instances:
            continue
        if _is_for_others(catalog, event.replacement, as_of, families):
            continue
        return _make_successor(catalog, event.replacement, event.source, as_of)
    package = catalog.packages.get(name)
    if package is None or not _is_there(catalog, package.replaced_by, as_of):
        return None
    return _make_successor(catalog, package.replaced_by, "", as_of)


def _list_advice(catalog: Catalog, name: str, as_of: date) -> Iterator[Event]:
    """The announcements about a whole package that name something instead, latest first; those
    of a phase or a new name before those of a transition."""
    events = [
        event
        for event in reversed(catalog.events_by_name.get(name, ()))
        if event.replacement
        and not event.version
        and event.type is not EventType.RETITLED
        and event.stands(as_of)
    ]
    events.sort(key=lambda event: event.announced, reverse=True)
    events.sort(key=lambda event: event.type is EventType.TRANSITION)
    yield from events


def _list_families(catalog: Catalog, name: str) -> set[str]:
    life = catalog.spans.packages.get(name)
    if life is not None:
        return set(life.instances.split())
    return set(_find_product_families(catalog, name))


def _find_product_families(catalog: Catalog, name: str) -> frozenset[str]:
    """The families that a product is for, empty for a package and where nothing says so."""
    if name in catalog.packages:
        return frozenset()
    product = catalog.products.get(canonicalize_name(name))
    return product.instances if product is not None else frozenset()


def _is_there(catalog: Catalog, name: str, as_of: date) -> bool:
    """Whether a package, empty for none, has been shipped by a day, or no release says when."""
    life = catalog.spans.packages.get(name)
    return bool(name) and (life is None or catalog.dates[life.first] <= as_of)


def _is_for(catalog: Catalog, name: str, families: set[str]) -> bool:
    """Whether a package is for one of some families, or no release says for which."""
    own = _list_families(catalog, name)
    return not own or not families or bool(own & families)


def _is_gone(catalog: Catalog, name: str, as_of: date) -> bool:
    """Whether a package has ended by a day, or the newest release does not ship it and nothing
    says that its earlier ones are maintained."""
    if name not in catalog.packages:
        return False
    phase = _phase_of(catalog, name, "", as_of, None)
    if phase in (Phase.EOS, Phase.MAINTENANCE):
        return phase is Phase.EOS
    return bool(find_last_release(catalog, name, as_of))


def find_last_release(catalog: Catalog, name: str, as_of: date) -> str:
    """The last release that ships a package, empty where the newest of the day does; spans, and
    so this, pass over pre-releases."""
    life = catalog.spans.packages.get(name)
    newest = catalog.newest_release(as_of)
    if life is None or newest is None or sdk_key(life.last) >= sdk_key(newest.sdk):
        return ""
    return life.last


def _make_successor(catalog: Catalog, name: str, source: str, as_of: date) -> Successor:
    product = catalog.products.get(canonicalize_name(name))
    last = find_last_release(catalog, name, as_of)
    if product is None:
        return Successor(name, source, True, last)
    came = catalog.dates.get(product.sdk)
    installs = product.requirement if came is not None and came <= as_of else ""
    return Successor(name, source, False, last, installs)


_VERSIONS = r"(?:(?P<name>[a-z][a-z0-9-]*) )?(?P<versions>\d[\d.]*(?:(?:, | or )\d[\d.]*)*)"


def find_advice(catalog: Catalog, event: Event, as_of: date, family: str | None) -> str:
    """What to use instead of an event's subject on a day: what the event names, or, where that
    has itself ended, what is supported in its place; empty for nothing."""
    instead = event.replacement
    if not instead:
        return ""
    if catalog.package(instead) is not None:
        successor = find_successor(catalog, event.name, as_of, family)
        return successor.label if successor is not None else ""
    named = re.fullmatch(_VERSIONS, instead)
    name = (named["name"] or event.name) if named is not None else ""
    known = catalog.spans.frameworks.get(name, {})
    if named is None or not known:
        families = {family} if family is not None else set[str]()
        if not _is_for(catalog, instead, families):
            return ""
        return "" if _is_for_others(catalog, instead, as_of, families) else instead
    versions = re.split(r", | or ", named["versions"])
    series = [".".join(version.split(".")[:2]) for version in versions]
    phases = {s: _phase_of(catalog, name, s, as_of, family) for s in series if s in known}
    if any(phase in DEFAULT_PHASES for phase in phases.values()):
        return instead if named["name"] else f"{name} {instead}"
    early = [
        f"{name} {s} ({phase.label})"
        for s, phase in phases.items()
        if phase.is_prerelease and catalog.dates[known[s].first] <= as_of
    ]
    if early:
        # The announcement advises a pre-release; an older version is not what it names.
        return early[-1]
    for version in sorted(known, key=version_numbers, reverse=True):
        life = known[version]
        is_for_family = family is None or family in life.instances.split()
        is_there = catalog.dates[life.first] <= as_of and is_for_family
        if is_there and _phase_of(catalog, name, version, as_of, family) in DEFAULT_PHASES:
            return f"{name} {version}"
    successor = find_successor(catalog, name, as_of, family)
    return successor.label if successor is not None else ""


def _phase_of(catalog: Catalog, name: str, version: str, as_of: date, family: str | None) -> Phase:
    """The phase that was announced of a package or of a version of it."""
    return phase_at(catalog.events_by_name.get(name, ()), name, version, family, as_of).phase
