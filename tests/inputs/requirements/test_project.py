"""Projects as inputs: dependencies, extras, dependency groups; nothing of them is run."""

from pathlib import Path
from typing import Any

import pytest

from neuron_pin.errors import NeuronPinError, UnknownName, UnreadableInput
from neuron_pin.inputs.requirements.collect import read_inputs

PROJECT = """\
[project]
name = "My.App"
version = "1"
requires-python = ">=3.10"
dependencies = [
    "torch==2.9.*",
    "numpy; python_version < '3.12'",
]
[project.optional-dependencies]
Dev_Tools = ["ruff"]
serve = ["fastapi", "my-app[deep]"]
deep = ["uvicorn", "my-app[serve]"]
all = ["my_app[dev-tools,serve]"]
[dependency-groups]
test = ["pytest", {include-group = "Lint"}]
lint = ["mypy>=1"]
loop = [{include-group = "loop"}]
odd = [{other = "x"}]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "pyproject.toml"
    path.write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    return str(path)


def names(*arguments, **options) -> list[str]:
    files = read_inputs(*arguments, environ={}, **options)
    return [requirement.name for file in files for requirement in file.requirements]


# extras, all of them, expected beside torch and numpy
EXTRAS = [
    ((), False, []),
    (("dev-tools",), False, ["ruff"]),
    (("SERVE",), False, ["fastapi", "uvicorn"]),
    (("all",), False, ["ruff", "fastapi", "uvicorn"]),
    ((), True, ["ruff", "fastapi", "uvicorn"]),
]


@pytest.mark.parametrize(("extras", "every", "expected"), EXTRAS)
def test_extras(project: str, extras, every: bool, expected: list[str]) -> None:
    found = names([project], [], extras=extras, all_extras=every)
    assert found == ["torch", "numpy", *expected]


def test_origins_are_lines_and_the_python_is_known(project: str) -> None:
    (file,) = read_inputs([project], [], environ={})
    assert [r.origin for r in file.requirements] == [f"{project}:6", f"{project}:7"]
    assert file.requires_python == (">=3.10", project)


def test_groups_here_and_in_another_file(project: str) -> None:
    assert names([], [], ["test"]) == ["pytest", "mypy"]
    assert names([], [], [f"{project}:LINT"]) == ["mypy"]


# what is changed, arguments, the error, a word of it
REFUSED: list[tuple[tuple[str, str], dict[str, Any], type[NeuronPinError], str]] = [
    (("", ""), {"groups": ["absent"]}, UnknownName, "'absent'"),
    (("", ""), {"groups": ["loop"]}, UnreadableInput, "dependency-groups"),
    (("", ""), {"groups": ["odd"]}, UnreadableInput, "dependency-groups"),
    (("", ""), {"extras": ["absent"]}, UnknownName, "'absent'"),
    (('"torch==2.9.*"', '"torch==x y"'), {}, UnreadableInput, "pyproject.toml:6: "),
    (("[project]", '[project]\ndynamic = ["dependencies"]'), {}, UnreadableInput, "build"),
    (("[project]", "[project]\ndynamic = true"), {}, UnreadableInput, "project.dynamic"),
    (("dependencies = [", "dependencies = 3 #["), {}, UnreadableInput, "TOML"),
    (('["ruff"]', '"ruff"'), {}, UnreadableInput, "list"),
    (('["ruff"]', '["torch @ file:///x"]'), {"extras": ["dev-tools"]}, UnreadableInput, "URL"),
    (("[project]", "["), {}, UnreadableInput, "TOML"),
]


@pytest.mark.parametrize(("change", "options", "kind", "word"), REFUSED)
def test_what_cannot_be_read_is_named(
    project: str, change: tuple[str, str], options: dict[str, Any],
    kind: type[NeuronPinError], word: str,
) -> None:  # fmt: skip
    Path(project).write_text(PROJECT.replace(change[0], change[1], 1) if change[0] else PROJECT)
    with pytest.raises(kind, match=word) as caught:
        names([project], [], **options)
    assert "pyproject.toml" in caught.value.message


def test_other_files_of_a_project_are_no_input(tmp_path: Path) -> None:
    for name in ("setup.py", "setup.cfg", "pylock.toml"):
        with pytest.raises(NeuronPinError, match=name):
            names([str(tmp_path / name)], [])
    with pytest.raises(NeuronPinError, match="project"):
        names([], [], extras=["x"])


def test_a_project_for_another_python_is_not_locked(run, project: str) -> None:
    done = run("lock", "--offline", "-r", project, "--python", "3.9")
    assert (done.code, "requires Python >=3.10" in done.err) == (1, True)


# what asks for nothing, and must not stand for a whole release
NOTHING = [
    ("pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
    ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\n'),
    ("requirements.txt", "# nothing yet\n"),
    ("requirements.txt", "neuronx-cc; python_version < '3.5'\n"),
]


@pytest.mark.parametrize(("name", "text"), NOTHING)
def test_a_file_that_asks_for_nothing_locks_nothing(run, name: str, text: str) -> None:
    Path(name).write_text(text)
    target = ("--offline", "--instance", "trn2", "--python", "3.12")
    assert run("lock", "-r", name, *target).code == 2
    assert run("lock", "-r", "/dev/null", "nki", *target).code == 0
