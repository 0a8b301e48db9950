"""Builds of one version, told apart as a machine's apt tells them apart.

Two archives may carry the same version as two files.  Each build has a priority and may be the
candidate; ``apt-get install NAME=VERSION`` takes the build that apt read first, whatever its
priority.  Source: libapt's ``deblistparser.cc`` (``SameVersion``) and ``pkgcachegen.cc``, 2.6, 3.0
and 3.3; apt compares hashes since 2.7.3 (its changelog).
"""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.inputs.host.apt_policy import KnownVersion, PackageFile
from neuron_pin.inputs.host.dpkg_status import Installed
from neuron_pin.policy.debversion import deb_key
from neuron_pin.record import NamedTuple
from neuron_pin.sources.system_package import SystemPackage

COMPARES_HASHES = "2.7.3"
"""The first apt that takes two files of one version with different hashes for two builds."""

STATUS = PackageFile(is_status=True, component="now")


class Build(NamedTuple):
    """One build of a version, and every file that apt takes for it with the archive that has it,
    in the order of apt's sources."""

    known: KnownVersion
    packages: tuple[SystemPackage, ...]

    @property
    def hashes(self) -> frozenset[str]:
        """The hashes of its files; two where apt takes different files for one build."""
        return frozenset(package.sha256 for package in self.packages if package.sha256)


def gather_builds(
    offered: Iterable[tuple[SystemPackage, PackageFile]],
    installed: Installed | None,
    *,
    compares_hashes: bool,
) -> list[Build]:
    """The builds of one package, newest version first, those of one version in the order in which
    apt reads them.  ``offered`` are the files in that order."""
    groups: list[tuple[list[SystemPackage], list[PackageFile]]] = []
    for package, file in offered:
        for packages, files in groups:
            if _is_same(packages[0], package, compares_hashes=compares_hashes):
                packages.append(package)
                if file not in files:
                    files.append(file)
                break
        else:
            groups.append(([package], [file]))
    builds = [
        Build(KnownVersion(packages[0].version, tuple(files)), tuple(packages))
        for packages, files in groups
    ]
    if installed is not None:
        builds = _add_installed(builds, installed)
    return sorted(builds, key=lambda build: deb_key(build.known.version), reverse=True)


def _is_same(first: SystemPackage, second: SystemPackage, *, compares_hashes: bool) -> bool:
    if (first.version, first.build) != (second.version, second.build):
        return False
    if first.size and second.size and first.size != second.size:
        return False
    differs = first.sha256 and second.sha256 and first.sha256 != second.sha256
    return not (compares_hashes and differs)


def _add_installed(builds: list[Build], installed: Installed) -> list[Build]:
    """dpkg's status states no size and no hash: apt reads it last, and takes what is installed for
    the first build that it could be."""
    for number, build in enumerate(builds):
        known, packages = build
        if (known.version, packages[0].build) == (installed.version, installed.build):
            joined = known._replace(files=(*known.files, STATUS))
            return [*builds[:number], build._replace(known=joined), *builds[number + 1 :]]
    return [*builds, Build(KnownVersion(installed.version, (STATUS,)), ())]
