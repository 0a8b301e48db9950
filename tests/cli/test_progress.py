"""Signs of life: on a terminal, for long work, on stderr, and gone at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Served, publish
from terminal import on_terminal

from neuron_pin.cli.progress import Progress
from neuron_pin.inputs.containers.image import open_image
from neuron_pin.reporter import Reporter

Serve = Callable[[], Served]


def slow_index(serve: Serve, seconds: float) -> str:
    """An index whose one project takes its time."""
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    page = server.answers["/simple/tool/"]

    def answer(_: object) -> object:
        time.sleep(seconds)
        return page

    server.answers["/simple/tool/"] = answer
    return f"{server.url}/simple/"


def lock(index: str, folder: Path) -> tuple[str, ...]:
    return ("lock", "tool", "--index-url", index, "--python", "3.11", "--cache-dir", str(folder))


def test_a_long_lock_says_that_it_goes_on(serve: Serve, tmp_path: Path) -> None:
    index = slow_index(serve, 1.0)
    printed = on_terminal(*lock(index, tmp_path))
    assert "Resolving" in printed
    assert "requests, 127.0.0.1" in printed
    # The line is taken away before the result comes.
    shown, _, after = printed.rpartition("\r\033[K")
    assert "Resolving" in shown
    assert "Resolving" not in after
    assert "tool==1.0" in after


# what is changed: options, environment
SILENCED = [(("-q",), {}), ((), {"TERM": "dumb"})]


@pytest.mark.parametrize(("options", "environ"), SILENCED)
def test_nothing_is_shown_where_nobody_wants_it(
    serve: Serve, tmp_path: Path, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    index = slow_index(serve, 0.8)
    printed = on_terminal(*lock(index, tmp_path), *options, environ=environ)
    assert "Resolving" not in printed
    assert "tool==1.0" in printed


def test_nothing_is_shown_where_stderr_is_no_terminal(serve: Serve, tmp_path: Path) -> None:
    index = slow_index(serve, 0.8)
    with open(tmp_path / "err", "wb") as errors:
        printed = on_terminal(*lock(index, tmp_path), stderr=errors.fileno())
    assert "\r" not in printed
    assert b"Resolving" not in (tmp_path / "err").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", *lock(index, tmp_path / "other")],
        capture_output=True, check=True, env={**os.environ, "FORCE_COLOR": "1"},
    )  # fmt: skip
    assert b"Resolving" not in done.stderr


def test_short_work_shows_nothing() -> None:
    printed = on_terminal("lock", "neuronx-cc", "--offline", "--python", "3.11")
    assert "Resolving" not in printed
    assert "\r" not in printed


def test_a_bar_has_its_parts_and_its_bounds() -> None:
    written: list[str] = []
    progress = Progress("Checking", written.append)
    progress.examined("image.tar, layer 4", 3, 12)
    line = progress.describe(79)
    assert "█████░░░░░░░░░░░░░░░ 3/12" in line
    assert "image.tar, layer 4" in line
    assert len(progress.describe(20)) == 20
    plain = Progress("Checking", written.append, encoding="ascii")
    plain.examined("a", 1, 2)
    assert "##########---------- 1/2" in plain.describe(79)
    assert plain.describe(79).isascii()
    assert written == []


def test_what_is_foreign_cannot_steer_the_terminal() -> None:
    progress = Progress("Checking", lambda text: None)
    progress.examined("\033[2J\a\n", 0, 0)
    progress.requested("https://a\033]0;x\a/b")
    assert progress.describe(200).isprintable()


def test_an_error_ends_the_line_too() -> None:
    written: list[str] = []
    with pytest.raises(ValueError, match="broken"), Progress("Working", written.append):
        time.sleep(0.5)
        raise ValueError("broken")
    assert "Working" in "".join(written)
    assert written[-1] == "\r\033[K"


class Recorder(Reporter):
    """Everything that was reported as examined."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []

    def examined(self, what: str, done: int, total: int) -> None:
        self.seen.append((what, done, total))


def test_a_large_tree_is_reported_as_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "usr" / "share"
    folder.mkdir(parents=True)
    for number in range(2001):
        (folder / str(number)).touch()
    recorder = Recorder()
    with open_image(str(tmp_path / "root"), recorder):
        pass
    assert [what.rpartition(", ")[2] for what, _, _ in recorder.seen] == [
        "1000 files",
        "2000 files",
    ]


def test_layers_of_an_image_are_counted(tmp_path: Path) -> None:
    names = ["a.tar", "b.tar", "c.tar"]
    for name in names:
        tarfile.open(tmp_path / name, "w").close()
    (tmp_path / "manifest.json").write_text(json.dumps([{"Layers": names}]))
    recorder = Recorder()
    with open_image(str(tmp_path), recorder):
        pass
    assert [(done, total) for _, done, total in recorder.seen] == [(0, 3), (1, 3), (2, 3)]
