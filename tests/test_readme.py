"""README.md says what the program prints; `--update-golden` rewrites the samples."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from apt_machine import LOCKED, TOOLS, Archives, Machine
from conftest import Run

from neuron_pin.catalog import Catalog

README = Path(__file__).parent.parent / "README.md"
DAY = "2026-08-21"
"""The day that commands run on, so that samples stay as they are."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in FENCE.findall(README.read_text("utf-8")) if name == language]


def block(language: str, start: str) -> str:
    """The one block that begins with these words."""
    (found,) = (text for text in blocks(language) if text.startswith(start))
    return found


def command(start: str) -> list[str]:
    """The words of the one command of the README that begins so."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    (found,) = {line for line in lines if line.startswith(start)}
    return shlex.split(found, comments=True)


def hold(shown: str, whole: str, config: pytest.Config) -> None:
    """A sample is what is printed, or becomes it; an ellipsis is for any number of lines.

    A line is found by its first word, after what was found before.
    """
    rest = iter(whole.splitlines())
    printed = "".join(
        f"{line if line == '…' else _find(line, rest)}\n" for line in shown.splitlines()
    )
    if config.getoption("--update-golden"):
        README.write_text(README.read_text("utf-8").replace(shown, printed), "utf-8")
    else:
        assert shown == printed


def _find(shown: str, rest: Iterator[str]) -> str:
    return next((line for line in rest if line.split()[:1] == shown.split()[:1]), "(not printed)")


@pytest.fixture
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def test_it_can_be_read_in_a_minute() -> None:
    lines = README.read_text("utf-8").splitlines()
    assert len(lines) <= 120
    assert [line for line in lines if len(line) > 112] == []


def test_it_says_of_which_day_the_catalog_is(catalog: Catalog) -> None:
    assert f"releases that were public on {catalog.age[0]} " in README.read_text("utf-8")


@pytest.mark.usefixtures("_plain_terminal")
def test_the_first_sample_is_what_lock_prints(run: Run, pytestconfig: pytest.Config) -> None:
    """As of its own day."""
    shown = block("", "Neuron SDK")
    (day,) = re.findall(r"as of (\S+)", shown)
    script = (README.parent / "script/lock").read_text()
    (target,) = re.findall(r"^for option in (.*); do$", script, re.M)
    outputs = ("-o", "constraints.txt", "-o", "neuron.pref", "-o", "lock.json")
    done = run("lock", "--offline", *target.split(), *outputs, "--as-of", day)
    assert done.code == 0, done.err
    hold(shown, done.out, pytestconfig)


@pytest.mark.apt
def test_the_refusal_is_what_the_commands_above_it_lead_to(
    run: Run, plain: Machine, archives: Archives, pytestconfig: pytest.Config
) -> None:
    lock = command("neuron-pin lock --offline --sdk")
    assert run(*lock[1:], "--as-of", DAY).code == 0
    # The archive of this test is not at the address of Neuron's.
    path = Path("lock.json")
    official = "https://apt.repos.neuron.amazonaws.com"
    text = path.read_text()
    assert official in text
    path.write_text(text.replace(official, archives.neuron))
    install = command('sudo "$(command -v neuron-pin)" hook install apt')
    assert run(*install[2:], "--root", plain.root).code == 0
    plain.point_hook_here()
    plain.has(f"{TOOLS}={LOCKED[TOOLS]}")
    sudo, *typed = command("sudo apt-get install")
    assert sudo == "sudo"
    variables = {**os.environ, "APT_CONFIG": str(plain.config), "LC_ALL": "C.UTF-8",
                 "SUDO_USER": "somebody"}  # fmt: skip
    refused = subprocess.run(
        typed, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 100
    start = refused.stderr.index("neuron-pin: refused")
    printed = refused.stderr[start:].replace(str(plain.root), "")
    hold(block("", "neuron-pin: refused"), printed, pytestconfig)


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    (text,) = blocks("python")
    exec(compile(text, str(README), "exec"), {})
    assert "torch-neuronx==2.9." in capsys.readouterr().out


OFFLINE = [line for line in "".join(blocks("sh")).replace("\\\n", " ").splitlines()
           if line.startswith(("neuron-pin explain", "neuron-pin diff", "neuron-pin plan",
                               "neuron-pin lifecycle")) or "--offline" in line]  # fmt: skip


@pytest.mark.parametrize("line", OFFLINE, ids=lambda line: line[:40])
def test_the_commands_that_need_no_network_run(
    run: Run, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"asks the network: {arguments}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    asked, _, _ = line.partition(" > ")
    if "--lock lock.json" in asked:
        run("lock", "--offline", "--instance", "trn2", "-o", "lock.json")
    today = ("--as-of", DAY) if " lock " in asked and "--as-of" not in asked else ()
    done = run(*shlex.split(asked)[1:], *today)
    assert done.code == 0, done.err
