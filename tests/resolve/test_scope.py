"""What is for a host, what for a container on it, and that the two go together."""

import json
from pathlib import Path

import pytest
from conftest import Run, failure

import neuron_pin
from neuron_pin.catalog import Catalog, Place
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import Pair, find_clash
from neuron_pin.errors import NoSolution, WrongUsage
from neuron_pin.policy import Ecosystem
from neuron_pin.target import Scope

RECIPES = Path(__file__).parents[2] / "fixtures/container-recipes/sets.json"

TRN1 = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10")
INF1 = ("--instance", "inf1", "--os", "ubuntu22.04", "--python", "3.10")
TRN2 = ("--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12")
RPM = ("--instance", "trn1", "--os", "amzn2023", "--python", "3.9")

# target, release, the packages of the host
HOSTS = [
    (TRN1, "2.26.1", ["dkms", "k8-plugin", "k8-scheduler", "oci-hook", "tools"]),
    (INF1, "2.26.1", ["dkms", "k8-plugin", "k8-scheduler", "oci-hook", "tools"]),
    # The driver of an earlier release, the last one that is for the family.
    (INF1, "2.28.0", ["dkms", "k8-plugin", "k8-scheduler", "oci-hook", "tools"]),
    (TRN2, "2.32.0", ["dkms", "oci-hook", "tools"]),
    (RPM, "2.20.0", ["dkms", "k8-plugin", "k8-scheduler", "oci-hook", "tools"]),
]
DAY = ("--as-of", "2026-08-20", "--phase", "eos", "--phase", "beta")


def locked(run: Run, *words: str) -> dict[str, str]:
    done = run("lock", "--offline", *words, "--format", "json")
    assert done.code == 0, done.err
    packages = json.loads(done.out)["packages"]
    return {f"{p['ecosystem']}:{p['name']}": p["version"] for p in packages}


@pytest.mark.parametrize(("target", "sdk", "names"), HOSTS)
def test_both_sides_are_one_lock(run: Run, target: tuple[str, ...], sdk: str, names) -> None:
    asked = (*target, "--sdk", sdk, *DAY)
    both = locked(run, *asked)
    host = locked(run, *asked, "--scope", "host")
    container = locked(run, *asked, "--scope", "container")
    assert [key.partition("neuronx-")[2] for key in sorted(host)] == names
    assert {**host, **container} == both
    assert set(host) & set(container) == {k for k in host if k.endswith("-tools")}
    assert not any(key.startswith("pip:") for key in host)
    assert any(key.startswith("pip:") for key in container)


def test_recipes_install_what_is_for_a_container(catalog: Catalog) -> None:
    recipes = json.loads(RECIPES.read_text())
    named = {name for recipe in recipes for name in recipe["versions"]}
    known = [catalog.packages[name] for name in named if name in catalog.packages]
    assert len(known) > 8
    assert [p.name for p in known if not p.place.is_of_container] == []
    assert {p.name for p in known if p.place is Place.BOTH} == {"aws-neuronx-tools"}


def test_every_place_but_the_container_has_a_source(catalog: Catalog) -> None:
    elsewhere = [p for p in catalog.packages.values() if p.place is not Place.CONTAINER]
    assert [p.name for p in elsewhere if not p.place_source] == []
    assert not any(Ecosystem.PIP in package.systems for package in elsewhere)
    places = {package.name: package.place for package in elsewhere}
    assert places["aws-neuronx-oci-hook"] is places["aws-neuron-dkms"] is Place.HOST


# scope, requirement, how many requirements are refused
REFUSED = [
    ("host", ["torch-neuronx"], 1),
    ("host", ["aws-neuronx-runtime-lib=2.*", "aws-neuronx-tools"], 1),
    ("host", ["nki", "numpy", "aws-neuronx-dkms"], 2),
    ("container", ["aws-neuronx-dkms==2.24.7.0", "neuronx-cc"], 1),
    ("container", ["aws-neuronx-oci-hook"], 1),
    ("container", ["aws-neuronx-k8-plugin", "aws-neuronx-k8-scheduler"], 2),
]


@pytest.mark.parametrize(("scope", "asked", "count"), REFUSED)
def test_requirements_of_the_other_side(run: Run, scope: str, asked, count: int) -> None:
    done = run("lock", "--offline", *TRN1, "--as-of", "2025-11-01", "--scope", scope, *asked)
    error = failure(done, NoSolution)
    assert done.code == 1
    assert [cause[:6] for cause in error.causes] == ["NP106:"] * count
    if "numpy" not in asked:
        assert [change.change.options for change in error.relaxations][:1] == [
            (("--scope", "both"),)
        ]


