"""Real pip, two versions of it, and real uv try to install past a lock: with the hook, without
it, and below ``exec``."""

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Served, publish, sample, wheel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
PLACEHOLDER = "999.0"
LOCKED, NEWER = "2.27.5334.0", "2.28.1.0"
NAMES = ("neuronx-cc", "nki", "numpy", "other")


class World(NamedTuple):
    """Two indexes and a lock that was made of them."""

    neuron: Served
    public: Served
    lock: Path


@pytest.fixture
def world(run, serve, tmp_path: Path) -> World:
    neuron, public = serve(), serve()
    publish(
        neuron,
        {
            "neuronx-cc": [(LOCKED, ("numpy<2",)), (NEWER, ("numpy<2",))],
            "nki": [("0.6.0", ("neuronx-cc",)), ("9.0.0", ())],
        },
        as_json=False,
    )
    publish(
        public,
        {
            # What squats on Neuron's names, with Neuron's own numbers too, and what does not.
            "neuronx-cc": [(PLACEHOLDER, ()), (LOCKED, ("numpy<2", "other"))],
            "nki": [(PLACEHOLDER, ())],
            "numpy": [("1.26.4", ()), ("2.3.0", ())],
            "other": [("1.0", ())],
        },
        as_json=True,
    )
    lock = tmp_path / "lock.json"
    done = run(
        "lock", "nki", "neuronx-cc", "numpy", "--instance", "trn2", "--python", "3.12", "--sdk",
        "2.32.0", "--as-of", "2026-09-01", "--index-url", f"{public.url}/simple/",
        "--neuron-index-url", f"{neuron.url}/simple/", "-o", lock,
    )  # fmt: skip
    assert done.code == 0, done.err
    return World(neuron, public, lock)


@pytest.fixture(scope="module")
def environment(tmp_path_factory, pip_environment) -> Path:
    """A virtual environment with the pip that comes with Python."""
    folder: Path = tmp_path_factory.mktemp("project") / ".venv"
    pip_environment(folder)
    return folder


