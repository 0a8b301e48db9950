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
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

from neuron_pin import resolve
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import parse_all, parse_requirement
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.settings import Settings, load_settings
from neuron_pin.target import parse_day

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from neuron_pin.catalog.subjects import Status
    from neuron_pin.operations.check import CheckedInput
    from neuron_pin.operations.diff import Comparison
    from neuron_pin.operations.explain import Explanation, PairExplanation
    from neuron_pin.operations.lock_request import LockRequest
    from neuron_pin.planner import Plan

StrPath = str | os.PathLike[str]

ORIGIN = "the caller"
"""Where requirements given as strings come from: what `LockedPackage.via` and errors say.
No package can have the name, which has a space."""


class Target(NamedTuple):
    """What is installed onto; a part that is left out stays open, or gets the default named.

    ``instance`` is a family (``trn1``), ``os`` an operating system (``ubuntu22.04``), ``python``
    a version (``3.11`` or ``3.11.4``; default: the operating system's, else that of this
    process), ``platforms`` wheel platform tags, best first.  ``scope`` says which side of a
    container's wall is meant.  ``as_of`` ignores everything later than a day (default: today,
    UTC).  ``phases`` are allowed besides the default ones (``eos``, ``beta`` …).  ``driver``
    and ``kernel`` are what the host has and keeps; ``support_until`` is a day up to which
    support has to be guaranteed.  ``detect`` fills in what was left open from this machine.

    Names are checked when the target is used, against the catalog.
    """

    instance: str | None = None
    os: str | None = None
    python: str | None = None
    platforms: Sequence[str] = ()
    scope: Literal["host", "container", "both"] = "both"
    as_of: date | str | None = None
    phases: Sequence[str] = ()
    driver: str | None = None
    kernel: str | None = None
    support_until: date | str | None = None
    detect: bool = False


class SourceOptions(TypedDict, total=False):
    """Where candidates come from, and how hosts are reached: keywords of `lock`, `explain` and
    `explain_pair`.

    ``offline`` uses the catalog and the cache only, ``refresh`` asks the indexes again.
    ``index`` takes a package from one index: names to URLs.  ``apt_repo`` has lines as in
    sources.list (``URL SUITE COMPONENT``), ``rpm_repo`` URLs; ``host`` in either is what this
    machine's package manager knows.  ``timeout`` is in seconds, for an answer to begin.  The
    others are options of ``neuron-pin lock``, described in docs/commands.md.
    """

    index_url: str | None
    extra_index_url: Sequence[str]
    neuron_index_url: str | None
    index: Mapping[str, str]
    find_links: Sequence[StrPath]
    no_index: bool
    trusted_host: Sequence[str]
    apt_repo: Sequence[str]
    rpm_repo: Sequence[str]
    offline: bool
    refresh: bool
    cache_dir: StrPath | None
    cert: StrPath | None
    client_cert: StrPath | None
    proxy: str | None
    timeout: int | None


class Resolution(resolve.Resolution):
    """What may be installed on a target, and why not the rest: ``sdk``, ``target``,
    ``packages``, ``exclusions``, ``warnings``, ``support``."""

    __slots__ = ()

    def render(self, form: str, *, command: str = "neuron_pin.lock") -> str:
        """The text of a format of ``neuron-pin lock --format``: ``constraints``,
        ``apt-preferences``, ``json``, ``pylock`` …

        ``command`` is what the text names as its origin.  The same resolution gives the same
        text.  Raises `WrongUsage` for an unknown format, and for one that needs files or hashes
        that are not known: see `lock`.
        """
        from neuron_pin.outputs import find_format

        if not command.isprintable():
            raise WrongUsage(f"command: {command!r} is not one line of text")
        return find_format(form).render(self, command)


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
    names them; without it the lock has the best file alone.  ``environ`` is for ``${NAME}`` in
    requirements files and for the place of the cache; default: that of the process.

    Reads the network only where indexes are used: not with ``offline=True`` and no index named.
    Raises `NoSolution`, `UnknownName`, `WrongUsage`, `UnreadableInput` or `SourceFailed`.
    """
    from neuron_pin.inputs.requirements.collect import read_inputs
    from neuron_pin.operations import lock as operation

    environment = os.environ if environ is None else environ
    settings = _settings(
        target,
        sources,
        {
            "sdk": sdk,
            "override": _paths("override", override),
            "pin": pin,
            "generate_hashes": generate_hashes,
            "build": _texts("build", build),
            "expires": _day(expires),
        },
    )
    files = read_inputs(
        _paths("requirement", requirement),
        _paths("constraint", constraint),
        _texts("group", group),
        extras=_texts("extra", extra),
        all_extras=all_extras,
        environ=environment,
    )
    found = operation.lock(
        settings,
        catalog or load_catalog(),
        parse_all(_texts("requirements", requirements), ORIGIN),
        files,
        today=_today(),
        this_python=_this_python(),
        environ=environment,
        all_files=all_files,
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
    machine = _path("root", root) if root is not None else None
    work = Check(
        _settings(target, {}, {}),
        catalog or load_catalog(),
        today=_today(),
        now=time.time(),
        this_python=_this_python(),
        environ=os.environ if environ is None else environ,
        within_days=within,
        lock=_path("lock", lock) if lock is not None else None,
    )
    checked = work.run(
        Wanted(
            _paths("files", files),
            _paths("venv", venv),
            _paths("image", image),
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
    file, a virtual environment, or ``host``.  ``instance`` is of releases: what is for it.
    Never reads the network.  Raises `UnknownName`, `UnreadableInput` or `WrongUsage`.
    """
    from neuron_pin.inputs.state import read_state
    from neuron_pin.operations.diff import compare

    facts = catalog or load_catalog()
    family = facts.instances[facts.instance(instance)] if instance else None
    before = read_state(_path("old", old), facts, family)
    after = read_state(_path("new", new), facts, family)
    return compare(before, after, facts, _day_or_today(as_of))


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
        start=_path("start", start),
        to=to,
        named=parse_all(_texts("requirements", requirements), ORIGIN),
        framework=framework,
        framework_version=framework_version or "",
        category=_texts("category", category),
        ami=ami,
        options=planning.PlanOptions(
            installer=installer or "",
            venv=_path("venv", venv) if venv is not None else "",
            root=_path("root", root).rstrip("/"),
            command="neuron_pin.plan",
        ),
    )


