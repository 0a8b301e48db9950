"""Which runtime library runs a compiled model (NEFF), as far as public pages state it.

``neff.json`` has what pages state of pairs of versions; where they state nothing the policy
decides: minor releases are backward compatible, so that a model runs on the runtime library of
its compiler's release and of later ones of the same major version, and on no earlier one for
sure.  Of versions that the facts cannot place among the releases nothing is said.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from neuron_pin.record import Enum, NamedTuple

from .catalog import EMBEDDED, Catalog
from .facts import public_version, same_public, version_numbers
from .files import Fields, read_object
from .names import RUNTIME
from .rows import read_span
from .version_range import VersionRange, sdk_key

COMPILER = "neuronx-cc"
INF1_COMPILER = "neuron-cc"
"""What compiles models for Inf1, and for nothing else."""

_INF1 = frozenset({"inf1"})
"""What is listed for Inf1 alone stays at an old version in every release: it says nothing of
which release is older than another."""


class NeffVerdict(Enum):
    """Whether a compiled model runs on a runtime library."""

    RUNS = "runs"
    MAY_BREAK = "may-break"
    RECOMPILE = "recompile"
    """A page states that it does not run."""
    NOT_STATED = "not-stated"


class Compiler(NamedTuple):
    """A compiler by name and version, which may be the beginning of one: ``2.27``."""

    name: str
    version: str

    @property
    def label(self) -> str:
        """``neuronx-cc 2.27.5334.0``."""
        return f"{self.name} {self.version}"


class Ground(NamedTuple):
    """What a page states, in our words, and which page."""

    text: str
    source: str


class Statement(NamedTuple):
    """What a page states of some versions of a compiler on some of the runtime library."""

    compiler: str
    compilers: VersionRange
    runtimes: VersionRange
    verdict: NeffVerdict
    ground: Ground


class NeffFormat(NamedTuple):
    """A version of the file format, and the first runtime that reads it, empty for all."""

    format: str
    runtime: str
    source: str


class RuntimeLimit(NamedTuple):
    """What compiled models may have from a version of the runtime library on, and the release
    that brought it."""

    runtime: str
    sdk: str
    ground: Ground


class Recompilation(NamedTuple):
    """A change after which models have to be compiled again, as a page says: a package's version
    or a release, each empty where it is not that."""

    package: str
    version: str
    sdk: str
    ground: Ground


class ModelCache(NamedTuple):
    """Where compiled models are kept, what a kept one is found by, and whether another compiler
    compiles them again by itself."""

    name: str
    place: str
    keyed_by: tuple[str, ...]
    compiles_again: bool
    source: str


class NeffFacts(NamedTuple):
    """What ``neff.json`` has.  ``grounds`` are by the relation of the two releases that they
    speak of; ``families`` are what holds for instance families."""

    formats: tuple[NeffFormat, ...]
    statements: tuple[Statement, ...]
    grounds: Mapping[str, tuple[Ground, ...]]
    limits: tuple[RuntimeLimit, ...]
    recompilations: tuple[Recompilation, ...]
    families: tuple[Ground, ...]
    caches: tuple[ModelCache, ...]


class Placed(NamedTuple):
    """Where a version is among the releases: those that ship it, oldest first, and their
    versions of it; none for a version that no release ships, which came after ``after`` and
    before ``before``, empty for unknown."""

    sdks: tuple[str, ...]
    versions: tuple[str, ...]
    after: str = ""
    before: str = ""

    @property
    def label(self) -> str:
        """``SDK 2.26.0``, of several releases the first and the last; empty for none."""
        if not self.sdks:
            return ""
        first, last = self.sdks[0], self.sdks[-1]
        return f"SDK {first}" if first == last else f"SDK {first} to {last}"

    @property
    def is_newer(self) -> bool:
        """Whether it came after every version that the facts know."""
        return not self.sdks and bool(self.after) and not self.before


class NeffJudgment(NamedTuple):
    """Whether a model of a compiler runs on a runtime library, why in words, the pages behind it,
    and what this runtime library lacks that the compiler's releases have.

    ``update`` is the runtime library of the compiler's newest release, ``compile_with`` the
    newest compiler of the runtime library's releases; empty where that is not known.
    """

    compiler: Compiler
    runtime: str
    verdict: NeffVerdict
    reason: str
    grounds: tuple[Ground, ...]
    lacks: tuple[RuntimeLimit, ...]
    compiler_place: Placed
    runtime_place: Placed
    update: str = ""
    compile_with: str = ""


# Facts ------------------------------------------------------------------------------------


def read_neff_facts(catalog: Catalog) -> NeffFacts:
    """The facts of compiled models; the embedded ones where a catalog was written before there
    was such a file.  Raises `BrokenCatalog`."""
    path = os.path.join(catalog.folder, "neff.json")
    if not os.path.lexists(path):
        path = os.path.join(EMBEDDED, "neff.json")
    file = Fields(path, "neff", read_object(path))
    grounds: dict[str, tuple[Ground, ...]] = {}
    for row in file.each("grounds", "ground"):
        grounds[row.text("of")] = (*grounds.get(row.text("of"), ()), _read_ground(row))
    return NeffFacts(
        tuple(
            NeffFormat(row.text("format"), row.text("runtime", ""), row.text("source"))
            for row in file.each("formats", "format")
        ),
        tuple(map(_read_statement, file.each("statements", "statement"))),
        grounds,
        tuple(
            RuntimeLimit(row.text("runtime"), row.text("sdk"), _read_ground(row))
            for row in file.each("limits", "limit")
        ),
        tuple(
            Recompilation(
                row.text("package"), row.text("version", ""), row.text("sdk", ""), _read_ground(row)
            )
            for row in file.each("recompilations", "recompilation")
        ),
        tuple(_read_ground(row) for row in file.each("families", "family")),
        tuple(
            ModelCache(
                row.text("name"), row.text("place"), row.words("keyed_by"),
                row.flag("compiles_again"), row.text("source"),
            )
            for row in file.each("caches", "cache")
        ),
    )  # fmt: skip


def _read_ground(fields: Fields) -> Ground:
    return Ground(fields.text("text"), fields.text("source"))


def _read_statement(fields: Fields) -> Statement:
    try:
        verdict = NeffVerdict(fields.text("verdict"))
    except ValueError as error:
        raise fields.broken(str(error)) from None
    return Statement(
        fields.text("compiler"),
        read_span(fields, "compilers"),
        read_span(fields, "runtimes"),
        verdict,
        _read_ground(fields),
    )


# Judged -----------------------------------------------------------------------------------


def judge_neff(
    catalog: Catalog, facts: NeffFacts, compiler: Compiler, runtime: str
) -> NeffJudgment:
    """Whether a model that a compiler made runs on a version of aws-neuronx-runtime-lib."""
    ours = place_version(catalog, compiler.name, compiler.version)
    theirs = place_version(catalog, RUNTIME, runtime)
    judgment = NeffJudgment(compiler, runtime, NeffVerdict.NOT_STATED, "", (), (), ours, theirs)
    version = ours.versions[-1] if ours.versions else compiler.version
    for statement in facts.statements:
        if (
            statement.compiler == compiler.name
            and statement.compilers.contains(version)
            and statement.runtimes.contains(runtime)
        ):
            return judgment._replace(
                verdict=statement.verdict, reason="a page states it", grounds=(statement.ground,)
            )
    majors = version_numbers(version)[0], version_numbers(runtime)[0]
    if majors[0] != majors[1]:
        return judgment._replace(
            verdict=NeffVerdict.MAY_BREAK,
            reason=f"the compiler is of major version {majors[0]}, the runtime library of "
            f"{majors[1]}",
            grounds=facts.grounds.get("other-major", ()),
        )
    relation = _relate(ours, theirs)
    if relation is None:
        return judgment._replace(reason=_describe_unknown(compiler, runtime, ours, theirs))
    grounds = facts.grounds.get(relation, ())
    if relation != "older-runtime":
        return judgment._replace(
            verdict=NeffVerdict.RUNS, reason=_REASONS[relation], grounds=grounds
        )
    return judgment._replace(
        verdict=NeffVerdict.MAY_BREAK,
        reason=_REASONS[relation],
        grounds=grounds,
        lacks=_find_lacking(facts, runtime, ours),
        update=_newest_of(catalog, RUNTIME, ours.sdks[-1:]),
        compile_with=_newest_of(catalog, compiler.name, theirs.sdks),
    )


_REASONS = {
    "same-release": "both are of one release",
    "newer-runtime": "the runtime library is of a later release than the compiler, with the same "
    "major version",
    "older-runtime": "the runtime library is of an earlier release than the compiler",
}


def list_remedies(judgment: NeffJudgment) -> list[str]:
    """What makes the model run: a newer runtime library, or another compiler."""
    found = []
    if judgment.update:
        found.append(f"update {RUNTIME} to {judgment.update} or later")
    if judgment.compile_with:
        name = judgment.compiler.name
        found.append(f"compile the model again with {name} {judgment.compile_with}")
    return found


def place_version(catalog: Catalog, name: str, version: str) -> Placed:
    """Where a version of a package, or what begins like it, is among the releases, those that
    are known in part too."""
    shipped = _list_shipped(catalog, name)
    public = public_version(version)
    found = [v for v in shipped if same_public(v, public)]
    found = found or [v for v in shipped if v.startswith(f"{public.rstrip('.*')}.")]
    if found:
        sdks = {sdk for v in found for sdk in shipped[v]}
        return Placed(tuple(sorted(sdks, key=sdk_key)), tuple(sorted(found, key=version_numbers)))
    numbers = version_numbers(public)
    before = [v for v in shipped if version_numbers(v) < numbers]
    after = [v for v in shipped if version_numbers(v) > numbers]
    return Placed(
        (),
        (),
        shipped[max(before, key=version_numbers)][0] if before else "",
        shipped[min(after, key=version_numbers)][0] if after else "",
    )


def _list_shipped(catalog: Catalog, name: str) -> dict[str, list[str]]:
    """By version the releases that ship a package, oldest first."""
    found = {
        version: [
            sdk
            for sdk, member in rows
            if name == INF1_COMPILER or not member.instances or member.instances - _INF1
        ]
        for version, rows in catalog.shipped(name).items()
    }
    for part in catalog.parts:
        if part.package == name:
            found.setdefault(part.version, []).append(part.sdk)
    return {v: sorted(sdks, key=sdk_key) for v, sdks in found.items() if v and sdks}


def _relate(compiler: Placed, runtime: Placed) -> str | None:
    """Of which release the runtime library is beside that of the compiler, `None` for unknown."""
    if set(compiler.sdks) & set(runtime.sdks):
        return "same-release"
    # The first release that may have the compiler, and the last that may have the runtime.
    first = compiler.sdks[0] if compiler.sdks else compiler.after
    last = runtime.sdks[-1] if runtime.sdks else runtime.before
    if first and last and sdk_key(last) < sdk_key(first):
        return "older-runtime"
    # A version that no release ships came before the release that has the next one.
    newest = compiler.sdks[-1] if compiler.sdks else compiler.before
    oldest = runtime.sdks[0] if runtime.sdks else runtime.after
    if newest and oldest and sdk_key(newest) <= sdk_key(oldest):
        return "newer-runtime"
    if compiler.sdks and runtime.sdks:
        return "newer-runtime"
    return None


def _describe_unknown(compiler: Compiler, runtime: str, ours: Placed, theirs: Placed) -> str:
    unknown = [
        label
        for label, placed in ((compiler.label, ours), (f"{RUNTIME} {runtime}", theirs))
        if not placed.sdks
    ]
    return f"no release that the facts know ships {' or '.join(unknown)}"


def _find_lacking(facts: NeffFacts, runtime: str, compiler: Placed) -> tuple[RuntimeLimit, ...]:
    newest = sdk_key(compiler.sdks[-1]) if compiler.sdks else None
    return tuple(
        limit
        for limit in facts.limits
        if version_numbers(limit.runtime) > version_numbers(runtime)
        and (newest is None or sdk_key(limit.sdk) <= newest)
    )


def _newest_of(catalog: Catalog, name: str, sdks: Iterable[str]) -> str:
    wanted = set(sdks)
    shipped = _list_shipped(catalog, name)
    found = [version for version, own in shipped.items() if wanted & set(own)]
    return max(found, key=version_numbers, default="")


def list_versions_of(catalog: Catalog, name: str, sdk: str) -> list[str]:
    """The versions of a compiler or of the runtime library that a release ships, oldest first."""
    shipped = _list_shipped(catalog, name)
    return sorted((v for v, own in shipped.items() if sdk in own), key=version_numbers)