@pytest.fixture
def project(environment: Path) -> Iterator[Path]:
    """The folder around the environment, in which nothing of ours is installed afterwards."""
    yield environment.parent
    subprocess.run(
        [environment / "bin/python", "-m", "pip", "uninstall", "-q", "-y", *NAMES], check=True,
        capture_output=True,
    )  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A new environment without pip, in a folder of its own."""
    folder = tmp_path / "bare" / ".venv"
    venv.create(folder, with_pip=False)
    return folder


def clean(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing is configured."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    return {
        **kept, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
        # Where a machine has settings of its own, those of its own folders are not read.
        "XDG_CONFIG_DIRS": str(tmp_path / "none"), "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "UV_PYTHON_DOWNLOADS": "never", **more,
    }  # fmt: skip


def pips(environment: Path) -> dict[str, list[str]]:
    """The pip of the environment, and the newest, which acts on it."""
    python = str(environment / "bin/python")
    return {
        "bundled": [python, "-m", "pip"],
        "newest": [sys.executable, "-m", "pip", "--python", python],
    }


def call(
    words: list[str], folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=120
    )


def installed(environment: Path) -> dict[str, str]:
    site = next((environment / "lib").glob("python3*/site-packages"))
    found = [re.fullmatch(r"(.+)-([^-]+)\.dist-info", path.name) for path in site.iterdir()]
    versions = {m[1].replace("_", "-"): m[2] for m in found if m}
    return {name: version for name, version in versions.items() if name in NAMES}


def own(world: World) -> list[str]:
    """What a user without a lock would write: both indexes."""
    return ["--index-url", f"{world.public.url}/simple/", "--extra-index-url",
            f"{world.neuron.url}/simple/"]  # fmt: skip


HELD = [("venv", "newest"), ("user", "newest"), ("venv", "bundled"), ("user", "bundled")]


@pytest.mark.parametrize(("scope", "which"), sample(HELD, 4, 1))
def test_pip_is_held_by_its_settings(
    run, world: World, project: Path, environment: Path, tmp_path: Path, monkeypatch, which: str,
    scope: str,
) -> None:  # fmt: skip
    variables = clean(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, variables[name])
    pip = [*pips(environment)[which], "install"]
    free = call([*pip, *own(world), "neuronx-cc"], project, variables)
    assert free.returncode == 0, free.stderr
    assert installed(environment)["neuronx-cc"] == PLACEHOLDER

    words = ("hook", "install", "pip", "--lock", world.lock, "--scope", scope)
    where = ("--venv", environment) if scope == "venv" else ()
    done = run(*words, *where)
    assert done.code == 0, done.err
    held = call([*pip, "-U", "neuronx-cc", "nki", "numpy"], project, variables)
    assert held.returncode == 0, held.stderr
    assert installed(environment) == {"neuronx-cc": LOCKED, "nki": "0.6.0", "numpy": "1.26.4"}
    for past in (f"neuronx-cc=={NEWER}", f"neuronx-cc=={PLACEHOLDER}", "numpy>=2", "nki==9.0.0"):
        refused = call([*pip, past], project, variables)
        assert refused.returncode != 0, past
    assert call([*pip, "other"], project, variables).returncode == 0
    again = run(*words, *where)
    assert again.err.count("unchanged") == 3
    gone = run("hook", "remove", "pip", "--scope", scope, *where)
    assert gone.code == 0, gone.err
    assert not list(environment.glob("**/*neuron-pin*"))
    assert not (environment / "pip.conf").exists()
    assert not (tmp_path / "config").exists() or not list((tmp_path / "config").glob("*"))
    free = call([*pip, *own(world), "-U", "neuronx-cc"], project, variables)
    assert installed(environment)["neuronx-cc"] == PLACEHOLDER


UV = [sys.executable, "-m", "uv"]
PROJECT = '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\n'


@pytest.mark.parametrize("table", ["", "[tool.uv]\n# theirs\nmanaged = true\n"])
def test_uv_projects_are_held_by_their_pyproject(
    run, world: World, bare: Path, tmp_path: Path, table: str
) -> None:
    project = bare.parent
    variables = clean(tmp_path, UV_DEFAULT_INDEX=f"{world.public.url}/simple/")
    file = project / "pyproject.toml"
    file.write_text(PROJECT + table)
    free = call([*UV, "add", "nki"], project, variables)
    assert free.returncode == 0, free.stderr
    assert installed(bare)["nki"] == PLACEHOLDER
    (project / "uv.lock").unlink()
    file.write_text(PROJECT + table)

    words = (
        "hook",
        "install",
        "uv",
        "--lock",
        world.lock,
        "--scope",
        "venv",
        "--venv",
        bare,
    )
    done = run(*words)
    assert done.code == 0, done.err
    held = call([*UV, "add", "nki", "numpy"], project, variables)
    assert held.returncode == 0, held.stderr
    # neuronx-cc comes along by nki alone, and from Neuron's index all the same.
    assert installed(bare) == {"neuronx-cc": LOCKED, "nki": "0.6.0", "numpy": "1.26.4"}
    assert f"{world.neuron.url}/simple" in (project / "uv.lock").read_text()
    assert call([*UV, "lock", "-U"], project, variables).returncode == 0
    assert installed(bare)["nki"] == "0.6.0"
    for past in (f"neuronx-cc=={NEWER}", "numpy>=2", "nki==9.0.0"):
        refused = call([*UV, "add", past], project, variables)
        assert refused.returncode != 0, past
        assert "unsatisfiable" in refused.stderr, refused.stderr
    assert call([*UV, "add", "other"], project, variables).returncode == 0
    # What uv wrote in between is its own: the address of an index.
    assert f'url = "{world.public.url}/simple/"' in file.read_text()
    before = file.read_text()
    assert run(*words).code == 0
    assert sorted(file.read_text().split("\n")) == sorted(before.split("\n"))
    assert "unchanged" in run(*words).err
    assert run("hook", "remove", "uv", "--scope", "venv", "--venv", bare).code == 0
    text = file.read_text()
    assert "neuron-pin" not in text
    assert table in text
    assert "constraint-dependencies" not in text
    assert f'url = "{world.public.url}/simple/"' in text
    assert '"nki>=0.6.0"' in text


FORMS = Path(__file__).parents[2] / "fixtures" / "uv-settings"


@pytest.mark.parametrize(
    "form", sample(sorted((FORMS / "projects").iterdir()), 3), ids=lambda path: path.stem
)
def test_uv_reads_and_edits_ours_in_any_form(
    run, world: World, bare: Path, tmp_path: Path, form: Path
) -> None:
    """``uv add`` and ``uv remove`` between install and removal; nothing of theirs is lost."""
    project, variables = bare.parent, clean(tmp_path)
    settings = tmp_path / "config/uv/uv.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[[index]]\nurl = "{world.public.url}/simple/"\ndefault = true\n')
    file, theirs = project / "pyproject.toml", form.read_text()
    file.write_text(theirs)
    where = ("--scope", "venv", "--venv", bare)
    assert run("hook", "install", "uv", "--lock", world.lock, *where).code == 0
    added = call([*UV, "add", "nki", "numpy"], project, variables)
    assert added.returncode == 0, added.stderr
    assert installed(bare) == {"neuronx-cc": LOCKED, "nki": "0.6.0", "numpy": "1.26.4"}
    assert call([*UV, "add", "numpy>=2"], project, variables).returncode != 0
    gone = call([*UV, "remove", "numpy"], project, variables)
    if "Sources in `pyproject.toml` are malformed" in gone.stderr:
        # uv 0.13 removes nothing where sources or what is around them are in braces, ours or not.
        assert "-in-braces" in form.stem or form.stem == "lists-in-one-line"
        file.write_text(re.sub(r' *"numpy[^"]*",\n', "", file.read_text()))
    else:
        assert gone.returncode == 0, gone.stderr
    assert "uv, venv" in run("hook", "status", "uv", *where).out
    assert "installed" in run("hook", "status", "uv", *where).out
    assert run("hook", "remove", "uv", *where).code == 0
    text = file.read_text()
    document, before = tomllib.loads(text), tomllib.loads(theirs)
    assert document["project"].pop("dependencies") == ["nki>=0.6.0"]
    assert document == before
    assert "neuron-pin" not in text
    assert set(theirs.splitlines()) <= set(text.splitlines())
    assert call([*UV, "lock"], project, variables).returncode == 0


@pytest.mark.parametrize("form", sorted((FORMS / "uv").iterdir()), ids=lambda path: path.stem)
def test_uv_pip_reads_ours_in_any_form(
    run, world: World, bare: Path, tmp_path: Path, form: Path
) -> None:
    project, variables = bare.parent, clean(tmp_path)
    file = project / "uv.toml"
    theirs = re.sub(r"https://\w+\.example", world.public.url, form.read_text())
    file.write_text(theirs)
    where = ("--scope", "venv", "--venv", bare)
    assert run("hook", "install", "uv", "--lock", world.lock, *where).code == 0
    uv = [*UV, "pip", "install", "--python", str(bare), "--default-index",
          f"{world.public.url}/simple/"]  # fmt: skip
    held = call([*uv, "-U", "neuronx-cc", "nki", "numpy"], project, variables)
    assert held.returncode == 0, held.stderr
    assert installed(bare) == {"neuronx-cc": LOCKED, "nki": "0.6.0", "numpy": "1.26.4"}
    assert call([*uv, "numpy>=2"], project, variables).returncode != 0
    assert run("hook", "remove", "uv", *where).code == 0
    assert file.read_text() == theirs


@pytest.mark.parametrize("scope", ["venv", "user"])
def test_uv_pip_is_held_by_uv_toml(
    run, world: World, bare: Path, tmp_path: Path, monkeypatch, scope: str
) -> None:
    project = bare.parent
    variables = clean(tmp_path, UV_DEFAULT_INDEX=f"{world.public.url}/simple/")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, variables[name])
    uv = [*UV, "pip", "install", "--python", str(bare)]
    assert call([*uv, "neuronx-cc"], project, variables).returncode == 0
    assert installed(bare)["neuronx-cc"] == PLACEHOLDER
    where = ("--scope", scope, *(("--venv", bare) if scope == "venv" else ()))
    done = run("hook", "install", "uv", "--lock", world.lock, *where)
    assert done.code == 0, done.err
    assert ("hook install uv --venv .venv" in done.err) == (scope == "user")
    held = call([*uv, "-U", "neuronx-cc", "nki", "numpy"], project, variables)
    assert held.returncode == 0, held.stderr
    assert installed(bare) == {"neuronx-cc": LOCKED, "nki": "0.6.0", "numpy": "1.26.4"}
    for past in (f"neuronx-cc=={NEWER}", f"neuronx-cc=={PLACEHOLDER}", "numpy>=2"):
        assert call([*uv, past], project, variables).returncode != 0, past
    assert run("hook", "remove", "uv", *where).code == 0
    assert not (project / "uv.toml").exists()


CLIENTS = {
    "pip, bundled": lambda e: [*pips(e)["bundled"], "install"],
    "pip, newest": lambda e: [*pips(e)["newest"], "install"],
    "uv pip": lambda e: [*UV, "pip", "install", "--python", str(e)],
}


def test_a_decoy_of_the_very_version_does_not_win_with_pip(
    run, world: World, project: Path, environment: Path, tmp_path: Path
) -> None:
    """The lock's own version on the other index: pip sees two files of one name and version."""
    variables = clean(tmp_path)
    pip = [*pips(environment)["newest"], "install"]
    assert run("hook", "install", "pip", "--lock", world.lock, "--venv", environment).code == 0
    assert call([*pip, "neuronx-cc"], project, variables).returncode == 0
    assert "other" not in installed(environment)
    # Another file at that address is refused by its hash.
    path = next(p for p in world.neuron.answers if p.startswith(f"/files/neuronx_cc-{LOCKED}"))
    world.neuron.answers[path] = (200, {}, wheel("neuronx-cc", LOCKED, ("other",)))
    changed = call([*pip, "--force-reinstall", "neuronx-cc"], project, variables)
    assert changed.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in changed.stderr
    assert run("hook", "remove", "pip", "--venv", environment).code == 0


