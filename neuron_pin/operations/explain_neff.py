"""Whether a compiled model runs on a runtime library: versions, releases, locks and machines."""

from __future__ import annotations

import re
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import RUNTIME
from neuron_pin.catalog.neff import (
    COMPILER,
    INF1_COMPILER,
    Compiler,
    NeffFacts,
    NeffJudgment,
    judge_neff,
    list_versions_of,
    read_neff_facts,
)
from neuron_pin.errors import NeuronPinError, WrongUsage
from neuron_pin.inputs.locks.lock_json import read_lock_json
from neuron_pin.inputs.state import State, read_state
from neuron_pin.lockfile import COMPILERS, LockDocument, find_lock_neff
from neuron_pin.record import NamedTuple

MAX_TEXT = 4096

_VERSION = r"v?(?P<version>\d{1,9}(?:\.\d{1,9}){1,5})(?:\.[x*])?(?:[+-][\w.+~*-]{0,80})?"
_COMPILER = re.compile(
    rf"(?P<name>neuronx?)[-_ ]?(?:cc|compiler)(?:[ -]version)?[-=: ]{{0,3}}{_VERSION}",
    re.IGNORECASE,
)
"""A compiler as requirements, folders of its cache (``neuronxcc-2.8.0.25+a3ad0f342``) and its own
``--version`` name it."""
_RELEASE = re.compile(r"latest|\d{1,4}(\.\d{1,4}){1,2}")
_RUNTIME = re.compile(rf"(?:{RUNTIME}[=: ]{{1,3}})?{_VERSION}")


class NeffQuestion(NamedTuple):
    """Which compiler and which runtime library, each as the user wrote it, `None` where it was
    not said; then they are those of a release, of a lock, or of the machine below ``root``."""

    compiler: str | None = None
    runtime: str | None = None
    sdk: str | None = None
    lock: str | None = None
    root: str | None = None
    family: str | None = None


class NeffExplanation(NamedTuple):
    """The judgment, where both versions are from in words, empty for what the user wrote, and the
    facts for what else there is to know."""

    judgment: NeffJudgment
    compiler_from: str
    runtime_from: str
    facts: NeffFacts


class NotThere(NeuronPinError):
    """A release, a lock or a machine that does not have what was to be taken from it."""

    exit_code = 2


def explain_neff(question: NeffQuestion, catalog: Catalog, as_of: date) -> NeffExplanation:
    """Whether a model of a compiler runs on a runtime library.

    The runtime library is the one that the user named, else that of the machine, of the lock, of
    the release; the compiler the one that the user named, else that of the release, of the lock.
    Raises `WrongUsage` where something is missing or says nothing, `NotThere`, and
    `UnreadableInput`.
    """
    _check(question)
    sdk = None
    if question.sdk is not None:
        if not _RELEASE.fullmatch(question.sdk):
            raise WrongUsage(
                f"--sdk: {question.sdk[:80]!r} is not one release", hint="write 2.26.0 or latest"
            )
        sdk = read_state(question.sdk, catalog, question.family, as_of=as_of)
    lock = read_lock_json(question.lock) if question.lock is not None else None
    if question.compiler is not None:
        compiler, compiler_from = read_compiler(question.compiler), ""
    elif sdk is not None:
        compiler, compiler_from = _compiler_of_release(sdk, catalog, question.family), sdk.label
    elif lock is not None:
        compiler, compiler_from = _compiler_of_lock(lock), str(question.lock)
    else:
        raise WrongUsage(
            "which compiler made the model is not said",
            hint="--compiler 2.27.5334.0, as the folder neuronxcc-VERSION of its cache has it, or "
            "--sdk 2.32.0 for that of a release",
        )
    if question.runtime is not None:
        runtime, runtime_from = read_runtime(question.runtime), ""
    elif question.root is not None:
        runtime = _runtime_of_machine(question.root, catalog)
        runtime_from = "this machine" if question.root == "/" else question.root
    elif lock is not None:
        runtime, runtime_from = _runtime_of_lock(lock), str(question.lock)
    else:
        assert sdk is not None
        runtime, runtime_from = _runtime_of_release(sdk, catalog, question.family), sdk.label
    facts = read_neff_facts(catalog)
    judgment = judge_neff(catalog, facts, compiler, runtime)
    return NeffExplanation(judgment, compiler_from, runtime_from, facts)