def lifecycle(
    subjects: Iterable[str] = (),
    *,
    kind: Sequence[str] = (),
    instance: str | None = None,
    as_of: date | str | None = None,
    catalog: Catalog | None = None,
) -> list[Status]:
    """Where subjects stand on a day: phase, dates, until when support is guaranteed.

    A subject is a name, ``torch-neuronx 2.8``, ``python3.11``, ``2.26.0`` …; all of them where
    none is given.  Never reads the network.  Raises `UnknownName`, `WrongUsage`, or `NoSolution`
    where nothing of that kind was known on the day.
    """
    from neuron_pin.operations.lifecycle import find_statuses

    return find_statuses(
        catalog or load_catalog(),
        _day_or_today(as_of),
        _texts("subjects", subjects),
        kinds=_texts("kind", kind),
        instance=instance,
    )


# From arguments to what operations take ------------------------------------------------


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
        _settings(target, sources, request),
        catalog or load_catalog(),
        today=_today(),
        this_python=_this_python(),
        environ=os.environ if environ is None else environ,
        reporter=reporter,
    )


def _settings(target: Target, sources: SourceOptions, request: Mapping[str, Any]) -> Settings:
    """Settings as the command line has them, checked in the same way."""
    unknown = sources.keys() - SourceOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    given: dict[str, Any] = {
        "instance": target.instance,
        "os": target.os,
        "python": target.python,
        "platform": _texts("platforms", target.platforms),
        "scope": target.scope,
        "as_of": _day(target.as_of),
        "phase": _texts("phases", target.phases),
        "with_driver": target.driver,
        "with_kernel": target.kernel,
        "require_support_until": _day(target.support_until),
        "target": "auto" if target.detect else None,
        **request,
    }
    for name, value in sources.items():
        if name == "index":
            bound: Mapping[str, str] = sources["index"]
            given[name] = [f"{package}={url}" for package, url in bound.items()]
        elif name == "timeout":
            given[name] = None if value is None else str(value)
        elif name in ("cache_dir", "cert", "client_cert"):
            given[name] = None if value is None else _path(name, value)  # type: ignore[arg-type]
        elif name == "find_links":
            given[name] = _paths(name, sources["find_links"])
        elif name in ("extra_index_url", "trusted_host", "apt_repo", "rpm_repo"):
            given[name] = _texts(name, value)  # type: ignore[arg-type]
        else:
            given[name] = value
    return load_settings(given, {}, None)


def _texts(name: str, values: Iterable[str]) -> list[str]:
    """A list of strings: a string is one too, of its characters, and is never meant so."""
    if isinstance(values, str):
        raise TypeError(f"{name}: a list of strings is needed, not the string {values!r}")
    return list(values)


def _paths(name: str, values: Iterable[StrPath]) -> list[str]:
    if isinstance(values, (str, os.PathLike)):
        raise TypeError(f"{name}: a list of paths is needed, not {os.fspath(values)!r} alone")
    return [_path(name, value) for value in values]


def _path(name: str, value: StrPath) -> str:
    path = os.fspath(value)
    if "\0" in path:
        raise WrongUsage(f"{name}: {path!r} is not a path")
    return path


def _today() -> date:
    return datetime.now(timezone.utc).date()


def _this_python() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _day(value: date | str | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _day_or_today(value: date | str | None) -> date:
    text = _day(value)
    return parse_day(text, "as_of") if text else _today()
