"""Who needs whom: from what was asked for, through what every package states to require."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from .environment import Environment
from .evidence import Evidence, rows_in_force
from .lockfile import Lock
from .verdict import Gap, Reason, Subject

SDK = "neuron-sdk"
"""What a lock of all components is said to be needed by; it is no package of the lock."""


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


_FLAGS = (
    "--all-extras", "--diff", "--dry-run", "--generate-hashes", "--no-index", "--offline",
    "--overwrite", "--quiet", "--refresh", "--upgrade", "--verbose",
)  # fmt: skip
"""The options of ``neuron-pin lock`` that take no value."""


def recorded_requests(lock: Lock) -> list[Requirement]:
    """The requirements for Python packages on the command line that the lock records.

    A name that is locked for apt or rpm was asked for there.  With overrides these are not what
    was locked, so there are none.
    """
    try:
        words = shlex.split(lock.command)
    except ValueError:
        return []
    if words[:2] != ["neuron-pin", "lock"] or any(w.startswith("--overri") for w in words):
        return []
    python = {row.name for row in lock.packages if row.ecosystem == "pip"}
    others = {row.name for row in lock.packages} - python | {SDK}
    found = []
    for word in _positional(words[2:]):
        try:
            requirement = Requirement(word.removeprefix("pip:"))
        except (InvalidRequirement, ValueError, RecursionError):
            continue
        if canonicalize_name(requirement.name) not in others and not requirement.url:
            found.append(requirement)
    return found


def _positional(words: Sequence[str]) -> Iterator[str]:
    """The words of a command line that are neither options nor their values."""
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            yield word
        elif word.startswith("--"):
            # An option may be cut short, as long as it is one alone.
            if "=" not in word and not any(flag.startswith(word) for flag in _FLAGS):
                next(left, None)
        elif not re.fullmatch("-[qvU]+", word) and len(word) == 2:
            next(left, None)


class _Walk:
    def __init__(self, evidence: Sequence[Evidence], environment: Environment) -> None:
        self._environment = environment
        self._by_name = rows_in_force(evidence)
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
                self.edges.setdefault((name, edge.text, edge.name), edge)
                if edge.name in self._by_name and reaching:
                    stack += [(edge.name, wanted) for wanted in ("", *edge.extras)]

    def needs(self, name: str, extra: str) -> list[Edge]:
        """The edges from one package with one extra, or without."""
        found = self._by_name.get(name)
        if found is None:
            return []
        if found.metadata is None:
            self.unknown.add(name)
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
                edges.append(edge_of(need.requirement, found.subject, "", certain=holds is True))
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
    names = {found.row.name for found in evidence if found.applies}
    roots, extras = _roots([found for found in evidence if found.applies], names)
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
        for word in found.row.via or ():
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
