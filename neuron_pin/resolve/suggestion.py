"""The version of a package that a target can use, as the known facts name it."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.support import find_part_phase
from neuron_pin.policy import Ecosystem, PackageKey, Phase
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target

SUPPORTED = (Phase.STABLE, Phase.MAINTENANCE)


class Suggestion(NamedTuple):
    """A version that a target can use, and the newest release that ships it.  ``spec`` is what
    a requirements file or the package manager takes, ``phase`` the one that it is in."""

    name: str
    version: str
    sdk: str
    spec: str
    phase: Phase = Phase.STABLE

    @property
    def label(self) -> str:
        """``torch-neuronx==2.9.0.2.15.32035 (SDK 2.31.1)``."""
        return f"{self.spec} (SDK {self.sdk})"

    @property
    def caution(self) -> str:
        """What to know of its phase, behind a comma; empty for a stable one."""
        if self.phase.is_prerelease:
            return f", which is {self.phase.label} and not for production"
        return f", which is in {self.phase.label}" if self.phase is not Phase.STABLE else ""


def suggest_version(
    catalog: Catalog,
    key: PackageKey,
    target: Target,
    phases: tuple[Phase, ...] = SUPPORTED,
    release: str = "",
) -> Suggestion | None:
    """The newest version of a package for a target's instance family, Python and day, of the
    first of the phases that has one; of one release where that is given; none where no release
    ships one.

    What left the releases before a later version ended is no way out of that one, though nobody
    announced its end."""
    package = catalog.packages.get(key.name)
    if package is None:
        return None
    found: list[tuple[str, str, Phase]] = []
    ended: list[tuple[str, str]] = []
    for version, rows in catalog.shipped(key.name).items():
        # A release of after the target's day is not known on it.
        sdks = [
            sdk
            for sdk, member in rows
            if catalog.dates[sdk] <= target.as_of
            and release in ("", sdk)
            and member.is_for(target.family, target.listed_python)
        ]
        if version and sdks:
            phase = find_part_phase(catalog, key.name, version, target.family, target.as_of)
            if phase in phases:
                found.append((version, max(sdks, key=sdk_key), phase))
            elif phase is Phase.EOS:
                ended.append((version, max(sdks, key=sdk_key)))
    if Phase.EOS not in phases:
        found = [row for row in found if not is_left_behind(row[0], row[1], ended)]
    if not found:
        return None
    version, sdk, phase = max(
        found,
        key=lambda row: (-phases.index(row[2]), sdk_key(row[1]), version_order(row[0])),
    )
    spec = f"{key.name}=={version}"
    if key.ecosystem is Ecosystem.APT:
        spec = package.apt_spec(version)
    elif key.ecosystem is Ecosystem.RPM:
        spec = f"{key.name}-{version}"
    return Suggestion(key.name, version, sdk, spec, phase)


def is_left_behind(version: str, sdk: str, ended: Iterable[tuple[str, str]]) -> bool:
    """Whether a version is lower than one that ended, and left the releases before it; each
    with the newest release that ships it."""
    return any(
        version_order(version) < version_order(other) and sdk_key(sdk) < sdk_key(last)
        for other, last in ended
    )