@pytest.mark.parametrize("client", sample(CLIENTS, 2))
def test_exec_holds_one_command(
    world: World, project: Path, environment: Path, tmp_path: Path, client: str
) -> None:
    variables = clean(tmp_path)
    command = CLIENTS[client](environment)
    pin = [sys.executable, "-m", "neuron_pin", "exec", "--lock", str(world.lock), "--"]
    done = call([*pin, *command, "neuronx-cc", "numpy"], project, variables)
    assert done.returncode == 0, done.stderr
    assert installed(environment) == {"neuronx-cc": LOCKED, "numpy": "1.26.4"}
    for past in (f"neuronx-cc=={NEWER}", f"neuronx-cc=={PLACEHOLDER}", "numpy>=2"):
        refused = call([*pin, *command, past], project, variables)
        assert refused.returncode not in (0, 70), past
    # Nothing of it stays: the next command is free.
    assert call([*command, *own(world), "-U", "neuronx-cc"], project, variables).returncode == 0
    # pip takes the highest of all indexes, uv of the first that has the name.
    assert installed(environment)["neuronx-cc"] == (NEWER if client == "uv pip" else PLACEHOLDER)


def test_exec_keeps_what_is_set_already(world: World, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("other==1.0\n")
    variables = clean(
        tmp_path, PIP_CONSTRAINT=str(mine), PIP_EXTRA_INDEX_URL="http://127.0.0.1:9/x"
    )
    pin = [sys.executable, "-m", "neuron_pin", "exec", "--lock", str(world.lock), "--"]
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    done = call([*pin, sys.executable, "-c", show], tmp_path, variables)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    constraints, theirs = seen["PIP_CONSTRAINT"].split()
    assert theirs == str(mine)
    line = next(r for r in Path(constraints).read_text().splitlines() if r.startswith("neuronx-cc"))
    assert line.startswith(f"neuronx-cc @ {world.neuron.url}/files/neuronx_cc-{LOCKED}-")
    assert f"neuronx-cc=={LOCKED}" in Path(seen["UV_CONSTRAINT"]).read_text()
    assert seen["PIP_EXTRA_INDEX_URL"].split() == [
        f"{world.neuron.url}/simple/", "http://127.0.0.1:9/x",
    ]  # fmt: skip
    assert (seen["HOME"], "PIP_CONSTRAINT" in os.environ) == (str(tmp_path), False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dnf", "install", "x"], "hook install dnf"),
        (["uv", "sync"], "hook install uv --venv .venv"),
        (["uv", "--quiet", "lock", "-U"], "hook install uv --venv .venv"),
        (["no-such-program-at-all"], "cannot be started"),
        ([], "missing command"),
    ],
)
def test_exec_refuses_what_it_cannot_hold(run, world: World, words: list[str], told: str) -> None:
    done = run("exec", "--lock", world.lock, "--", *words)
    assert done.code == 2
    assert told in done.err


def test_exec_gives_the_exit_code_of_the_command(world: World, tmp_path: Path) -> None:
    pin = [sys.executable, "-m", "neuron_pin", "exec", "--lock", str(world.lock), "--"]
    assert call([*pin, "sh", "-c", "exit 37"], tmp_path, clean(tmp_path)).returncode == 37
    killed = call([*pin, "sh", "-c", "kill -9 $$"], tmp_path, clean(tmp_path))
    assert killed.returncode == -9
