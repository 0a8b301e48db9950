"""One lock to make: from settings and requirements to a `Resolution`, or `NoSolution`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from neuron_pin.catalog import Catalog, ComponentKind
from neuron_pin.errors import NoSolution, SourceFailed, UnknownName, WrongUsage
from neuron_pin.inputs import SDK_NAME, Requirement, admits_python, parse_requirement
from neuron_pin.policy import Phase, PinPrecision, phase_at
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.resolve import NO_PREFERENCES, Preferences, Request, Resolution, find_support
from neuron_pin.settings import Settings, cache_folder
from neuron_pin.target import Target, parse_day

from .target import read_target

if TYPE_CHECKING:
    from neuron_pin.inputs.requirements.requirements_txt import RequirementsFile


class LockJob(NamedTuple):
    """One lock to make: what was set, what was asked for, what the world is like."""

    settings: Settings
    catalog: Catalog
    today: date
    this_python: str
    environ: Mapping[str, str]
    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    files: tuple[RequirementsFile, ...] = ()
    all_files: bool = False
    preferred: Preferences | None = None
    reporter: Reporter = SILENT


def lock_job(job: LockJob) -> Resolution:
    """Resolve a job as it stands; raises `NoSolution` with the bare facts."""
    settings, catalog, files = job.settings, job.catalog, job.files
    target = read_target(settings, catalog, job.today, job.this_python)
    _check_python(files, target)
    overrides = _overrides(settings, target, job.environ)
    asked = [overrides.get(requirement.name, requirement) for requirement in job.requirements]
    request = make_request(settings, catalog, target, asked, job.constraints)
    if settings.generate_hashes and request.strength is not PinPrecision.EXACT:
        raise WrongUsage("--generate-hashes needs exact pins", hint="leave out --pin")
    request = request._replace(
        all_files=job.all_files
        or settings.generate_hashes
        or any(requirement.hashes for requirement in (*asked, *job.constraints)),
        preferred=_still_preferred(settings, job.preferred),
    )
    if not request.requirements and target.instance is None:
        raise WrongUsage(
            "without a requirement every component for the target is locked: which instance?",
            hint="give --instance " + "|".join(sorted(catalog.instances)) + ", or a requirement",
        )
    if not uses_indexes(settings, files, catalog, request):
        from neuron_pin.resolve.catalog_candidates import CatalogCandidates
        from neuron_pin.resolve.resolver import resolve

        found = resolve(request, catalog, CatalogCandidates, job.reporter)
    else:
        found = _from_indexes(job, request, overrides)
    expires = parse_day(settings.expires, "--expires").isoformat() if settings.expires else ""
    return found._replace(
        with_hashes=settings.generate_hashes,
        expires=expires,
        support=find_support(found, catalog),
    )


def sdk_requirement(text: str | None, catalog: Catalog) -> Requirement | None:
    """What ``--sdk`` says: a version, a specifier, or ``latest``; raises `UnknownName`."""
    if text is None or text == "latest":
        return None
    origin = "--sdk"
    if re.fullmatch(r"\d+(\.\d+){2}", text):
        catalog.release(text)
        return parse_requirement(f"{SDK_NAME}=={text}", origin)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return parse_requirement(f"{SDK_NAME}=={text}.*", origin)
    if re.match(r"[<>=!~]", text):
        return parse_requirement(SDK_NAME + text, origin)
    raise UnknownName(
        "SDK release",
        text,
        [release.sdk for release in catalog.releases],
        hint="write a version (2.26.0), a range (==2.26.*) or latest",
    )


def make_request(
    settings: Settings,
    catalog: Catalog,
    target: Target,
    requirements: Sequence[Requirement],
    constraints: Sequence[Requirement] = (),
) -> Request:
    """What to resolve; raises for names of Neuron's that are gone or never were."""
    for requirement in requirements:
        package = catalog.packages.get(requirement.name)
        if package is not None and package.replaced_by and not requirement.is_exact:
            events = catalog.events_by_name.get(package.name, ())
            fact = phase_at(events, package.name, "", target.family, target.as_of)
            is_allowed = Phase.EOS in target.phases
            if fact.phase is Phase.EOS and fact.event is not None and not is_allowed:
                raise NoSolution(
                    f"{requirement.origin}: {package.name} is gone since {fact.event.effective} "
                    f"(release {fact.event.sdk})",
                    [fact.event.source],
                    hint=f"ask for {package.replaced_by}",
                )
    return Request(
        target=target,
        requirements=tuple(r for r in requirements if _marker_holds(r, target)),
        constraints=tuple(r for r in constraints if _marker_holds(r, target)),
        sdk=sdk_requirement(settings.sdk, catalog),
        strength=PinPrecision(settings.pin or "exact"),
    )


