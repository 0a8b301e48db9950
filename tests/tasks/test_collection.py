"""What the Ansible collection promises of the program that it sends, and of the facts that it takes;
its own tests, which need Ansible, have the rest."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
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
    module = load("module_utils/start.py")
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


@pytest.fixture
def archive() -> bytes:
    """A program as a file that Python runs: it answers with what it read."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr(
            "__main__.py",
            "import json, sys\n"
            "print(json.dumps({'ok': True, 'argv': sys.argv, 'read': sys.stdin.read()}))\n",
        )
    return stream.getvalue()


def ask(cache: Path, digest: str, sent: bytes = b"") -> dict[str, Any]:
    """What a host answers that is called without a module."""
    text = (PLUGINS / "module_utils/start.py").read_text()
    text += f"\n\ndef cache_folder():\n    return {str(cache)!r}\n"
    found = re.search('^START = "(.*)"$', (PLUGINS / "plugin_utils/program.py").read_text(), re.M)
    assert found is not None
    head = json.dumps({"program_sha256": digest, "size": len(sent)})
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", found[1]],
        input=b"%d\n%s%s\n%srequest" % (len(text), text.encode(), head.encode(), sent),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_without_a_module_the_program_is_sent_once(tmp_path: Path, archive: bytes) -> None:
    cache, digest = tmp_path / "cache", hashlib.sha256(archive).hexdigest()
    assert ask(cache, digest) == {"program_needed": True}
    for sent in (archive, b""):
        answer = ask(cache, digest, sent)
        assert answer == {
            "ok": True,
            "argv": [*map(str, cache.iterdir()), "task"],
            "read": "request",
        }


def test_what_is_sent_without_a_module_is_compared_first(tmp_path: Path, archive: bytes) -> None:
    answer = ask(tmp_path / "cache", "0" * 64, archive)
    assert not answer["ok"] and "0" * 64 in answer["message"]
    assert not (tmp_path / "cache").exists()


def test_without_a_module_a_changed_copy_is_not_run(tmp_path: Path, archive: bytes) -> None:
    cache, digest = tmp_path / "cache", hashlib.sha256(archive).hexdigest()
    assert ask(cache, digest, archive)["ok"]
    kept = next(cache.iterdir())
    kept.write_bytes(archive + b"x")
    assert ask(cache, digest) == {"program_needed": True}
    kept.write_bytes(archive)
    cache.chmod(0o777)
    assert ask(cache, digest) == {"program_needed": True}
    # It has no place there; the module then runs it from where Ansible puts it.
    assert ask(cache, digest, archive) == {"program_needed": True}


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
