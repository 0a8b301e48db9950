"""Packages of apt and rpm repositories, and what they require of each other.

Source: deb-control(5) and Debian policy 7.1 for the relations of ``Depends``; rpm's
dependency manual for ``Requires``.  Both become the same few words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from neuron_pin.errors import InvalidVersion, SourceFailed
from neuron_pin.policy import Ecosystem
from neuron_pin.policy.debversion import deb_key
from neuron_pin.policy.rpmversion import compare_rpm
from neuron_pin.record import NamedTuple

if TYPE_CHECKING:
    from neuron_pin.sources.http.client import Fetcher

MAX_RELATIONS = 10_000
"""Relations of one package that are read."""

MAX_WANTED = 10_000
"""Versions of what is wanted, in one index; Neuron's own have some hundreds."""


class Relation(NamedTuple):
    """A package, and how its version has to compare (``<<``, ``<=``, ``=``, ``>=``, ``>>``);
    no comparison for any version."""

    name: str
    comparison: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.comparison} {self.version})" if self.comparison else self.name

    def holds(self, ecosystem: Ecosystem, version: str) -> bool:
        """Whether a version satisfies it; a version that cannot be read satisfies nothing."""
        if not self.comparison:
            return True
        try:
            order = _compare(ecosystem, version, self.version)
        except InvalidVersion:
            return False
        return {
            "<<": order < 0,
            "<=": order <= 0,
            "=": order == 0,
            ">=": order >= 0,
            ">>": order > 0,
        }[self.comparison]


def _compare(ecosystem: Ecosystem, left: str, right: str) -> int:
    if ecosystem is Ecosystem.APT:
        ours, theirs = deb_key(left), deb_key(right)
        return (ours > theirs) - (ours < theirs)
    # rpm compares releases only where both sides have one.
    if "-" not in left or "-" not in right:
        left, right = left.partition("-")[0], right.partition("-")[0]
    return compare_rpm(left, right)


_COMMIT = re.compile(r"([^_]+)(?:-[0-9a-f]{7,40}|_[0-9a-f]{7,40}-[^-]+)")
"""A version with the commit that it was built of, as Neuron's deb and rpm packages have it."""


class SystemPackage(NamedTuple):
    """One version of a package in a repository, as a reader found it: `read_packages` refuses
    a version, a file and a hash that cannot be.

    ``filename`` is relative to the repository, ``sha256`` empty where the index states none,
    ``size`` in bytes.  ``depends`` are groups of
    alternatives; any one of a group will do.  ``conflicts`` may not be installed beside it,
    ``provides`` are names that it stands for.  ``built`` is in seconds since the epoch, 0
    where the index does not say.  ``build`` is what apt tells builds of one version apart by,
    beside size and hash; ``phased`` the share of machines, in percent, that an update is meant for
    so far, none for all.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    filename: str
    sha256: str
    size: int | None
    depends: tuple[tuple[Relation, ...], ...] = ()
    conflicts: tuple[Relation, ...] = ()
    provides: tuple[Relation, ...] = ()
    architecture: str = ""
    built: int = 0
    build: str = ""
    phased: int | None = None

    def satisfies(self, relation: Relation) -> bool:
        """Whether it is, or stands for, what a relation names."""
        if self.name == relation.name and relation.holds(self.ecosystem, self.version):
            return True
        # A name that is provided without a version satisfies no relation with one.
        return any(
            provided.name == relation.name
            and (not relation.comparison or bool(provided.version))
            and relation.holds(self.ecosystem, provided.version)
            for provided in self.provides
        )

    @property
    def upstream(self) -> str:
        """The version less its revision, which Neuron makes of a commit."""
        build = _COMMIT.fullmatch(self.version)
        return build[1] if build else self.version.rpartition("-")[0] or self.version

    @property
    def has_ordered_revision(self) -> bool:
        """Whether its revision means something in the order of versions; a commit does not."""
        return _COMMIT.fullmatch(self.version) is None

    def compare(self, other: SystemPackage) -> int:
        """-1, 0 or 1 in the ecosystem's order of versions."""
        return _compare(self.ecosystem, self.version, other.version)

    @property
    def c_library(self) -> str:
        """The least glibc that it states to need, as ``2.34``; empty if it states none."""
        found = [_glibc(relation) for group in self.depends for relation in group]
        return max(filter(None, found), key=lambda v: int(v.partition(".")[2]), default="")


class SystemRepository(Protocol):
    """A repository of system packages, of whichever package manager."""

    @property
    def url(self) -> str:
        """Its address, to which names of files are relative."""

    @property
    def ecosystem(self) -> Ecosystem:
        """That of its packages."""

    @property
    def is_of_machine(self) -> bool:
        """Whether it was found on a machine, and not named by the user: then `read_cached`
        has its packages, else `fetch_packages`."""

    def fetch_packages(
        self, fetcher: Fetcher, names: frozenset[str], architecture: str
    ) -> list[SystemPackage]:
        """The wanted packages for an architecture (as Debian names it), in the order of the
        repository's indexes; raises `SourceFailed`."""

    def read_cached(self, names: frozenset[str], architecture: str) -> list[SystemPackage]:
        """The wanted packages as the machine's package manager has fetched them; none of a
        repository of which it has fetched nothing.  Reads no network; raises
        `SourceFailed`."""


def _glibc(relation: Relation) -> str:
    if relation.name in ("libc6", "glibc") and relation.comparison in (">=", ">>", "="):
        match = re.match(r"(?:\d+:)?(2\.\d{1,3})", relation.version)
        return match[1] if match else ""
    match = re.match(r"libc\.so\.6\(GLIBC_(2\.\d{1,3})", relation.name)
    return match[1] if match else ""


_RELATION = re.compile(
    r"([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?"
)


def parse_deb_relations(text: str) -> Iterator[tuple[Relation, ...]]:
    """The groups of a ``Depends`` field; what is no relation is passed over, as it can name
    no package."""
    for count, group in enumerate(text.split(",")):
        if count > MAX_RELATIONS:
            return
        found = []
        for alternative in group.split("|"):
            match = _RELATION.match(alternative.strip())
            if match is not None:
                # Debian policy 7.1: < and > are old spellings of <= and >=.
                comparison = {"<": "<=", ">": ">="}.get(match[2] or "", match[2] or "")
                found.append(Relation(match[1], comparison, match[3] or ""))
        if found:
            yield tuple(found)


_FLAGS = {"EQ": "=", "LT": "<<", "LE": "<=", "GT": ">>", "GE": ">="}


def rpm_relation(name: str, flags: str, epoch: str, version: str, release: str) -> Relation:
    """One entry of a ``primary.xml``."""
    comparison = _FLAGS.get(flags, "") if version else ""
    return Relation(name, comparison, join_evr(epoch, version, release) if comparison else "")


def parse_sha256(text: str, place: str) -> str:
    """The SHA-256 that an index states of a file, in small letters; raises `SourceFailed` for
    what is not one."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise SourceFailed(place, f"is listed with an invalid SHA-256: {text[:80]!r}")
    return text.lower()


def join_evr(epoch: str, version: str, release: str) -> str:
    """``[epoch:]version[-release]``, the epoch only where it is not zero."""
    text = f"{version}-{release}" if release else version
    return text if epoch in ("", "0") else f"{epoch}:{text}"
