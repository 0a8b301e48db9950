"""The report over a fleet: hosts by class and release, findings, ends of support, locks, drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Resolution

from .drift import Change, find_changes
from .host_class import HostClass
from .host_facts import HostFacts, HostState
from .judging import End, Judge
from .lock_fit import Blocker, Fit, LockFit, judge_lock


class ReportedHost(NamedTuple):
    """A host: its name, its facts' day, its state, the release that it runs, and what each of the
    report's locks is to it, in their order."""

    name: str
    day: str
    state: HostState
    release: str
    fits: tuple[LockFit, ...]


class ReportedClass(NamedTuple):
    """A class of hosts: the names, sorted, and how many run each release."""

    host_class: HostClass
    hosts: tuple[str, ...]
    releases: tuple[tuple[str, int], ...]
    kernels: tuple[str, ...]


class ReportedRule(NamedTuple):
    """A rule with findings, the worse of its severities, how many findings there are, and on
    which hosts; ``subjects`` are the subjects with the number of hosts of each."""

    rule: str
    severity: str
    findings: int
    hosts: tuple[str, ...]
    subjects: tuple[tuple[str, int], ...]


class ReportedEnd(NamedTuple):
    """An end of support and the hosts that it concerns."""

    end: End
    hosts: tuple[str, ...]


class ReportedLock(NamedTuple):
    """A lock: where it is from, what it is, the hosts by what it is to them, and by what stops
    them."""

    path: str
    lock: Resolution
    hosts: tuple[tuple[Fit, tuple[str, ...]], ...]
    blockers: tuple[tuple[Fit, Blocker, tuple[str, ...]], ...]

    def count(self, fit: Fit) -> int:
        """How many hosts it is that to."""
        return sum(len(names) for each, names in self.hosts if each is fit)


class ReportedDrift(NamedTuple):
    """Changes since earlier facts, each with its hosts; how many hosts had such facts, and how
    many of them are the same."""

    before: int
    same: int
    changes: tuple[tuple[Change, tuple[str, ...]], ...]


class Unread(NamedTuple):
    """Facts that could not be read: where, and why."""

    place: str
    problem: str


class FleetReport(NamedTuple):
    """All of a report, as of a day by the catalog's facts of a day.  ``days`` are the first and
    the last day of the hosts' own facts, none without hosts; ``catalogs`` the days of the
    catalogs that judged them.  ``unchecked`` are hosts whose facts have no findings."""

    as_of: date
    catalog: date
    hosts: tuple[ReportedHost, ...]
    classes: tuple[ReportedClass, ...]
    rules: tuple[ReportedRule, ...]
    ends: tuple[ReportedEnd, ...]
    locks: tuple[ReportedLock, ...]
    drift: ReportedDrift | None
    unread: tuple[Unread, ...]
    days: tuple[str, str] | None
    catalogs: tuple[tuple[str, int], ...]
    unchecked: int

    @property
    def has_errors(self) -> bool:
        """Whether a host has a finding that is an error, or cannot take one of the locks."""
        return any(rule.severity == "error" for rule in self.rules) or any(
            lock.count(Fit.BLOCKED) for lock in self.locks
        )


def make_report(
    fleet: Mapping[str, HostFacts],
    catalog: Catalog,
    as_of: date,
    *,
    locks: Sequence[tuple[str, Resolution]] = (),
    before: Mapping[str, HostFacts] | None = None,
    in_doubt: Set[str] = frozenset(),
    unread: Sequence[Unread] = (),
) -> FleetReport:
    """The report on hosts by name; ``before`` are their earlier facts, none for no comparison,
    and ``in_doubt`` those who are not called new or gone, for what could not be read may be of
    them.  Hosts of one kind are judged once."""
    judge = Judge(catalog, as_of)
    kinds: dict[int, tuple[str, tuple[LockFit, ...]]] = {}
    by_kind: dict[int, list[str]] = {}
    states: dict[int, HostState] = {}
    hosts = []
    for name in sorted(fleet):
        facts = fleet[name]
        number = id(facts.state)
        if number not in kinds:
            fits = tuple(judge_lock(facts.state, lock, catalog) for _, lock in locks)
            kinds[number] = (judge.find_release(facts.state), fits)
            states[number] = facts.state
        by_kind.setdefault(number, []).append(name)
        hosts.append(ReportedHost(name, facts.day, facts.state, *kinds[number]))
    days = [facts.day for facts in fleet.values()]
    catalogs = Counter(facts.state.catalog for facts in fleet.values())
    return FleetReport(
        as_of=as_of,
        catalog=catalog.announced,
        hosts=tuple(hosts),
        classes=find_classes(hosts),
        rules=_gather_rules(states, by_kind),
        ends=_gather_ends(states, by_kind, judge),
        locks=tuple(
            _gather_lock(path, lock, number, kinds, by_kind)
            for number, (path, lock) in enumerate(locks)
        ),
        drift=_gather_drift(before, fleet, in_doubt) if before is not None else None,
        unread=tuple(sorted(unread)),
        days=(min(days), max(days)) if days else None,
        catalogs=tuple(sorted(catalogs.items())),
        unchecked=sum(facts.state.findings is None for facts in fleet.values()),
    )


