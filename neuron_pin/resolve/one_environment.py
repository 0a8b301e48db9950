"""What stays where packages of one release need environments of their own.

PyTorch and JAX on XLA need different majors of libneuronxla from SDK 2.30.0 on.  A lock of the
whole release is the environment of PyTorch, which most of its packages are for.
"""

from __future__ import annotations

from neuron_pin.catalog import Catalog, FrameworkRole
from neuron_pin.catalog.environments import Clash, find_environment_clash, is_of_another_backend
from neuron_pin.policy import PackageKey, Rule
from neuron_pin.sources.candidate import Candidate

from .exclusion import Exclusion
from .rules import Context

DEFAULT_FRAMEWORK = "pytorch"
"""The framework whose environment a lock of a whole release is, where it has to be one of two."""


def leave_one_environment(
    context: Context, offered: dict[PackageKey, list[Candidate]]
) -> list[tuple[Candidate, Exclusion]]:
    """Take from what is offered the leaders of other frameworks that do not go with the default
    one's, and what does not go with another package; each with why (NP509)."""
    catalog, family = context.catalog, context.target.family
    keys = [key for key in sorted(offered, key=str) if catalog.packages[key.name].windows]

    def rank(key: PackageKey) -> tuple[bool, bool]:
        package = catalog.packages[key.name]
        # The default framework first, then others: what stays decides what goes.
        return package.framework != DEFAULT_FRAMEWORK, package.role is not FrameworkRole.LEADER

    keys.sort(key=rank)
    kept = [offered[key][0] for key in offered if key not in keys]
    excluded = []
    for key in keys:
        staying = []
        for candidate in offered[key]:
            clashes = (find_clash(catalog, family, candidate, other) for other in kept)
            clash = next((clash for clash in clashes if clash is not None), None)
            if clash is None:
                staying.append(candidate)
            else:
                excluded.append((candidate, _exclude(candidate, clash, catalog)))
        if staying:
            offered[key] = staying
            kept.append(staying[0])
        else:
            del offered[key]
    return excluded


def _exclude(candidate: Candidate, clash: Clash, catalog: Catalog) -> Exclusion:
    mine, theirs = clash.one.window, clash.two.window
    window = mine or theirs
    reason = f"does not go into one environment with {clash.two.label} of this lock"
    if mine is not None and theirs is not None:
        reason = (
            f"needs {mine.other} {mine.range}, and {clash.two.label} of this lock needs "
            f"{theirs.range}"
        )
    source = window.source if window is not None else ""
    rule = Rule.ENVIRONMENT
    if is_of_another_backend(clash, catalog.packages):
        rule = Rule.ANOTHER_BACKEND
    return Exclusion(candidate.key, candidate.version, rule, reason, source)


def find_clash(
    catalog: Catalog, family: str | None, one: Candidate, two: Candidate
) -> Clash | None:
    """Why two candidates do not go into one environment of a family; none if they do."""
    mine, theirs = (catalog.packages.get(candidate.key.name) for candidate in (one, two))
    return find_environment_clash((mine, one.version), (theirs, two.version), family)
