"""The manual pages: one for each command, with every option that its parser has."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.commands import COMMANDS
from neuron_pin.cli.parser import OF_ALL, make_parser

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "man"
PAGES = sorted(MAN.glob("*.1"))


def list_options(parser: CommandParser) -> Iterator[str]:
    for group in parser._action_groups:
        if group.title != OF_ALL:
            for action in group._group_actions:
                if action.help != argparse.SUPPRESS:
                    yield from action.option_strings
    for each in parser.actions.values():
        yield from list_options(each)


def test_every_command_has_a_page() -> None:
    names = {"neuron-pin", *(f"neuron-pin-{name}" for name in COMMANDS)}
    assert {page.stem for page in PAGES} == names
    assert {path.stem for path in (ROOT / "docs/man").glob("*.md")} == names


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_has_every_option(name: str) -> None:
    """Where this fails after a change of options, script/docs makes the pages anew."""
    text = (MAN / f"neuron-pin-{name}.1").read_text(encoding="utf-8")
    text = re.sub(r"\\f[BIPR]", "", text).replace("\\-", "-")
    for option in list_options(make_parser([name]).actions[name]):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", text), option


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="needs mandoc")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_mandoc_has_no_objection(page: Path) -> None:
    done = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.skipif(shutil.which("lexgrog") is None, reason="needs man-db")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_whatis_reads_the_name(page: Path) -> None:
    done = subprocess.run(["lexgrog", page], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f'"{page.stem} - ' in done.stdout
