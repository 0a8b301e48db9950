"""The operating systems, kernels and C libraries that pages say a release was tested on: a table
for the driver and one for the runtime library, in the runtime's release notes and on a page of
their own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import TestedConfiguration, version_numbers
from neuron_pin.catalog.version_range import sdk_key

from .announcement_page import UnparsedPage
from .release_page import Passage, PassageKind, Section
from .tables import find_table_kind, translate

_OF_PAGE = re.compile(r"^[-*] +Neuron SDK (\d+\.\d+\.\d+)\s*$", re.M)
"""The release that a page about one release applies to."""


@dataclass(slots=True)
class TestedTables:
    """What tables state that is new, how many rows the facts hold already, and what was not
    understood; ``pages`` have such a table."""

    __test__ = False

    rows: list[TestedConfiguration] = field(default_factory=list)
    confirmed: int = 0
    unread: list[UnparsedPage] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)

    def read(
        self,
        page: str,
        path: str,
        text: str,
        passages: Sequence[Passage],
        catalog: Catalog,
        sdks: Collection[str],
    ) -> None:
        """Read a page, called ``page`` in sources; ``sdks`` are the releases that are known.

        Raises `UnreadableInput` for a table that lacks a column or a cell.
        """
        kind = find_table_kind("tested")
        if not kind.is_on(page):
            return
        titles = [p for p in passages if p.kind is PassageKind.TITLE]
        lines = [p.lines[0][0] for p in titles]
        stated = _OF_PAGE.search(text)
        for table, rows in kind.read(path, text):
            self.pages.add(page)
            at = bisect_right(lines, table.head.line) - 1
            section = titles[at].section if at >= 0 else Section(0, 1, "")
            sdk = _find_release(section) or (stated[1] if stated is not None else "")
            package = _find_package(section)
            reason = ""
            if not package:
                reason = "its table names neither the driver nor the runtime library"
            elif sdk not in sdks:
                reason = f"its table is of {sdk or 'no release'}, which is not known"
            if reason:
                self.unread.append(UnparsedPage(page, section.title, reason, table.head.line))
                continue
            self._take(page, section.title, sdk, package, rows, catalog)

    def _take(
        self,
        page: str,
        title: str,
        sdk: str,
        package: str,
        rows: Sequence[tuple[int, dict[str, str]]],
        catalog: Catalog,
    ) -> None:
        found: dict[str, list[tuple[int, str, str, frozenset[str]]]] = {}
        for line, row in rows:
            system = _find_system(row, catalog)
            kernels = re.findall(r"\d+\.\d+", row["kernel"])
            glibc = re.fullmatch(r"\d+\.\d+", row["glibc"])
            words = re.findall(r"\b(?:inf|trn)\d[a-z]?\b", row["instances"].lower())
            instances = frozenset(word for word in words if word in catalog.instances)
            if not system or not kernels or glibc is None or not instances:
                shown = ", ".join(value for value in row.values() if value)
                reason = f"a row of its table was not understood: {shown[:100]}"
                self.unread.append(UnparsedPage(page, title, reason, line))
                continue
            entry = found.setdefault(system, [])
            entry += [(line, kernel, glibc[0], instances) for kernel in kernels]
        known = {row.os: row for row in catalog.tested if (row.sdk, row.package) == (sdk, package)}
        for system, entries in found.items():
            libraries = sorted({glibc for _, _, glibc, _ in entries})
            line = entries[0][0]
            if len(libraries) > 1:
                reason = f"{system} with two C libraries: {' and '.join(libraries)}"
                self.unread.append(UnparsedPage(page, title, reason, line))
                continue
            stated = TestedConfiguration(
                sdk=sdk,
                package=package,
                os=system,
                kernels=tuple(sorted({kernel for _, kernel, _, _ in entries}, key=version_numbers)),
                glibc=libraries[0],
                instances=frozenset().union(*(families for *_, families in entries)),
                source=f"{page}, {sdk}, line {line}",
            )
            before = known.get(system)
            if before is None:
                self.rows.append(stated)
            elif before._replace(source="") == stated._replace(source=""):
                self.confirmed += 1
            else:
                reason = (
                    f"{package} of {sdk} on {system}: kernel {', '.join(stated.kernels)}, glibc "
                    f"{stated.glibc}, {', '.join(sorted(stated.instances))}; the facts have kernel "
                    f"{', '.join(before.kernels)}, glibc {before.glibc}, "
                    f"{', '.join(sorted(before.instances))} [{before.source}]"
                )
                self.unread.append(UnparsedPage(page, title, reason, line))


def _find_release(section: Section) -> str:
    """The release of a section or of the nearest around it: a day of its own, as a patch of the
    driver has, does not make it another release's."""
    outer: Section | None = section
    while outer is not None and not outer.sdk:
        outer = outer.outer
    return outer.sdk if outer is not None else ""


def _find_package(section: Section) -> str:
    """The package that a section, or the nearest around it, is about."""
    outer: Section | None = section
    while outer is not None:
        package = translate("package", outer.title)
        if package:
            return package
        outer = outer.outer
    return ""


def _find_system(row: dict[str, str], catalog: Catalog) -> str:
    """The operating system of a row, as the catalog calls it; empty for one that it has not."""
    named = [row["system"], f"{row.get('distribution', '')} {row['system']}"]
    for text in named:
        name = translate("system", text)
        found = catalog.find_system(name) if name else None
        if found is not None:
            return found.name
    return ""


def sort_tested(rows: Sequence[TestedConfiguration]) -> list[TestedConfiguration]:
    """In the order of ``kernels.json``: the newest release first, the runtime library first."""
    order = {row: at for at, row in enumerate(rows)}
    return sorted(
        rows,
        key=lambda r: (
            [-n for n in sdk_key(r.sdk)],
            r.package != "aws-neuronx-runtime-lib",
            order[r],
        ),
    )
