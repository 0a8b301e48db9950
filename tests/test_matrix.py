"""script/matrix: what it is told, what it reads of pytest, what it prints.  The roots themselves are
made by hand."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def matrix() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_matrix", PROJECT / "script/run_matrix.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["run_matrix"] = module
    spec.loader.exec_module(module)
    return module


COUNTS = [
    ("==== 12 passed, 3 skipped in 4.56s ====", (12, 3, 0)),
    ("==== 1 failed, 2 passed, 1 error in 70.01s (0:01:10) ====", (2, 0, 2)),
    ("\x1b[31m==== \x1b[1m2 errors\x1b[0m in 1.00s ====\x1b[0m", (0, 0, 2)),
    ("12 passed, 3 skipped in 4.56s", (12, 3, 0)),
    ("it passed, and 3 failed in love", (0, 0, 0)),
    ("", (0, 0, 0)),
]


@pytest.mark.parametrize(("line", "counts"), COUNTS)
def test_the_last_line_of_pytest(
    matrix: ModuleType, line: str, counts: tuple[int, int, int]
) -> None:
    found, seconds = matrix.read_counts(
        f"==== 9 passed in 1.00s ====\n{line}\nmore\n" if line else ""
    )
    expected = counts if any(counts) or not line else (9, 0, 0)
    assert tuple(found.values()) == expected
    assert seconds == (70 if "70.01s" in line else 5 if "4.56s" in line else 1 if line else 0)


def row(matrix: ModuleType, verdict: str = "passed", **counts: int) -> Any:
    found = {"passed": 12, "skipped": 3, "failed": 0, **counts}
    return matrix.Row("sid", dict.fromkeys(matrix.PACKAGES, "1.2"), 61, 48, found, verdict)


def test_the_table(matrix: ModuleType) -> None:
    head, line = matrix.render([row(matrix)]).splitlines()
    assert head.split()[:5] == ["root", "apt", "dnf", "rpm", "python"]
    assert line.split() == ["sid", "1.2", "1.2", "1.2", "1.2", "61", "48", "12", "3", "0", "passed"]


def test_what_failed_is_named(matrix: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "sid.log"
    names = [f"tests/a/test_b.py::test_c[{number}]" for number in range(matrix.MOST_FAILURES + 2)]
    log.write_text("\n".join(["ERROR: no", *(f"FAILED {name} - x" for name in names)]) + "\n")
    told = matrix.tell(row(matrix, "script/test failed (1)", failed=len(names)), log)
    assert [line.strip() for line in told.splitlines()[1:-1]] == names[: matrix.MOST_FAILURES]
    assert told.splitlines()[-1].split() == ["and", "2", "more"]
    assert len(matrix.tell(row(matrix), log).splitlines()) == 1


def test_a_root_that_has_passed_is_left_out(matrix: ModuleType, tmp_path: Path) -> None:
    """With another commit, other words or a failure it runs again, and if its row is damaged."""
    assert matrix.find_row("sid", tmp_path, "a", []) is None
    matrix.keep_row(row(matrix), tmp_path, "a", ["--quick"])
    assert matrix.find_row("sid", tmp_path, "a", ["--quick"]) == row(matrix)
    assert matrix.find_row("sid", tmp_path, "b", ["--quick"]) is None
    assert matrix.find_row("sid", tmp_path, "a", []) is None
    matrix.keep_row(row(matrix, "script/test failed (1)"), tmp_path, "a", [])
    assert matrix.find_row("sid", tmp_path, "a", []) is None
    (tmp_path / "sid.json").write_text('{"commit": "a", "words": []')
    assert matrix.find_row("sid", tmp_path, "a", []) is None


@pytest.mark.parametrize(
    "words", [["jammy"], ["--copy", "/not/there"], ["--cache"], ["--roots=sid"]]
)
def test_wrong_words_make_no_root(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [PROJECT / "script/matrix", *words, "--logs", tmp_path / "logs"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "script/matrix" in done.stderr
    assert not (tmp_path / "logs").exists()


def test_what_of_the_environment_is_passed_on(matrix: ModuleType, monkeypatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("PIPELINE", "1")
    monkeypatch.setenv("SECRET", "x")
    words = matrix.enter(Path("/roots/sid"), "true")
    assert "PIP_INDEX_URL=https://index.example/simple" in words
    assert "https_proxy=http://proxy.example:3128" in words
    assert not [word for word in words if word.startswith(("PIPELINE", "SECRET"))]
    assert words[-1] == "true"
