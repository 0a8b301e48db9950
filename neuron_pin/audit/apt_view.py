"""What a machine's apt would do about a package, and which stanza of which file decides.

Everything is read from the machine's own sources, lists, preferences and dpkg status; apt is
not run, so this works for an image below a folder too.  Tests compare it with ``apt-cache
policy``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.host.apt_policy import AptPolicy, PackageFile
from neuron_pin.inputs.host.apt_preferences import Stanza, read_preferences
from neuron_pin.inputs.host.dpkg_status import (
    STATUS,
    Installed,
    find_foreign,
    has_apt,
    read_installed,
)
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.record import NamedTuple
from neuron_pin.sources.apt.packages import AMD64
from neuron_pin.sources.apt.release import read_fields
from neuron_pin.sources.apt.repository import AptRepository
from neuron_pin.sources.apt.sources_list import LISTS, read_apt_sources
from neuron_pin.sources.repositories import read_packages
from neuron_pin.sources.system_package import SystemPackage

from .apt_builds import COMPARES_HASHES, gather_builds
from .finding import Finding, Severity

MAX_BYTES = 8 * 1024 * 1024
MAX_SHOWN = 40
"""Characters of a stanza's pattern that are shown."""


class VersionView(NamedTuple):
    """One build of a version: where apt finds it, its priority, the stanza that gave it (none for
    apt's default), and neuron-pin's stanza that would have decided, were it not for another file.

    ``hashes`` are the SHA-256 of its files, ``phased`` is the share of machines in percent that the
    archive has it for so far, none for all.
    """

    version: str
    places: tuple[str, ...]
    priority: int
    stanza: Stanza | None
    overridden: Stanza | None
    is_installed: bool = False
    is_candidate: bool = False
    hashes: frozenset[str] = frozenset()
    phased: int | None = None


class AptView(NamedTuple):
    """A package on a machine: what is installed, what apt would choose, every build of every
    version, newest first, those of one version in the order of apt's sources."""

    name: str
    installed: Installed | None
    candidate: str | None
    versions: tuple[VersionView, ...]


def view_packages(
    root: str, names: Sequence[str], *, compares_hashes: bool | None = None
) -> list[AptView]:
    """What apt would do about each package below a root; raises `UnreadableInput` or
    `SourceFailed` for files that apt could not read either.

    ``compares_hashes`` says whether that apt takes files with other hashes for other builds, none
    for what the apt below the root does.
    """
    if compares_hashes is None:
        compares_hashes = has_apt(root, COMPARES_HASHES)
    stanzas = read_preferences(root)[0]
    own_paths = {path for path in {s.path for s in stanzas} if _is_ours(path)}
    ours = [stanza for stanza in stanzas if stanza.path in own_paths]
    policy, own_policy = AptPolicy(stanzas), AptPolicy(ours)
    installed = read_installed(root, names)
    offered: dict[str, list[tuple[SystemPackage, PackageFile]]] = {name: [] for name in names}
    for source in read_apt_sources(root):
        file = _package_file(source.repository)
        for package in read_packages(source.repository, frozenset(names), AMD64):
            offered[package.name].append((package, file))
    views = []
    for name in names:
        present = installed.get(name)
        now = present.version if present is not None else None
        builds = gather_builds(offered[name], present, compares_hashes=compares_hashes)
        chosen = policy.choose(name, [build.known for build in builds], now)
        rows = []
        for build in builds:
            verdict = policy.verdict(name, build.known, now)
            own = own_policy.verdict(name, build.known, now)
            lost = own.stanza if own.stanza is not None and own.stanza != verdict.stanza else None
            files = build.known.files
            rows.append(
                VersionView(
                    build.known.version,
                    tuple(file.site or "this machine" for file in files),
                    verdict.priority,
                    verdict.stanza,
                    lost,
                    is_installed=any(file.is_status for file in files),
                    is_candidate=build.known is chosen,
                    hashes=build.hashes,
                    phased=next((p.phased for p in build.packages if p.phased is not None), None),
                )
            )
        candidate = None if chosen is None else chosen.version
        views.append(AptView(name, present, candidate, tuple(rows)))
    return views


def _is_ours(path: str) -> bool:
    text = read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    return find_ownership(text) is not Ownership.FOREIGN


def _package_file(repository: AptRepository) -> PackageFile:
    """An archive as its Release file in the machine's lists describes it."""
    site = urlsplit(repository.url).hostname or ""
    for name in ("InRelease", "Release"):
        path = repository.list_path(name)
        if not os.path.isfile(path):
            continue
        fields, _ = read_fields(read_bounded(path, MAX_BYTES))
        return PackageFile(
            site=site,
            origin=fields.get("origin", ""),
            archive=fields.get("suite", ""),
            codename=fields.get("codename", ""),
            label=fields.get("label", ""),
            component=repository.components[0] if repository.components else "",
            version=fields.get("version", ""),
            not_automatic=fields.get("notautomatic", "").lower() == "yes",
            but_automatic_upgrades=fields.get("butautomaticupgrades", "").lower() == "yes",
        )
    return PackageFile(site=site, archive=repository.suite)


