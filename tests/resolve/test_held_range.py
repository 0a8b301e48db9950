"""No pin admits a newer version that is not for the target."""

import json
from typing import Literal, get_args

import pytest
from conftest import Run

import neuron_pin
from neuron_pin import Target
from neuron_pin.catalog import Catalog
from neuron_pin.policy.version import version_order

FAMILIES = ("inf1", "inf2", "trn1", "trn2", "trn3")


Strength = Literal["major", "minor"]


@pytest.mark.parametrize("strength", get_args(Strength))
@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_range_admits_is_for_the_family(
    catalog: Catalog, family: str, strength: Strength
) -> None:
    """By the families that releases list, for every release that has system packages for one."""
    seen = 0
    for release in catalog.releases:
        members = catalog.members(release.sdk) if release.listed else ()
        names = {
            member.package
            for member in members
            if family in member.instances and len(catalog.packages[member.package].systems) == 2
        }
        if not names:
            continue
        target = Target(instance=family, python="3.10", as_of=release.date, phases=["eos", "beta"])
        found = neuron_pin.lock(
            sorted(names), target=target, sdk=release.sdk, pin=strength, offline=True,
            catalog=catalog,
        )  # fmt: skip
        for package in found.packages:
            seen += 1
            for version, rows in catalog.shipped(package.key.name).items():
                is_newer = version_order(version) > version_order(package.version)
                if is_newer and package.pin.matches(version):
                    families = {f for _, member in rows for f in member.instances}
                    assert family in families, (release.sdk, package.key.name, version)
    assert seen > {"trn3": 10}.get(family, 50)


def test_a_narrower_range_says_what_it_keeps_out(run: Run) -> None:
    done = run("lock", "--offline", "aws-neuronx-dkms", "--pin", "major", "--instance", "inf1",
               "--os", "ubuntu22.04", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    document = json.loads(done.out)
    (package,) = document["packages"]
    assert (package["version"], package["pin"]) == ("2.24.13.0", "=2.24.*")
    (warning,) = [w for w in document["warnings"] if "NP101" in w]
    assert "2.25.4.0" in warning
