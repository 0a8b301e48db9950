"""The public functions: they fill in what the process knows, and call `operations`.

Today's date (UTC), the environment and this Python are read here, once a call, and are explicit
everywhere below.  ``NEURON_PIN_*`` variables and a ``pyproject.toml`` in the current folder,
which the command line reads, do not count here: a call does what its arguments say.

An argument has the name of the command line's option, and means the same.

Every function may be called from several threads and processes at once: a call has its own
connections and no state outlives it, apart from the cache folder, whose files are replaced
atomically.  A `Catalog` may be shared by calls, which then read its files once.  Nothing is
printed, no signal handler is set, and the current folder stays what it is.

All errors are `neuron_pin.errors.NeuronPinError`, except that a single string in the place of a
list of strings, and an unknown keyword, raise `TypeError`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import parse_all, parse_requirement
from neuron_pin.reporter import SILENT, Reporter

from .arguments import (
    ORIGIN,
    SourceOptions,
    StrPath,
    Target,
    check_path,
    fill_settings,
    find_this_python,
    find_today,
    list_paths,
    list_texts,
    read_day,
    write_day,
)
from .resolution import Resolution

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from neuron_pin.catalog.status import Status
    from neuron_pin.operations.check import CheckedInput
    from neuron_pin.operations.diff import Comparison
    from neuron_pin.operations.explain import Explanation, PairExplanation
    from neuron_pin.operations.lock_request import LockRequest
    from neuron_pin.operations.outdated import Outdated
    from neuron_pin.planner import Plan


def lock(
    requirements: Iterable[str] = (),
    *,
    target: Target = Target(),  # noqa: B008 - a value, never changed
    sdk: str | None = None,
    requirement: Sequence[StrPath] = (),
    constraint: Sequence[StrPath] = (),
    override: Sequence[StrPath] = (),
    group: Sequence[str] = (),
    extra: Sequence[str] = (),
    all_extras: bool = False,
    pin: Literal["exact", "minor", "major"] = "exact",
    generate_hashes: bool = False,
    all_files: bool = False,
    build: Sequence[str] = (),
    expires: date | str | None = None,
    keep: Sequence[StrPath] = (),
    upgrade_package: Sequence[str] = (),
    catalog: Catalog | None = None,
    reporter: Reporter = SILENT,
    environ: Mapping[str, str] | None = None,
    **sources: Unpack[SourceOptions],
) -> Resolution:
    """Resolve once: the exact versions that the policy allows, with everything they need.

    Without requirements, every component that the release has for the target.
    ``requirement`` names requirements files and pyproject.toml files, ``constraint``
    constraints files, ``override`` files whose requirements replace those of others.
    ``all_files`` reads every file of each package with its hashes, as ``render("pylock")``
    names them; without it the lock has the best file alone.  ``keep`` names existing locks (by
    their names: lock.json, pylock.toml, constraints.txt) whose release and versions are kept as
    long as nothing speaks against them, as the command line keeps those of its ``-o`` files; those
    of ``upgrade_package`` are not.  ``environ`` is for ``${NAME}`` in
    requirements files and for the place of the cache; default: that of the process.

    Reads the network only where indexes are used: not with ``offline=True`` and no index named.
    Raises `NoSolution`, `UnknownName`, `WrongUsage`, `UnreadableInput` or `SourceFailed`.
    """
    from neuron_pin.inputs.requirements.collect import read_inputs
    from neuron_pin.operations import lock as operation

    environment = os.environ if environ is None else environ
    settings = fill_settings(
        target,
        sources,
        {
            "sdk": sdk,
            "override": list_paths("override", override),
            "pin": pin,
            "generate_hashes": generate_hashes,
            "build": list_texts("build", build),
            "expires": write_day(expires),
            "upgrade_package": list_texts("upgrade_package", upgrade_package),
        },
    )
    preferred = None
    if list_paths("keep", keep):
        from neuron_pin.operations.keep_lock import read_named_preferences

        preferred = read_named_preferences(list_paths("keep", keep))
    files = read_inputs(
        list_paths("requirement", requirement),
        list_paths("constraint", constraint),
        list_texts("group", group),
        extras=list_texts("extra", extra),
        all_extras=all_extras,
        environ=environment,
        has_others=bool(list_texts("requirements", requirements)),
    )
    found = operation.lock(
        settings,
        catalog or load_catalog(),
        parse_all(list_texts("requirements", requirements), ORIGIN),
        files,
        today=find_today(),
        this_python=find_this_python(),
        environ=environment,
        all_files=all_files,
        preferred=preferred,
        reporter=reporter,
    )
    return Resolution(*found)


def check(
    files: Iterable[StrPath] = (),
    *,
    target: Target = Target(),  # noqa: B008 - a value, never changed
    venv: Sequence[StrPath] = (),
    image: Sequence[StrPath] = (),
    host: bool = False,
    root: StrPath | None = None,
    within: int = 90,
    lock: StrPath | None = None,
    catalog: Catalog | None = None,
    environ: Mapping[str, str] | None = None,
) -> CheckedInput:
    """Check files, environments, images and a machine against the policy.

    ``files`` are requirements, locks, projects and Dockerfiles, recognized by name; ``host`` is
    this machine, ``root`` the one below a folder.  ``within`` is the number of days within which
    announced ends are reported.  ``lock`` is a lock.json that has to be kept to, too.

    What cannot be read is a finding, and in ``errors``.  Comments in files that ignore a
    finding count.  Never reads the network.  Raises `UnknownName` or `WrongUsage` for the
    target, `UnreadableInput` for ``lock``.
    """
    from neuron_pin.audit.suppression import drop_ignored
    from neuron_pin.operations.check import Check, Wanted

    if within < 0:
        raise WrongUsage(f"within: {within} is not a number of days")
    machine = check_path("root", root) if root is not None else None
    work = Check(
        fill_settings(target, {}, {}),
        catalog or load_catalog(),
        today=find_today(),
        now=time.time(),
        environ=os.environ if environ is None else environ,
        within_days=within,
        lock=check_path("lock", lock) if lock is not None else None,
    )
    checked = work.run(
        Wanted(
            list_paths("files", files),
            list_paths("venv", venv),
            list_paths("image", image),
            machine or ("/" if host else None),
        )
    )
    kept = drop_ignored(checked.findings, work.target().as_of)
    return checked._replace(findings=tuple(kept))


def explain(
    name: str,
    *,
    target: Target = Target(),  # noqa: B008 - a value, never changed
    sdk: str | None = None,
    catalog: Catalog | None = None,
    reporter: Reporter = SILENT,
    environ: Mapping[str, str] | None = None,
    **sources: Unpack[SourceOptions],
) -> Explanation:
    """Every version of a package, newest first: chosen, or excluded by which rules and why.

    ``name`` may have a range (``torch-neuronx==2.8.*``).  ``problem`` says why no version can
    be chosen, and is not raised.  Neuron packages are explained from the catalog; indexes are
    read where one is named, and for other packages unless ``offline``.  Raises `UnknownName`,
    `WrongUsage` or `SourceFailed`.
    """
    from neuron_pin.operations.explain import explain_name

    request = _lock_request(target, sources, catalog, environ, reporter, sdk=sdk)
    return explain_name(request, parse_requirement(name, ORIGIN))


def explain_pair(
    first: str,
    second: str,
    *,
    target: Target = Target(),  # noqa: B008 - a value, never changed
    sdk: str | None = None,
    catalog: Catalog | None = None,
    reporter: Reporter = SILENT,
    environ: Mapping[str, str] | None = None,
    **sources: Unpack[SourceOptions],
) -> PairExplanation:
    """Which versions of one package go with which of another, newest first.

    Makes one lock for each version of ``first``, at most 60.  Raises as `explain` does.
    """
    from neuron_pin.operations import explain as operation

    request = _lock_request(target, sources, catalog, environ, reporter, sdk=sdk)
    pair = (parse_requirement(first, ORIGIN), parse_requirement(second, ORIGIN))
    return operation.explain_pair(request, *pair)


def diff(
    old: StrPath,
    new: StrPath,
    *,
    instance: str | None = None,
    as_of: date | str | None = None,
    catalog: Catalog | None = None,
) -> Comparison:
    """What lies between two states, package by package.

    A state is an SDK release (``2.29.0``, ``latest``), a lock.json, pylock.toml or constraints
    file, a virtual environment, or ``host``.  ``instance`` is of releases: what is for it,
    default that of the lock.
    Never reads the network.  Raises `UnknownName`, `UnreadableInput` or `WrongUsage`.
    """
    from neuron_pin.inputs.state import read_states
    from neuron_pin.operations.diff import compare

    facts = catalog or load_catalog()
    family = facts.instances[facts.instance(instance)] if instance else None
    day = read_day(as_of)
    states = read_states(check_path("old", old), check_path("new", new), facts, family, day)
    return compare(*states, facts, day)


def outdated(
    place: StrPath = "lock.json",
    *,
    target: Target = Target(),  # noqa: B008 - a value, never changed
    root: StrPath = "/",
    catalog: Catalog | None = None,
    environ: Mapping[str, str] | None = None,
) -> Outdated:
    """What is newer than a lock, an environment or a machine has, and what of it ends when.

    ``place`` is a lock.json, pylock.toml or constraints file, the folder of an environment, or
    ``host`` for the machine below ``root``.  What ``target`` leaves open is taken from there.
    Never reads the network.  Raises `UnknownName`, `UnreadableInput` or `WrongUsage`.
    """
    from neuron_pin.operations.outdated import find_outdated

    request = _lock_request(target, {}, catalog, environ)
    return find_outdated(request, check_path("place", place), check_path("root", root))


def why(name: str, *, lock: StrPath = "lock.json") -> list[tuple[str, ...]]:
    """Why a package is in a lock.json: the shortest chain from each place where something was
    asked for, down to the package, shortest first; empty where the lock does not have it.

    Raises `UnreadableInput`.
    """
    from neuron_pin.catalog import canonicalize_name
    from neuron_pin.inputs.locks.lock_json import read_lock_json
    from neuron_pin.operations.why import find_chains

    return find_chains(read_lock_json(check_path("lock", lock)), canonicalize_name(name))


def plan(
    requirements: Iterable[str] = (),
    *,
    target: Target,
    start: StrPath = "nothing",
    to: str | None = None,
    framework: str | None = None,
    framework_version: str | None = None,
    category: Sequence[str] = (),
    ami: str = "non-dlami",
    installer: Literal["pip", "uv"] | None = None,
    venv: StrPath | None = None,
    root: StrPath = "",
    catalog: Catalog | None = None,
    environ: Mapping[str, str] | None = None,
) -> Plan:
    """The ordered steps from one state to another, and back.  Nothing of it is run.

    ``start`` is ``nothing`` or a state as `diff` knows them (the command line's ``--from``),
    ``to`` an SDK release, default the latest that has it all.  ``target`` needs an instance and
    an operating system, unless ``start`` tells them.  Never reads the network.  Raises
    `NoSolution` with what comes nearest, `UnknownName`, `UnreadableInput` or `WrongUsage`.
    """
    from neuron_pin.planner import planning

    return planning.plan(
        _lock_request(target, {}, catalog, environ),
        start=check_path("start", start),
        to=to,
        named=parse_all(list_texts("requirements", requirements), ORIGIN),
        framework=framework,
        framework_version=framework_version or "",
        category=list_texts("category", category),
        ami=ami,
        options=planning.PlanOptions(
            installer=installer or "",
            venv=check_path("venv", venv) if venv is not None else "",
            root=check_path("root", root).rstrip("/"),
            command="neuron_pin.plan",
        ),
    )


def lifecycle(
    subjects: Iterable[str] = (),
    *,
    kind: Sequence[str] = (),
    instance: str | None = None,
    component: str | None = None,
    workload: Literal["training", "inference"] | None = None,
    as_of: date | str | None = None,
    catalog: Catalog | None = None,
) -> list[Status]:
    """Where subjects stand on a day: phase, dates, until when support is guaranteed.

    A subject is a name, ``torch-neuronx 2.8``, ``python3.11``, ``2.26.0`` …; all of them where
    none is given.  A model class is tied to a component and a workload: ``component`` and
    ``workload`` choose among those.  Never reads the network.  Raises `UnknownName`,
    `WrongUsage`, or `NoSolution` where nothing of that kind was known on the day.
    """
    from neuron_pin.operations.lifecycle import find_statuses

    return find_statuses(
        catalog or load_catalog(),
        read_day(as_of),
        list_texts("subjects", subjects),
        kinds=list_texts("kind", kind),
        instance=instance,
        component=component,
        workload=workload,
    )


def _lock_request(
    target: Target,
    sources: SourceOptions,
    catalog: Catalog | None,
    environ: Mapping[str, str] | None,
    reporter: Reporter = SILENT,
    **request: Any,
) -> LockRequest:
    """The one place where arguments become what `operations` works with."""
    from neuron_pin.operations.read_settings import make_lock_request

    return make_lock_request(
        fill_settings(target, sources, request),
        catalog or load_catalog(),
        today=find_today(),
        this_python=find_this_python(),
        environ=os.environ if environ is None else environ,
        reporter=reporter,
    )