def test_a_requirement_that_is_for_both(run: Run) -> None:
    for scope in ("host", "container"):
        found = locked(run, "aws-neuronx-tools", *TRN1, "--as-of", "2025-11-01", "--scope", scope)
        assert list(found) == ["apt:aws-neuronx-tools"]


def test_explain_names_the_rule(run: Run) -> None:
    words = ("explain", "nki", "--offline", *TRN2, "--as-of", "2026-08-20", "--scope", "host")
    document = json.loads(run(*words, "--format", "json").out)
    rules = {e["rule"] for v in document["versions"] for e in v["exclusions"]}
    assert "NP106" in rules


# Files -------------------------------------------------------------------------------------


def test_each_side_has_its_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "image").mkdir()
    host, image = tmp_path / "host", tmp_path / "image"
    words = (
        "lock", "--offline", *TRN1, "--sdk", "2.26.1", "--as-of", "2025-11-01",
        "--host-output", host / "lock.json", "--host-output", host / "neuron.pref",
        "--container-output", image / "lock.json", "--container-output", image / "constraints.txt",
        "-o", tmp_path / "lock.json",
    )  # fmt: skip
    assert run(*words).code == 0
    documents = {side: json.loads((side / "lock.json").read_text()) for side in (host, image)}
    assert [documents[side]["target"]["scope"] for side in (host, image)] == ["host", "container"]
    both = json.loads((tmp_path / "lock.json").read_text())
    assert both["target"]["scope"] == "both"
    names = {
        side: {p["name"] for p in documents[side]["packages"]} for side in (host, image)
    }  # fmt: skip
    assert names[host] | names[image] == {p["name"] for p in both["packages"]}
    assert "torch-neuronx" not in names[host]
    assert DRIVER not in names[image]
    preferences = (host / "neuron.pref").read_text()
    assert f"Package: {DRIVER}" in preferences
    assert f"Package: {RUNTIME}" not in preferences
    assert "driver" not in both["target"]
    constraints = (image / "constraints.txt").read_text()
    driver = next(p["version"] for p in both["packages"] if p["name"] == DRIVER)
    # The image is right for a host with this driver.
    assert documents[image]["target"]["driver"] == driver
    assert f"container, driver {driver}\n" in constraints
    assert "torch-neuronx==" in constraints
    assert run(*words, "--check").code == 0
    (image / "constraints.txt").write_text("torch-neuronx==2.7.0.2.10.16998\n")
    assert run(*words, "--upgrade", "--check").code == 1
    # What was written is what the commands of each side read.
    assert run("check", image / "lock.json", *TRN1, "--as-of", "2025-11-01").code == 0
    assert run("lock", "--remove", "--host-output", host / "neuron.pref").code == 0
    assert not (host / "neuron.pref").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--scope", "host", "--container-output", "lock.json"),
        ("--scope", "container", "--host-output", "lock.json"),
        ("--host-output", "-"),
    ],
)
def test_a_file_of_a_side_that_is_not_locked(run: Run, words: tuple[str, ...]) -> None:
    done = run("lock", "--offline", *TRN1, "--as-of", "2025-11-01", *words)
    failure(done, WrongUsage)
    assert done.code == 2


@pytest.mark.parametrize("family", ["trn1", "trn2", "inf2"])
def test_no_window_is_broken_across_the_wall(catalog: Catalog, family: str) -> None:
    for release in catalog.releases:
        if not release.listed:
            continue
        found = {
            m.package: m.version for m in catalog.members(release.sdk) if m.is_for(family)
        }  # fmt: skip
        if DRIVER in found and RUNTIME in found:
            assert find_clash(catalog, Pair(found[DRIVER], found[RUNTIME]), family) == ""


# Python ------------------------------------------------------------------------------------


def test_the_parts_of_a_resolution() -> None:
    target = neuron_pin.Target(
        instance="trn1", os="ubuntu22.04", python="3.10", as_of="2025-11-01"
    )  # fmt: skip
    both = neuron_pin.lock(target=target, sdk="2.26.1", offline=True)
    host, container = both.part("host"), both.part("container")
    assert (host.target.scope, container.target.scope) == (Scope.HOST, Scope.CONTAINER)
    driver = next(p for p in host.packages if p.key.name == DRIVER)
    assert container.target.driver == driver.version
    assert {*host.packages, *container.packages} == {*both.packages}
    assert host.part("host").packages == host.packages
    with pytest.raises(WrongUsage):
        host.part("container")
    with pytest.raises(WrongUsage):
        both.part("elsewhere")  # type: ignore[arg-type]
