"""Whether a request can be locked at all, where nobody asks why not."""

from __future__ import annotations

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import SDK_NAME

from .catalog_candidates import CatalogCandidates
from .release_solve import ReleaseUnsatisfiable, solve_release
from .request import Request
from .resolver import list_releases
from .support import refuse_target


def is_satisfiable(request: Request, catalog: Catalog) -> bool:
    """Whether `resolve` finds a release for Neuron packages that are asked for by name, with what
    the catalog alone knows.

    Releases that ship nothing of what one of the requirements admits are not tried, since there is
    no reason to give for them.  Raises `NoSolution` or `UnknownName` where the target or the
    releases that are named rule all out.
    """
    refuse_target(request, catalog)
    named = [r for r in request.requirements if r.name != SDK_NAME]
    shipping = [
        {
            sdk
            for version, rows in catalog.shipped(requirement.name).items()
            if requirement.admits(version)
            for sdk, _ in rows
        }
        for requirement in named
    ]
    for release in list_releases(request, catalog, [], []):
        if not all(release.sdk in sdks for sdks in shipping):
            continue
        try:
            solve_release(request, catalog, release, CatalogCandidates, False)
        except ReleaseUnsatisfiable:
            continue
        return True
    return False
