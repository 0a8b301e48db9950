"""lock.json: the whole answer for programs, reasons included."""

from __future__ import annotations

from neuron_pin.catalog import Support
from neuron_pin.lockfile import (
    ExcludedVersion,
    LockDocument,
    LockedFile,
    LockedVersion,
    LockPolicy,
    LockSupport,
    LockTarget,
    render_lock,
)
from neuron_pin.policy import edition_at
from neuron_pin.resolve import Exclusion, LockedPackage, Resolution
from neuron_pin.target import Target


def render_lock_json(resolution: Resolution, command: str) -> str:
    """The text: two-space indent, keys in a fixed order, no time stamp."""
    return render_lock(make_document(resolution, command))


def make_document(resolution: Resolution, command: str) -> LockDocument:
    """A resolution as a lock.json has it."""
    return LockDocument(
        command=command,
        sdk=resolution.sdk,
        target=_target(resolution.target),
        packages=tuple(_package(package) for package in resolution.packages),
        policy=LockPolicy(**edition_at(resolution.target.as_of).as_document()),
        support=_support(resolution.support) if resolution.support is not None else None,
        exclusions=tuple(make_exclusion(exclusion) for exclusion in resolution.exclusions),
        warnings=resolution.warnings,
        expires=resolution.expires or None,
    )


def _target(target: Target) -> LockTarget:
    return LockTarget(
        instance=target.instance,
        os=target.os.name if target.os else None,
        python=target.python,
        platforms=target.platforms,
        scope=target.scope.value,
        as_of=target.as_of.isoformat(),
        phases=tuple(phase.label for phase in sorted(target.phases)),
        driver=target.driver or None,
    )


def _support(support: Support) -> LockSupport:
    return LockSupport(
        support.until.isoformat(), support.first, support.reason, support.facts_of.isoformat()
    )


def _package(package: LockedPackage) -> LockedVersion:
    return LockedVersion(
        key=package.key,
        version=package.version,
        pin=package.pin.render(package.key.ecosystem),
        phase=package.phase_label,
        kind=package.kind.value if package.kind else None,
        sdk=package.sdk,
        source=package.source or None,
        files=tuple(LockedFile(file.url, file.hashes, file.size) for file in package.files),
        via=package.via,
    )


def make_exclusion(exclusion: Exclusion) -> ExcludedVersion:
    """One exclusion as a lock.json has it."""
    from neuron_pin.catalog.sources import find_source_url

    return ExcludedVersion(
        exclusion.key.ecosystem.value,
        exclusion.key.name,
        exclusion.version,
        exclusion.rule.identifier,
        exclusion.reason,
        exclusion.source,
        find_source_url(exclusion.source),
    )
