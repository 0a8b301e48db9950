"""What a manifest leaves out of a release: evidence of what was shipped, and requirements."""

from datetime import date
from typing import Any

import pytest

from neuron_pin.catalog import Catalog, Member, Package, VersionRange, Window, version_numbers
from neuron_pin.catalog.completion import complete_members
from neuron_pin.catalog.facts import ComponentKind, Evidence


def member(name: str, version: str, instances: str, pythons: str = "3.10 3.11") -> Member:
    return Member(name, version, frozenset(instances.split()), frozenset(pythons.split()))


def package(name: str, *windows: Window) -> Package:
    return Package(name, ComponentKind.STANDALONE, (), "", windows=windows)


def window(versions: str, other: str, allowed: str, **changes: Any) -> Window:
    first, _, below = versions.partition(" ")
    least, _, under = allowed.partition(" ")
    ranges = VersionRange(first, below), VersionRange(least, under)
    return Window(ranges[0], other, ranges[1], "a page", **{"required": True, **changes})


PACKAGES = {
    "leader": package("leader", window("2 ", "library", "2 3")),
    "library": package("library", window(" ", "base", " ")),
    "base": package("base"),
    "loose": package("loose", window("1 ", "library", "2 3", required=False)),
}

# members before, members after
REQUIRED = {
    "the families and Pythons of what requires it": (
        [member("leader", "2.1", "trn1 trn2"), member("library", "2.5", "trn1", "3.10")],
        [member("leader", "2.1", "trn1 trn2"), member("library", "2.5", "trn1 trn2")],
    ),
    "only where each is shipped": (
        [member("leader", "2.1", "trn2", "3.12"), member("library", "2.5", "trn1", "3.10")],
        [
            member("leader", "2.1", "trn2", "3.12"),
            member("library", "2.5", "trn1", "3.10"),
            member("library", "2.5", "trn2", "3.12"),
        ],
    ),
    "not a version that it does not work with": (
        [member("leader", "2.1", "trn2"), member("library", "3.0", "trn1")],
        None,
    ),
    "not for a version that requires nothing": (
        [member("leader", "1.9", "trn2"), member("library", "2.5", "trn1")],
        None,
    ),
    "not by a window that only binds": (
        [member("library", "2.5", "trn1"), member("loose", "1.0", "trn2")],
        None,
    ),
    "what a requirement requires": (
        [
            member("base", "1", "trn1", ""),
            member("leader", "2.1", "trn3"),
            member("library", "2.5", "trn1"),
        ],
        [
            member("base", "1", "trn1 trn3", ""),
            member("leader", "2.1", "trn3"),
            member("library", "2.5", "trn1 trn3"),
        ],
    ),
}


@pytest.mark.parametrize("case", REQUIRED)
def test_what_a_listed_package_requires_is_for_its_families(case: str) -> None:
    before, after = REQUIRED[case]
    completed, additions = complete_members({"2.1.0": before}, (), PACKAGES)
    assert completed["2.1.0"] == tuple(after or before)
    assert bool(additions) is (after is not None)
    again, more = complete_members(completed, (), PACKAGES)
    assert (again, more.total()) == (completed, 0)


def test_evidence_adds_a_version_to_its_releases_alone() -> None:
    piece = Evidence(
        "base", "1", ("2.1.0",), frozenset({"trn2"}), frozenset({"3.12"}), "recipe at 123"
    )
    rows = [member("base", "1", "trn1", "3.10")]
    completed, additions = complete_members({"2.1.0": rows, "2.2.0": rows}, (piece,), PACKAGES)
    assert completed["2.1.0"] == (rows[0], member("base", "1", "trn2", "3.12"))
    assert completed["2.2.0"] == tuple(rows)
    ((_, why),) = additions
    assert "recipe at 123" in why


def test_the_embedded_releases_are_complete(catalog: Catalog) -> None:
    listed = {r.sdk: catalog.members(r.sdk) for r in catalog.releases if r.listed}
    completed, additions = complete_members(listed, catalog.evidence, catalog.packages)
    assert not additions
    assert completed == listed


