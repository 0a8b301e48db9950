"""``torch-neuronx`` is one name for two backends: PyTorch/XLA up to 2.9, native from 2.13 on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run, Served, publish
from next_manifest import write_next_manifest

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.support import find_package_phase
from neuron_pin.errors import BrokenCatalog, NoSolution, SourceFailed
from neuron_pin.hooks.pip_settings import pip_options
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.policy import Form, Phase, PinPrecision, derive_pin
from neuron_pin.policy.update import Update, classify_update
from neuron_pin.sources.index.locations import PYPI, Index, Indexes
from neuron_pin.target import parse_day

NATIVE = "torch-neuronx==2.14.*"
TRN2 = ("--instance", "trn2", "--python", "3.12", "--as-of", "2026-11-28")
RELEASE = ("--sdk", "2.33.0")
BETA = ("--phase", "beta")
CPU = "https://download.pytorch.org/whl/cpu"


@pytest.fixture
def completed(run: Run, tmp_path: Path) -> Catalog:
    """The catalog in use has SDK 2.33.0 in full."""
    run("catalog", "import", write_next_manifest(tmp_path / "n2-manifest.json"))
    return load_catalog()


def locked(run: Run, *words: str) -> dict:
    done = run("lock", *words, "--format", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def chosen(document: dict) -> dict[str, str]:
    return {p["name"]: p["version"] for p in document["packages"]}


# The form by range -----------------------------------------------------------------------

# version, form, framework, major pin, exact pin
FORMS = [
    ("2.9.0.2.15.32035", Form.EXTENSION, "2.9.0", "2.9.0.2.*", "2.9.0.2.15.32035"),
    ("2.14.3.0", Form.SHORT_EXTENSION, "2.14.0", "2.14.3.*", "2.14.3.0"),
    ("2.13.3.0.4711", Form.SHORT_EXTENSION, "2.13.0", "2.13.3.*", "2.13.3.0.4711"),
    ("2.13.3.0.4711+abc", Form.SHORT_EXTENSION, "2.13.0", "2.13.3.*", "2.13.3.0.4711+abc"),
]


@pytest.mark.parametrize(("version", "form", "framework", "major", "exact"), FORMS)
def test_the_form_follows_from_the_range(
    catalog: Catalog, version: str, form: Form, framework: str, major: str, exact: str
) -> None:
    package = catalog.packages["torch-neuronx"]
    parsed = package.parse(version)
    assert (parsed.form, parsed.framework_version) == (form, framework)
    assert ".".join(map(str, package.framework_numbers(version))) == framework
    assert str(derive_pin(parsed, PinPrecision.MAJOR)) == major
    assert str(derive_pin(parsed, PinPrecision.EXACT)) == exact


def test_other_packages_keep_their_forms(catalog: Catalog) -> None:
    assert catalog.packages["neuronx-cc"].parse("2.28.7631.0").form is Form.STANDALONE
    assert catalog.packages["jax-neuronx"].parse("0.10.0.1.0.14198").form is Form.EXTENSION


def test_a_move_between_backends_is_a_major_update(catalog: Catalog) -> None:
    parse = catalog.packages["torch-neuronx"].parse
    assert classify_update(parse("2.9.0.2.15.32035"), parse("2.14.3.0")) is Update.MAJOR
    assert classify_update(parse("2.13.3.0"), parse("2.14.3.0")) is Update.MINOR


def test_the_ranges_of_backends_do_not_meet(catalog: Catalog) -> None:
    for package in catalog.packages.values():
        for number, one in enumerate(package.backends):
            assert one.seen
            for version in one.seen:
                assert package.find_backend(version) == one
            for two in package.backends[number + 1 :]:
                assert not one.versions.meets(two.versions)
        for version in catalog.shipped(package.name) if package.backends else ():
            assert package.find_backend(version) is not None


@pytest.mark.parametrize("change", [{"framework_parts": 4}, {"versions": ["2.13"]}, {"seen": "2"}])
def test_a_backend_that_cannot_be_read_is_refused(tmp_path: Path, change: dict) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(EMBEDDED, folder)
    path = folder / "packages.json"
    document = json.loads(path.read_text())
    row = next(r for r in document["packages"] if r["name"] == "torch-neuronx")
    row["backends"][1] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(BrokenCatalog):
        _ = Catalog(str(folder)).packages["torch-neuronx"]


# Beta by fact ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.13.3.0", "2.14.3.0", "2.14.3.0.4711"])
def test_native_is_beta_by_fact(catalog: Catalog, version: str) -> None:
    fact = find_package_phase(catalog, "torch-neuronx", version, "trn2", parse_day("2026-11-28"))
    assert fact.phase is Phase.BETA
    assert fact.event is not None
    assert "torchneuron" in fact.event.source


def test_the_default_lock_of_its_release_takes_no_beta(run: Run, completed: Catalog) -> None:
    document = locked(run, *RELEASE, *TRN2, "--offline")
    assert {p["phase"] for p in document["packages"]} <= {"stable", "maintenance"}
    assert "torch-neuronx" not in chosen(document)
    rules = {(e["name"], e["version"]): e["rule"] for e in document["exclusions"]}
    for name in ("torchtitan-neuron", "vllm-omni-neuron", "vllm-neuron"):
        assert rules[name, next(v for n, v in rules if n == name)] == "NP202"
    assert rules["torch-neuronx", "2.14.3.0"] == "NP202"
    assert any("torch-neuronx 2.14.3.0" in w for w in document["warnings"])


def test_a_lock_of_it_is_whole(run: Run, completed: Catalog) -> None:
    document = locked(run, *RELEASE, *TRN2, *BETA, NATIVE, "neuronx-cc", "nki", "--offline")
    assert chosen(document) == {
        "torch-neuronx": "2.14.3.0", "neuronx-cc": "2.28.7631.0", "nki": "0.7.0",
    }  # fmt: skip
    everything = chosen(locked(run, *RELEASE, *TRN2, *BETA, "--offline"))
    assert everything["torch-neuronx"] == "2.14.3.0"
    assert "torch-xla" not in everything


def test_the_default_framework_is_named_as_it_is(run: Run, completed: Catalog) -> None:
    document = locked(run, *RELEASE, *TRN2, *BETA, "torch-neuronx", "--offline")
    (reason,) = [e["reason"] for e in document["exclusions"] if e["rule"] == "NP203"]
    assert "2.14.0" in reason
    assert "2.14.3" not in reason


# pin precision, the pin without an index
WRITTEN = [("exact", "==2.14.3.0.*"), ("minor", "==2.14.3.0.*"), ("major", "==2.14.3.*")]


@pytest.mark.parametrize(("precision", "pin"), WRITTEN)
def test_pins_stay_on_the_backend(run: Run, completed: Catalog, precision: str, pin: str) -> None:
    document = locked(
        run, *RELEASE, *TRN2, *BETA, NATIVE, "--offline", "--pin", precision
    )  # fmt: skip
    assert [p["pin"] for p in document["packages"]] == [pin]


# Another backend, NP511 ------------------------------------------------------------------

# a range, whether it reaches from one backend into another
RANGES = [
    ("torch-neuronx>=2.9", True),
    ("torch-neuronx>=2.9,<3", True),
    ("torch-neuronx!=2.13.*,>=2.9", True),
    ("torch-neuronx>=2.9,<2.14", True),
    ("torch-neuronx==2.9.*", False),
    ("torch-neuronx>=2.9,<2.10", False),
    ("torch-neuronx>=2.13", False),
    ("torch-neuronx", False),
]


@pytest.mark.parametrize(("text", "crosses"), RANGES)
def test_a_range_that_crosses_is_told(
    run: Run, completed: Catalog, tmp_path: Path, text: str, crosses: bool
) -> None:
    document = locked(run, *TRN2, *BETA, "--phase", "maintenance", text, "--offline")
    assert any("NP511" in w for w in document["warnings"]) is crosses
    path = tmp_path / "requirements.txt"
    path.write_text(text + "\n")
    found = json.loads(run("check", path, *TRN2, "--format", "json").out)["findings"]
    assert [f["severity"] for f in found if f["rule"] == "NP511"] == ["warning"] * crosses


def test_the_embedded_facts_know_the_range_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("torch-neuronx>=2.9\n")
    found = json.loads(run("check", path, *TRN2, "--format", "json").out)["findings"]
    (told,) = [f for f in found if f["rule"] == "NP511"]
    assert "torch-neuronx<2.10" in told["remedy"]


COMPANIONS = [
    "torch-xla", "neuronx-distributed", "neuronx-distributed-training",
    "neuronx-distributed-inference", "transformers-neuronx",
]  # fmt: skip


@pytest.mark.parametrize("name", COMPANIONS)
def test_what_works_with_xla_alone_is_refused_beside_native(
    run: Run, completed: Catalog, tmp_path: Path, name: str
) -> None:
    done = run("lock", *TRN2, *BETA, NATIVE, name, "--offline")
    assert isinstance(done.error, NoSolution)
    assert "NP511" in done.error.message
    path = tmp_path / "requirements.txt"
    for line in (NATIVE, "torch-neuronx==2.14.3.0"):
        path.write_text(f"{line}\n{name}\n")
        found = json.loads(run("check", path, *TRN2, "--format", "json").out)["findings"]
        assert [f["severity"] for f in found if f["rule"] == "NP511"] == ["error"]
        assert not any(f["rule"] == "NP509" for f in found)
    path.write_text(f"torch-neuronx==2.9.*\n{name}\n")
    found = json.loads(run("check", path, *TRN2, "--format", "json").out)["findings"]
    assert not any(f["rule"] == "NP511" for f in found)


def test_a_lock_that_moves_to_another_backend_says_so(run: Run, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    words = ("lock", *TRN2, *BETA, "--phase", "maintenance", "torch-neuronx", "--offline")
    assert run(*words, "-o", lock).code == 0
    assert chosen(json.loads(lock.read_text()))["torch-neuronx"].startswith("2.9.0.2.")
    run("catalog", "import", write_next_manifest(tmp_path / "n2-manifest.json"))
    # What it has is kept as long as nothing speaks against it.
    assert run(*words, "-o", lock).code == 0
    assert not any("NP511" in w for w in json.loads(lock.read_text())["warnings"])
    assert run(*words[:-2], NATIVE, "--offline", "-o", lock).code == 0
    document = json.loads(lock.read_text())
    assert chosen(document)["torch-neuronx"] == "2.14.3.0"
    assert any("NP511" in w for w in document["warnings"])


def test_a_difference_and_a_plan_name_the_backends(
    run: Run, completed: Catalog, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("torch-neuronx==2.9.0.2.15.32035\n")
    new.write_text("torch-neuronx==2.14.3.0\n")
    document = json.loads(run("diff", old, new, "--format", "json", *TRN2[-2:]).out)
    assert any("NP511" in note for note in document["notes"])
    (row,) = document["packages"]
    assert row["update"] == "major"
    words = ("plan", "--from", old, "--to", "2.33.0", "--os", "ubuntu26.04", *TRN2, *BETA)
    done = run(*words, "--format", "json")
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert any("NP511" in note for note in plan["notes"])
    # uv reads its indexes from a file.
    assert any(CPU in file["text"] for step in plan["steps"] for file in step["files"])
    native = json.loads(run("diff", new, new, "--format", "json", *TRN2[-2:]).out)
    assert not any("NP511" in note for note in native["notes"])


def test_a_lock_of_everything_tells_why_the_newest_release_does_not_go(
    run: Run, completed: Catalog
) -> None:
    """What 2.33.0 lists for Trn1 does not go into one environment."""
    document = locked(run, "--offline", "--instance", "trn1", *TRN2[2:])
    assert document["sdk"] == "2.32.0"
    assert any("2.33.0" in w and "NP505" in w for w in document["warnings"])
    document = locked(run, "--offline", "--instance", "trn1", *TRN2[2:], "neuronx-cc")
    assert not any("NP505" in w for w in document["warnings"])


@pytest.mark.parametrize("options", [TRN2[-2:], TRN2])
def test_the_other_backend_is_no_way_out_of_beta(run: Run, options: tuple[str, ...]) -> None:
    Path("r.txt").write_text("torch-neuronx==2.14.3.0\n")
    document = json.loads(run("check", "r.txt", *options, "--format", "json").out)
    (finding,) = [f for f in document["findings"] if f["rule"] == "NP202"]
    assert not finding.get("remedy")


def test_explain_tells_both_backends(run: Run) -> None:
    for words in (("--instance", "trn2"), ()):
        done = run("explain", "torch-neuronx", *words, "--as-of", "2026-11-28", "--format", "json")
        document = json.loads(done.out)
        assert [b["versions"] for b in document["backends"]] == ["<2.10", ">=2.13"]
        assert [b["index"] for b in document["backends"]] == [None, CPU]
    document = json.loads(run("explain", "nki", "--instance", "trn2", "--format", "json").out)
    assert document["backends"] == []


@pytest.mark.parametrize("words", [(), ("--instance", "trn1"), ("--instance", "trn2")])
def test_the_product_is_explained_by_what_installs_it(run: Run, words: tuple[str, ...]) -> None:
    done = run("explain", "TorchNeuron", *words)
    assert done.code == 2
    assert done.error is not None
    assert "torch-neuronx>=2.13" in done.error.hint


# The index of the framework --------------------------------------------------------------


class World(NamedTuple):
    """Three indexes, and the options that name them but for the framework's."""

    neuron: Served
    public: Served
    framework: Served
    options: tuple[str, ...]

    @property
    def bound(self) -> tuple[str, ...]:
        """The option that names the framework's index."""
        return ("--index", f"torch={self.framework.url}/simple")


