"""Conflicts are made small, and every relaxation that is named has been locked."""

import json
import re
import shlex
from pathlib import Path

from conftest import Run, failure, publish, wheel

from neuron_pin.errors import NoSolution

# command, the set that cannot hold together, what would work
CASES = [
    (
        ("torch-neuronx==2.9.*", "libtorch-neuronx-lite==2.12.*", "neuronx-cc",
         "--instance", "trn2", "--python", "3.12", "--sdk", "2.31.1"),
        {"torch-neuronx==2.9.*", "libtorch-neuronx-lite==2.12.*"},
        ["without torch-neuronx==2.9.*", "without libtorch-neuronx-lite==2.12.*"],
    ),
    (
        ("torch-neuronx==2.8.*", "--instance", "trn2", "--python", "3.12"),
        set(),
        ["--phase eos: SDK 2.28.1, torch-neuronx 2.8.0.2.12.22436"],
    ),
    (
        ("vllm-neuron", "nki", "--instance", "trn2", "--python", "3.12", "--sdk", "2.32.0"),
        set(),
        ["--phase beta: SDK 2.32.0, nki 0.6.0, vllm-neuron 0.24.0.1.1.0"],
    ),
    (
        ("neuronx-cc", "nrtpy", "--instance", "trn1", "--python", "3.10", "--phase", "beta"),
        set(),
        ["--python 3.11: SDK 2.32.0"],
    ),
    (
        ("torch-neuronx", "--instance", "trn1", "--python", "3.12", "--sdk", "2.32.0"),
        set(),
        ["without --sdk: SDK 2.31.1, torch-neuronx 2.9.0.2.15.32035"],
    ),
    (("neuronx-cc==1.*", "--python", "3.12"), set(), []),
]  # fmt: skip


def test_relaxations(run) -> None:
    for arguments, together, working in CASES:
        done = run("lock", "--offline", "--as-of", "2026-08-17", *arguments)
        error = failure(done, NoSolution)
        if together:
            assert {each.partition(" ")[0] for each in error.conflict} == together
        for words in working:
            assert any(str(each).startswith(words) for each in error.relaxations), error.relaxations
        if not working:
            assert error.relaxations == ()


def test_a_relaxation_that_is_named_works_when_it_is_typed(run) -> None:
    base = ("lock", "--offline", "--as-of", "2026-08-17", "neuronx-cc", "nrtpy",
            "--instance", "trn1", "--phase", "beta")  # fmt: skip
    done = run(*base, "--python", "3.9")
    relaxations = failure(done, NoSolution).relaxations
    pythons = [m[1] for each in relaxations if (m := re.match(r"--python (\S+):", str(each)))]
    assert pythons
    for python in pythons:
        assert run(*base, "--python", python).code == 0


def test_origins_of_a_conflict_are_files_and_lines(run) -> None:
    Path("reqs.txt").write_text("# ours\ntorch-neuronx==2.9.*\n")
    Path("limits.txt").write_text("torch-neuronx<2.9\n")
    done = run("lock", "--offline", "--as-of", "2026-08-17", "--instance", "trn1", "--python",
               "3.11", "-r", "reqs.txt", "-c", "limits.txt")  # fmt: skip
    error = failure(done, NoSolution)
    assert error.conflict == (
        "torch-neuronx==2.9.* (reqs.txt:2)", "torch-neuronx<2.9 (limits.txt:1)",
    )  # fmt: skip
    assert any("torch-neuronx<2.9 (limits.txt:1)" in str(each) for each in error.relaxations)


def test_the_command_that_explains_asks_the_same_sources(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "tool-1.0-py3-none-any.whl").write_bytes(wheel("tool", "1.0"))
    words = ("tool==9.9", "--python", "3.11", "--no-index", "--find-links", folder)
    hint = failure(run("lock", *words), NoSolution).hint
    command = shlex.split(hint.partition(": ")[2])[1:]
    assert command[-3:] == ["--no-index", "--find-links", str(folder)]
    told = run(*command, "--format", "json")
    assert "1.0" in [row["version"] for row in json.loads(told.out)["versions"]]


def test_another_python_is_tried_where_python_has_to_do_with_it(run: Run, serve) -> None:
    """Each try reads what the whole closure is for that Python."""
    server, other_python = serve(), ("older-only ; python_version < '3.11'",)
    publish(
        server,
        {
            "app": [("1.0", ("lib==1.*", *other_python))],
            "lib": [("2.0", ())],
            "older-only": [("1.0", ())],
        },
        as_json=True,
    )
    words = ("lock", "app", "--python", "3.11", "--index-url", f"{server.url}/simple/",
             "--neuron-index-url", f"{serve().url}/simple/")  # fmt: skip
    error = failure(run(*words), NoSolution)
    assert any("NP301" in cause for cause in error.causes), error.causes
    assert error.relaxations == ()
    assert "/simple/older-only/" not in {path for path, _ in server.requests}

    folder = Path("wheels")
    folder.mkdir()
    (folder / "lib-1.0-cp310-none-any.whl").write_bytes(wheel("lib", "1.0"))
    error = failure(run(*words, "--find-links", folder), NoSolution)
    assert any("NP104" in cause for cause in error.causes), error.causes
    assert [str(each).partition(":")[0] for each in error.relaxations] == ["--python 3.10"]
