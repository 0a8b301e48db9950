"""What somebody stated or installed, checked against the policy on a date, for a target."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    Package,
    public_version,
    same_public,
    version_numbers,
)
from neuron_pin.catalog.support import Part, package_part
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import (
    Ecosystem,
    PackageKey,
    Phase,
    Rule,
    installable,
    phase_at,
)
from neuron_pin.resolve.suggestion import SUPPORTED, suggest_version
from neuron_pin.target import Target

from .alternatives import check_alternatives, with_python
from .backends import check_backends, select_backends
from .beside import find_release, fit_framework
from .finding import Finding, Severity
from .names import check_names
from .open_ranges import check_open_range, quote_range
from .part import check_part, part_remedy
from .proof import Prove, prove_fixes

# What few requirements are judged by is imported where they are: this is a start of its own.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .mixtures import Shipped
    from .part import MakeFinding


def check_packages(
    stated: Sequence[DetectedPackage],
    catalog: Catalog,
    target: Target,
    within_days: int,
    prove: Prove | None = None,
) -> list[Finding]:
    """Findings on the Neuron packages among what is stated, by place, and on names that are
    easily taken for theirs; other packages are not judged.  With ``prove`` only fixes that can
    be locked are offered."""
    findings = list(check_names(stated, catalog))
    # What no marker lets onto the target is not installed there.
    stated = [s for s in stated if s.environments is None or s.environments]
    ours = select_neuron(stated, catalog)
    if not ours:
        return findings
    shipped = _list_shipped(catalog, ours)
    for statement in ours:
        # A release is listed for the packages that its image contains.
        if statement.key.ecosystem is Ecosystem.SDK:
            from .newer import check_newer_release
            from .release_day import check_release_day

            findings += check_newer_release(statement, catalog)
            findings += check_release_day(statement, catalog, target)
            continue
        own = target
        if statement.python is not None:
            own = with_python(target, statement.python, catalog)
        elif not target.python and (pythons := {e.python for e in statement.environments or ()}):
            # Of several nothing is said: each may be the one that is meant.
            own = with_python(target, pythons.pop(), catalog) if len(pythons) == 1 else target
        fitting = fit_framework(statement, stated, shipped, catalog)
        release = find_release(statement, stated)
        findings += _one(statement, catalog, own, within_days, fitting, release)
    exact = [s for s in ours if s.version]

    def check_together(group: Sequence[DetectedPackage], own: Target) -> Iterator[Finding]:
        from .companions import check_companions
        from .mixtures import check_mixtures

        yield from check_mixtures(group, shipped, catalog, own)
        yield from check_companions(group, catalog, own)

    findings += check_alternatives(exact, catalog, target, check_together)
    beside = select_backends(stated, catalog)
    findings += check_alternatives(
        beside, catalog, target, lambda group, _: check_backends(group, catalog)
    )
    return prove_fixes(findings, ours, target, prove) if prove is not None else findings


def select_neuron(stated: Iterable[DetectedPackage], catalog: Catalog) -> list[DetectedPackage]:
    """The Neuron packages, and releases, among what is stated."""
    return [
        statement
        for statement in stated
        if statement.key.ecosystem is Ecosystem.SDK
        or is_neuron(catalog.packages.get(statement.key.name))
    ]


def is_neuron(package: Package | None) -> bool:
    """Whether a package is a Neuron package that a package manager installs."""
    return package is not None and package.kind not in (
        ComponentKind.DEPENDENCY,
        ComponentKind.NO_PACKAGE,
    )


def list_neuron_names(catalog: Catalog) -> frozenset[str]:
    """The names of the Neuron packages that the facts have."""
    return frozenset(name for name, package in catalog.packages.items() if is_neuron(package))


def _list_shipped(catalog: Catalog, stated: Iterable[DetectedPackage]) -> Shipped:
    """What releases shipped of the packages that are stated, by version; a stated version that
    has a build behind a listed one is the listed one, and so is one of pip with other zeros at
    its end."""
    shipped: Shipped = {}
    for statement in stated:
        name, version = statement.key.name, public_version(statement.version)
        rows = _shipped_by_either_name(catalog, name)
        shipped.update({(name, listed): found for listed, found in rows.items()})
        package = catalog.packages.get(name)
        if not version or version in rows or package is None:
            continue
        listed = next((v for v in rows if v and _is_listed(statement, v, version, package)), "")
        if listed:
            shipped[name, version] = rows[listed]
    return shipped


def _shipped_by_either_name(catalog: Catalog, name: str) -> dict[str, list[tuple[str, Member]]]:
    """What releases shipped of a package, also in the plural: of aws-neuronx-oci-hook the
    manifests of some releases say -hooks, and their release notes do not."""
    rows = catalog.shipped(name)
    plural = catalog.packages.get(f"{name}s")
    if plural is not None and plural.replaced_by == name:
        rows = {**catalog.shipped(plural.name), **rows}
    return rows


def _is_listed(stated: DetectedPackage, listed: str, version: str, package: Package) -> bool:
    """Whether a version that no release lists as it is written is one that is listed."""
    if package.backends and package.lists(listed, version):
        return True
    # To pip 0.11.351.0 is 0.11.351.
    return stated.key.ecosystem is Ecosystem.PIP and same_public(listed, version)


def _one(
    stated: DetectedPackage,
    catalog: Catalog,
    target: Target,
    within_days: int,
    shipped: Shipped,
    release: str,
) -> Iterator[Finding]:
    name = stated.key.name
    label = f"{name} {stated.version}".rstrip()
    package = catalog.packages[name]
    is_misplaced = stated.key.ecosystem is Ecosystem.PIP and Ecosystem.PIP not in package.systems

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, label, reason, stated.place, remedy)

    if is_misplaced:
        yield _misplaced(stated, target, finding)
        return
    gone = _gone(stated, catalog, target)
    if gone is not None:
        yield finding(Rule.END_OF_SUPPORT, Severity.ERROR, *gone)
        return
    if not stated.version:
        yield from _range(stated, catalog, target, finding, shipped, release)
        return
    version = public_version(stated.version)
    rows = shipped.get((name, version), [])
    listed = rows[0][1].version if rows else version
    part = _judge(name, listed, rows, catalog, target)
    remedy = part_remedy(part, stated.key, version, catalog, target)
    yield from check_part(part, target.as_of, within_days, finding, remedy=remedy)
    if not rows:
        from .unshipped import report_unshipped_version

        yield report_unshipped_version(version, stated.key, catalog, target, finding, shipped)
        return
    if all(catalog.dates[sdk] > target.as_of for sdk, _ in rows):
        from .release_day import report_too_early

        yield report_too_early(rows[-1][0], stated.key, catalog, target, finding)
        return
    yield from _fits(rows, stated.key, catalog, target, finding)


def _judge(
    name: str, version: str, rows: Sequence[tuple[str, Member]], catalog: Catalog, target: Target
) -> Part:
    """A version as a part of the target.  A version for other families alone is a pre-release if
    they have it as one: being in the wrong place makes nothing stable."""
    part = package_part(catalog, name, version, target.family, target.as_of)
    if part.phase is Phase.STABLE and not any(m.is_for(target.family) for _, m in rows):
        families = sorted({family for _, member in rows for family in member.instances})
        there = (package_part(catalog, name, version, f, target.as_of) for f in families)
        return next((other for other in there if other.phase.is_prerelease), part)
    return part


def _misplaced(stated: DetectedPackage, target: Target, finding: MakeFinding) -> Finding:
    """NP503: a system package where pip looks for packages."""
    name, pin = stated.key.name, stated.requirement.pin if stated.requirement else None
    spec = installable(name, pin, target.system) if pin is not None else name
    installer = "apt-get" if target.system is Ecosystem.APT else "dnf"
    reason = (
        "a system package, which pip does not find; a file that only neuron-pin reads names it "
    )
    reason += f"{target.system.value}:{name}"
    remedy = f"sudo {installer} install {shlex.quote(spec)}"
    return finding(Rule.NOT_A_PACKAGE, Severity.WARNING, reason, remedy)


def _gone(stated: DetectedPackage, catalog: Catalog, target: Target) -> tuple[str, str] | None:
    """Why a whole package is out of support, and what to do."""
    name = stated.key.name
    events = catalog.events_by_name.get(name, ())
    fact = phase_at(events, name, "", target.family, target.as_of)
    if fact.phase is not Phase.EOS or fact.event is None or stated.version:
        return None
    from .remedy import suggest_replacement

    reason = f"the package is out of support since {fact.event.effective} [{fact.event.source}]"
    return reason, suggest_replacement(catalog, stated.key, target, fact.event.replacement)


def _fits(
    rows: Sequence[tuple[str, Member]],
    key: PackageKey,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
) -> Iterator[Finding]:
    """Whether any release lists the version for the target's instance family and Python."""
    members = [member for _, member in rows]
    source = f"release manifest, {rows[0][0]}"
    pythons = {p for m in members for p in m.pythons}
    is_for_family = target.family is None or any(target.family in m.instances for m in members)
    # NP510 says that a Python is newer, once; of one that is not known nothing is said.
    is_open = not target.python or target.python_is_newer
    is_for_python = not pythons or is_open or target.python in pythons
    if is_for_family and is_for_python:
        return
    from .remedy import suggest_replacement

    found = suggest_version(catalog, key, target)
    remedy = f"use {found.label}" if found else suggest_replacement(catalog, key, target)
    if not is_for_family:
        listed = ", ".join(sorted({i for m in members for i in m.instances}))
        reason = f"listed for {listed}, not for {target.instance} [{source}]"
        yield finding(Rule.INSTANCE, Severity.ERROR, reason, remedy)
    if not is_for_python:
        listed = ", ".join(sorted(pythons, key=version_numbers))
        reason = f"listed for Python {listed}, not for {target.python} [{source}]"
        if found is None and not remedy.startswith("use "):
            remedy = f"use Python {listed.rpartition(' ')[2]}"
        yield finding(Rule.PYTHON, Severity.ERROR, reason, remedy)


