"""Projects as inputs: dependencies, extras, dependency groups; nothing of them is run."""

from pathlib import Path

import pytest

from neuron_pin.errors import NeuronPinError
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


# what is changed, arguments, what the error says
REFUSED = [
    (("", ""), {"groups": ["absent"]}, "unknown dependency group 'absent'"),
    (("", ""), {"groups": ["loop"]}, "dependency-groups"),
    (("", ""), {"groups": ["odd"]}, "dependency-groups"),
    (("", ""), {"extras": ["absent"]}, "unknown extra 'absent'"),
    (('"torch==2.9.*"', '"torch==x y"'), {}, r"pyproject.toml:6: .* no requirement"),
    (("[project]", '[project]\ndynamic = ["dependencies"]'), {}, "only its build can tell"),
    (("[project]", "[project]\ndynamic = true"), {}, "project.dynamic.*not a list of strings"),
    (("dependencies = [", "dependencies = 3 #["), {}, "not TOML"),
    (('["ruff"]', '"ruff"'), {}, "not a list of strings"),
    (('["ruff"]', '["torch @ file:///x"]'), {"extras": ["dev-tools"]}, "by URL"),
    (("[project]", "["), {}, "not TOML"),
]


@pytest.mark.parametrize(("change", "options", "told"), REFUSED)
def test_what_cannot_be_read_is_named(project: str, change, options, told: str) -> None:
    Path(project).write_text(PROJECT.replace(change[0], change[1], 1) if change[0] else PROJECT)
    with pytest.raises(NeuronPinError, match=told):
        names([project], [], **options)


def test_other_files_of_a_project_are_no_input(tmp_path: Path) -> None:
    for name in ("setup.py", "setup.cfg", "pylock.toml"):
        with pytest.raises(NeuronPinError, match="neither a requirements file nor"):
            names([str(tmp_path / name)], [])
    with pytest.raises(NeuronPinError, match="none was named"):
        names([], [], extras=["x"])


def test_a_project_for_another_python_is_not_locked(run, project: str) -> None:
    done = run("lock", "--offline", "-r", project, "--python", "3.9")
    assert (done.code, "requires Python >=3.10" in done.err) == (1, True)