@pytest.fixture
def world(run: Run, completed: Catalog, serve: Callable[[], Served]) -> World:
    neuron, public, framework = serve(), serve(), serve()
    requires = ("torch==2.14.*", "nki")
    publish(neuron, {
        "torch-neuronx": [
            ("2.14.3.0.4711+feed", requires),
            ("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*",)),
        ],
        "nki": [("0.7.0+1", ())],
    }, as_json=False)  # fmt: skip
    publish(public, {
        "torch": [("2.14.0", ("filelock",)), ("2.9.1", ("filelock",))],
        "filelock": [("3.20", ())],
        "torch-neuronx": [("1000.0", ())],
    }, as_json=True)  # fmt: skip
    publish(framework, {"torch": [("2.14.0+cpu", ("filelock",))]}, as_json=False)
    options = (
        "--index-url", f"{public.url}/simple", "--neuron-index-url", f"{neuron.url}/simple",
        *RELEASE,
    )  # fmt: skip
    return World(neuron, public, framework, options)


def test_torch_comes_from_its_own_index_beside_native(run: Run, world: World) -> None:
    document = locked(run, NATIVE, *TRN2, *BETA, *world.options, *world.bound)
    assert chosen(document) == {
        "torch-neuronx": "2.14.3.0.4711+feed", "torch": "2.14.0+cpu", "filelock": "3.20",
        "nki": "0.7.0+1",
    }  # fmt: skip
    by_name = {p["name"]: p for p in document["packages"]}
    assert by_name["torch"]["index"] == f"{world.framework.url}/simple"
    assert by_name["filelock"]["index"] == f"{world.public.url}/simple"
    # The build that the release does not list is pinned as the index has it.
    assert by_name["torch-neuronx"]["pin"] == "==2.14.3.0.4711"
    others = {e["version"]: e["rule"] for e in document["exclusions"] if e["name"] == "torch"}
    assert others == {"2.14.0": "NP401", "2.9.1": "NP401"}


