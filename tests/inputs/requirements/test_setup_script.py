"""``setup.py``: what it states without being run."""

from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.project_document import OnlyRun
from neuron_pin.inputs.requirements.setup_script import MAX_CHARACTERS, read_setup_script

# a script, and what it states by part
SCRIPTS = [
    ("setup(install_requires='a\\nb>=1')", {"": ["a", "b>=1"]}),
    ("setup(install_requires=('a', *['b']))", {"": ["a", "b"]}),
    ("x = []\nx.append('a')\nx.extend(['b'])\nsetup(install_requires=x)", {"": ["a", "b"]}),
    ("x: list = ['a']\nsetup(setup_requires=x, tests_require=['t'])",
     {"": [], "build": ["a"], "tests": ["t"]}),
    ("e = {'x': ['a']}\nsetup(extras_require={**e, 'Y_z': 'b'})",
     {"": [], "extra x": ["a"], "extra y-z": ["b"]}),
    ("setup(install_requires=[])\nother.setup(install_requires=['a # why', '', '# no'])",
     {"": ["a"]}),
    ("build(install_requires=['a'])", {"": []}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), SCRIPTS)
def test_what_a_script_states(tmp_path: Path, text: str, parts: dict[str, list[str]]) -> None:
    path = tmp_path / "setup.py"
    path.write_text(text)
    found = read_setup_script(str(path))
    assert {part.name: [r.text for r, _ in part.requirements] for part in found.parts} == parts
    assert not found.problems


# a script that says less than running it would, and the names that it is said to have
UNKNOWN = [
    ("x = ['a']\nif y:\n    x = ['b']\nsetup(install_requires=x)", ("a", "b")),
    ("x = ['a']\nfor y in z:\n    x.append(y)\nsetup(install_requires=x)", ("a",)),
    ("x = {'k': ['a']}\nx[key] = ['b']\nsetup(extras_require=x)", ("k", "a", "b")),
    ("setup(install_requires=read('r.txt'), keywords='neuron')", ("r-txt",)),
    ("setup(install_requires=['a', f'b=={v}'])", ("a", "b")),
    ("setup(**settings)", ()),
    ("setup(install_requires=" + "[" * 3000 + "]" * 3000 + ")", None),
    ("setup(install_requires=" + "+".join(["['a']"] * 20000) + ")", None),
    ("setup(install_requires=['a'", None),
]


@pytest.mark.parametrize(("text", "names"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_what_only_a_run_would_tell_is_said(
    tmp_path: Path, text: str, names: tuple[str, ...] | None
) -> None:
    path = tmp_path / "setup.py"
    path.write_text(text)
    (problem,) = read_setup_script(str(path)).problems
    assert isinstance(problem, OnlyRun)
    assert names is None or set(problem.names) == set(names)


def test_a_script_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "setup.py"
    path.write_text("#" * (MAX_CHARACTERS + 1))
    with pytest.raises(UnreadableInput):
        read_setup_script(str(path))


def test_what_was_not_read_is_listed_and_is_no_finding(run) -> None:
    Path("setup.py").write_text("setup(name='nki', install_requires=read('requirements.txt'))\n")
    done = run("check", "setup.py")
    assert done.code == 0
    assert "no findings" in done.out
    assert "line 1: only running it would tell" in done.out
