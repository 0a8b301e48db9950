"""What a release manifest leaves out: evidence of what was shipped, and what packages require.

A manifest lists each package for itself, and forgets families and Pythons of packages that
others, listed for these, do not work without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from .catalog import Catalog
from .facts import Evidence, Member, Package, Window

Completed = dict[str, tuple[Member, ...]]


def complete_members(
    members: Mapping[str, Sequence[Member]],
    evidence: Iterable[Evidence],
    packages: Mapping[str, Package],
) -> tuple[Completed, Counter[tuple[str, str]]]:
    """Every release's members with what evidence and requirements add, and how often each
    addition was made, by what it is of and why.

    Members that nothing is added to stay as they are; what is complete is not changed.
    """
    stated: dict[str, list[Evidence]] = {}
    for piece in evidence:
        for sdk in piece.releases:
            stated.setdefault(sdk, []).append(piece)
    completed: Completed = {}
    additions: Counter[tuple[str, str]] = Counter()
    for sdk, rows in members.items():
        release = _Release(rows)
        for piece in stated.get(sdk, ()):
            if release.add(piece.package, piece.version, piece.instances, piece.pythons):
                what = f"families and Pythons of {piece.package} {piece.version}"
                additions[what, f"also those that were shipped [{piece.source}]"] += 1
        for name, why in release.add_required(packages):
            additions[name, why] += 1
        completed[sdk] = release.list_members()
    return completed, additions


class _Release:
    """The members of one release, growing."""

    def __init__(self, rows: Iterable[Member]) -> None:
        self.rows = list(rows)

    def add(
        self, package: str, version: str, instances: frozenset[str], pythons: frozenset[str]
    ) -> bool:
        """Ship a version for families and Pythons too; whether it was not already."""
        own = [row for row in self.rows if (row.package, row.version) == (package, version)]
        table: dict[str, set[str]] = {}
        for row in own:
            for family in row.instances:
                table.setdefault(family, set()).update(row.pythons)
        before = {family: frozenset(of) for family, of in table.items()}
        for family in instances:
            table.setdefault(family, set()).update(pythons)
        if {family: frozenset(of) for family, of in table.items()} == before:
            return False
        families: dict[frozenset[str], set[str]] = {}
        for family, of in table.items():
            families.setdefault(frozenset(of), set()).add(family)
        self.rows = [row for row in self.rows if row not in own]
        self.rows += [Member(package, version, frozenset(f), of) for of, f in families.items()]
        return True

    def add_required(self, packages: Mapping[str, Package]) -> Iterable[tuple[str, str]]:
        """Ship what members require wherever they are shipped: what was added, and why."""
        pending = list(self.rows)
        while pending:
            row = pending.pop()
            package = packages.get(row.package)
            for window in package.windows if package is not None else ():
                if not (window.required and row.version and window.versions.contains(row.version)):
                    continue
                for other in self._admitted(window):
                    families = row.instances & (window.instances or row.instances)
                    pythons = row.pythons if other.pythons else frozenset()
                    if self.add(other.package, other.version, families, pythons):
                        pending += [r for r in self.rows if r.package == other.package]
                        yield (
                            f"families and Pythons of {other.package}",
                            f"those of {row.package} too, which requires it [{window.source}]",
                        )

    def _admitted(self, window: Window) -> list[Member]:
        return [
            row
            for row in self.rows
            if row.package == window.other and row.version and window.range.contains(row.version)
        ]

    def list_members(self) -> tuple[Member, ...]:
        """In the order of the files."""

        def order(row: Member) -> tuple[str, str, list[str]]:
            return row.package, row.version, sorted(row.pythons)

        return tuple(sorted(self.rows, key=order))


def describe_grounds(
    catalog: Catalog, name: str, version: str, family: str | None, python: str
) -> tuple[str, ...]:
    """Why a version of a package, empty for none, is for an instance family and a Python where
    the manifest does not list it: what was shipped there, and what requires it."""
    lines = []
    for piece in catalog.evidence:
        is_for = family is None or family in piece.instances
        if (piece.package, piece.version) != (name, version) or not is_for:
            continue
        if not piece.pythons or python in piece.pythons:
            families = ", ".join(sorted(piece.instances))
            pythons = f", Python {', '.join(sorted(piece.pythons))}" if piece.pythons else ""
            releases = ", ".join(piece.releases)
            day = f" on {piece.published}" if piece.published is not None else ""
            lines.append(
                f"{piece.version} was shipped for {families}{pythons} with SDK {releases}{day} "
                f"[{piece.source}]"
            )
    for package in catalog.packages.values():
        required = [window for window in package.windows if window.required]
        source = next((window.source for window in required if window.other == name), "")
        if source:
            lines.append(
                f"it is for what {package.name} is for, which does not work without it [{source}]"
            )
    return tuple(lines)
