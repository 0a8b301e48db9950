"""The edge: settings, the strings that the user wrote, become the typed values that operations
work with.  Nothing below sees settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import Requirement
from neuron_pin.policy import PinPrecision
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.resolve import NO_PREFERENCES, NewerThanFacts, Preferences
from neuron_pin.settings import REPOSITORY_OPTIONS, Settings, cache_folder
from neuron_pin.sources.options import IndexLocations, Network, SourceLocations
from neuron_pin.target import TargetOptions, parse_day

from .lock_request import LockRequest, parse_sdk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.inputs.requirements.requirements_txt import RequirementsFile
    from neuron_pin.sources.system_package import SystemRepository


def make_lock_request(
    settings: Settings,
    catalog: Catalog,
    *,
    today: date,
    this_python: str,
    environ: Mapping[str, str],
    requirements: Iterable[Requirement] = (),
    files: Sequence[RequirementsFile] = (),
    all_files: bool = False,
    preferred: Preferences | None = None,
    reporter: Reporter = SILENT,
) -> LockRequest:
    """The lock that settings and inputs ask for.

    ``today`` and ``this_python`` stand where the settings leave the day and the Python open.
    Reads what the settings name: files of overrides, the repositories of a machine.  Raises
    `WrongUsage` or `UnreadableInput`.
    """
    options = read_target_options(settings, today, this_python)
    sources, warnings = _source_options(settings, files)
    strength = PinPrecision(settings.pin or "exact")
    if settings.generate_hashes and strength is not PinPrecision.EXACT:
        raise WrongUsage("--generate-hashes needs exact pins", hint="omit --pin")
    return LockRequest(
        catalog=catalog,
        target=options.make(catalog),
        target_options=options,
        sources=sources,
        network=read_network(settings, environ),
        requirements=(*requirements, *(r for file in files for r in file.requirements)),
        constraints=tuple(r for file in files for r in file.constraints),
        overrides=tuple(_overrides(settings, environ)),
        sdk=parse_sdk(settings.sdk, catalog),
        strength=strength,
        preferred=_still_preferred(settings, preferred),
        requires_python=tuple(f.requires_python for f in files if f.requires_python),
        all_files=all_files,
        with_hashes=settings.generate_hashes,
        newer=NewerThanFacts(settings.newer_than_facts or "warn"),
        expires=parse_day(settings.expires, "--expires").isoformat() if settings.expires else "",
        warnings=warnings,
        reporter=reporter,
    )


def read_target_options(settings: Settings, today: date, this_python: str) -> TargetOptions:
    """What the settings say of the target; ``--target auto`` looks at this machine.  Raises
    `WrongUsage`."""
    machine = None
    if settings.target == "auto":
        from neuron_pin.target.detection import detect

        machine = detect("/", this_python)
    until = settings.require_support_until
    return TargetOptions(
        instance=settings.instance,
        system=settings.os,
        python=settings.python,
        platforms=settings.platform,
        scope=settings.scope or "both",
        as_of=parse_day(settings.as_of) if settings.as_of else today,
        phases=settings.phase,
        this_python=this_python,
        driver=settings.with_driver or "",
        kernel=settings.with_kernel or "",
        support_until=parse_day(until, "--require-support-until") if until else None,
        machine=machine,
    )


def read_index_locations(
    settings: Settings, files: Sequence[RequirementsFile] = ()
) -> IndexLocations:
    """The indexes that settings and files name; of the main ones the settings' counts, then
    the first file's."""
    main = [settings.index_url, *(file.index_url for file in files)]
    return IndexLocations(
        index_url=next(filter(None, main), None),
        extra_index_urls=(
            *settings.extra_index_url,
            *(url for file in files for url in file.extra_index_urls),
        ),
        neuron_index_url=settings.neuron_index_url,
        find_links=(*settings.find_links, *(url for file in files for url in file.find_links)),
        no_index=settings.no_index or any(file.no_index for file in files),
        pinned=settings.index,
        trusted_hosts=settings.trusted_host,
    )


def read_network(settings: Settings, environ: Mapping[str, str]) -> Network:
    """How the settings let sources be reached."""
    return Network(
        cache_folder=cache_folder(settings, environ),
        offline=settings.offline,
        refresh=settings.refresh,
        cert=settings.cert,
        client_cert=settings.client_cert,
        proxy=settings.proxy,
        patience=float(settings.timeout) if settings.timeout else None,
    )


def _source_options(
    settings: Settings, files: Sequence[RequirementsFile]
) -> tuple[SourceLocations, tuple[str, ...]]:
    """The sources that settings and files name, and what to know of them."""
    indexes = read_index_locations(settings, files)
    repositories, warnings = _repositories(settings) if settings.repositories else ((), ())
    found = SourceLocations(
        indexes=indexes,
        repositories=repositories,
        build=frozenset(canonicalize_name(name) for name in settings.build),
        is_named=any(
            (
                indexes.index_url,
                indexes.extra_index_urls,
                indexes.neuron_index_url,
                indexes.find_links,
                settings.repositories,
            )
        ),
    )
    return found, warnings


def _repositories(
    settings: Settings,
) -> tuple[tuple[SystemRepository, ...], tuple[str, ...]]:
    from neuron_pin.sources.repositories import find_repositories, load_kind

    found: list[SystemRepository] = []
    warnings = []
    for name, texts in settings.repositories:
        kind = load_kind(REPOSITORY_OPTIONS[name].reader)
        for text in texts:
            repositories = find_repositories(kind, text)
            found += repositories
            if not repositories:
                option = "--" + name.replace("_", "-")
                warnings.append(
                    f"{option} {text}: the machine has no such repository, or has fetched "
                    "nothing of it; the lock is made without"
                )
    return tuple(found), tuple(warnings)


def _overrides(settings: Settings, environ: Mapping[str, str]) -> Iterable[Requirement]:
    if not settings.override:
        return
    from neuron_pin.inputs.requirements.requirements_txt import read_requirements

    for path in settings.override:
        yield from read_requirements(path, environ=environ).requirements


def _still_preferred(settings: Settings, preferred: Preferences | None) -> Preferences:
    """What an existing lock has, less what the user wants newer."""
    if preferred is None or settings.upgrade:
        return NO_PREFERENCES
    newer = {canonicalize_name(name) for name in settings.upgrade_package}
    sdk = "" if newer else preferred.sdk
    return Preferences(sdk, {n: v for n, v in preferred.versions.items() if n not in newer})
