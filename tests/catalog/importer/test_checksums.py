"""Digests and signatures of facts: what is verified, and what is refused."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from conftest import FIXTURES, Keys, failure

from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.importer.checksums import NotAsStated
from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput

MANIFEST = FIXTURES / "manifest" / "irregular.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED, tmp_path / "facts"))


def test_the_embedded_facts_are_those_that_their_sums_state(run) -> None:
    done = run("catalog", "verify")
    assert done.code == 0, done.err
    assert EMBEDDED in done.out


def test_sha256sum_reads_the_sums(folder: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False)
    assert done.returncode == 0


CHANGES = {
    "changed": lambda f: (f / "packages.json").write_bytes(
        (f / "packages.json").read_bytes() + b" "
    ),
    "gone": lambda f: (f / "packages.json").unlink(),
    "one more": lambda f: (f / "members" / "9.9.9.json").write_text("{}"),
    "another name": lambda f: (f / "packages.json").rename(f / "Packages.json"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_other_files_than_stated_are_named(run, folder: Path, change) -> None:
    change(folder)
    done = run("catalog", "verify", folder)
    error = failure(done, NotAsStated)
    assert "SHA256SUMS" in error.message
    assert ".json" in error.message


@pytest.mark.parametrize("text", ["x", f"{'0' * 64}  ../a", f"{'0' * 64}  /srv/a", "\0"])
def test_sums_that_are_none(run, folder: Path, text: str) -> None:
    (folder / "SHA256SUMS").write_text(text + "\n")
    done = run("catalog", "verify", folder)
    error = failure(done, UnreadableInput)
    assert (error.path, error.line) == (str(folder / "SHA256SUMS"), 1)


def test_a_folder_without_sums(run, tmp_path: Path) -> None:
    done = run("catalog", "verify", tmp_path)
    assert (done.code, "SHA256SUMS" in done.err) == (2, True)


def test_a_signed_folder(run, folder: Path, keys: Keys, tmp_path: Path) -> None:
    key, other = tmp_path / "key.asc", tmp_path / "other.asc"
    key.write_bytes(keys.export("neuron"))
    other.write_bytes(keys.export("other"))
    assert run("catalog", "verify", folder, "--signed-by", key).code == 2
    signature = keys.sign((folder / "SHA256SUMS").read_bytes(), "neuron", detached=True)
    (folder / "SHA256SUMS.asc").write_bytes(signature)
    done = run("catalog", "verify", folder, "--signed-by", key)
    assert done.code == 0, done.err
    assert f"signed by {keys.fingerprint('neuron')}" in done.out
    done = run("catalog", "verify", folder, "--signed-by", other)
    assert "trusted" in failure(done, SourceFailed).problem
    (folder / "SHA256SUMS").write_text((folder / "SHA256SUMS").read_text()[:-1])
    done = run("catalog", "verify", folder, "--signed-by", key)
    assert "fit" in failure(done, SourceFailed).problem


def test_only_what_is_signed_is_imported(run, keys: Keys, tmp_path: Path) -> None:
    key, manifest = tmp_path / "key.asc", tmp_path / "manifest.json"
    key.write_bytes(keys.export("neuron"))
    manifest.write_bytes(MANIFEST.read_bytes())
    signature = tmp_path / "manifest.json.asc"
    assert run("catalog", "import", manifest, "--signed-by", key).code == 2
    signature.write_bytes(keys.sign(b"another text", "neuron", detached=True))
    done = run("catalog", "import", manifest, "--signed-by", key)
    assert "trusted" in failure(done, SourceFailed).problem
    shown = json.loads(run("catalog", "show", "--format", "json").out)
    assert shown["folder"] == EMBEDDED
    signature.write_bytes(keys.sign(manifest.read_bytes(), "neuron", detached=True))
    assert run("catalog", "import", manifest, "--signed-by", key).code == 0
    # What was imported states its own sums.
    done = run("catalog", "verify")
    assert (done.code, EMBEDDED in done.out) == (0, False)


def test_a_build_refuses_other_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook of the build, as hatchling runs it."""
    root = Path(EMBEDDED).parent.parent.parent
    shutil.copytree(EMBEDDED, tmp_path / "neuron_pin" / "catalog" / "data")
    interface = types.ModuleType("interface")
    setattr(interface, "BuildHookInterface", object)  # noqa: B010
    parts = ["hatchling", "builders", "hooks", "plugin", "interface"]
    for count in range(1, 6):
        monkeypatch.setitem(sys.modules, ".".join(parts[:count]), interface)
    monkeypatch.setattr(sys, "path", list(sys.path))
    hook = runpy.run_path(str(root / "hatch_build.py"))["CustomBuildHook"]()
    hook.root = str(tmp_path)
    hook.initialize("standard", {})
    facts = tmp_path / "neuron_pin" / "catalog" / "data" / "systems.json"
    facts.write_text(facts.read_text() + " ")
    with pytest.raises(NeuronPinError, match=r"systems\.json"):
        hook.initialize("standard", {})