def _range(
    stated: DetectedPackage,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    shipped: Shipped,
    release: str,
) -> Iterator[Finding]:
    """Whether a range stays within a major version, and allows something supported."""
    requirement = stated.requirement
    if requirement is None:
        return
    name = stated.key.name
    versions = sorted(
        (v for n, v in shipped if n == name and v and requirement.admits(v)),
        key=version_numbers,
        reverse=True,
    )
    if not versions:
        from .unshipped import report_unshipped_range

        yield report_unshipped_range(requirement, stated.key, catalog, target, finding, shipped)
        return
    # A version of after the target's day is not known on it.
    known = [
        v for v in versions if any(catalog.dates[s] <= target.as_of for s, _ in shipped[name, v])
    ]
    if not known:
        rows = [row for v in versions for row in shipped[name, v]]
        first = min((sdk for sdk, _ in rows), key=lambda sdk: (catalog.dates[sdk], sdk))
        from .release_day import report_too_early

        yield report_too_early(first, stated.key, catalog, target, finding, requirement.text)
        return
    versions = known
    parts = (_judge(name, v, shipped[name, v], catalog, target) for v in versions)
    # Nearly always one of the first is supported, and the others need not be judged.
    judged: list[Part] = []
    for part in parts:
        judged.append(part)
        if part.phase in SUPPORTED:
            break
    has_ended = all(part.phase is Phase.EOS for part in judged)
    is_early = not has_ended and judged[-1].phase not in SUPPORTED
    if has_ended or is_early:
        # Of what has no supported version, an early one that has not ended says more.
        told = next(part for part in judged if has_ended or part.phase.is_prerelease)
        remedy = part_remedy(told, stated.key, versions[0], catalog, target)
        yield from check_part(told, target.as_of, 0, finding, remedy=remedy)
    if stated.meant is not None:
        yield quote_range(stated, stated.meant, versions, shipped, catalog, target, finding)
        return
    rows = [row for v in versions for row in shipped[name, v]]
    is_for_family = any(member.is_for(target.family) for _, member in rows)
    if not is_for_family and not has_ended:
        yield from _fits(rows, stated.key, catalog, target, finding)
    if has_ended or not is_for_family:
        # To pin what nobody should use is no advice.
        return
    yield from check_open_range(stated, versions, shipped, catalog, target, finding, release)


def parse_within(text: str) -> int:
    """Days of ``90d``, ``90`` or ``3m`` (thirty days each); -1 for what is neither."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in "dm" else (text, "d")
    if not number.isdecimal() or len(number) > 4:
        return -1
    return int(number) * (30 if unit == "m" else 1)
