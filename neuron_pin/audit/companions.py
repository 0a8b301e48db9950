"""Python packages of one environment that do not work with each other, whatever their release."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from neuron_pin.catalog import Catalog, Package, Window, public_version
from neuron_pin.catalog.environments import (
    find_environment_clash,
    is_of_another_backend,
    list_required,
)
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.resolve.suggestion import suggest_version
from neuron_pin.target import Target

from .finding import Finding, Severity
from .remedy import choose_python


def check_companions(
    group: Iterable[DetectedPackage], catalog: Catalog, target: Target
) -> Iterator[Finding]:
    """NP509: what needs another version of a package than the one beside it, or needs one that
    another package beside it does not work with; of the exact versions in one environment."""
    beside = {
        statement.key.name: statement
        for statement in group
        if statement.version and statement.key.ecosystem is Ecosystem.PIP
    }
    for statement in beside.values():
        yield from _check_one(statement, beside, catalog, target)


def _check_one(
    statement: DetectedPackage,
    beside: Mapping[str, DetectedPackage],
    catalog: Catalog,
    target: Target,
) -> Iterator[Finding]:
    package, version = _identify(statement, catalog)
    for window in list_required(package, version, target.family):
        other = beside.get(window.other)
        if other is not None and not window.range.contains(public_version(other.version)):
            reason = (
                f"needs {window.other} {window.range}, and {other.version} is beside it "
                f"[{window.source}]"
            )
            yield _find(statement, reason, window, catalog, target)
    for other in beside.values():
        # Of two that do not go together, the later one says so.
        if other.key.name >= statement.key.name:
            continue
        clash = find_environment_clash((package, version), _identify(other, catalog), target.family)
        if clash is not None and not is_of_another_backend(clash, catalog.packages):
            reason = f"not in one environment with {other.key.name}: {clash.describe()}"
            needed = clash.one.window
            yield _find(statement, reason, needed, catalog, target)


def _identify(statement: DetectedPackage, catalog: Catalog) -> tuple[Package | None, str]:
    return catalog.packages.get(statement.key.name), public_version(statement.version)


def _find(
    statement: DetectedPackage,
    reason: str,
    window: Window | None,
    catalog: Catalog,
    target: Target,
) -> Finding:
    version = public_version(statement.version)
    rows = catalog.shipped(statement.key.name).get(version, ())
    releases = [s for s, member in rows if member.is_for(target.family, target.listed_python)]
    remedy = ""
    if releases:
        name, sdk = statement.key.name, releases[0]
        remedy = _make_environment(
            name, version, sdk, window, choose_python(catalog, target, (name,), sdk)
        )
    elif (found := suggest_version(catalog, statement.key, target)) is not None:
        # No lock for the target has this version, in whatever environment.
        remedy = f"use {found.label}{found.caution}"
    return Finding(
        Rule.ENVIRONMENT,
        Severity.ERROR,
        f"{statement.key.name} {statement.version}",
        reason,
        statement.place,
        remedy,
    )


def _make_environment(
    name: str, version: str, sdk: str, window: Window | None, target: Target
) -> str:
    """The command that locks a version and what it needs in an environment of its own."""
    needed = [window.other] if window is not None and window.required else []
    words = ["neuron-pin", "lock", f"{name}=={version}", *needed, *target.list_options()]
    command = shlex.join([*words, "--sdk", sdk, "--offline", "-o", "constraints.txt"])
    return f"make an environment of its own: {command}"
