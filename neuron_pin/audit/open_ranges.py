"""Ranges that may lead to a new major version, and the pins that hold them to the present one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, Package, sdk_key
from neuron_pin.catalog.support import find_part_phase
from neuron_pin.errors import InvalidVersion
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import (
    Ecosystem,
    NeuronVersion,
    Phase,
    Pin,
    PinPrecision,
    Rule,
    derive_pin,
    installable,
)
from neuron_pin.resolve.suggestion import SUPPORTED, is_left_behind
from neuron_pin.target import Target

from .finding import Finding, Fix, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .mixtures import Shipped
    from .part import MakeFinding


def check_open_range(
    stated: DetectedPackage,
    versions: Sequence[str],
    shipped: Shipped,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    release: str = "",
) -> Iterator[Finding]:
    """NP305: a range that admits a version of the next major.  ``versions`` are those that it
    admits, newest first; ``release`` is the one that is installed already, as in an image, empty
    for none."""
    requirement, package = stated.requirement, catalog.packages[stated.key.name]
    newest = _parse_or_none(package, versions[0])
    if requirement is None or newest is None or stated.version:
        return
    if not requirement.admits(_next_major(newest)):
        return
    pin = _hold(versions, package, shipped, catalog, target, release) if release else None
    pin = pin or _hold(versions, package, shipped, catalog, target)
    if pin is None:
        from .remedy import suggest_replacement

        # To hold what the target cannot use is no advice.
        remedy = suggest_replacement(catalog, stated.key, target)
        pin = derive_pin(newest, PinPrecision.MAJOR)
        reason = _describe_open_range(requirement, newest, pin)
        yield finding(Rule.UNPINNED, Severity.WARNING, reason, remedy)
        return
    written = add_pin(requirement, stated.key.ecosystem, pin, stated.install_spec)
    held = derive_pin(newest, PinPrecision.MAJOR)
    reason = _describe_open_range(requirement, newest, held)
    made = finding(Rule.UNPINNED, Severity.WARNING, reason, f"write {written}")
    yield made._replace(fix=Fix(stated.install_spec, written) if stated.install_spec else None)


def _hold(
    versions: Sequence[str],
    package: Package,
    shipped: Shipped,
    catalog: Catalog,
    target: Target,
    release: str = "",
) -> Pin | None:
    """The widest pin whose newest version is the newest that the target can use, of one release
    where that is given; none where it can use none.  What is newer than that, and the target
    cannot use, an installer would take from a wider one."""

    def find_release(version: str) -> str:
        sdks = (
            sdk
            for sdk, member in shipped[package.name, version]
            if member.is_for(target.family, target.listed_python)
            and catalog.dates[sdk] <= target.as_of
            and release in ("", sdk)
        )
        return max(sdks, key=sdk_key, default="")

    last = {version: sdk for version in versions if (sdk := find_release(version))}
    listed = {
        version: find_part_phase(catalog, package.name, version, target.family, target.as_of)
        for version in last
    }
    ended = [(version, last[version]) for version, phase in listed.items() if phase is Phase.EOS]
    supported = [
        version
        for version, phase in listed.items()
        if phase in SUPPORTED and not is_left_behind(version, last[version], ended)
    ]
    early = [version for version, phase in listed.items() if phase.is_prerelease]
    usable = next(iter((*supported, *early)), "")
    parsed = _parse_or_none(package, usable) if usable else None
    if parsed is None:
        return None
    for precision in (PinPrecision.MAJOR, PinPrecision.MINOR):
        pin = derive_pin(parsed, precision)
        if next((v for v in versions if pin.matches(v)), usable) == usable:
            return pin
    return derive_pin(parsed, PinPrecision.EXACT)


def quote_range(
    stated: DetectedPackage,
    meant: Requirement,
    versions: Sequence[str],
    shipped: Shipped,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
) -> Finding:
    """NP305: a range that the shell takes for a redirection, with the fix that quotes it."""
    written, package = meant.text, catalog.packages[stated.key.name]
    admitted = [version for version in versions if meant.admits(version)]
    newest = _parse_or_none(package, admitted[0]) if admitted else None
    if newest is not None and meant.admits(_next_major(newest)):
        pin = _hold(admitted, package, shipped, catalog, target)
        if pin is not None:
            written = add_pin(meant, stated.key.ecosystem, pin, written)
    written = shlex.quote(written)
    sign = next(sign for sign in meant.text if sign in "<>")
    reason = f"{sign!r} is a redirection to the shell, so nothing limits the version"
    made = finding(Rule.UNPINNED, Severity.WARNING, reason, f"quote it: {written}")
    return made._replace(fix=Fix(meant.text, written) if stated.install_spec else None)


def _describe_open_range(requirement: Requirement, newest: NeuronVersion, held: Pin) -> str:
    """Why a range may lead to a new major version, and what that is of such a version."""
    how = f"{requirement.range!r} allows" if requirement.range else "without a version it allows"
    shown = ".".join([*newest.framework, *newest.own])
    what = f"the major version of {shown} is {held.base}"
    if newest.framework:
        own = held.base.rpartition(".")[2]
        what += f": framework {'.'.join(newest.framework)}, Neuron {own}"
    return f"{how} an upgrade to a new major version ({what})"


def add_pin(requirement: Requirement, system: Ecosystem, held: Pin, written: str) -> str:
    """A requirement as it is written, with a pin added: bounds, extras, markers, spaces and
    quotes stay, and only a pin that the new one narrows gives way."""
    if system is not Ecosystem.PIP:
        return installable(requirement.name, held, system)
    text = written or requirement.text
    head, semicolon, marker = text.partition(";")
    body = head.rstrip()
    rest = head[len(body) :] + semicolon + marker
    closing = ")" if body.endswith(")") else ""
    body = body.removesuffix(")").rstrip()
    pin = held.render(system)
    if requirement.pin is not None:
        # One clause with two equals signs, less exact than the new one.
        body = body[: body.index("=")].rstrip()
    elif requirement.specifier:
        body += ","
    return f"{body}{pin}{closing}{rest}"


def _parse_or_none(package: Package, version: str) -> NeuronVersion | None:
    try:
        return package.parse(version)
    except InvalidVersion:
        return None


def _next_major(version: NeuronVersion) -> str:
    """A version of the next major, as it would be called."""
    major = int(version.own[0]) if version.own[0].isdigit() else 0
    return ".".join([*version.framework, str(major + 1), *("0" for _ in version.own[1:])])
