"""The form of lock.json: what is written is what is read."""

import json
from pathlib import Path

import pytest

from neuron_pin.cli import main
from neuron_pin.errors import UnreadableInput
from neuron_pin.lockfile import parse_lock, render_lock

ROW = {"ecosystem": "pip", "name": "torch", "version": "2.9.0"}
FILE = {"url": "https://index.example/a.whl", "hashes": {"sha256": "0" * 64}, "size": 5}


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    asked = ["--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(path)]) == 0
    text = path.read_text()
    lock = parse_lock(text, str(path))
    written, again = json.loads(text), json.loads(render_lock(lock))
    for part in ("schema_version", "command", "sdk", "target", "packages"):
        assert again[part] == written[part]
    assert parse_lock(render_lock(lock), str(path)) == lock


def test_files_are_what_they_were() -> None:
    document = {"target": {}, "packages": [{**ROW, "files": [FILE]}]}
    lock = parse_lock(json.dumps(document), "lock.json")
    assert json.loads(render_lock(lock))["packages"][0]["files"] == [FILE]


def test_what_is_not_stated_is_none() -> None:
    lock = parse_lock(json.dumps({"target": {}, "packages": [ROW]}), "lock.json")
    assert set(lock.target) == {None}
    assert (lock.sdk, lock.command, lock.packages[0].pin) == (None, None, None)
    assert (lock.packages[0].files, lock.packages[0].via) == ((), ())


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({"packages": []}, "target"),
        ({"target": {}}, "packages"),
        ({"target": {}, "packages": [ROW], "sdk": 2}, "sdk"),
        ({"target": {"os": []}, "packages": []}, "target: 'os'"),
        ({"target": {"phases": "eos"}, "packages": []}, "target: 'phases'"),
        ({"target": {}, "packages": [ROW, {**ROW, "ecosystem": "npm"}]}, "package 1: "),
        ({"target": {}, "packages": [{**ROW, "via": [1]}]}, "package 0: 'via'"),
        ({"target": {}, "packages": [{**ROW, "files": [{"url": "x"}]}]}, "package 0: 'files'"),
        ({"target": {}, "packages": [{**ROW, "kind": 1}]}, "package 0: 'kind'"),
    ],
)
def test_another_type_is_refused_with_its_place(document, part: str) -> None:
    with pytest.raises(UnreadableInput) as refused:
        parse_lock(json.dumps(document), "lock.json")
    assert refused.value.path == "lock.json"
    assert part in refused.value.problem


def test_a_syntax_error_has_its_line() -> None:
    with pytest.raises(UnreadableInput) as refused:
        parse_lock('{\n"packages": [\n', "lock.json")
    assert refused.value.line == 3


COMMANDS = [
    ("check", "lock.json"),
    ("diff", "lock.json", "latest"),
    ("hook", "install", "pip", "--lock", "lock.json", "--scope", "user"),
    ("exec", "--lock", "lock.json", "--", "true"),
    ("lock", "neuronx-cc", "--offline", "--instance", "trn2", "-o", "lock.json"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("version", [2, "1", None, True])
def test_a_lock_of_a_later_version_is_refused_and_kept(
    run, tmp_path: Path, monkeypatch, words: tuple[str, ...], version: object
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    text = json.dumps({"schema_version": version, "target": {}, "packages": [ROW]})
    Path("lock.json").write_text(text)
    done = run(*words)
    assert done.code in (1, 2), done.out
    assert "lock.json" in done.out + done.err
    assert Path("lock.json").read_text() == text
    assert not (tmp_path / "home").exists()
