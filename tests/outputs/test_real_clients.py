"""Real pip and uv accept the constraints of every release."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import sample, wheel

from neuron_pin.catalog import Catalog


@pytest.fixture
def links(tmp_path: Path, catalog: Catalog) -> Path:
    """A folder of wheels: what a sample of releases names, and a higher version of each."""
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


SAMPLE = [
    ("2.3.0", "trn1", "3.8"),
    ("2.9.1", "inf2", "3.8"),
    ("2.15.2", "trn1", "3.10"),
    ("2.18.2", "inf1", "3.10"),
    ("2.21.1", "trn2", "3.11"),
    ("2.26.1", "trn1", "3.10"),
    ("2.29.1", "trn2", "3.12"),
    ("2.31.1", "trn3", "3.12"),
    ("2.32.0", "trn2", "3.13"),
]


STRENGTHS = ("exact", "minor", "major")
# Each release with one strength; with the others in the long form.
CASES = [
    case
    for number, row in enumerate(SAMPLE)
    for case in sample([(*row, strength) for strength in STRENGTHS], 3, number % 3)
]


@pytest.mark.parametrize(("sdk", "instance", "python", "strength"), CASES)
def test_pip_and_uv_obey_the_constraints(
    run, catalog, links: Path, tmp_path: Path, sdk: str, instance: str, python: str, strength: str
) -> None:
    constraints, document = tmp_path / "constraints.txt", tmp_path / "lock.json"
    as_of = catalog.release(sdk).date
    done = run(
        "lock", "--offline", "--sdk", sdk, "--instance", instance, "--python", python,
        "--as-of", as_of, "--pin", strength, "-o", constraints, "-o", document,
    )  # fmt: skip
    assert done.code == 0, done.err
    locked = {
        p["name"]: p["version"]
        for p in json.loads(document.read_text())["packages"]
        if p["ecosystem"] == "pip"
    }
    for name, version in locked.items():
        # Of each package the locked version, and one that no pin of ours holds.
        for offered in (version, "999.0"):
            filename = f"{name.replace('-', '_')}-{offered}-py3-none-any.whl"
            (links / filename).write_bytes(wheel(name, offered))
    report = tmp_path / "report.json"
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--quiet", "--no-index",
         "--ignore-installed", "--find-links", str(links), "--report", str(report),
         "-c", str(constraints), *locked],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert pip.returncode == 0, pip.stderr
    found = json.loads(report.read_text())["install"]
    assert {i["metadata"]["name"]: i["metadata"]["version"] for i in found} == locked
    uv = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--no-config", "--quiet", "--no-index",
         "--find-links", str(links), "-c", str(constraints), "-", "--no-header", "--no-annotate",
         "--cache-dir", str(tmp_path / "uv-cache")],
        input="\n".join(locked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert uv.returncode == 0, uv.stderr
    assert dict(line.split("==") for line in uv.stdout.split()) == locked


def test_the_text_is_deterministic_sorted_and_says_where_it_is_from(run) -> None:
    arguments = ("lock", "--offline", "--instance", "trn2", "--python", "3.12", "--sdk", "2.32.0",
                 "--as-of", "2026-08-17")  # fmt: skip
    first, second = run(*arguments), run(*arguments)
    assert first.out == second.out
    lines = first.out.splitlines()
    assert lines[1] == "#   neuron-pin " + " ".join(arguments)
    assert "# Neuron SDK 2.32.0" in lines
    names = [line for line in lines if "==" in line and not line.startswith("#")]
    assert names == sorted(names)
    assert "neuronx-cc==2.27.5334.0" in names
    assert "    # via neuron-sdk" in lines
