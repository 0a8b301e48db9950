"""What the commands print, held to the transcripts of `fixtures/golden`.

The other tests assert decisions, places and exit codes; words are asserted here alone.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FIXTURES, Run

from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.cli.commands import COMMANDS

GOLDEN = FIXTURES / "golden"
TRANSCRIPTS = sorted(GOLDEN.glob("*.txt"))
PROMPT = "$ neuron-pin"
LONG_RUNNING = {"serve"}
"""Commands whose output is their pages and log: tests/proxy."""


def commands_of(transcript: str) -> list[str]:
    return [
        line.removeprefix(PROMPT).strip()
        for line in transcript.splitlines()
        if line.startswith(PROMPT)
    ]


def replay(run: Run, commands: list[str], folder: Path) -> str:
    """Run commands one after another; gives the transcript, with placeholders for folders."""
    text = ""
    for command in commands:
        done = run(*shlex.split(command))
        errors = "".join(f"! {line}".rstrip() + "\n" for line in done.err.splitlines())
        code = f"exit code {done.code}\n" if done.code else ""
        text += f"{PROMPT} {command}".rstrip() + f"\n{done.out}{errors}{code}\n"
    return text.replace(str(folder), "DIR").replace(str(EMBEDDED), "CATALOG")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder whose path has always the same length: lines are wrapped by what is in them."""
    folder = Path(tempfile.mkdtemp(prefix="np-", dir="/tmp")).resolve()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_what_is_printed(
    path: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    shutil.copytree(GOLDEN / "files", Path.cwd(), dirs_exist_ok=True)
    before = path.read_text()
    printed = replay(run, commands_of(before), tmp_path)
    if pytestconfig.getoption("--update-golden"):
        path.write_text(printed)
    else:
        message = (
            f"{path.name} differs: --update-golden rewrites it, then read git diff fixtures/golden"
        )
        assert printed == before, message


def test_every_command_has_a_transcript() -> None:
    shown = {
        command.partition(" ")[0]
        for path in TRANSCRIPTS
        for command in commands_of(path.read_text())
    }
    for name in set(COMMANDS) - LONG_RUNNING - shown:
        pytest.fail(f"write '{PROMPT} {name} …' into fixtures/golden/{name}.txt, --update-golden")
