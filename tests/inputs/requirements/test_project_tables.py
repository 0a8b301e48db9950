"""Projects whose dependencies are in the tables of Poetry and uv, as ``lock -r`` reads them."""

from pathlib import Path

import pytest

from neuron_pin.errors import UnknownName, UnreadableInput
from neuron_pin.inputs.requirements.pyproject import Project

POETRY = """\
[tool.poetry]
name = "x"
[tool.poetry.dependencies]
python = "^3.10"
neuronx-cc = "~2.23"
nki = {version = "0.3.0", optional = true}
[tool.poetry.extras]
kernels = ["nki"]
[tool.poetry.group.dev.dependencies]
torch-xla = "*"
"""
UV = """\
[project]
name = "x"
version = "1"
dependencies = ["neuronx-cc>=2.20", "nki"]
[tool.uv]
constraint-dependencies = ["neuronx-cc<2.24", "numpy<2"]
override-dependencies = ["nki==0.3.0", "unused==1"]
"""


def read(folder: Path, text: str) -> Project:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return Project(str(path))


def test_poetry_states_dependencies_extras_and_groups(tmp_path: Path) -> None:
    project = read(tmp_path, POETRY)
    plain = project.as_file((), all_extras=False)
    assert [r.name for r in plain.requirements] == ["neuronx-cc"]
    assert plain.requirements[0].admits("2.23.6484.0")
    assert not plain.requirements[0].admits("2.24.5133.0")
    assert plain.requires_python is not None
    every = project.as_file((), all_extras=True)
    assert [r.name for r in every.requirements] == ["neuronx-cc", "nki"]
    assert [r.name for r in project.group("dev")] == ["torch-xla"]
    for missing in (lambda: project.requirements(["x"]), lambda: project.group("x")):
        with pytest.raises(UnknownName):
            missing()


BROKEN = [
    POETRY.replace('"~2.23"', '"^2.20 || ^2.23"'),
    POETRY.replace('"~2.23"', '{git = "https://example.invalid/x.git"}'),
    POETRY.replace('"~2.23"', '{path = "../x"}'),
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_cannot_be_locked_of_poetry_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableInput):
        read(tmp_path, text).as_file((), all_extras=False)


def test_uv_constrains_and_overrides(tmp_path: Path) -> None:
    found = read(tmp_path, UV).as_file((), all_extras=False)
    assert [r.text for r in found.requirements] == ["neuronx-cc>=2.20", "nki==0.3.0"]
    assert {r.text for r in found.constraints} >= {"neuronx-cc<2.24", "numpy<2"}
    sourced = UV + '[tool.uv.sources]\nnki = { git = "https://example.invalid/nki.git" }\n'
    with pytest.raises(UnreadableInput):
        read(tmp_path, sourced).as_file((), all_extras=False)
