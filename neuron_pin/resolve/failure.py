"""Why nothing satisfies a request, for people.  Imported where a lock has failed."""

from __future__ import annotations

from neuron_pin.catalog import Catalog, Release, sdk_key
from neuron_pin.catalog.successors import find_current_name
from neuron_pin.errors import NoSolution
from neuron_pin.policy import Rule

from .beyond import Beyond
from .environments import find_two_environments
from .exclusion import Exclusion
from .never_shipped import describe_apart, describe_ended, describe_never_shipped
from .release_solve import ReleaseUnsatisfiable, describe_exclusions, name_all_builds
from .request import Request


def make_failure(
    request: Request,
    catalog: Catalog,
    tried: list[Release],
    first: ReleaseUnsatisfiable | None,
    facts: list[Exclusion],
    beyond: Beyond | None,
) -> NoSolution:
    """The error of a request that no release satisfies: ``tried`` are the releases in the order in
    which they were, ``first`` what the first of them failed on, and ``facts`` what speaks against
    versions in any."""
    # A version that was never released has one reason, and the newest release is not it.
    said = (describe_never_shipped(r, catalog, request.target) for r in request.requirements)
    causes = [line for line in said if line]
    if beyond is not None:
        causes += beyond.describe_missing()
    apart = "" if causes else describe_apart(request.requirements, catalog, request.target)
    causes += [apart] if apart else []
    # What speaks against the release that was tried first, unless the facts say it already.  Of the
    # only one that was asked for, it is always worth saying.
    if first is not None and len(tried) != 1 and (causes or first.facts):
        first = None
    if first is not None:
        first = name_all_builds(first, is_only=len(tried) == 1)
    causes += first.causes if first is not None else []
    clash = find_two_environments(request, catalog, tried)
    if clash is not None:
        # Instead of each of the two needs by itself.
        windows = [side.window for side in clash if side.window is not None]
        needs = tuple(f"{window.other} " for window in windows)
        causes = [clash.describe(), *(cause for cause in causes if not cause.startswith(needs))]
    for key in sorted({fact.key for fact in facts}, key=str):
        causes += describe_exclusions(key.name, [fact for fact in facts if fact.key == key])
    ended = {fact.key.name for fact in facts if fact.rule is Rule.END_OF_SUPPORT}
    for requirement in request.requirements:
        line = describe_ended(requirement, catalog, request.target)
        causes += [line] if line and requirement.name not in ended else []
    if not tried:
        causes += [_describe_no_release(request, catalog)]
    if len(tried) > 1:
        order = sorted(tried, key=lambda release: sdk_key(release.sdk))
        causes.append(
            f"{len(tried)} releases were tried, from {order[-1].sdk} back to {order[0].sdk}"
        )
    hint = "make two environments, each with a lock of its own" if clash is not None else ""
    for requirement in request.requirements:
        name, target = requirement.name, request.target
        successor = find_current_name(catalog, name, target.as_of, target.family)
        if successor and not requirement.is_exact:
            hint = f"{name} has a successor: {successor}"
    failure = NoSolution(
        f"no SDK release satisfies the requirements for {request.target.label}",
        causes,
        hint=hint,
    )
    if first is not None and (first.builds or first.further is not None):
        first.tell(failure)
    return failure


def _describe_no_release(request: Request, catalog: Catalog) -> str:
    """That no release was there to try on the target's day, and which came first."""
    first = min(catalog.releases, key=lambda release: release.date)
    as_of = request.target.as_of
    if first.date > as_of:
        return f"no release is known of {as_of} or before: the first is {first.sdk} of {first.date}"
    return f"no release of {as_of} or before can be locked"
