"""Whether something can be locked, without the reasons: the same as when it is locked."""

from __future__ import annotations

import random
from datetime import date

import pytest

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.operations.lock_request import LockRequest, can_lock, lock_request
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.policy import Ecosystem
from neuron_pin.settings import Settings

SETS = 12
DAYS = ("2024-02-01", "2025-07-01", "2026-08-21")


def make_request(chance: random.Random, catalog: Catalog) -> LockRequest:
    """Some Neuron packages in ranges around versions that were shipped, for any target."""
    names = [name for name, package in catalog.packages.items() if package.kind.is_component]
    requirements: list[Requirement] = []
    for name in chance.sample(names, chance.choice([1, 1, 2, 3])):
        versions = [version for version in catalog.shipped(name) if version] or ["1.0"]
        version = chance.choice(versions)
        series = ".".join(version.split(".")[: chance.choice([1, 2])])
        ranges = ["", f"=={version}", f"=={series}.*", f">={version}", f"<{version}"]
        written = f"{name}{chance.choice(ranges)}"
        try:
            requirements.append(parse_requirement(written))
        except NeuronPinError:
            requirements.append(parse_requirement(name))
    settings = Settings(
        offline=True,
        instance=chance.choice(sorted(catalog.instances)),
        os=chance.choice([None, *(system.name for system in catalog.systems)]),
        python=chance.choice([None, "3.8", "3.10", "3.12"]),
        sdk=chance.choice([None, None, None, "2.26.0", "==2.2*"]),
        phase=chance.choice([(), (), ("beta",), ("eos",)]),
        as_of=chance.choice(DAYS),
    )
    return make_lock_request(
        settings,
        catalog,
        requirements=requirements,
        today=date(2026, 8, 21),
        this_python="3.11",
        environ={},
    )


@pytest.mark.parametrize("block", range(4))
def test_same_as_a_lock(block: int, catalog: Catalog) -> None:
    verdicts = set()
    for seed in range(block * SETS, block * SETS + SETS):
        try:
            request = make_request(random.Random(seed), catalog)
        except NeuronPinError:
            continue
        try:
            found = bool(lock_request(request).packages)
        except NeuronPinError:
            found = False
        assert can_lock(request) is found, seed
        verdicts.add(found)
    assert verdicts == {True, False}


def test_what_goes_together_only_one_by_one(catalog: Catalog) -> None:
    def can(*texts: str) -> bool:
        requirements = [parse_requirement(text)._replace(ecosystem=Ecosystem.PIP) for text in texts]
        return can_lock(
            make_lock_request(
                Settings(offline=True, instance="trn1", python="3.11"),
                catalog,
                requirements=requirements,
                today=date(2026, 8, 21),
                this_python="3.11",
                environ={},
            )
        )

    cc = "neuronx-cc==2.24.*"
    assert can(cc)
    assert can("torch-neuronx==2.9.*")
    assert not can(cc, "torch-neuronx==2.9.0.2.15.*")
