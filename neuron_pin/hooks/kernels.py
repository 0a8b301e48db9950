"""apt preferences for kernels: apt chooses no other series than the driver was tested on.

apt should not choose what the hook refuses (NP111), or unattended-upgrades fails every night.
Only the packages that pull in the next kernel are pinned, by series, so that patches of a series
are still installed.  A new series is installed only on request, and then the hook checks it.

What is installed stays a candidate, of whatever series it is: unattended-upgrades can stop for the
whole machine where an installed package has none.  Kernels cannot be on its blacklist, as they are
what it should bring.
"""

from __future__ import annotations

import os

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.windows import find_tested_kernels, parse_kernel_series
from neuron_pin.hooks.program.apt_hook import KERNEL, is_installed, read_status, stanzas
from neuron_pin.inputs.host.dpkg_status import STATUS
from neuron_pin.outputs.apt_preferences import NEVER, find_outside
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

INSTALLED = 100
"""apt's own priority of what is installed."""
META_PACKAGES = (
    "/^linux-((image|headers)-)?(aws|generic|virtual|lowlatency|kvm|amd64|cloud-amd64)"
    "(-hwe-[0-9.]+|-lts-[0-9.]+|-edge)*$/"
)
"""Debian's and Ubuntu's packages that depend on the newest kernel of a flavour."""


def render_kernel_stanzas(resolution: Resolution, catalog: Catalog, root: str) -> str:
    """Stanzas that pin kernels to the series that the lock's driver was tested on, and to those
    that are installed below a root; empty where nothing is known."""
    packages = resolution.packages_of(Ecosystem.APT)
    driver = next((p for p in packages if p.key.name == DRIVER), None)
    if driver is None or resolution.target.os is None:
        return ""
    sdks = [release.sdk for release in catalog.releases_of(DRIVER, driver.version)]
    kernels, source = find_tested_kernels(catalog, sdks, resolution.target.os.name)
    if not kernels:
        return ""
    allowed = {
        ".".join(str(n) for n in parse_kernel_series(k)) for k in (*kernels, *_list_installed(root))
    }
    expression = find_outside([f"{series}." for series in sorted(allowed)], [])
    expires = (
        f"Explanation: neuron-pin: expires {resolution.expires}\n" if resolution.expires else ""
    )
    return (
        # Archive and component both: no archive can call itself that without a source that does.
        "\nExplanation: neuron-pin: a kernel that is installed stays, of whatever series it is\n"
        f"Package: {META_PACKAGES}\nPin: release a=now,c=now\nPin-Priority: {INSTALLED}\n"
        f"\nExplanation: NP111: {DRIVER} {driver.version} was tested on kernel "
        f"{', '.join(kernels)} [{source}]\n{expires}"
        f"Package: {META_PACKAGES}\nPin: version /{expression}/\nPin-Priority: {NEVER}\n"
    )


def _list_installed(root: str) -> list[str]:
    """The kernels that are installed, as ``uname -r`` prints them."""
    path = os.path.join(root, STATUS)
    if not os.path.isfile(path):
        return []
    names = [name for name, text in stanzas(read_status(path), KERNEL) if is_installed(text)]
    releases = [name[len(KERNEL) :].removeprefix("unsigned-") for name in names]
    return [release for release in releases if release[:1].isdigit()]
