"""``check --lock``: what has drifted from a lock, whatever installed it."""

import json
from pathlib import Path

import pytest
from conftest import failure

from neuron_pin.errors import UnreadableInput

TARGET = ("--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12", "--as-of", "2026-08-20")


def found(text: str) -> set[tuple[str, str]]:
    """What differs from the lock, without what is missing."""
    rows = json.loads(text)["findings"]
    return {
        (f["rule"], f["subject"])
        for f in rows
        if f["rule"] == "NP306" and f["subject"] != f["place"]
    }


@pytest.fixture
def lock(run) -> str:
    done = run("lock", "--offline", *TARGET, "-o", "lock.json")
    assert done.code == 0, done.err
    # Third-party packages are exact in a lock that was made of indexes.
    document = json.loads(Path("lock.json").read_text())
    row: dict[str, object] = {"ecosystem": "pip", "name": "numpy", "version": "1.26.4", "pin": "==1.26.4",
           "phase": "stable", "kind": None, "sdk": None, "index": None, "files": [], "via": []}  # fmt: skip
    document["packages"].append(row)
    Path("lock.json").write_text(json.dumps(document))
    return "lock.json"


def install(site: Path, name: str, version: str) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text("x = 1\n")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{name}.py,,\n{info.name}/METADATA,,\n")


def test_an_environment_that_has_drifted(run, lock: str, tmp_path: Path) -> None:
    site = tmp_path / "venv/lib/python3.12/site-packages"
    install(site, "neuronx_cc", "2.27.5334.0+f702b353")
    install(site, "numpy", "1.26.4")
    install(site, "requests", "1.0")
    words = ("check", "--venv", tmp_path / "venv", "--lock", lock, *TARGET, "--format", "json")
    assert found(run(*words).out) == set()
    install(site, "nki", "0.5.0")
    install(site, "numpy", "2.0.0")
    done = run(*words)
    assert done.code == 1
    assert found(done.out) == {("NP306", "nki 0.5.0"), ("NP306", "numpy 2.0.0")}
    rows = {row["subject"]: row for row in json.loads(done.out)["findings"]}
    assert "nki==0.6.0" in rows["nki 0.5.0"]["reason"]
    # Into the environment that was checked, and by what made it.
    folder = f"{tmp_path}/venv"
    for settings, words_of in (("", "python3 -m pip --python {} install"),
                               ("uv = 0.9.1\n", "uv pip install --python {}")):  # fmt: skip
        (tmp_path / "venv/pyvenv.cfg").write_text(f"home = /usr/bin\n{settings}")
        (tmp_path / "venv/bin").mkdir(exist_ok=True)
        (tmp_path / "venv/bin/python").touch()
        rows = {r["subject"]: r["remedy"] for r in json.loads(run(*words).out)["findings"]}
        install_words = words_of.format(folder)
        assert rows["nki 0.5.0"] == f"neuron-pin exec --lock lock.json -- {install_words} nki"


def test_an_environment_without_what_is_locked(run, lock: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    site = venv / "lib/python3.12/site-packages"
    install(site, "requests", "1.0")
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\n")
    words = ("check", "--venv", venv, "--lock", lock, *TARGET, "--format", "json")
    done = run(*words)
    (row,) = json.loads(done.out)["findings"]
    assert (done.code, row["rule"], row["severity"]) == (1, "NP306", "error")
    assert f"{venv}/bin/python -m pip install" in row["remedy"]
    # A part of it may be all that is wanted.
    install(site, "nki", "0.6.0")
    done = run(*words)
    (row,) = json.loads(done.out)["findings"]
    assert (done.code, row["rule"], row["severity"]) == (0, "NP306", "warning")
    assert "nki==" not in row["reason"]


def test_a_machine_and_files(run, lock: str, tmp_path: Path) -> None:
    status = tmp_path / "root/var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text(
        "".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"
            for name, version in (("aws-neuronx-tools", "2.31.15.0-1"),
                                  ("aws-neuronx-runtime-lib", "2.34.10.0-ac18d186d"))
        )
    )  # fmt: skip
    Path("reqs.txt").write_text("numpy==1.26.4\nneuronx-cc==2.26.1.0\nnki>=0.1\n")
    done = run("check", "reqs.txt", "--root", tmp_path / "root", "--lock", lock, *TARGET,
               "--format", "json")  # fmt: skip
    assert found(done.out) == {
        ("NP306", "aws-neuronx-tools 2.31.15.0-1"), ("NP306", "neuronx-cc 2.26.1.0"),
    }  # fmt: skip
    rows = {row["subject"]: row["remedy"] for row in json.loads(done.out)["findings"]}
    # Of a file nothing is installed.
    assert rows["neuronx-cc 2.26.1.0"].startswith("write neuronx-cc==2.27.")


def test_a_lock_that_is_none_is_no_finding(run) -> None:
    Path("reqs.txt").write_text("numpy\n")
    Path("bad.json").write_text("{}")
    done = run("check", "reqs.txt", "--lock", "bad.json", *TARGET)
    assert failure(done, UnreadableInput).path == "bad.json"
    assert done.out == ""


@pytest.mark.parametrize(("present", "is_newer"), [("2.20.1.0-1", False), ("2.99.1.0-1", True)])
def test_apt_is_told_where_the_lock_goes_back(
    run, lock: str, tmp_path: Path, present: str, *, is_newer: bool
) -> None:
    status = tmp_path / "root/var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text(
        f"Package: aws-neuronx-tools\nStatus: install ok installed\nVersion: {present}\n\n"
    )
    done = run("check", "--root", tmp_path / "root", "--lock", lock, *TARGET, "--format", "json")
    (remedy,) = [f["remedy"] for f in json.loads(done.out)["findings"] if f["rule"] == "NP306"]
    assert remedy.startswith("sudo apt-get install ")
    assert ("--allow-downgrades" in remedy) == is_newer
