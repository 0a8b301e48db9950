"""Repositories of system packages, whatever their kind: what a reader must have, what is checked
behind it, and where its option is."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import Run, failure

import neuron_pin
from neuron_pin.api.arguments import SourceOptions, Target, fill_settings
from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.options import add_sources
from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Ecosystem
from neuron_pin.settings import NAMES, REPOSITORY_OPTIONS, load_settings
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.repositories import (
    RepositoryKind,
    find_repositories,
    load_kind,
    read_packages,
)
from neuron_pin.sources.system_package import SystemPackage

PACKAGE = Path(neuron_pin.__file__).parent
KINDS = list(REPOSITORY_OPTIONS)


def signatures(of: object, protocol: type) -> dict[str, list[str]]:
    names = [name for name in vars(protocol) if not name.startswith("_")]
    return {
        name: [p for p in inspect.signature(getattr(of, name)).parameters if p != "self"]
        for name in names
    }


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_all_that_names_a_kind(name: str, tmp_path: Path) -> None:
    """The folder has what a kind needs; setting, variable, project key, option and keyword of
    the public functions follow from the row."""
    kind = load_kind(REPOSITORY_OPTIONS[name].reader)
    assert signatures(kind, RepositoryKind) == signatures(RepositoryKind, RepositoryKind)
    flag = name.replace("_", "-")
    variable = {f"NEURON_PIN_{name.upper()}": "a b\nc"}
    (tmp_path / "pyproject.toml").write_text(f'[tool.neuron-pin]\n{flag} = ["a b", "c"]\n')
    parser = CommandParser()
    add_sources(parser)
    options = parser.parse_args([f"--{flag}", "a b", f"--{flag}", "c"])
    assert name in SourceOptions.__annotations__, f"neuron_pin/api/arguments.py: {name} is missing"
    sources: SourceOptions = {name: ["a b", "c"]}  # type: ignore[misc]
    for found in (
        load_settings(vars(options), {}, None),
        load_settings({}, variable, None),
        load_settings({}, {}, str(tmp_path)),
        fill_settings(Target(), sources, {}),
    ):
        assert found.repositories == ((name, ("a b", "c")),)


def test_every_folder_that_is_a_kind_has_a_row() -> None:
    folders = {
        path.parent.name
        for path in (PACKAGE / "sources").glob("*/__init__.py")
        if "def parse_repository" in path.read_text()
    }
    assert folders == {option.reader for option in REPOSITORY_OPTIONS.values()}
    assert len(set(NAMES)) == len(NAMES)


class Made(NamedTuple):
    """A repository whose reader checks nothing."""

    package: SystemPackage
    ecosystem: Ecosystem
    is_of_machine: bool
    url: str = "https://me:secret@repository.invalid/x"

    def fetch_packages(
        self, fetcher: Fetcher, names: frozenset[str], architecture: str
    ) -> list[SystemPackage]:
        return [self.package]

    def read_cached(self, names: frozenset[str], architecture: str) -> list[SystemPackage]:
        return [self.package]


def made(ecosystem: Ecosystem, **changes: Any) -> SystemPackage:
    package = SystemPackage(ecosystem, "tools", "2.9-1", "pool/tools.file", "a" * 64, 10)
    return package._replace(**changes)


CANNOT_BE = {
    "no version": {"version": ""},
    "a version with spaces": {"version": "1 2/ bad"},
    "a version with another letter": {"version": "2.9_5:1-1"},
    "a file above": {"filename": "pool/../../etc/passwd"},
    "a file of the host": {"filename": "/pool/tools.file"},
    "a file of another host": {"filename": "https://other.invalid/tools.file"},
    "a short hash": {"sha256": "abab"},
    "a hash that is none": {"sha256": "g" * 64},
}


@pytest.mark.parametrize("case", CANNOT_BE)
@pytest.mark.parametrize("ecosystem", [Ecosystem.APT, Ecosystem.RPM])
@pytest.mark.parametrize("is_of_machine", [True, False])
def test_what_cannot_be_is_refused_behind_every_reader(
    tmp_path: Path, case: str, ecosystem: Ecosystem, *, is_of_machine: bool
) -> None:
    def read(package: SystemPackage) -> list[SystemPackage]:
        repository = Made(package, ecosystem, is_of_machine)
        names = frozenset({"tools"})
        return read_packages(repository, names, "amd64", lambda: Fetcher(str(tmp_path)))

    good = made(ecosystem)
    assert read(good) == [good]
    assert read(good._replace(sha256="A" * 64)) == [good]
    assert read(good._replace(sha256="", filename="")) == [good._replace(sha256="", filename="")]
    with pytest.raises(SourceFailed) as caught:
        read(made(ecosystem, **CANNOT_BE[case]))
    assert "//repository.invalid/x" in caught.value.message
    assert "secret" not in caught.value.message


def test_nothing_gets_around_the_checks() -> None:
    """`read_packages` is the only one that asks a reader for packages."""
    asking = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fetch_packages", "read_cached")
    }
    assert asking == {"sources/repositories.py"}, "call read_packages instead"


def test_an_apt_repository_with_a_version_that_is_none_is_an_error(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "flat"
    folder.mkdir()
    (folder / "Packages").write_text("Package: aws-neuronx-tools\nVersion: 1 2/ bad\n")
    done = run("lock", "aws-neuronx-tools", "--os", "ubuntu22.04", "--instance", "trn1",
               "--offline", "--apt-repo", f"[trusted=yes] {folder.as_uri()} ./")  # fmt: skip
    failure(done, SourceFailed)


@pytest.mark.parametrize("name", KINDS)
def test_a_machine_without_such_repositories_is_told(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "machine").mkdir()
    text = f"host:{tmp_path}/machine"
    assert find_repositories(load_kind(REPOSITORY_OPTIONS[name].reader), text) == []
    flag = "--" + name.replace("_", "-")
    system = "rocky9" if name == "rpm_repo" else "ubuntu22.04"
    done = run("lock", "aws-neuronx-tools", "--os", system, "--instance", "trn1", "--offline",
               flag, text)  # fmt: skip
    assert done.code == 0, done.err
    assert f"{flag} {text}" in done.err