def test_torch_comes_from_the_public_index_beside_xla(run: Run, world: World) -> None:
    trn1 = ("--instance", "trn1", *TRN2[2:])
    words = ("torch-neuronx==2.9.*", *trn1, *world.options, *world.bound)
    assert chosen(locked(run, *words)) == {
        "torch-neuronx": "2.9.0.2.15.32035+de43f57c", "torch": "2.9.1", "filelock": "3.20",
    }  # fmt: skip
    assert not world.framework.requests


def test_every_form_names_the_third_index(run: Run, world: World) -> None:
    words = ("lock", NATIVE, *TRN2, *BETA, *world.options, *world.bound)
    third = f"{world.framework.url}/simple"
    for form in ("constraints", "pip-conf", "uv", "uv-project", "pylock"):
        done = run(*words, "--format", form)
        assert third in done.out, form
    assert f"index-url = {world.public.url}/simple" in run(*words, "--format", "pip-conf").out


def test_an_offline_lock_names_the_index_of_the_framework(run: Run, completed: Catalog) -> None:
    words = ("lock", NATIVE, *TRN2, *BETA, *RELEASE, "--offline")
    for form in ("constraints", "pip-conf", "uv", "uv-project"):
        assert CPU in run(*words, "--format", form).out, form
    assert "\nindex-url" not in run(*words, "--format", "pip-conf").out
    assert any(CPU in w for w in locked(run, *words[1:])["warnings"])
    other = ("lock", "neuronx-cc", *TRN2, *RELEASE, "--offline", "--format", "pip-conf")
    assert CPU not in run(*other).out


