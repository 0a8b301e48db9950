"""Who needs whom: from what was asked for, through what every package states to require."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from neuron_pin.record import NamedTuple

from .command import recorded_requests
from .environment import Environment
from .evidence import Evidence
from .lockfile import Lock
from .verdict import Gap, Reason, Subject


class Edge(NamedTuple):
    """A requirement that holds: of ``parent``, or of what was asked for at ``place``.

    ``specifier`` is none where the requirement could not be read.  ``certain`` is false where it
    depends on what the lock does not state.
    """

    parent: Subject | None
    place: str
    name: str
    extras: frozenset[str]
    specifier: SpecifierSet | None
    text: str
    certain: bool

    @property
    def who(self) -> str:
        """Who asks, for people."""
        return f"{self.parent.name} {self.parent.version}" if self.parent else self.place


class Graph(NamedTuple):
    """``edges`` hold; ``reached`` are the names that something asked for leads to; ``unknown``
    are names whose requirements could not be read; ``roots`` is none where the lock does not
    record where the asking begins."""

    edges: tuple[Edge, ...]
    reached: frozenset[str]
    unknown: frozenset[str]
    roots: frozenset[str] | None
    gaps: tuple[Gap, ...]


def parent_of(word: str) -> tuple[str, frozenset[str]] | None:
    """The package, with its extras, that a word of ``via`` names; none for a place where
    something was asked for (``command line``, ``reqs.txt:3``)."""
    match = re.fullmatch(r"([a-z0-9.+]+(?:-[a-z0-9.+]+)*)(?:\[([^\[\]]*)\])?", word)
    if match is None:
        return None
    extras = [extra.strip() for extra in (match[2] or "").split(",")]
    return match[1], frozenset(canonicalize_name(extra) for extra in extras if extra)


def rows_for(evidence: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    """The rows of each Python package that are for the target, or may be."""
    found: dict[str, list[Evidence]] = {}
    for one in evidence:
        if one.row.ecosystem == "pip" and one.applies is not False:
            found.setdefault(one.row.name, []).append(one)
    return found


class _Walk:
    def __init__(self, evidence: Iterable[Evidence], environment: Environment) -> None:
        self._environment = environment
        self._by_name = rows_for(evidence)
        self.edges: dict[tuple[str, str, str], Edge] = {}
        self.reached: set[tuple[str, str]] = set()
        self.unknown: set[str] = set()
        self.gaps: dict[tuple[Subject, str], Gap] = {}

    def follow(self, waiting: Iterable[tuple[str, str]], reaching: bool = True) -> None:
        """From packages with an extra (empty for none) to all that they need."""
        stack, seen = list(waiting), set(self.reached)
        while stack:
            name, extra = stack.pop()
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if reaching:
                self.reached.add((name, extra))
            for edge in self.needs(name, extra):
                parent = edge.parent.place if edge.parent else ""
                self.edges.setdefault((parent, edge.text, edge.name), edge)
                if edge.name in self._by_name and reaching:
                    stack += [(edge.name, wanted) for wanted in ("", *edge.extras)]

    def needs(self, name: str, extra: str) -> list[Edge]:
        """The edges from every row of one package with one extra, or without."""
        return [edge for row in self._by_name.get(name, ()) for edge in self._needs(row, extra)]

    def _needs(self, found: Evidence, extra: str) -> list[Edge]:
        if found.metadata is None:
            self.unknown.add(found.row.name)
            return []
        if extra and extra not in found.metadata.extras:
            # As pip has it: an extra that is not declared brings nothing.
            return []
        edges = []
        for need in found.metadata.needs:
            if need.requirement is None:
                self._gap(found.subject, Reason.UNREADABLE_REQUIREMENT, need.text)
                if need.name:
                    edges.append(
                        Edge(found.subject, "", need.name, frozenset(), None, need.text, False)
                    )
                continue
            holds = self._environment.holds(need.requirement.marker, extra)
            if holds is not False:
                # What a row needs is needed where the row is.
                certain = holds is True and found.applies is True
                edges.append(edge_of(need.requirement, found.subject, "", certain=certain))
        return edges

    def _gap(self, subject: Subject, reason: Reason, detail: str) -> None:
        self.gaps.setdefault((subject, detail), Gap(reason, subject, detail))


def edge_of(requirement: Requirement, parent: Subject | None, place: str, *, certain: bool) -> Edge:
    """The edge for a requirement."""
    extras = frozenset(canonicalize_name(extra) for extra in requirement.extras)
    name = canonicalize_name(requirement.name)
    return Edge(parent, place, name, extras, requirement.specifier, str(requirement), certain)


def make_graph(
    lock: Lock,
    evidence: Sequence[Evidence],
    environment: Environment,
    asked: Sequence[Requirement],
) -> Graph:
    """Walk the whole lock; ``asked`` has to be met besides what the lock records."""
    walk = _Walk(evidence, environment)
    edges: list[Edge] = []
    for place, requirements in (
        ("command", recorded_requests(lock)), ("command line", asked),
    ):  # fmt: skip
        for requirement in requirements:
            holds = environment.holds(requirement.marker)
            if holds is not False:
                edges.append(edge_of(requirement, None, place, certain=holds is True))
    names = {found.row.name for found in evidence if found.applies is not False}
    roots, extras = _roots(evidence, names)
    starts = [(edge.name, extra) for edge in edges for extra in ("", *edge.extras)]
    if roots is not None:
        starts += [(name, "") for name in roots]
        # What was asked for may have been asked with extras; who needs the others says so.
        starts += [(name, extra) for name, extra in extras if name in roots]
    walk.follow(starts)
    walk.follow([(name, "") for name in sorted(names)], reaching=False)
    return Graph(
        (*edges, *walk.edges.values()),
        frozenset(name for name, _ in walk.reached),
        frozenset(walk.unknown),
        roots,
        tuple(walk.gaps.values()),
    )


def _roots(
    evidence: Sequence[Evidence], names: set[str]
) -> tuple[frozenset[str] | None, set[tuple[str, str]]]:
    """The packages that were asked for, and the extras that ``via`` names."""
    roots: set[str] = set()
    extras: set[tuple[str, str]] = set()
    recorded = False
    for found in evidence:
        for word in (found.row.via or ()) if found.applies is not False else ():
            parent = parent_of(word)
            if parent is None or parent[0] not in names:
                recorded = True
                roots.add(found.row.name)
            else:
                extras |= {(parent[0], extra) for extra in parent[1]}
    return (frozenset(roots) if recorded else None), extras


def needs_of(
    evidence: Evidence, extras: Iterable[str], environment: Environment
) -> frozenset[str] | None:
    """The names that a package needs with those extras, or may need; none if not known."""
    if evidence.metadata is None:
        return None
    walk = _Walk([evidence], environment)
    return frozenset(
        edge.name for extra in ("", *extras) for edge in walk.needs(evidence.row.name, extra)
    )
