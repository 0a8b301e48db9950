"""Of which SDK release the Neuron packages of a host are."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.catalog import Catalog, public_version, sdk_key


def find_common_release(packages: Iterable[tuple[str, str]], catalog: Catalog) -> str:
    """The newest release that shipped all of these (name, version) pairs together; empty where
    none did, and for no packages.  A version that is newer than the facts is of no release."""
    common: set[str] | None = None
    for name, version in packages:
        sdks = {sdk for sdk, _ in catalog.shipped(name).get(public_version(version), ())}
        common = sdks if common is None else common & sdks
    return max(common or (), key=sdk_key, default="")
