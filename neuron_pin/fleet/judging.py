"""What a kind of host runs, and when the support of its parts ends, by the facts of the catalog.

Each kind of host is judged once, and each part of it once for all kinds.
"""

from __future__ import annotations

from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import judge_system
from neuron_pin.catalog.support import Part, find_target_parts, package_part
from neuron_pin.policy import Phase
from neuron_pin.record import NamedTuple

from .host_facts import HostState
from .releases import find_common_release

NO_PACKAGES = "no Neuron packages"
MIXED = "of several releases"
UNKNOWN = "of no known release"


class End(NamedTuple):
    """The end of support of a part of some hosts.  ``day`` is the announced one, none where an end
    was announced for no day; ``source`` is the announcement, empty for none."""

    subject: str
    kind: str
    phase: str
    day: date | None
    source: str


class Judge:
    """Judges kinds of hosts as of a day."""

    def __init__(self, catalog: Catalog, as_of: date) -> None:
        self._catalog = catalog
        self._as_of = as_of
        self._own = frozenset(
            name for name, package in catalog.packages.items() if package.kind.is_component
        )
        self._parts: dict[tuple[str, str, str], End | None] = {}
        self._releases: dict[tuple[tuple[str, str], ...], str] = {}

    def find_release(self, state: HostState) -> str:
        """The newest release that shipped all of the host's Neuron packages together: those of the
        system, or where it has none those of its environments; or one of the words above."""
        packages = tuple((package.name, package.version) for package in state.packages)
        if not packages:
            packages = tuple(
                sorted({p for e in state.environments for p in e.packages if p[0] in self._own})
            )
        if not packages:
            return NO_PACKAGES
        found = self._releases.get(packages)
        if found is None:
            found = find_common_release(packages, self._catalog)
            if not found:
                is_known = all(find_common_release([p], self._catalog) for p in packages)
                found = MIXED if is_known else UNKNOWN
            self._releases[packages] = found
        return found

    def list_ends(self, state: HostState) -> tuple[End, ...]:
        """What of a host is out of support, in maintenance, or announced to end."""
        family = self._catalog.instances.get(state.instance, "")
        known = judge_system(self._catalog, state.os).system if state.os else None
        wanted = [("instance", family), ("os", known.name if known is not None else "")]
        pythons = {state.host_class.python, *(e.python for e in state.environments)}
        wanted += [("python", python) for python in sorted(pythons)]
        wanted += [(f"package {p.name}", p.version) for p in state.packages if p.name in self._own]
        installed = {pair for found in state.environments for pair in found.packages}
        wanted += sorted((f"package {n}", v) for n, v in installed if n in self._own)
        found = (self._find(kind, value, family) for kind, value in wanted if value)
        return tuple(dict.fromkeys(end for end in found if end is not None))

    def _find(self, kind: str, value: str, family: str) -> End | None:
        key = (kind, value, family)
        if key not in self._parts:
            self._parts[key] = self._judge(kind, value, family or None)
        return self._parts[key]

    def _judge(self, kind: str, value: str, family: str | None) -> End | None:
        catalog, as_of = self._catalog, self._as_of
        if kind.startswith("package "):
            part = package_part(catalog, kind.removeprefix("package "), value, family, as_of)
            return _make_end(part)
        is_python = kind == "python"
        if is_python and value not in catalog.pythons:
            return None
        parts = find_target_parts(
            catalog,
            python=value if is_python else None,
            system=catalog.find_system(value) if kind == "os" else None,
            instance=value if kind == "instance" else None,
            as_of=as_of,
        )
        return _make_end(parts[0]) if parts else None


def _make_end(part: Part) -> End | None:
    """The end of a part; none where it is supported and nothing was announced."""
    floor = part.floor
    if part.phase not in (Phase.EOS, Phase.MAINTENANCE) and floor.event is None:
        return None
    event = part.event if part.phase is Phase.EOS and part.event is not None else floor.event
    day = floor.announced
    if day is None and part.phase is Phase.EOS and event is not None:
        day = event.effective
    source = event.source if event is not None else ""
    return End(part.subject.label, part.subject.kind.value, part.phase.label, day, source)
