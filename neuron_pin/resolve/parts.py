"""One lock for a host and its containers, taken apart: what goes onto which side.

Both sides come out of one graph, so that what binds a driver to a runtime library binds them
across the wall, too.
"""

from __future__ import annotations

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import DRIVER
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.target import Scope

from .backends import find_needed_indexes
from .resolution import Resolution
from .support import find_support


def take_part(resolution: Resolution, scope: Scope, catalog: Catalog) -> Resolution:
    """What of a resolution is for the host, or for a container on it.

    The part for a container states the driver of the part for the host, where one is locked to
    one version.  Exclusions of releases and of the part's packages stay, and so do warnings,
    but for those that begin with the name of a package of the other side.  A resolution that is
    for one side alone has nothing of the other.
    """
    if scope is Scope.BOTH or resolution.target.scope is scope:
        return resolution
    target = resolution.target._replace(scope=scope)
    driver = next((p for p in resolution.packages if p.key.name == DRIVER), None)
    if scope is Scope.CONTAINER and driver is not None and driver.pin.is_exact:
        target = target._replace(driver=driver.pin.base)
    packages = tuple(p for p in resolution.packages if _is_for(p.key, scope, catalog))
    gone = {p.key.name for p in resolution.packages} - {p.key.name for p in packages}
    part = resolution._replace(
        target=target,
        packages=packages,
        exclusions=tuple(e for e in resolution.exclusions if _is_for(e.key, scope, catalog)),
        warnings=tuple(w for w in resolution.warnings if w.partition(" ")[0] not in gone),
    )
    needed = find_needed_indexes(packages, catalog)
    return part._replace(support=find_support(part, catalog), needed_indexes=needed)


def _is_for(key: PackageKey, scope: Scope, catalog: Catalog) -> bool:
    """Whether a package is for one side; system packages that no release names may be for
    either, Python packages are the container's."""
    package = catalog.packages.get(key.name)
    if package is None:
        return scope is Scope.CONTAINER or key.ecosystem is not Ecosystem.PIP
    return scope.has(package.place)