def _check(question: NeffQuestion) -> None:
    places = [
        name
        for name, value in (
            ("--runtime", question.runtime), ("--host or --root", question.root),
            ("--lock", question.lock),
        )
        if value is not None
    ]  # fmt: skip
    if question.lock is not None and question.compiler is None and question.sdk is None:
        # The compiler is that of the lock.
        places.remove("--lock")
    elif len(places) > 1:
        raise WrongUsage(f"{' and '.join(places)} both say which runtime library it is")
    if places and question.compiler is not None and question.sdk is not None:
        raise WrongUsage(
            "--sdk says nothing here: the compiler and the runtime library are both named",
            hint="leave out one of the three",
        )
    if not places and question.lock is None and question.sdk is None:
        raise WrongUsage(
            "which runtime library is to run the model is not said",
            hint="--runtime 2.34.10.0, --lock lock.json, --host, or --sdk 2.32.0",
        )


def read_compiler(text: str) -> Compiler:
    """The compiler that a text names: a version (``2.27.5334.0``), a requirement, a folder of the
    compiler's cache, what ``neuronx-cc --version`` prints, or a lock.json, of which it is the
    compiler.  Raises `WrongUsage`, `NotThere` and `UnreadableInput`."""
    found = _COMPILER.search(text[:MAX_TEXT])
    if found is not None:
        name = COMPILER if found["name"].lower() == "neuronx" else INF1_COMPILER
        return Compiler(name, found["version"])
    found = re.fullmatch(_VERSION, text.strip()[:MAX_TEXT])
    if found is not None:
        # The two are numbered on from each other.
        is_old = found["version"].startswith("1.")
        return Compiler(INF1_COMPILER if is_old else COMPILER, found["version"])
    if text.endswith(".json"):
        return _compiler_of_lock(read_lock_json(text))
    raise WrongUsage(
        f"{text[:80]!r} is not a version of a compiler",
        hint="write 2.27.5334.0, neuronx-cc==2.27.5334.0, or the lock.json that the model was "
        "compiled with",
    )


def read_runtime(text: str) -> str:
    """The version of aws-neuronx-runtime-lib that a text names; raises `WrongUsage`."""
    found = _RUNTIME.fullmatch(text.strip()[:MAX_TEXT])
    if found is None:
        raise WrongUsage(
            f"{text[:80]!r} is not a version of {RUNTIME}",
            hint="write 2.34.10.0, the version of the package",
        )
    return found["version"]


def _compiler_of_release(state: State, catalog: Catalog, family: str | None) -> Compiler:
    name = INF1_COMPILER if family == "inf1" else COMPILER
    return Compiler(name, _version_of_release(state, name, catalog, family))


def _runtime_of_release(state: State, catalog: Catalog, family: str | None) -> str:
    return _version_of_release(state, RUNTIME, catalog, family)


def _version_of_release(state: State, name: str, catalog: Catalog, family: str | None) -> str:
    if family is None:
        versions = list_versions_of(catalog, name, state.sdk)
    else:
        versions = [v for key, found in state.versions.items() if key.name == name for v in found]
    if not versions:
        of = f" for {family}" if family is not None else ""
        if catalog.release(state.sdk).in_part:
            # What is not in the facts of such a release may be in the release.
            problem = f"is known in part, and the facts do not have its {name}{of}"
        else:
            problem = f"ships no {name}{of}"
        raise NotThere(f"{state.label} {problem}")
    return versions[-1] if family is None else versions[0]


def _compiler_of_lock(lock: LockDocument) -> Compiler:
    found = find_lock_neff(lock)
    if found is None:
        raise NotThere(
            f"{lock.path}: the lock has no {' and no '.join(COMPILERS)}",
            hint="name the compiler: --compiler 2.27.5334.0",
        )
    return Compiler(found.compiler, found.version)


def _runtime_of_lock(lock: LockDocument) -> str:
    version = next((p.version for p in lock.packages if p.key.name == RUNTIME), None)
    if version is None:
        raise NotThere(
            f"{lock.path}: the lock has no {RUNTIME}",
            hint="name the runtime library: --runtime 2.34.10.0, or --host",
        )
    return version


def _runtime_of_machine(root: str, catalog: Catalog) -> str:
    from neuron_pin.audit.host import list_system_packages

    for package in list_system_packages(root, catalog):
        if package.key.name == RUNTIME:
            return package.version
    raise NotThere(
        f"{RUNTIME} is not installed {'here' if root == '/' else f'below {root}'}",
        hint="in a container it is that of the image: run this in it, or name it: "
        "--runtime 2.34.10.0",
    )