def check_pins(root: str, catalog: Catalog) -> Iterator[Finding]:
    """Where a machine's apt does not follow the pins that neuron-pin wrote: other stanzas that
    decide, installed versions that the pins do not allow, holds."""
    names = sorted(n for n, p in catalog.packages.items() if Ecosystem.APT in p.systems)
    lists = os.path.join(root, LISTS)
    yield from _find_foreign(root, names)
    for found in view_packages(root, names):
        for version in found.versions:
            if version.overridden is not None and version.stanza is not None:
                yield Finding(
                    Rule.PIN_OVERRIDDEN,
                    Severity.ERROR,
                    f"{found.name} {version.version}",
                    f"another stanza gives it priority {version.priority}; neuron-pin's, in "
                    f"{_location(version.overridden)}, gives {version.overridden.priority}",
                    _location(version.stanza),
                    "remove that stanza, or the package from it: apt obeys the first that matches",
                )
                break
        yield from _find_shadowed(found, lists)
        if found.installed is None:
            continue
        yield from _find_phased(found, lists)
        now = next(v for v in found.versions if v.is_installed)
        is_pinned = now.stanza is not None and _is_ours(now.stanza.path)
        if is_pinned and now.priority < 0:
            yield Finding(
                Rule.OUTSIDE_PIN,
                Severity.ERROR,
                f"{found.name} {now.version}",
                "the installed version does not match its pin; apt will not change it",
                _location(now.stanza) if now.stanza else "",
                _install_command(found, now.version),
            )
        if found.installed.is_held:
            yield Finding(
                Rule.HELD,
                Severity.WARNING,
                f"{found.name} {now.version}",
                "the package is on hold: apt does not upgrade it, whatever its pin",
                os.path.join(root, "var/lib/dpkg/status"),
                f"sudo apt-mark unhold {found.name}",
            )


def _find_foreign(root: str, names: Sequence[str]) -> Iterator[Finding]:
    """Packages that ``Package: NAME`` pins nothing of: those of another architecture."""
    for name, packages in find_foreign(root, names).items():
        for package in packages:
            called = f"{name}:{package.architecture}"
            yield Finding(
                Rule.OUTSIDE_PIN,
                Severity.WARNING,
                f"{called} {package.version}",
                "the package is of another architecture than the machine: a pin of its name alone "
                "binds the machine's own, so apt upgrades this one as it likes",
                os.path.join(root, STATUS),
                f"sudo apt-get purge {called}",
            )


def _find_shadowed(found: AptView, lists: str) -> Iterator[Finding]:
    """The newest version of which ``NAME=VERSION`` takes a file that the pins do not prefer."""
    first: dict[str, VersionView] = {}
    for version in found.versions:
        before = first.setdefault(version.version, version)
        subject = f"{found.name} {version.version}"
        place = version.places[0] if version.places else ""
        if len(version.hashes) > 1:
            yield Finding(
                Rule.TWO_ARCHIVES,
                Severity.WARNING,
                subject,
                f"{', '.join(version.places)} have it as different files, which this machine's apt "
                f"takes for one: it downloads the file of {place}",
                _location(version.stanza) if version.stanza else lists,
                "let one source alone offer it: remove the other, or the package from it",
            )
            return
        if version.priority > before.priority and before.places[0] != "this machine":
            command = f"sudo apt-get install {found.name}"
            yield Finding(
                Rule.TWO_ARCHIVES,
                Severity.WARNING,
                subject,
                f"{before.places[0]} has it as another file, and apt-get install "
                f"{found.name}={version.version} takes that one, although its priority is "
                f"{before.priority}",
                _location(before.stanza) if before.stanza else lists,
                command if version.is_candidate else "remove the source that has the other file",
            )
            return


def _find_phased(found: AptView, lists: str) -> Iterator[Finding]:
    """A candidate that apt may defer."""
    for version in found.versions:
        is_partial = version.phased is not None and version.phased < 100
        if version.is_candidate and not version.is_installed and is_partial:
            yield Finding(
                Rule.PHASED,
                Severity.WARNING,
                f"{found.name} {version.version}",
                f"its archive has it for {version.phased} % of machines so far, so apt upgrade may "
                "defer it, whatever its priority",
                _location(version.stanza) if version.stanza else lists,
                f"sudo apt-get install {found.name}",
            )


def _install_command(found: AptView, installed: str) -> str:
    """The command that moves a package to the version that its pin allows; without one in the
    machine's lists, the command that fetches them."""
    if found.candidate is None or found.candidate == installed:
        pinned = next((v.version for v in found.versions if v.priority > 0), "")
        if not pinned:
            return "sudo apt-get update, then: neuron-pin doctor"
        command = f"sudo apt-get install --allow-downgrades {found.name}={pinned}"
        # With a version in the command apt takes the archive that it reads first.
        first = next(v for v in found.versions if v.version == pinned)
        if first.priority < 0 and first.places:
            return f"disable the source of {first.places[0]}, which has that version too: {command}"
        return command
    # The name alone takes the archive that the pins prefer, also of one version in two archives.
    return f"sudo apt-get install {found.name}"


def describe_stanza(stanza: Stanza) -> str:
    """What a stanza is about, for people: ``not 2.28.23.0-*`` where neuron-pin wrote the
    expression for every version outside of a pin, else the type and the pattern, cut short."""
    if stanza.data.startswith("/^") and _is_ours(stanza.path):
        rows = read_bounded(stanza.path, MAX_BYTES).decode("utf-8", "surrogateescape").splitlines()
        own = rows[max(stanza.line - 4, 0) : stanza.line + 4]
        found = [match for row in own if (match := re.search(_OUTSIDE, row)) is not None]
        if found:
            return f"not {found[0][1]}"
        if any("that are excluded" in row for row in own):
            return "excluded"
        return "another kernel series" if any("NP111" in row for row in own) else "other versions"
    text = f"{stanza.type.value} {stanza.data}"
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


_OUTSIDE = r"^Explanation: .*no other version than =?(\S+) is in the lock"


def _location(stanza: Stanza) -> str:
    return f"{stanza.path}:{stanza.line}"
