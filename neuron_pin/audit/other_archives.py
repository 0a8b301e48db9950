"""Archives of a machine that have a locked version as another file.

``apt-get install NAME=VERSION`` takes the file of the archive that apt reads first, whatever its
priority; the name alone takes the one that the pins prefer.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from neuron_pin.errors import SourceFailed, UnreadableInput
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import LockedPackage
from neuron_pin.sources.apt.packages import AMD64
from neuron_pin.sources.apt.sources_list import read_apt_sources
from neuron_pin.sources.repositories import read_packages
from neuron_pin.sources.system_package import SystemPackage


class OtherArchive(NamedTuple):
    """A package's version that the pin of a lock allows, and the archive that has a file of it
    which the locked archive does not have."""

    name: str
    version: str
    site: str

    def describe(self) -> str:
        """What is there, for people."""
        return f"{self.site} has {self.name} {self.version} too, as another file"


def find_other_archives(root: str, packages: Sequence[LockedPackage]) -> list[OtherArchive]:
    """For each locked apt package the archives of the machine below a root, other than its own,
    that have a version which its pin allows; raises `UnreadableInput` or `SourceFailed`.

    None where the machine lacks the locked archive: it then takes the packages from a mirror.
    """
    wanted = {package.key.name: package for package in packages}
    own: dict[tuple[str, str], set[str]] = {}
    others: list[tuple[str, SystemPackage]] = []
    locked = {_site(package.source) for package in packages}
    sources = read_apt_sources(root) if wanted else ()
    if not any(_site(source.repository.url) in locked for source in sources):
        return []
    for source in sources:
        site = _site(source.repository.url)
        for found in read_packages(source.repository, frozenset(wanted), AMD64):
            package = wanted[found.name]
            if not package.pin.matches(found.version):
                continue
            if site == _site(package.source):
                own.setdefault((found.name, found.version), set()).add(found.sha256)
            else:
                others.append((site, found))
    # A mirror has the very files of the archive that it is of.
    return list(
        dict.fromkeys(
            OtherArchive(found.name, found.version, site)
            for site, found in others
            if not found.sha256 or found.sha256 not in own.get((found.name, found.version), ())
        )
    )


def list_readable(root: str, packages: Sequence[LockedPackage]) -> list[OtherArchive]:
    """The same; none where the machine's sources or lists cannot be read, of which others tell."""
    try:
        return find_other_archives(root, packages)
    except (SourceFailed, UnreadableInput):
        return []


def _site(url: str) -> str:
    return urlsplit(url).hostname or "this machine"


def warn_of_other_archives(root: str, packages: Sequence[LockedPackage]) -> list[str]:
    """What to know before a lock's apt packages are installed on the machine below a root, a line
    for each package."""
    try:
        found = find_other_archives(root, packages)
    except (SourceFailed, UnreadableInput) as error:
        return [f"whether another archive has a locked version is not known: {error.message}"]
    lines = []
    for name in dict.fromkeys(other.name for other in found):
        other = next(other for other in found if other.name == name)
        lines.append(
            f"{other.describe()}, and apt-get install {name}={other.version} may take that one "
            f"({Rule.TWO_ARCHIVES.identifier}); the name alone takes what the pins prefer: "
            f"sudo apt-get install {name}"
        )
    return lines
