"""The versions that releases ship, checked against the policy's scheme."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from neuron_pin.catalog import Catalog, version_numbers
from neuron_pin.policy import Form, Rule, parse_version

from .finding import Finding


def lint_versions(catalog: Catalog, warn: Callable[[Rule, str, str], Finding]) -> Iterator[Finding]:
    """NP706: forms that the policy does not define, and versions that go backwards."""
    odd: dict[str, set[str]] = {}
    before: dict[str, tuple[str, str]] = {}
    for release in reversed(catalog.releases):
        if not release.listed:
            continue
        of_release: dict[str, str] = {}
        for member in catalog.members(release.sdk):
            package = catalog.packages[member.package]
            if not member.version or not package.systems:
                continue
            if package.kind.value in ("extension", "standalone"):
                parsed = parse_version(member.version)
                wanted = Form.EXTENSION if package.framework else Form.STANDALONE
                parts = len(parsed.framework) + len(parsed.own)
                if parsed.form is not wanted or parts != (6 if package.framework else 4):
                    odd.setdefault(member.package, set()).add(member.version)
            best = of_release.get(member.package, "")
            if not best or version_numbers(member.version) > version_numbers(best):
                of_release[member.package] = member.version
        for name, version in of_release.items():
            last, sdk = before.get(name, ("", ""))
            if last and version_numbers(version) < version_numbers(last):
                reason = f"{version} of {release.sdk} is lower than {last} of {sdk}"
                yield warn(Rule.VERSIONING, name, reason)
            before[name] = version, release.sdk
    for name, found in sorted(odd.items()):
        shown = sorted(found, key=lambda v: (version_numbers(v), v))
        form = "X.Y.Z.A.B.C" if catalog.packages[name].framework else "A.B.C.D"
        count = "1 version is" if len(found) == 1 else f"{len(found)} versions are"
        reason = f"{count} not of the form {form}, as {shown[-1]}"
        yield warn(Rule.VERSIONING, name, reason)
