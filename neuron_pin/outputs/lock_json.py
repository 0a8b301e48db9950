"""lock.json: the whole answer for programs, reasons included."""

from __future__ import annotations

import json
from typing import Any

from neuron_pin.catalog import Support
from neuron_pin.resolve import Exclusion, LockedPackage, Resolution
from neuron_pin.target import Target

SCHEMA_VERSION = 1


def render_lock_json(resolution: Resolution, command: str) -> str:
    """The text: two-space indent, keys in a fixed order, no time stamp."""
    return json.dumps(lock_document(resolution, command), indent=2) + "\n"


def lock_document(resolution: Resolution, command: str) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": command,
        "sdk": resolution.sdk or None,
        "target": _target(resolution.target),
        "support": _support(resolution.support),
        "packages": [_package(package) for package in resolution.packages],
        "exclusions": [exclusion_document(exclusion) for exclusion in resolution.exclusions],
        "warnings": list(resolution.warnings),
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "instance": target.instance,
        "os": target.os.name if target.os else None,
        "python": target.python,
        "platforms": list(target.platforms),
        "scope": target.scope.value,
        "as_of": target.as_of.isoformat(),
        "phases": [phase.label for phase in sorted(target.phases)],
    }


def _support(support: Support | None) -> dict[str, Any] | None:
    if support is None:
        return None
    return {
        "guaranteed_until": support.until.isoformat(),
        "first_to_end": list(support.first),
        "reason": support.reason,
        "facts_of": support.facts_of.isoformat(),
    }


def _package(package: LockedPackage) -> dict[str, Any]:
    return {
        "ecosystem": package.key.ecosystem.value,
        "name": package.key.name,
        "version": package.version,
        "pin": package.pin.render(package.key.ecosystem),
        "phase": package.phase.label,
        "kind": package.kind.value if package.kind else None,
        "sdk": package.sdk or None,
        "index": package.source or None,
        "files": [
            {"url": file.url, "hashes": dict(file.hashes)}
            | ({"size": file.size} if file.size is not None else {})
            for file in package.files
        ],
        "via": list(package.via),
    }


def exclusion_document(exclusion: Exclusion) -> dict[str, str]:
    """One exclusion as plain values."""
    return {
        "ecosystem": exclusion.key.ecosystem.value,
        "name": exclusion.key.name,
        "version": exclusion.version,
        "rule": exclusion.rule.identifier,
        "reason": exclusion.reason,
        "source": exclusion.source,
    }
