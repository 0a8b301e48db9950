"""No component that a page calls Beta is chosen by default, on any release day of 2023 to 2026."""

import json
from datetime import date
from typing import Any

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import parse_all
from neuron_pin.operations.lock import lock
from neuron_pin.resolve import Resolution
from neuron_pin.settings import Settings

BETAS: list[dict[str, Any]] = json.loads((FIXTURES / "phase-statements" / "betas.json").read_text())


def locked(catalog: Catalog, day: date, *requirements: str, **settings: Any) -> Resolution:
    return lock(
        Settings(offline=True, as_of=day.isoformat(), **settings),
        catalog,
        parse_all(requirements),
        [],
        today=day,
        this_python="3.11",
        environ={},
    )


def find_betas(name: str, version: str, day: date) -> list[dict[str, Any]]:
    return [
        row
        for row in BETAS
        if row["package"] == name
        and f"{version}.".startswith(f"{row.get('version', version)}.")
        and row["from"] <= day.isoformat()
        and (not row["until"] or day.isoformat() < row["until"])
    ]


def test_no_default_lock_of_all_components_has_a_beta(catalog: Catalog) -> None:
    cases = left_out = 0
    for release in catalog.releases:
        if not release.listed or release.date < date(2023, 1, 1):
            continue
        members = catalog.members(release.sdk)
        for instance in sorted({i for m in members for i in m.instances}):
            for python in sorted(
                {p for m in members for p in m.pythons if instance in m.instances}
            ):
                try:
                    found = locked(
                        catalog, release.date, sdk=release.sdk, instance=instance, python=python
                    )
                except NoSolution:
                    # A Python or a family that had ended by that day.
                    continue
                cases += 1
                for package in found.packages:
                    assert not find_betas(package.key.name, package.version, release.date), (
                        release.sdk,
                        instance,
                        package,
                    )
                left_out += any("left out, not for production" in w for w in found.warnings)
    assert cases > 400
    assert left_out > 300


@pytest.mark.parametrize(
    ("words", "sdk", "instance", "python"),
    [
        ("nrtpy", "2.32.0", "trn2", "3.12"),
        ("jax-neuronx", "2.32.0", "trn2", "3.12"),
        ("jax-neuronx", "2.28.0", "trn1", "3.11"),
        ("nki", "2.28.0", "trn2", "3.12"),
        ("neuronx-distributed-inference", "2.21.1", "trn1", "3.10"),
        ("neuronx-distributed-training", "2.20.0", "trn1", "3.10"),
        ("neuronx-distributed", "2.11.0", "trn1", "3.8"),
        ("transformers-neuronx", "2.14.0", "inf2", "3.8"),
        ("neuron-agentic-development", "2.30.0", "trn2", "3.12"),
        ("vllm-neuron", "2.31.1", "trn2", "3.12"),
        ("aws-neuronx-gpsimd-tools", "2.28.0", "trn1", "3.11"),
        ("neuronperf", "2.19.0", "inf1", "3.8"),
    ],
)
def test_a_beta_is_refused_by_name_and_reached_by_its_phase(
    catalog: Catalog, words: str, sdk: str, instance: str, python: str
) -> None:
    day = catalog.release(sdk).date
    target = {"sdk": sdk, "instance": instance, "python": python}
    with pytest.raises(NoSolution) as caught:
        locked(catalog, day, words, **target)
    assert any(f"{words} has been beta since" in c and "(NP202)" in c for c in caught.value.causes)
    allowed = locked(catalog, day, words, **target, phase=("beta",))
    assert [p.key.name for p in allowed.packages] == [words]
    assert any("not for production" in warning for warning in allowed.warnings)


@pytest.mark.parametrize(
    ("words", "sdk", "instance", "python"),
    [
        ("nki", "2.29.0", "trn2", "3.12"),
        ("neuronx-distributed-inference", "2.23.0", "trn1", "3.10"),
        ("neuronx-distributed", "2.13.0", "trn1", "3.8"),
        ("torch-neuronx==2.1.*", "2.18.0", "trn1", "3.10"),
    ],
)
def test_what_has_left_beta_is_taken(
    catalog: Catalog, words: str, sdk: str, instance: str, python: str
) -> None:
    found = locked(
        catalog, catalog.release(sdk).date, words, sdk=sdk, instance=instance, python=python
    )
    assert len(found.packages) == 1