def _marker_holds(requirement: Requirement, target: Target) -> bool:
    """PEP 508: whether a requirement's marker holds for the target."""
    if not requirement.marker:
        return True
    from neuron_pin.sources.index.dependencies import marker_holds

    return marker_holds(requirement.marker, target)


def uses_indexes(
    settings: Settings, files: Sequence[RequirementsFile], catalog: Catalog, request: Request
) -> bool:
    """Whether package indexes are asked, or the catalog alone answers.

    Offline, without an index named, the catalog answers for Neuron's own packages.
    """
    if _names_index(settings, files) or not settings.offline:
        return True
    return any(_is_foreign(requirement, catalog) for requirement in request.requirements)


def _names_index(settings: Settings, files: Sequence[RequirementsFile]) -> bool:
    if settings.index_url or settings.extra_index_url or settings.neuron_index_url:
        return True
    if settings.apt_repo or settings.rpm_repo or settings.find_links:
        return True
    return any(f.index_url or f.extra_index_urls or f.find_links for f in files)


def _refuse_mistyped(request: Request, catalog: Catalog) -> None:
    """Offline, a name that is nearly one of Neuron's is more likely mistyped than cached."""
    for requirement in request.requirements:
        if _is_foreign(requirement, catalog) and requirement.name not in catalog.packages:
            name = requirement.name
            mistyped = UnknownName("package", name, catalog.packages, where=requirement.origin)
            if mistyped.near and "neuron" in name:
                raise mistyped


def _is_foreign(requirement: Requirement, catalog: Catalog) -> bool:
    if requirement.name == SDK_NAME:
        return False
    package = catalog.packages.get(requirement.name)
    return package is None or package.kind is ComponentKind.DEPENDENCY


def _overrides(
    settings: Settings, target: Target, environ: Mapping[str, str]
) -> dict[str, Requirement]:
    """Requirements that stand for every other one on their package, whoever asks."""
    if not settings.override:
        return {}
    from neuron_pin.inputs.requirements.requirements_txt import read_requirements

    found = {}
    for path in settings.override:
        for requirement in read_requirements(path, environ=environ).requirements:
            if _marker_holds(requirement, target):
                found[requirement.name] = requirement
    return found


def _check_python(files: Sequence[RequirementsFile], target: Target) -> None:
    """Whether the projects among the inputs are for the target's Python."""
    for file in files:
        if file.requires_python and not admits_python(file.requires_python[0], target.python_full):
            wanted, path = file.requires_python
            raise NoSolution(
                f"{path}: the project requires Python {wanted}, the target has "
                f"{target.python_full}",
                hint="choose another with --python",
            )


def _still_preferred(settings: Settings, preferred: Preferences | None) -> Preferences:
    """What an existing lock has, less what the user wants newer."""
    if preferred is None or settings.upgrade:
        return NO_PREFERENCES
    from neuron_pin.catalog import canonicalize_name

    newer = {canonicalize_name(name) for name in settings.upgrade_package}
    sdk = "" if newer else preferred.sdk
    return Preferences(sdk, {n: v for n, v in preferred.versions.items() if n not in newer})


def _from_indexes(
    job: LockJob, request: Request, overrides: Mapping[str, Requirement]
) -> Resolution:
    """The lock of this very request from the cache, if it still holds; else a new one."""
    from neuron_pin.sources.http.record_cache import RecordCache

    from .lock_cache import LockCache

    settings, catalog, files = job.settings, job.catalog, job.files
    cache = RecordCache(cache_folder(settings, job.environ))
    places = [[f.index_url, f.extra_index_urls, f.find_links, f.no_index] for f in files]
    # How the indexes are reached, and what is done with the answer, plays no part in it.
    asked = settings._replace(**_NO_PART)
    memo = LockCache(cache, catalog, (request, asked, overrides, places))
    found = None if settings.refresh else memo.recall(request.target, offline=settings.offline)
    if found is not None:
        return found
    from neuron_pin.resolve.index_candidates import IndexCandidates
    from neuron_pin.resolve.resolver import resolve
    from neuron_pin.sources.session import open_sources

    with open_sources(settings, files, catalog, request.target, cache, job.reporter) as sources:
        try:
            found = resolve(
                request,
                catalog,
                lambda context, chosen: IndexCandidates(context, chosen, sources, overrides),
                job.reporter,
            )
        except SourceFailed:
            if settings.offline:
                _refuse_mistyped(request, catalog)
            raise
        evidence = sources.evidence()
        if evidence is not None:
            memo.keep(found, *evidence)
        return found


_NO_PART: dict[str, Any] = {
    "offline": False,
    "refresh": False,
    "cache_dir": None,
    "cert": None,
    "client_cert": None,
    "timeout": None,
    "proxy": None,
    "override": (),
    "expires": None,
}
