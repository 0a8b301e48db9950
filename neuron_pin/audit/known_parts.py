"""What is known of releases in part: told of what somebody stated, and itself checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.known_in_part import describe_parts, find_parts
from neuron_pin.policy import Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .newer import COMPLETE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .part import MakeFinding


def find_in_part(
    name: str,
    admits: Callable[[str], bool],
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
) -> Finding | None:
    """NP512: that what is stated of a package is of a release known in part; none where no such
    release has a version that is admitted."""
    parts = find_parts(catalog, name, admits, target.as_of)
    if not parts:
        return None
    reason = describe_parts(parts, catalog)
    return finding(Rule.KNOWN_IN_PART, Severity.WARNING, reason, COMPLETE)


def lint_parts(catalog: Catalog) -> Iterator[Finding]:
    """NP708: a part of a release that is no such one, of an unknown package or family, or that
    fewer than two pages state."""
    path = os.path.join(catalog.folder, "parts.json")
    in_part = {release.sdk for release in catalog.releases if release.in_part}
    for part in catalog.parts:
        unknown = part.instances - set(catalog.instances)
        problems = [
            (part.sdk not in in_part, f"{part.sdk} is no release that is known in part"),
            (part.package not in catalog.packages, "it is no package of the catalog"),
            (bool(unknown), f"unknown instances: {', '.join(sorted(unknown))}"),
            (not part.instances, "no instance family is named"),
            (len(set(part.sources)) < 2, "fewer than two pages say so"),
        ]
        for is_so, problem in problems:
            if is_so:
                subject = f"{part.package} {part.version}"
                yield Finding(Rule.BAD_FACT, Severity.ERROR, subject, problem, path, "")
