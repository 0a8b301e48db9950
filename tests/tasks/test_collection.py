"""What the Ansible collection promises of the program that it sends, and of the facts that it takes;
its own tests, which need Ansible, have the rest."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PLUGINS = Path(__file__).parent.parent.parent / "ansible/plugins"
PROGRAM = b"the program"
DIGEST = hashlib.sha256(PROGRAM).hexdigest()
CLASS = {
    "name": "trn2-ubuntu24.04-py3.12-k6.8", "family": "trn2", "os": "ubuntu24.04",
    "python": "3.12", "kernel": "6.8",
}  # fmt: skip
FACTS = {"schema_version": 1, "class": CLASS}


def load(path: str) -> ModuleType:
    """A plugin's module, from its file."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, PLUGINS / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("module_utils/program.py")
    monkeypatch.setattr(module, "cache_folder", lambda: str(tmp_path / "cache"))
    return module


def test_a_program_of_another_digest_is_not_run(program: ModuleType, tmp_path: Path) -> None:
    sent = tmp_path / "sent.pyz"
    sent.write_bytes(PROGRAM + b"x")
    for how in ("program", "program_upload"):
        with pytest.raises(program.Refused):
            program.find_program({how: str(sent), "program_sha256": DIGEST})
    sent.write_bytes(PROGRAM)
    for digest in ("", "nonsense", "0" * 64):
        with pytest.raises(program.Refused):
            program.find_program({"program_upload": str(sent), "program_sha256": digest})
    assert not (tmp_path / "cache").exists()
    assert program.find_program({"program": str(sent), "program_sha256": DIGEST}) == str(sent)


def test_the_copy_of_a_host_is_compared_before_each_call(
    program: ModuleType, tmp_path: Path
) -> None:
    sent = tmp_path / "sent.pyz"
    sent.write_bytes(PROGRAM)
    asked = {"program_sha256": DIGEST}
    kept = Path(program.find_program({**asked, "program_upload": str(sent)}))
    assert kept != sent and program.find_program(asked) == str(kept)
    kept.write_bytes(PROGRAM + b"x")
    assert program.find_program(asked) is None
    kept.write_bytes(PROGRAM)
    kept.parent.chmod(0o777)
    assert program.find_program(asked) is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "all is well",
        {**FACTS, "schema_version": 2},
        {**FACTS, "schema_version": 0},
        {**FACTS, "more": "x" * 8000},
        {**FACTS, "class": {**CLASS, "kernel": 6.8}},
    ],
)
def test_facts_of_another_form_or_size_are_not_kept(answer: Any) -> None:
    facts = load("plugin_utils/facts.py")
    assert facts.find_problem_of_answer(answer, "summary")
    assert not facts.find_problem_of_answer(FACTS, "summary")


@pytest.mark.parametrize("name", ["../../root/.docker/config", "/etc/x", "a\n", ""])
def test_facts_choose_no_file_of_the_controller(name: str) -> None:
    facts = load("plugin_utils/facts.py")
    answer = {**FACTS, "class": {**CLASS, "name": name}}
    assert facts.find_problem_of_answer(answer, "summary")
    _, _, without = facts.read_classes(["a"], {"a": {"ansible_facts": {"neuron_pin": answer}}})
    assert list(without) == ["a"]
