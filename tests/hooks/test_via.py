"""pip and uv pointed at the served index, and taken back from it."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import failure, sample
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.hooks.blocks import remove_blocks
from neuron_pin.hooks.index_url import make_simple_url
from neuron_pin.hooks.pip_settings import edit_pip_conf
from neuron_pin.sources.index.locations import is_open

PYTHON = sys.executable
UV = [PYTHON, "-m", "uv"]
THEIRS = "# ours\n[global]\nindex-url = https://mirror.example/simple\ntimeout = 7\n" \
    "extra-index-url =\n    https://a.example/\n    https://b.example/\n"  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and a project with an environment, for our commands and for theirs."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name == "VIRTUAL_ENV":
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": "", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache", "XDG_CONFIG_DIRS": "none",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    environment = tmp_path / "project" / ".venv"
    venv.create(environment, with_pip=False)
    return environment


def call(words: list, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


def installed(environment: Path) -> set[str]:
    site = next((environment / "lib").glob("python3*/site-packages"))
    return {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}


HELD = {"libneuronxla-2.2.16408.0+06ac23d1"}
DECOY = {"libneuronxla-99.0"}


@pytest.mark.parametrize("scope", sample(["user", "venv"], 2))
def test_pip_takes_everything_from_there(
    run, pair, served, place: Path, scope: str, pip_environment
) -> None:
    index = served(*pair.options)
    if scope == "venv":
        shutil.rmtree(place)
        pip_environment(place)
    where = ("--scope", scope, *(("--venv", place) if scope == "venv" else ()))
    pip = [PYTHON, "-m", "pip", "--python", place / "bin/python", "install", "-U"]
    settings = place / "pip.conf" if scope == "venv" else place.parents[1] / "config/pip/pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    theirs = f"[global]\nindex-url = {pair.public.url}/simple/\n"
    settings.write_text(theirs)
    # The newest pip acts on another environment, whose own settings it does not read.
    bundled = [place / "bin/python", "-m", "pip", "install", "-U"]
    if scope == "venv":
        pip = bundled
    assert call([*pip, "libneuronxla"], place.parent).returncode == 0
    assert installed(place) >= DECOY

    done = run("hook", "install", "pip", "--via", index.url, *where)
    assert done.code == 0, done.err
    assert "not encrypted" not in done.err
    told = run("hook", "status", "pip", *where)
    assert index.url in told.out, told.out
    assert call([*pip, "--force-reinstall", "libneuronxla"], place.parent).returncode == 0
    assert installed(place) >= HELD
    ended = call([*pip, "torch-neuronx==2.8.0.2.10.16998"], place.parent)
    assert ended.returncode == 0, ended.stderr
    assert "NP201: torch-neuronx 2.8" in ended.stdout + ended.stderr
    before = settings.stat().st_mtime_ns
    assert run("hook", "install", "pip", "--via", index.url, *where).code == 0
    assert settings.stat().st_mtime_ns == before
    assert run("hook", "remove", "pip", *where).code == 0
    assert settings.read_text() == theirs


def test_uv_takes_everything_from_there(run, pair, served, place: Path) -> None:
    index = served(*pair.options)
    project = place.parent
    uv = [*UV, "pip", "install", "--python", place, "--reinstall"]
    public = ["--default-index", f"{pair.public.url}/simple"]
    assert call([*uv, *public, "libneuronxla"], project).returncode == 0
    assert installed(place) >= DECOY
    for scope, where in (("user", ()), ("venv", ("--venv", place))):
        done = run(
            "hook", "install", "uv", "--via", f"{index.url}/simple", "--scope", scope, *where
        )
        assert done.code == 0, done.err
        held = call([*uv, "libneuronxla"], project)
        assert held.returncode == 0, held.stderr
        assert installed(place) >= HELD
        # The index holds projects, too, whatever file it stands in.
        (project / "pyproject.toml").write_text(
            '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\n'
        )
        added = call([*UV, "add", "libneuronxla"], project)
        assert added.returncode == 0, added.stderr
        lock = (project / "uv.lock").read_text()
        assert "2.2.16408.0" in lock
        assert f'registry = "{index.url}/simple/"' in lock
        (project / "uv.lock").unlink()
        (project / "pyproject.toml").unlink()
        assert run("hook", "remove", "uv", "--scope", scope, *where).code == 0
        assert not list(project.parent.rglob("uv.toml"))


def test_uv_projects_have_it_in_their_own_settings(run, pair, served, place: Path) -> None:
    index = served(*pair.options)
    project = place.parent / "pyproject.toml"
    theirs = '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\n[tool.uv]\nmanaged = true\n'
    project.write_text(theirs)
    where = ("--scope", "venv", "--venv", place)
    done = run("hook", "install", "uv", "--via", f"{index.url}/sdk/2.29.0/", *where)
    assert done.code == 0, done.err
    assert f'url = "{index.url}/sdk/2.29.0/simple/"' in project.read_text()
    added = call([*UV, "add", "torch-neuronx"], place.parent)
    assert added.returncode == 0, added.stderr
    assert any(name.startswith("torch_neuronx-2.9.0.2.13") for name in installed(place))
    assert "via " in run("hook", "status", "uv", *where).out
    assert run("hook", "remove", "uv", *where).code == 0
    assert "neuron-pin" not in project.read_text()


def test_a_lock_beside_it(run, pair, served, place: Path) -> None:
    index = served(*pair.options)
    lock = place.parent / "lock.json"
    made = run("lock", "libneuronxla", "--sdk", "2.26.0", "--phase", "eos", "--python", "3.11",
               *pair.options, "-o", lock)  # fmt: skip
    assert made.code == 0, made.err
    done = run("hook", "install", "pip", "--via", index.url, "--lock", lock, "--scope", "user")
    assert done.code == 0, done.err
    pip = [PYTHON, "-m", "pip", "--python", place / "bin/python", "install"]
    assert call([*pip, "libneuronxla"], place.parent).returncode == 0
    assert installed(place) == {"libneuronxla-2.2.12677.0+8f2bb0c4"}
    constraints = place.parents[1] / "config/neuron-pin/constraints.txt"
    # The index binds names, so versions are enough.
    assert "libneuronxla==2.2.12677.0" in constraints.read_text()
    told = run("hook", "status", "pip", "--scope", "user").out
    assert "Neuron SDK 2.26.0" in told
    # Without a lock the constraints go, and the index stays.
    assert run("hook", "install", "pip", "--via", index.url, "--scope", "user").code == 0
    assert not constraints.exists()
    told = run("hook", "status", "pip", "--scope", "user").out
    assert "faulty" not in told


def test_what_cannot_be_meant_is_refused(run, pair, place: Path) -> None:
    for words, said in (
        (("apt", "--via", "https://x/"), "is for pip and uv"),
        (("pip", "--via", "ftp://x/"), "not the address of an index"),
        (("pip", "--via", "x"), "not the address of an index"),
        (("pip", "--via", "https://x/?a=b"), "not the address of an index"),
        (("pip", "--via", "https://x/a b"), "characters"),
        (("pip", "--via", "https://x/\"\nextra = 1"), "characters"),
    ):  # fmt: skip
        done = run("hook", "install", *words)
        assert done.code == 2, words
        assert said in done.err, done.err
    assert not (place.parents[1] / "config").exists()


def test_an_open_connection_is_warned_of(run, place: Path) -> None:
    done = run("hook", "install", "pip", "--via", "http://10.0.0.7:8099", "--scope", "user")
    assert done.code == 0
    assert "is not encrypted" in done.err
    text = (place.parents[1] / "config/pip/pip.conf").read_text()
    assert "trusted-host = 10.0.0.7:8099" in text


# Address as given, as written, and whether it is open.
ADDRESSES = [
    ("http://127.0.0.1:8099", "http://127.0.0.1:8099/simple/", False),
    ("http://localhost:8099/simple", "http://localhost:8099/simple/", False),
    ("http://[::1]:8099/", "http://[::1]:8099/simple/", False),
    ("https://pins.example/team/sdk/2.26", "https://pins.example/team/sdk/2.26/simple/", False),
    ("http://pins.example/", "http://pins.example/simple/", True),
    ("http://10.1.2.3/simple/", "http://10.1.2.3/simple/", True),
]


@pytest.mark.parametrize(("given_", "written", "open_"), ADDRESSES)
def test_addresses(given_: str, written: str, open_: bool) -> None:
    assert make_simple_url(given_) == written
    assert is_open(written) is open_
    assert make_simple_url(written) == written


@given(st.text(max_size=40))
def test_any_address_is_safe_or_refused(text: str) -> None:
    try:
        written = make_simple_url(f"https://{text}")
    except (WrongUsage, ValueError):
        return
    assert "\n" not in written
    assert '"' not in written
    assert written.endswith("/simple/")


VIA = "https://pins.example/simple/"
WANTED = {"index-url": (VIA,), "extra-index-url": ()}


def test_pips_other_indexes_are_out_of_force_and_come_back() -> None:
    new = edit_pip_conf("pip.conf", THEIRS, WANTED, via=VIA)
    import configparser

    parser = configparser.RawConfigParser()
    parser.read_string(new)
    assert dict(parser.items("global")) == {
        "index-url": VIA, "extra-index-url": "", "timeout": "7",
    }  # fmt: skip
    assert edit_pip_conf("pip.conf", new, WANTED, via=VIA) == new
    assert remove_blocks(new) == THEIRS


@pytest.mark.parametrize("section", ["install", "download"])
def test_a_commands_own_index_is_refused(section: str) -> None:
    with pytest.raises(CannotWrite, match="extra-index-url"):
        edit_pip_conf("pip.conf", f"[{section}]\nextra-index-url = https://x/\n", WANTED, via=VIA)


def test_a_default_index_of_uvs_is_refused(run, place: Path) -> None:
    file = place.parents[1] / "config/uv/uv.toml"
    file.parent.mkdir(parents=True)
    theirs = '[[index]]\nurl = "https://mine.example/simple"\ndefault = true\n'
    file.write_text(theirs)
    done = run("hook", "install", "uv", "--via", VIA, "--scope", "user")
    error = failure(done, CannotWrite)
    assert error.path == str(file)
    assert "https://mine.example/simple" in error.problem
    assert file.read_text() == theirs
