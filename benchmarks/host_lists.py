"""A lock of a machine's own lists beside ``apt-cache policy`` on the same packages.

    python benchmarks/host_lists.py [RUNS]

The machine is a private root with an archive of 60,000 packages and Neuron's beside it, and
apt has no binary caches.
"""

from __future__ import annotations

import sys

from pairs import PIN, paired, show

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    catalog = Catalog(EMBEDDED)
    own: dict[str, set[str]] = {}
    for release in catalog.releases:
        for member in catalog.members(release.sdk) if release.listed else ():
            if len(catalog.packages[member.package].systems) == 2 and member.version:
                version = member.version.replace(".x", ".1") + "-ac18d186d"
                own.setdefault(member.package, set()).add(version)
    neuron = Archive(
        PackageFile(site="apt.repos.neuron.amazonaws.com", archive="jammy"),
        {name: sorted(versions) for name, versions in own.items()},
    )
    big = Archive(
        PackageFile(site="archive.invalid", archive="jammy"),
        {f"package-{number}": [f"1.{number}-1"] for number in range(60_000)},
    )
    names = ["aws-neuronx-tools", "aws-neuronx-dkms", "aws-neuronx-runtime-lib"]
    with scratch_apt([neuron, big], {}, {}) as apt:
        commands = {
            "apt-cache policy": ["env", f"APT_CONFIG={apt.root}/apt.conf", "apt-cache", "policy",
                                 *names],
            "neuron-pin lock": [PIN, "lock", *names, "--apt-repo", f"host:{apt.root}", "--offline",
                                "--instance", "trn1"],
        }  # fmt: skip
        show(paired(commands, runs), "apt-cache policy")


if __name__ == "__main__":
    main()
