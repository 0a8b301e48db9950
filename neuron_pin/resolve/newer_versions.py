"""Which versions of the sources are newer than everything that known releases ship."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    Package,
    Release,
    public_version,
    same_public,
    sdk_key,
)
from neuron_pin.errors import InvalidVersion
from neuron_pin.policy import Form, Rule, parse_version
from neuron_pin.policy.version import version_order
from neuron_pin.sources.candidate import Candidate

from .exclusion import Exclusion

OWN = 3
"""Where the own part of an extension's version begins, behind the framework's."""

Numbers = tuple[int, ...]


class NewerVersions:
    """Which versions are newer than everything that known releases ship, with what they follow.

    A version follows those of the newest known release, and of a package that this one no longer
    ships those of the last release that did.
    """

    def __init__(self, catalog: Catalog, newest: Release) -> None:
        self.newest = newest
        self._catalog = catalog
        self._bases: dict[str, list[Member]] = {}
        self._known: dict[str, list[str]] = {}
        self._orders: dict[str, frozenset[Numbers]] = {}
        self._majors: dict[str, tuple[int, ...]] = {}
        self._judged: dict[tuple[str, str], bool] = {}

    def find_base(self, name: str) -> list[Member]:
        """What the newest known release that ships a package has of it."""
        found = self._bases.get(name)
        if found is None:
            found = self._of_release(name, self.newest.sdk)
            life = self._catalog.spans.packages.get(name) if not found else None
            if life is not None and sdk_key(life.last) <= sdk_key(self.newest.sdk):
                found = self._of_release(name, life.last)
            self._bases[name] = found
        return found

    def _of_release(self, name: str, sdk: str) -> list[Member]:
        return [m for m in self._catalog.members(sdk) if m.package == name and m.version]

    def is_current(self, name: str) -> bool:
        """Whether the newest known release ships a package."""
        return any(m.package == name for m in self._catalog.members(self.newest.sdk))

    def list_known(self, name: str) -> list[str]:
        """Every version of a package that some release ships."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = [v for v in self._catalog.shipped(name) if v]
        return found

    def is_known(self, name: str, version: str) -> bool:
        """Whether a release ships a version, whatever its build."""
        orders = self._orders.get(name)
        if orders is None:
            orders = frozenset(_trim(version_order(listed)) for listed in self.list_known(name))
            self._orders[name] = orders
        # An index may have hundreds; a release rarely lists one as a range.
        return _trim(version_order(version)) in orders or any(
            listed.endswith(".x") and same_public(listed, version)
            for listed in self.list_known(name)
        )

    def is_newer(self, name: str, version: str) -> bool:
        """Whether no release ships a version of a Neuron package, and it comes after what the
        newest has of the same line: of the framework version, of the minor or of the major."""
        found = self._judged.get((name, version))
        if found is None:
            package = self._catalog.packages.get(name)
            found = package is not None and package.kind.is_component
            if found and package is not None:
                found = self._follows(name, version, package)
            self._judged[name, version] = found
        return found

    def _follows(self, name: str, version: str, package: Package) -> bool:
        order = version_order(version)
        base = [version_order(member.version) for member in self.find_base(name)]
        alike = _closest(order, base, package)
        if not alike:
            known = [version_order(listed) for listed in self.list_known(name)]
            alike = _closest(order, known, package, current=False)
            if not alike:
                return self._begins_line(order, known, package)
        return order > max(alike) and not self.is_known(name, version)

    @staticmethod
    def _begins_line(order: Numbers, known: Sequence[Numbers], package: Package) -> bool:
        """Whether the first version of a line that no release has is newer than the others: an
        index may have lines from before the first known release."""
        if not known or order > max(known):
            return True
        if package.kind is not ComponentKind.EXTENSION:
            return False
        return order[OWN:] > max(listed[OWN:] for listed in known)

    def describe_new_major(self, name: str, version: str) -> str:
        """That a version has a higher major than every version that a release ships, of the
        component's own or of its framework; empty where it has not."""
        package = self._catalog.packages[name]
        greatest = self._majors.get(name)
        if greatest is None:
            known = [_find_majors(listed, package) for listed in self.list_known(name)]
            greatest = tuple(max(majors) for majors in zip(*known, strict=True))
            self._majors[name] = greatest
        for mine, most in zip(_find_majors(version, package), greatest, strict=False):
            if mine > most:
                return f"major {mine}, and no known release has more than {most}"
        return ""

    def find_row(self, name: str, version: str) -> Member:
        """What the newest release that ships a known version lists it as."""
        for listed, rows in self._catalog.shipped(name).items():
            if listed and same_public(listed, version):
                return rows[0][1]
        raise KeyError(version)

    def list_siblings(self, name: str, versions: Iterable[str]) -> list[Member]:
        """Known versions of an extension whose own part is that of one which the newest release
        has: one build for several versions of the framework, published together."""
        base = self.find_base(name)
        builds = {order[OWN:] for m in base if (order := version_order(m.version))[OWN:]}
        listed = {public_version(m.version) for m in base}
        return [
            self.find_row(name, version)
            for version in versions
            if version_order(version)[OWN:] in builds
            and public_version(version) not in listed
            and self.is_known(name, version)
        ]

    def exclude(self, candidate: Candidate, *, inferred: bool) -> Exclusion:
        """Why a version that is newer is no candidate of a known release, or of an ``inferred``
        one (NP510, NP307)."""
        key, version = candidate.key, candidate.version
        rule, reason = Rule.NEW_MAJOR, self.describe_new_major(key.name, version)
        if not reason and inferred:
            rule = Rule.NEWER_THAN_FACTS
            reason = "of a later release than a version that was asked for"
        elif not reason:
            listed = ", ".join(dict.fromkeys(m.version for m in self.find_base(key.name)))
            had = f"; SDK {self.newest.sdk} has {listed}" if self.is_current(key.name) else ""
            rule = Rule.NEWER_THAN_FACTS
            # Imported here: few versions are newer.
            from neuron_pin.catalog.known_in_part import find_part

            part = find_part(self._catalog, key.name, version, date.max)
            if part is not None:
                reason = f"of SDK {part.sdk}, which is known in part{had}"
            else:
                reason = f"no release of the facts of {self._catalog.age[0]} has it{had}"
        kind = "repository" if key.ecosystem.is_system else "index"
        return Exclusion(key, version, rule, reason, f"{kind} {candidate.source}")

    def follow(self, name: str, version: str) -> Member:
        """What a release beyond would list a version as: for the instance families of what it
        follows, as far as its backend is for them; for which Pythons it is its files say."""
        base = self.find_base(name)
        orders = [version_order(member.version) for member in base]
        alike = _closest(version_order(version), orders, self._catalog.packages[name]) or orders
        below = [order for order in alike if order <= version_order(version)]
        nearest = max(below) if below else None
        followed = [m for m in base if nearest in (None, version_order(m.version))]
        if nearest is not None and version_order(version)[:2] != nearest[:2]:
            # A new minor is for everybody who has the one before, in whatever patch.
            followed = [m for m in base if version_order(m.version)[:2] == nearest[:2]]
        families = {family for member in followed for family in member.instances}
        if not followed:
            families = set(self._catalog.instances.values())
        backend = self._catalog.packages[name].find_backend(version)
        if backend is not None and backend.instances:
            # What it follows may be of another backend.
            families &= backend.instances
        return Member(name, public_version(version), frozenset(families), frozenset())


def _closest(
    order: Numbers, others: Sequence[Numbers], package: Package, *, current: bool = True
) -> list[Numbers]:
    """Those of other versions that are of the same line: of the framework's X.Y; of a standalone
    package of the same major, and of the same minor before that if the others are ``current``:
    a release may have one for another instance family."""
    lengths = (2, 1) if current else (1,)
    for length in (2,) if package.kind is ComponentKind.EXTENSION else lengths:
        alike = [other for other in others if other[:length] == order[:length]]
        if alike:
            return alike
    return []


def _trim(order: Numbers) -> Numbers:
    """Without zeros at the end, which make no difference (PEP 440)."""
    end = len(order)
    while end > 1 and order[end - 1] == 0:
        end -= 1
    return order[:end]


def _find_majors(version: str, package: Package) -> tuple[int, int]:
    """The framework's major, 0 for none, and the component's own."""
    try:
        parsed = parse_version(version, standalone=package.kind is ComponentKind.STANDALONE)
    except InvalidVersion:
        return 0, 0
    own = version_order(".".join(parsed.own))[0]
    if parsed.form is Form.EXTENSION:
        return version_order(parsed.framework_version)[0], own
    return (own, 0) if package.kind is ComponentKind.EXTENSION else (0, own)
