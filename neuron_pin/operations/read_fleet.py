"""The facts of a fleet, read from what was kept of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set

from neuron_pin.errors import LaterFormat, UnreadableInput
from neuron_pin.fleet.fleet_report import Unread
from neuron_pin.fleet.host_facts import HostFacts
from neuron_pin.fleet.parsing import FactsParser, InvalidFacts
from neuron_pin.inputs.facts.cached import (
    CachedFacts,
    OtherFacts,
    find_host_of_file,
    read_cached_facts,
)
from neuron_pin.record import NamedTuple


class ReadFleet(NamedTuple):
    """Hosts by name, and what could not be read.  ``doubtful`` are names that several documents
    give: they are of no host, for nobody knows which one is right.  ``others`` are hosts of which
    Ansible's cache has facts, but not these.  ``unread`` are the names that the places of facts
    which could not be read have: the host's, or those of files that anything may be in."""

    hosts: dict[str, HostFacts]
    problems: tuple[UnreadableInput, ...]
    doubtful: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()


def read_fleet(paths: Sequence[str], parser: FactsParser) -> ReadFleet:
    """The facts in some files and folders; what is not facts, or of another form, is a problem,
    and the rest is read.  Equal facts of one name count once."""
    problems: list[UnreadableInput] = []
    hosts: dict[str, HostFacts] = {}
    places: dict[str, str] = {}
    doubtful: set[str] = set()
    others: list[str] = []
    unread: set[str] = set()

    def report(problem: UnreadableInput) -> None:
        if isinstance(problem, OtherFacts):
            others.append(problem.host)
        else:
            problems.append(problem)
            unread.add(_find_host(problem.path))

    for found in read_cached_facts(list(paths), report):
        path, line = _split(found.place)
        try:
            facts = parser.parse(found.document, found.name, is_named=found.is_named)
        except InvalidFacts as error:
            kind = LaterFormat if error.is_later else UnreadableInput
            hint = "update neuron-pin here" if error.is_later else _HINT
            problems.append(kind(path, line, error.problem, hint=hint))
            unread.add(_find_host_of_document(found))
            continue
        name = facts.host
        earlier = hosts.get(name)
        if earlier is None:
            hosts[name], places[name] = facts, found.place
        elif earlier.state is not facts.state or earlier.day != facts.day:
            doubtful.add(name)
            problem = f"has other facts of {name} than {places[name]}: neither counts"
            hint = "keep one; earlier facts belong to --before"
            problems.append(UnreadableInput(path, line, problem, hint=hint))
    for name in doubtful:
        del hosts[name]
    return ReadFleet(hosts, tuple(problems), frozenset(doubtful), tuple(others), frozenset(unread))


def _find_host(place: str) -> str:
    """The host that a place is of by its name: ``answers.json (i-1)``, ``node-1.json``."""
    label = re.search(r" \(([^()]+)\)\Z", place)
    return label[1] if label is not None else find_host_of_file(place)


def _find_host_of_document(found: CachedFacts) -> str:
    own = found.document.get("host")
    return own if isinstance(own, str) and own and not found.is_named else found.name


_HINT = "gather them anew on the host: neuron-pin fleet facts"


def _split(place: str) -> tuple[str, int | None]:
    path, _, line = place.rpartition(":")
    return (path, int(line)) if path and line.isdecimal() and len(line) < 10 else (place, None)


def list_unread(problems: Iterable[UnreadableInput]) -> list[Unread]:
    """The problems as a report has them."""
    return [
        Unread(each.path if each.line is None else f"{each.path}:{each.line}", each.problem)
        for each in problems
    ]


def find_in_doubt(before: ReadFleet, fleet: ReadFleet) -> frozenset[str]:
    """The hosts that only one side has, where facts that could not be read on the other may be of
    them."""
    known = before.hosts.keys() | fleet.hosts.keys()
    return _find_unread(fleet.hosts.keys() - before.hosts.keys(), before, known) | _find_unread(
        before.hosts.keys() - fleet.hosts.keys(), fleet, known
    )


def _find_unread(names: Set[str], side: ReadFleet, known: Set[str]) -> frozenset[str]:
    """Which of some hosts the unread facts of a side may be of: what is called as a known host is
    of that one, and anything else may be of any."""
    is_any = bool(side.unread - known)
    return frozenset(names if is_any else names & (side.unread | side.doubtful))


def drop_doubtful(before: Mapping[str, HostFacts], fleet: ReadFleet) -> dict[str, HostFacts]:
    """Earlier facts without those of hosts whose facts of today are in doubt: these hosts are not
    gone."""
    return {name: facts for name, facts in before.items() if name not in fleet.doubtful}