# package, version, release, family, Python, whether the release has it there
SHIPPED = [
    # torch-neuronx requires it, and is listed for trn2 from 2.21.0 and trn3 from 2.29.0.
    ("libneuronxla", "2.1.681.0", "2.21.0", "trn2", "3.10", True),
    ("libneuronxla", "2.2.15515.0", "2.28.1", "trn2", "3.12", True),
    ("libneuronxla", "2.2.15515.0", "2.28.1", "trn3", "3.12", False),
    ("libneuronxla", "2.2.16408.0", "2.29.0", "trn3", "3.12", True),
    ("libneuronxla", "0.5.3388", "2.21.0", "trn2", "3.10", False),
    # jax-neuronx requires 3.* from 2.30.0.
    ("libneuronxla", "3.0.5356.0", "2.32.0", "trn2", "3.13", True),
    ("libneuronxla", "2.2.17544.0", "2.31.1", "inf1", "3.12", False),
    # torch-neuronx 2.1.2.2.3.0 of the release is for Python 3.11.
    ("libneuronxla", "2.0.4115.0", "2.20.0", "trn1", "3.11", True),
    # Recipes of containers.
    ("jax-neuronx", "0.1.2", "2.21.0", "trn1", "3.10", True),
    ("jax-neuronx", "0.1.2", "2.21.0", "trn1", "3.11", False),
    ("jax-neuronx", "0.1.2", "2.21.0", "trn2", "3.10", True),
    ("jax-neuronx", "0.1.2", "2.21.0", "trn2", "3.9", False),
    ("jax-neuronx", "0.1.1", "2.20.2", "trn1", "3.10", False),
    ("jax-neuronx", "0.6.1.1.0.3499", "2.25.0", "trn1", "3.10", True),
    ("jax-neuronx", "0.6.2.1.0.6446", "2.26.1", "trn1", "3.11", True),
    ("neuronx-distributed-inference", "0.1.0", "2.21.0", "trn1", "3.10", True),
    ("neuronx-distributed-inference", "0.2.0", "2.22.0", "trn1", "3.10", True),
    ("neuronx-distributed-training", "1.7.0", "2.30.0", "trn1", "3.12", True),
    ("libtorch-neuronx-lite", "2.11.0.1.0.696", "2.31.0", "trn2", "3.13", True),
    # The patch for Inf1.
    ("aws-neuronx-dkms", "2.24.13.0", "2.26.1", "inf1", "3.10", True),
    ("aws-neuronx-dkms", "2.24.13.0", "2.26.1", "trn1", "3.10", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "version", "sdk", "family", "python", "has"), SHIPPED)
def test_the_embedded_facts(
    catalog: Catalog, name: str, version: str, sdk: str, family: str, python: str, has: bool
) -> None:
    rows = [m for m in catalog.members(sdk) if (m.package, m.version) == (name, version)]
    assert any(row.is_for(family, python) for row in rows) is has
    of_version = [row for of, row in catalog.shipped(name)[version] if of == sdk]
    assert sorted(of_version, key=str) == sorted(rows, key=str)


def test_every_piece_of_evidence_names_its_recipe_or_page(catalog: Catalog) -> None:
    for piece in catalog.evidence:
        assert " at " in piece.source or piece.source.startswith("announcements/")
        assert set(piece.releases) <= {r.sdk for r in catalog.releases if r.listed}
        assert piece.package in catalog.packages
    assert [p.published for p in catalog.patches.values()] == [date(2026, 3, 12)]


def test_an_older_catalog_has_no_evidence(catalog: Catalog, tmp_path) -> None:
    import shutil

    folder = shutil.copytree(catalog.folder, tmp_path / "old")
    (folder / "evidence.json").unlink()
    assert Catalog(str(folder)).evidence == ()


def test_ranges_that_meet() -> None:
    for one, two, expected in (
        (("2", "3"), ("3", "4"), False),
        (("2", "3"), ("2.5", ""), True),
        (("", "3"), ("3", ""), False),
        (("", ""), ("3", "4"), True),
        (("2", "3"), ("2.2", "2.3"), True),
    ):
        assert VersionRange(*one).meets(VersionRange(*two)) is expected
        assert VersionRange(*two).meets(VersionRange(*one)) is expected
    assert version_numbers("2.10") > version_numbers("2.9")
