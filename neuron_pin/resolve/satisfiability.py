"""Whether a request can be locked at all, where nobody asks why not."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.sources.candidate import Candidate

from .catalog_candidates import CatalogCandidates, find_requirement_key
from .release_solve import ReleaseUnsatisfiable, solve_release
from .request import Request
from .resolver import list_releases
from .rules import Context, end_of_support
from .support import refuse_target


def is_satisfiable(request: Request, catalog: Catalog) -> bool:
    """Whether `resolve` finds a release for Neuron packages that are asked for by name, with what
    the catalog alone knows.

    Releases that ship nothing of what one of the requirements can take are not tried, since there
    is no reason to give for them.  Raises `NoSolution` or `UnknownName` where the target or the
    releases that are named rule all out.
    """
    refuse_target(request, catalog)
    shipping: list[set[str]] = []
    for requirement in request.requirements:
        if requirement.name == SDK_NAME:
            continue
        shipped = catalog.shipped(requirement.name)
        admitted = [version for version in shipped if requirement.admits(version)]
        if not _has_one_to_take(requirement, admitted, request, catalog):
            return False
        shipping.append({sdk for version in admitted for sdk, _ in shipped[version]})
    for release in list_releases(request, catalog, [], []):
        if not all(release.sdk in sdks for sdks in shipping):
            continue
        try:
            solve_release(request, catalog, release, CatalogCandidates, False)
        except ReleaseUnsatisfiable:
            continue
        return True
    return False


def _has_one_to_take(
    requirement: Requirement, versions: Sequence[str], request: Request, catalog: Catalog
) -> bool:
    """Whether not all of some versions have ended: these only an exact pin takes, in whatever
    release."""
    asked = (*request.requirements, *request.constraints)
    if any(other.is_exact for other in asked if other.name == requirement.name):
        return bool(versions)
    context = Context(catalog, request.target, None, request.unread)
    key = find_requirement_key(requirement, context)
    shipped = catalog.shipped(requirement.name)
    # The newest is the last to end.
    candidates = (Candidate(key, v, "", shipped[v][0][1]) for v in reversed(versions))
    return any(end_of_support(candidate, context) is None for candidate in candidates)
