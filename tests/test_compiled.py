"""The compiled form of the modules that `script/compiled` compiles: it gives what the modules give
as they are, byte for byte.  Both forms answer in processes of their own, so this runs wherever a
build is below ``build/compiled``, and compares nothing where there is none."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Served, publish

import neuron_pin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[1]
BUILT = PROJECT / "build" / "compiled" / "site"
SEEDS = 200
CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
HOOK = CONFIGURATION["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]

built = pytest.mark.skipif(not BUILT.exists(), reason="needs script/compiled")


def answer(form: Path, *words: str, folder: Path) -> str:
    """What `answers.py` prints on one form of the package."""
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(PROJECT / "tests" / "resolve" / "answers.py"), *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env={**known, "PYTHONPATH": str(form), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pure_unless_asked_for() -> None:
    assert HOOK["enable-by-default"] is False


def test_names_modules_without_records() -> None:
    """mypyc would make records by typing and enumerations by enum, whose import each start pays."""
    for path in HOOK["include"]:
        text = (PROJECT / path).read_text(encoding="utf-8")
        assert "neuron_pin.record import" not in text, f"{path} has records: move them beside it"


@built
def test_build_is_of_this_tree() -> None:
    package = Path(neuron_pin.__file__).parent
    for path in HOOK["include"]:
        copy = BUILT / path
        assert copy.read_bytes() == (package.parent / path).read_bytes(), "run script/compiled anew"
        assert list(copy.parent.glob(f"{copy.stem}.*.so")), path


@built
@pytest.mark.parametrize("block", range(4))
def test_same_answers_in_random_worlds(block: int, tmp_path: Path) -> None:
    words = ("worlds", str(block * SEEDS), str(SEEDS))
    pure = json.loads(answer(PROJECT, *words, folder=tmp_path))
    compiled = json.loads(answer(BUILT, *words, folder=tmp_path))
    assert pure.pop("form") == ".py"
    assert compiled.pop("form") == ".so"
    assert len(pure["answers"]) == SEEDS
    assert compiled == pure


@built
def test_same_answers_of_specifiers(tmp_path: Path) -> None:
    words = ("specifiers", "0", "2000")
    pure = json.loads(answer(PROJECT, *words, folder=tmp_path))
    compiled = json.loads(answer(BUILT, *words, folder=tmp_path))
    assert (pure.pop("form"), compiled.pop("form")) == (".py", ".so")
    assert compiled == pure


def draw_projects(seed: int) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Projects, each version of which requires some of the later ones."""
    chance = random.Random(seed)
    names = [f"pkg{number}" for number in range(60)]
    projects = {}
    for number, name in enumerate(names):
        versions = []
        for version in range(6, 0, -1):
            others = chance.sample(names[number + 1 : number + 9], k=min(3, 59 - number))
            ranges = [chance.choice(["", f">={chance.randint(1, 4)}", "<6", "!=5"]) for _ in others]
            versions.append(
                (f"{version}.0", tuple(a + b for a, b in zip(others, ranges, strict=True)))
            )
        projects[name] = versions
    return projects


@built
@pytest.mark.parametrize("seed", range(4))
def test_same_locks(seed: int, serve: Callable[[], Served], tmp_path: Path) -> None:
    server = serve()
    publish(server, draw_projects(seed), as_json=True)
    words = ["lock", "--index-url", f"{server.url}/simple", *(f"pkg{n}" for n in range(0, 60, 7))]
    locks = [
        [*words, "--format", "json"],
        [*words, "--offline"],
        ["lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--format", "json"],
        ["lock", "--offline", "torch-neuronx==2.9.*", "transformers", "--instance", "trn1"],
        [*words, "pkg1==1.0", "pkg2==2.0", "pkg3<2"],
    ]
    said = []
    for number, form in enumerate((PROJECT, BUILT)):
        folder = tmp_path / str(number)
        done = [
            subprocess.run(
                [sys.executable, "-m", "neuron_pin", *lock, "--as-of", "2026-08-21"],
                cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
                env={**os.environ, "PYTHONPATH": str(form), "XDG_CACHE_HOME": str(folder)},
            )
            for lock in locks
        ]  # fmt: skip
        said.append([(one.returncode, one.stdout, one.stderr) for one in done])
    pure, compiled = said
    assert pure[0][0] == pure[1][0] == pure[2][0] == 0, pure[0][2]
    assert compiled == pure


@built
def test_says_which_form_runs(tmp_path: Path) -> None:
    for form, words in ((PROJECT, ""), (BUILT, " (compiled)")):
        done = subprocess.run(
            [sys.executable, "-m", "neuron_pin", "--version"],
            cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(form)},
        )  # fmt: skip
        assert done.stdout == f"neuron-pin {neuron_pin.__version__}{words}\n"
