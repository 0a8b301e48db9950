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
    ("check", "requirements.txt", "--lock", "lock.json"),
    ("diff", "lock.json", "latest"),
    ("diff", "latest", "lock.json"),
    ("outdated", "lock.json"),
    ("verify", "lock.json", "--offline"),
    ("why", "torch", "--lock", "lock.json"),
    ("lifecycle", "--lock", "lock.json"),
    ("plan", "latest", "--from", "lock.json", "--instance", "trn2", "--os", "ubuntu24.04"),
    ("explain-error", "--lock", "lock.json", "requirements.txt"),
    ("hook", "install", "pip", "--lock", "lock.json", "--scope", "user"),
    ("hook", "install", "uv", "--lock", "lock.json", "--scope", "user"),
    ("hook", "install", "apt", "--lock", "lock.json", "--root", "."),
    ("hook", "install", "dnf", "--lock", "lock.json", "--root", "."),
    ("hook", "test", "torch", "--lock", "lock.json"),
    ("exec", "--lock", "lock.json", "--", "true"),
    ("lock", "neuronx-cc", "--offline", "--instance", "trn2", "-o", "lock.json"),
    ("lock", "neuronx-cc", "--offline", "--instance", "trn2", "-o", "lock.json", "--upgrade"),
]


def list_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("version", [2, "1", None, True])
def test_a_lock_of_a_later_version_is_refused_and_kept(
    run, tmp_path: Path, monkeypatch, words: tuple[str, ...], version: object
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    text = json.dumps({"schema_version": version, "target": {}, "packages": [ROW]})
    Path("lock.json").write_text(text)
    Path("requirements.txt").write_text("torch-neuronx\n")
    before = list_files(Path())
    done = run(*words)
    assert done.code == 2, done.out
    assert "error: lock.json: " in done.err
    assert "schema_version" in done.err
    assert Path("lock.json").read_text() == text
    assert list_files(Path()) == before
    assert not (tmp_path / "home").exists()


def test_a_whole_lock_of_a_later_version_is_replaced_by_overwrite_alone(run) -> None:
    asked = ("lock", "aws-neuronx-tools", "--offline", "--instance", "trn2", "-o", "lock.json")
    assert run(*asked).code == 0
    later = Path("lock.json").read_text().replace('"schema_version": 1', '"schema_version": 2')
    Path("lock.json").write_text(later)
    for words in (asked, (*asked, "--upgrade")):
        assert run(*words).code == 2
        assert Path("lock.json").read_text() == later
    assert run(*asked, "--overwrite", "--upgrade").code == 0
    assert Path("lock.json").read_text() != later


# Locks of other programs: what the file is called, and its text with another version.
LATER = {
    "pylock.toml": 'lock-version = "{}"\ncreated-by = "x"\n[[packages]]\n'
    'name = "torch-neuronx"\nversion = "2.9.0"\n',
    "uv.lock": 'version = {}\n[[package]]\nname = "torch-neuronx"\nversion = "2.9.0"\n'
    'source = {{ registry = "https://index.example/simple" }}\n',
    "poetry.lock": '[[package]]\nname = "torch-neuronx"\nversion = "2.9.0"\n'
    '[metadata]\nlock-version = "{}"\n',
    "pdm.lock": '[metadata]\nlock_version = "{}"\n[[package]]\nname = "torch-neuronx"\n'
    'version = "2.9.0"\n',
    "Pipfile.lock": '{{"_meta": {{"pipfile-spec": {}, "sources": []}}, '
    '"default": {{"torch-neuronx": {{"version": "==2.9.0"}}}}, "develop": {{}}}}',
    "pixi.lock": "version: {}\npackages:\n"
    "- pypi: https://index.example/torch_neuronx-2.9.0-py3-none-any.whl\n",
    "conda-lock.yml": "version: {}\nmetadata: {{}}\npackage:\n- name: torch-neuronx\n"
    "  version: 2.9.0\n  manager: pip\n  platform: linux-64\n",
}


@pytest.mark.parametrize("words", [("check",), ("diff", "latest"), ("outdated",)], ids=" ".join)
@pytest.mark.parametrize("name", LATER)
def test_later_locks_of_other_programs_are_refused(run, name: str, words: tuple[str, ...]) -> None:
    if name in ("pixi.lock", "conda-lock.yml"):
        pytest.importorskip("yaml")
    text = LATER[name].format(99)
    Path(name).write_text(text)
    done = run(*words, name)
    assert done.code == 2, done.out
    assert f"error: {name}: " in done.err
    assert "99" in done.err


@pytest.mark.parametrize("words", [("diff", "latest"), ("outdated",)], ids=" ".join)
@pytest.mark.parametrize("text", ['lock-version = "1.0"\npackages = [', "packages = [1]\n"])
def test_a_broken_pylock_is_told_without_a_word_of_replacing_it(
    run, words: tuple[str, ...], text: str
) -> None:
    Path("pylock.toml").write_text(text)
    done = run(*words, "pylock.toml")
    assert done.code == 2
    assert done.err.count("error: pylock.toml: ") == 1
    assert "--upgrade" not in done.err


def test_a_later_pylock_is_not_replaced(run) -> None:
    text = LATER["pylock.toml"].format("2.0")
    Path("pylock.toml").write_text(text)
    for more in ((), ("--upgrade",)):
        words = ("lock", "neuronx-cc", "--offline", "--instance", "trn2", "-o", "pylock.toml")
        done = run(*words, *more)
        assert done.code == 2
        assert "2.0" in done.err
    assert Path("pylock.toml").read_text() == text