def find_classes(hosts: Sequence[ReportedHost]) -> tuple[ReportedClass, ...]:
    """The classes of hosts, by name."""
    names: dict[HostClass, list[str]] = {}
    releases: dict[HostClass, Counter[str]] = {}
    kernels: dict[HostClass, set[str]] = {}
    of: dict[int, HostClass] = {}
    for host in hosts:
        number = id(host.state)
        if number not in of:
            of[number] = host.state.host_class
        found = of[number]
        names.setdefault(found, []).append(host.name)
        releases.setdefault(found, Counter())[host.release] += 1
        kernels.setdefault(found, set()).update(filter(None, [host.state.kernel]))
    return tuple(
        ReportedClass(
            found,
            tuple(names[found]),
            tuple(sorted(releases[found].items(), key=lambda row: (-row[1], row[0]))),
            tuple(sorted(kernels[found])),
        )
        for found in sorted(names, key=lambda each: each.name)
    )


def _gather_rules(
    states: Mapping[int, HostState], by_kind: Mapping[int, list[str]]
) -> tuple[ReportedRule, ...]:
    severities: dict[str, str] = {}
    counts: Counter[str] = Counter()
    hosts: dict[str, list[str]] = {}
    subjects: dict[str, Counter[str]] = {}
    for number, state in states.items():
        names = by_kind[number]
        for rule, count in state.rules or ():
            counts[rule] += count * len(names)
            hosts.setdefault(rule, []).extend(names)
            severities.setdefault(rule, "warning")
        found = [(finding.rule, finding.severity) for finding in state.findings or ()]
        found += [(rule, state.judge_missing(rule)) for rule in state.missing]
        severities.update(row for row in found if row[1] == "error")
        for rule, subject in {(f.rule, f.subject) for f in state.findings or ()}:
            subjects.setdefault(rule, Counter())[subject] += len(names)
    return tuple(
        ReportedRule(
            rule,
            severities[rule],
            counts[rule],
            tuple(sorted(hosts[rule])),
            tuple(sorted(subjects.get(rule, Counter()).items(), key=lambda row: (-row[1], row[0]))),
        )
        for rule in sorted(hosts)
    )


def _gather_ends(
    states: Mapping[int, HostState], by_kind: Mapping[int, list[str]], judge: Judge
) -> tuple[ReportedEnd, ...]:
    hosts: dict[End, set[str]] = {}
    for number, state in states.items():
        for end in judge.list_ends(state):
            hosts.setdefault(end, set()).update(by_kind[number])
    last = date.max
    ordered = sorted(hosts, key=lambda end: (end.day or last, end.subject, end.phase, end.source))
    return tuple(ReportedEnd(end, tuple(sorted(hosts[end]))) for end in ordered)


def _gather_lock(
    path: str,
    lock: Resolution,
    number: int,
    kinds: Mapping[int, tuple[str, tuple[LockFit, ...]]],
    by_kind: Mapping[int, list[str]],
) -> ReportedLock:
    hosts: dict[Fit, list[str]] = {}
    blockers: dict[tuple[Fit, Blocker], list[str]] = {}
    for kind, names in by_kind.items():
        found = kinds[kind][1][number]
        hosts.setdefault(found.fit, []).extend(names)
        for blocker in found.blockers:
            blockers.setdefault((found.fit, blocker), []).extend(names)
    places = {fit: place for place, fit in enumerate(Fit)}
    return ReportedLock(
        path,
        lock,
        tuple((fit, tuple(sorted(hosts[fit]))) for fit in Fit if fit in hosts),
        tuple(
            (fit, blocker, tuple(sorted(names)))
            for (fit, blocker), names in sorted(
                blockers.items(), key=lambda row: (places[row[0][0]], -len(row[1]), row[0][1])
            )
        ),
    )


def _gather_drift(
    before: Mapping[str, HostFacts], fleet: Mapping[str, HostFacts], in_doubt: Set[str]
) -> ReportedDrift:
    changes = find_changes(before, fleet, in_doubt)
    changed = {name for names in changes.values() for name in names}
    same = sum(name in fleet and name not in changed for name in before)
    return ReportedDrift(
        len(before), same, tuple((change, tuple(names)) for change, names in changes.items())
    )
