"""Preferences are proven before they are written: what apt would make of them is what is meant.

A faulty file in preferences.d ends every apt command on a host, or does nothing and says
nothing.  So the text is read as apt reads it, and the priority of every version that is known
of, and of some that are near, is compared with the lock: by our own reader, and by
``apt-cache policy`` in a private root where there is an apt.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from neuron_pin.errors import CannotWrite, InvalidVersion
from neuron_pin.inputs.host.apt_policy import AptPolicy, KnownVersion, PackageFile
from neuron_pin.inputs.host.apt_preferences import parse_preferences
from neuron_pin.inputs.host.apt_sandbox import AptFailed, Archive, has_apt, scratch_apt
from neuron_pin.outputs.apt_preferences import ALLOWED, NEVER
from neuron_pin.policy import Ecosystem, Pin, PinComparison
from neuron_pin.policy.debversion import deb_key
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.resolve.held_range import list_excluded

ELSEWHERE = "elsewhere.invalid"
FILE_NAME = "preferences.d/00-neuron-pin.pref"


class Expected(NamedTuple):
    """What is meant for one version of a package from one host."""

    name: str
    version: str
    site: str
    priority: int


def verify_preferences(path: str, text: str, resolution: Resolution) -> None:
    """Raise `CannotWrite` unless the text says of each version what the lock means.

    Costs about 50 ms where there is an apt.
    """
    stanzas, problems = parse_preferences(text, path)
    if problems:
        raise CannotWrite(path, f"would not do what the lock says: {problems[0].text}")
    expected = _expected(resolution)
    policy = AptPolicy(stanzas)
    for row in expected:
        known = KnownVersion(row.version, (PackageFile(site=row.site, archive="x"),))
        _check(path, row, policy.verdict(row.name, known, None).priority, "apt_preferences(5)")
    if has_apt():
        _by_apt(path, text, expected)


def _check(path: str, row: Expected, priority: int | None, judge: str) -> None:
    if priority != row.priority:
        raise CannotWrite(
            path,
            f"would not do what the lock says: by {judge}, {row.name} {row.version} from "
            f"{row.site} gets {priority}, not {row.priority}",
            hint="nothing was written; please report it with the command",
        )


def _by_apt(path: str, text: str, expected: Sequence[Expected]) -> None:
    # A world a host: one version at two places has one priority.
    for site in sorted({row.site for row in expected}):
        rows = [row for row in expected if row.site == site]
        versions: dict[str, list[str]] = {}
        for row in rows:
            versions.setdefault(row.name, []).append(row.version)
        archive = Archive(PackageFile(site=site, archive="x"), versions)
        try:
            with scratch_apt([archive], {}, {FILE_NAME: text}) as apt:
                said = apt.policy(sorted(versions))
        except AptFailed as error:
            raise CannotWrite(path, f"would not do what the lock says: {error.message}") from None
        except OSError:
            # A machine whose apt cannot run is judged by our reader alone.
            return
        for row in rows:
            priorities = said[row.name].priorities if row.name in said else {}
            _check(path, row, priorities.get(row.version), "apt-cache policy")


def _expected(resolution: Resolution) -> list[Expected]:
    found = []
    for package in resolution.packages_of(Ecosystem.APT):
        site = urlsplit(package.source).hostname or ""
        excluded = {exclusion.version for exclusion in list_excluded(package, resolution.target)}
        versions = [*_versions(package, resolution), *excluded, *(f"{v}-x1" for v in excluded)]
        for version in sorted(set(versions)):
            inside = _is_inside(package.pin, version)
            inside = inside and version.partition("-")[0] not in excluded
            found.append(Expected(package.key.name, version, site, ALLOWED if inside else NEVER))
            found.append(Expected(package.key.name, version, ELSEWHERE, NEVER))
    return found


def _versions(package: LockedPackage, resolution: Resolution) -> list[str]:
    """The versions that are known of a package, and others that are nearly in the pin."""
    base = package.pin.base
    found = {package.version, base, f"{base}-x1", f"{base}.1-x", f"{base}1-x", f"1:{base}-1"}
    found |= {f"{base}~rc1-1", "0.1-1", "99.0-1", f"9{base}-1"}
    found |= {e.version for e in resolution.exclusions if e.key == package.key}
    return sorted(version for version in found if _is_debian(version))


def _is_debian(version: str) -> bool:
    try:
        deb_key(version)
    except InvalidVersion:
        return False
    return True


def _is_inside(pin: Pin, version: str) -> bool:
    """The pin's meaning, said once more and without regular expressions."""
    if pin.reach is PinComparison.PREFIX:
        return version.startswith(f"{pin.base}.")
    return version == pin.base or (
        pin.reach is PinComparison.UPSTREAM and version.startswith(f"{pin.base}-")
    )