def test_a_lock_that_is_read_again_still_knows_it(run: Run, world: World, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    run("lock", NATIVE, *TRN2, *BETA, *world.options, *world.bound, "-o", lock)
    found, _ = read_resolution(str(lock), load_catalog())
    assert found.needed_urls() == (f"{world.framework.url}/simple",)
    assert found.indexes()[1] == (f"{world.public.url}/simple",)
    wanted = pip_options(found, "constraints.txt")
    assert f"{world.framework.url}/simple" in wanted["extra-index-url"]
    assert wanted["index-url"] == (f"{world.public.url}/simple",)


def test_an_index_that_does_not_answer_says_how_to_name_a_mirror(run: Run, world: World) -> None:
    world.framework.answers["/simple/torch/"] = (500, {}, b"no")
    done = run("lock", NATIVE, *TRN2, *BETA, *world.options, *world.bound)
    assert isinstance(done.error, SourceFailed)
    assert done.code == 3
    assert "--index torch=" in done.error.hint


def test_without_a_binding_it_is_the_one_of_the_facts(catalog: Catalog) -> None:
    backend = catalog.packages["torch-neuronx"].find_backend("2.14.3.0")
    assert backend is not None
    run_of = Indexes([Index(PYPI)], {}, {}, catalog)
    assert run_of.bind(backend.framework_index) == Index(CPU)
    # One that the user named already is that one; folders of files stand for every index.
    named = Index(f"{CPU}/")
    assert Indexes([named, Index(PYPI)], {}, {}, catalog).bind(CPU) == named
    folder = Index("file:///srv/wheels", is_flat=True)
    assert Indexes([folder], {}, {}, catalog).bind(CPU) is None
