"""What stands beside a range and decides what an installer takes of it: the framework's exact
version, the release of an image."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    FrameworkRole,
    public_version,
    version_numbers,
)
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .mixtures import Shipped


def fit_framework(
    statement: DetectedPackage,
    stated: Sequence[DetectedPackage],
    shipped: Shipped,
    catalog: Catalog,
) -> Shipped:
    """What was shipped, and of a framework's package what an installer can take of it beside the
    framework's exact version: ``torch==1.13.1`` leaves one series of torch-neuronx."""
    name, requirement = statement.key.name, statement.requirement
    package = catalog.packages[name]
    if statement.version or requirement is None or package.role is not FrameworkRole.LEADER:
        return shipped
    # Of commands a later one changes what an earlier one took.
    before = stated[: stated.index(statement)] if statement.group else stated
    on_line = [other for other in stated if other.place == statement.place]
    exact = {
        version_numbers(public_version(other.version))[:2]
        for other in (*before, *on_line)
        if other.version
        and other.group == statement.group
        and other.environments == statement.environments
        and (beside := catalog.packages.get(other.key.name)) is not None
        and beside.kind is ComponentKind.DEPENDENCY
        and beside.role is FrameworkRole.FOLLOWER
        and beside.framework == package.framework
    }
    if len(exact) != 1:
        return shipped
    series = exact.pop()
    left = {
        key: rows
        for key, rows in shipped.items()
        if key[0] != name or (key[1] and package.framework_numbers(key[1])[:2] == series)
    }
    return left if any(n == name and requirement.admits(v) for n, v in left) else shipped


def find_release(statement: DetectedPackage, stated: Sequence[DetectedPackage]) -> str:
    """The release of the image that a package is installed in, empty for none."""
    sdk = Ecosystem.SDK
    found = (s for s in stated if s.key.ecosystem is sdk and s.group == statement.group)
    return next((s.version for s in found), "")
