"""What the vendor's container recipes shipped is what a lock of the release gives."""

from __future__ import annotations

import json
from datetime import date
from fnmatch import fnmatch
from typing import Any

import pytest
from conftest import FIXTURES
from referee.container_recipes import differ, read_recipe

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import parse_all
from neuron_pin.operations.lock import lock
from neuron_pin.settings import Settings

FOLDER = FIXTURES / "container-recipes"
SETS: list[dict[str, Any]] = json.loads((FOLDER / "sets.json").read_text())
DIFFERENCES = json.loads((FOLDER / "differences.json").read_text())


@pytest.mark.parametrize("row", SETS, ids=lambda r: f"{r['sdk']}-{r['recipe']}")
def test_a_lock_gives_what_shipped(catalog: Catalog, row: dict[str, Any]) -> None:
    settings = Settings(
        offline=True,
        as_of=catalog.release(row["sdk"]).date.isoformat(),
        sdk=row["sdk"],
        instance=row["instance"],
        python=row["python"],
        os=row["os"] or None,
        scope="container",
        # An image ships what it ships, in whatever phase it is.
        phase=("beta", "eos"),
    )
    requirements = parse_all(row["requirements"])
    found = lock(
        settings, catalog, requirements, [], today=date(2026, 8, 17), this_python="3.11", environ={}
    )
    chosen = {package.key.name: package.version for package in found.packages}
    assert chosen.keys() == row["versions"].keys()
    for name, version in row["versions"].items():
        assert fnmatch(chosen[name], version), name


def test_the_fixture_is_of_both_repositories_and_complete() -> None:
    sources = [row["source"].partition(",")[0] for row in SETS]
    assert sources.count("aws-neuron/deep-learning-containers") == 99
    assert sources.count("aws/deep-learning-containers") == 61
    assert not {(r["sdk"], r["recipe"]) for r in DIFFERENCES} & {
        (r["sdk"], r["recipe"]) for r in SETS
    }


def test_evidence_is_of_recipes_that_are_locked(catalog: Catalog) -> None:
    """What the catalog takes from a recipe is in the set of that recipe, and not listed by the
    manifest alone."""
    recipes = {row["source"]: row for row in SETS}
    for piece in catalog.evidence:
        source = piece.source.partition(" (")[0]
        if piece.source.startswith("announcements/"):
            continue
        row = recipes[source]
        assert fnmatch(piece.version, row["versions"][piece.package])
        assert row["sdk"] in piece.releases
        assert row["python"] in piece.pythons
        assert row["instance"] in piece.instances


RECIPE = r"""
FROM example.org/library/ubuntu:24.04 AS base
ARG PYTHON=python3.12
ARG PYTHON_VERSION=3.12.11
# ARG NEURONX_CC_VERSION=9.9
ARG NEURONX_CC_VERSION=2.27.5334.0+f702b353
ENV TOOLS=2.32.28.0-526c2b7f6
ARG NEURONX_RUNTIME_LIB_VERSION=2.34.10.0-ac18d186d
FROM base AS latest
RUN pip install neuronx-cc jax-neuronx
FROM base AS prod
RUN apt-get install -y \
    aws-neuronx-tools=$TOOLS \
    # a comment inside
    curl \
 && dpkg -i ${ARTIFACTS}/apt/${NEURONX_RUNTIME_LIB_VERSION}
RUN pip install --opt-neuron=1 "neuronx_cc[x]==${NEURONX_CC_VERSION}" 'torch-neuronx==2.9.*' \
    numpy==1.26.4 nki==0.6.0 optimum-neuron==0.1.0 neuronx-distributed==$UNSET
"""


def test_a_recipe_is_read() -> None:
    recipe = read_recipe(RECIPE)
    assert (recipe.python, recipe.system) == ("3.12", "ubuntu24.04")
    assert recipe.versions == {
        "aws-neuronx-runtime-lib": "2.34.10.0",
        "aws-neuronx-tools": "2.32.28.0",
        "neuronx-cc": "2.27.5334.0",
        "nki": "0.6.0",
        "torch-neuronx": "2.9.*",
    }


@pytest.mark.parametrize(
    ("versions", "locked", "differs"),
    [
        ({"nki": "0.6.0"}, {"nki": "0.6.0", "neuronx-cc": "2.27.1"}, False),
        ({"nki": "0.*"}, {"nki": "0.6.0"}, False),
        ({"nki": "0.6.0"}, {"nki": "0.5.0"}, True),
        ({"nki": "0.6.0"}, {}, True),
        ({"nki": "0.6.0"}, "because: no release", True),
    ],
)
def test_a_difference_is_found(
    versions: dict[str, str], locked: dict[str, str] | str, differs: bool
) -> None:
    assert bool(differ(versions, locked)) is differs
