"""Locks and environments of other programs that are broken, or of a newer version."""

from pathlib import Path

import pytest
from broken_inputs import assert_refused, assert_rows

from neuron_pin.inputs.locks import pipfile_lock
from neuron_pin.inputs.requirements import parts

REFUSED = [
    ("pdm.lock", '[metadata]\nlock_version = "5.0"\n'),
    ("pdm.lock", "[[package]]\nname = 'nki'\n"),
    ("pdm.lock", '[metadata]\nlock_version = "4.5"\n[[package'),
    ("Pipfile.lock", '{"_meta": {"pipfile-spec": 7}, "default": {}}'),
    ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6}, "default": {'),
    ("Pipfile.lock", "[]"),
    ("pixi.lock", "version: 8\nenvironments: {}\npackages: []\n"),
    ("pixi.lock", "- 1\n"),
    ("conda-lock.yml", "version: 2\npackage: []\n"),
    ("conda-lock.yml", "version: 1\npackage: [\n"),
    ("environment.yml", "name: x\n"),
    ("environment.yml", "dependencies: [a\n"),
    ("Pipfile", "[packages\n"),
]


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_what_is_broken_or_newer_is_refused(tmp_path: Path, name: str, text: str) -> None:
    assert_refused(tmp_path / name, text)


# What a file has, and how many packages and problems come of it.
ROWS = [
    ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6}, "default": {"nki": {"version": "==1"}, '
     '"a": 3, "b": {"version": ">=1"}, "c": {"version": "==1", "index": "x"}}}', 2, 3),
    ("pixi.lock", "version: 6\nenvironments: {a: {packages: {linux-64: [{pypi: x}, 3]}}, b: 3}\n"
     "packages: [3, {pypi: x}, {pypi: y, name: y, version: 1}]\n", 0, 2),
    ("conda-lock.yml", "version: 1\npackage: [3, {name: nki, version: 0.3.0, manager: pip}]\n", 1, 1),
    ("environment.yml", "dependencies: [[nki], nki=0.3, nki=0.3, {pip: [[x]]}]\n", 1, 2),
    ("environment.yml", "dependencies:\n- nki>=0.3|<0.2\ndependencies: [nki=0.3]\n", 1, 1),
    ("Pipfile", "packages = 3\n[x]\nnki = {version = 3}\na = '>=1'\n", 1, 2),
    ("setup.cfg", " x\n[options]\ninstall_requires = nki; numpy\ninstall_requires = %(x)s\n", 2, 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "packages", "problems"), ROWS)
def test_a_broken_row_hides_no_other(
    tmp_path: Path, name: str, text: str, packages: int, problems: int
) -> None:
    assert_rows(tmp_path / name, text, packages, problems)


def test_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipfile_lock, "MAX_PACKAGES", 1)
    monkeypatch.setattr(parts, "MAX_REQUIREMENTS", 1)
    for name, text in (
        ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6}, "default": {"a": {}, "b": {}}}'),
        ("Pipfile", "[packages]\na = '*'\nb = '*'\n"),
    ):
        assert_refused(tmp_path / name, text)
