"""The command line as people expect it: help, other tools' words, aliases, what is written where."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin import __version__
from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.commands import COMMANDS
from neuron_pin.cli.other_tools import COMMANDS as OTHER_COMMANDS
from neuron_pin.cli.other_tools import OPTIONS as OTHER_OPTIONS
from neuron_pin.cli.other_tools import SAME
from neuron_pin.cli.parser import make_parser
from neuron_pin.errors import UnknownName, UnreadableInput

DAY = ("--as-of", "2026-08-20")
CC = ("lock", "--offline", "neuronx-cc", "--python", "3.12", *DAY)


def parsers(parser: CommandParser | None = None) -> Iterator[CommandParser]:
    parser = parser or make_parser()
    yield parser
    for action in parser.actions.values():
        yield from parsers(action)


PARSERS = {parser.prog: parser for parser in parsers()}


# Help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("everything", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_no_line_of_help_is_wider_than_a_terminal(
    parser: CommandParser, everything: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = parser.format_help(everything=everything)
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_every_option_is_explained(parser: CommandParser) -> None:
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    short = [a for a in shown if len((a.help or "").split()) < 3]
    assert [a.option_strings or a.dest for a in short if a.dest not in ("action", "command")] == []


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_help_says_what_it_is_of(parser: CommandParser, run: Run) -> None:
    words = parser.prog.split()[1:]
    assert run(*words, "--help").out.startswith(f"usage: {parser.prog} ")
    assert run("help", *words).out.startswith(f"usage: {parser.prog} ")


def test_examples_of_help_are_commands() -> None:
    for parser in PARSERS.values():
        for example in parser.examples:
            words = shlex.split(example)
            assert f"neuron-pin {words[0]}" in PARSERS, example
            if parser.path:
                assert tuple(words[: len(parser.path)]) == parser.path, example


def test_short_help_leaves_out_what_few_need(run: Run) -> None:
    assert "--client-cert" not in run("lock", "--help").out
    assert "--client-cert" in run("help", "lock").out
    assert len(run("lock", "--help").out.splitlines()) < 90


def test_without_a_command_help_is_printed_and_a_script_notices(run: Run) -> None:
    for arguments in ((), ("-q",), ("--color", "never")):
        done = run(*arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err == run("--help").out


@pytest.mark.parametrize("color", [("--color", "always"), ("--color=always",)])
def test_errors_of_the_command_line_have_the_color_that_was_asked_for(
    run: Run, color: tuple[str, ...]
) -> None:
    assert "\033[31merror:" in run(*color, "lock", "--offlin").err
    assert "\033[" not in run("lock", "--offlin").err
    assert run("--color", "lock").code == 2
    assert "usage:" not in run("--color", "lock").err


def test_version_is_a_command_too(run: Run) -> None:
    assert run("version").out == f"neuron-pin {__version__}\n" == run("--version").out


# Other tools' words ----------------------------------------------------------------------


@pytest.mark.parametrize("word", sorted({*OTHER_COMMANDS, *SAME}))
def test_a_command_of_another_tool_is_answered_with_ours(run: Run, word: str) -> None:
    done = run(word, "requirements.txt")
    assert done.code == 2
    assert done.error is not None
    named = {w for w in done.error.hint.replace(",", "").split() if w in COMMANDS}
    assert named, done.error.hint
    assert word not in COMMANDS


# what is typed, what is answered
ANSWERS = [
    ("install torch-neuronx", "neuron-pin lock torch-neuronx --instance trn1 -o lock.json && neuron-pin exec -- .venv/bin/pip install torch-neuronx"),
    ("pip install nki", "neuron-pin lock nki --instance trn1 -o lock.json && neuron-pin exec -- .venv/bin/pip install nki"),
    ("instal nki", "neuron-pin lock nki --instance trn1 -o lock.json && neuron-pin exec -- .venv/bin/pip install nki"),
    ("help install nki", "neuron-pin lock nki --instance trn1 -o lock.json && neuron-pin exec -- .venv/bin/pip install nki"),
    ("completion csh", "choose one of bash, zsh, fish"),
    ("check", "neuron-pin check requirements.txt, neuron-pin check --venv .venv, or neuron-pin check --host"),
    ("check venv", "for an environment: neuron-pin check --venv venv"),
    ("check --venv venv/bin", "did you mean venv?"),
    ("check --venv nosuch", ""),
    ("why nki", "neuron-pin lock NAME --instance FAMILY -o lock.json writes it"),
    ("pip compile wanted.in -o c.txt", "neuron-pin lock -r wanted.in -o constraints.txt"),
    ("audit requirements.txt", "neuron-pin check requirements.txt"),
    ("show nki", "neuron-pin explain nki"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "answer"), ANSWERS, ids=lambda v: v[:40])
def test_the_answer_repeats_what_was_typed(run: Run, typed: str, answer: str) -> None:
    Path("venv/lib/python3.11/site-packages").mkdir(parents=True)
    Path("venv/bin").mkdir()
    Path("venv/pyvenv.cfg").write_text("version = 3.11.2\n")
    done = run(*typed.split())
    assert done.error is not None
    assert done.error.hint == answer


def test_a_package_in_place_of_a_command_is_explained(run: Run) -> None:
    error = failure(run("Torch_NeuronX", "--instance", "trn1"), UnknownName)
    assert error.hint.endswith("neuron-pin explain Torch_NeuronX --instance trn1")


def test_the_beginning_of_a_rule_names_all_that_begin_so(run: Run) -> None:
    hint = failure(run("policy", "np40"), UnknownName).hint
    assert all(f"NP40{digit}" in hint for digit in range(1, 9))


def test_a_pip_that_cannot_be_started_is_looked_for_in_the_environment(run: Run) -> None:
    lock = ("nki", "--offline", "--instance", "trn2", "--python", "3.12", "-o", "lock.json")
    assert run("lock", *lock, "--as-of", "2026-08-20").code == 0
    error = failure(run("exec", "--", "pip-of-nowhere", "install", "nki"), UnreadableInput)
    assert ".venv/bin/pip" in error.hint


@pytest.mark.parametrize("option", OTHER_OPTIONS)
def test_an_option_of_another_tool_is_answered(run: Run, option: str) -> None:
    known = {
        text for parser in PARSERS.values() for a in parser._actions for text in a.option_strings
    }
    assert option not in known
    done = run("check" if option == "--ignore-vuln" else "lock", option)
    assert done.code == 2
    assert done.error is not None
    assert done.error.hint == OTHER_OPTIONS[option]
    for word in OTHER_OPTIONS[option].replace(";", " ").replace(",", " ").split():
        assert not word.startswith("--") or word in known


# typed, what is meant
MISTYPED = [
    ("lock --offlin", "--offline"),
    ("lock --outptu", "--output"),
    ("lock --requirment", "--requirement"),
    ("check --ignroe", "--ignore"),
    ("hook install --ovewrite", "--overwrite"),
]


@pytest.mark.parametrize(("typed", "meant"), MISTYPED, ids=lambda v: v)
def test_options_are_not_abbreviated_but_suggested(run: Run, typed: str, meant: str) -> None:
    done = run(*typed.split())
    assert done.code == 2
    assert done.error is not None
    assert meant in done.error.hint


# the same, in other places and under other names
SAME_LOCKS = [
    ((*CC, "--color", "always"), ("--color", "always", *CC)),
    ((*CC, "-q"), ("-q", *CC)),
    (CC, ("-qv", "--color=never", *CC)),
    (CC, (*CC[:3], "--python-version", "3.12", *DAY)),
    (CC, (*CC[:5], "--exclude-newer", DAY[1])),
    ((*CC, "--platform", "manylinux_2_34_x86_64"), (*CC, "--python-platform", "x86_64-manylinux_2_34")),
    ((*CC, "--platform", "manylinux_2_28_x86_64"), (*CC, "--python-platform", "linux")),
    ((*CC, "--platform", "musllinux_1_2_x86_64"), (*CC, "--python-platform", "x86_64-unknown-linux-musl")),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), SAME_LOCKS, ids=lambda v: " ".join(v[:2]))
def test_aliases_and_places_mean_the_same(
    run: Run, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> None:
    def locked(arguments: tuple[str, ...]) -> list[str]:
        done = run(*arguments, "--format", "json")
        assert done.code == 0, done.err
        return [line for line in done.out.splitlines() if '"command"' not in line]

    assert locked(ours) == locked(theirs)


def test_uv_understands_the_platforms_that_we_take_from_it() -> None:
    from neuron_pin.cli.options import _UV_PLATFORMS

    help_of_uv = subprocess.run(
        [Path(sys.executable).parent / "uv", "pip", "compile", "--help"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    listed = " ".join(help_of_uv.split())
    for name in (*_UV_PLATFORMS, "x86_64-manylinux_2_34", "aarch64-manylinux2014"):
        assert re.search(rf"[ :]{name}[,\]]", listed), name


# What is written where -------------------------------------------------------------------


def test_a_dash_is_standard_output(run: Run) -> None:
    run(*CC, "-o", "plain.txt")
    printed = run(*CC, "-o", "-")
    assert (printed.code, printed.out) == (0, Path("plain.txt").read_text())
    both = run(*CC, "--output-file", "lock.json", "-o", "-", "--format", "json")
    assert both.code == 0
    assert both.out == Path("lock.json").read_text()
    assert not Path("-").exists()
    page = run("lifecycle", "nki", *DAY, "-o", "-")
    assert page.out == run("lifecycle", "nki", *DAY).out
    assert not Path("-").exists()


def test_a_diff_is_printed_and_nothing_is_written(run: Run) -> None:
    done = run(*CC, "-o", "constraints.txt", "--diff")
    assert done.code == 0
    assert "+neuronx-cc==" in done.out
    assert not Path("constraints.txt").exists()
    run(*CC, "-o", "constraints.txt")
    before = Path("constraints.txt").read_bytes()
    assert "+nki==" in run(*CC, "nki", "-o", "constraints.txt", "--diff").out
    assert Path("constraints.txt").read_bytes() == before


@pytest.mark.parametrize("option", ["--check", "--locked"])
@pytest.mark.parametrize(
    "name", ["constraints.txt", "lock.json", "neuron.pref", "versionlock.list"]
)
def test_checking_a_lock_fails_where_it_would_change(run: Run, name: str, option: str) -> None:
    system = "amzn2023" if name == "versionlock.list" else "ubuntu24.04"
    whole = ("lock", "--offline", "--instance", "trn2", "--os", system, "--python", "3.12")
    assert run(*whole, *DAY, option, "-o", name).code == 1
    assert not Path(name).exists()
    of_facts = ("--as-of", "2026-08-22")
    assert run(*whole, *of_facts, "--sdk", "2.31.1", "-o", name).code == 0
    before = Path(name).read_bytes()
    # Another day and another command lock the same; a newer release is not the same.
    later = ("--as-of", "2026-11-28")
    same = run(*whole, *later, "--sdk", "2.31.1", option, "-o", name)
    assert (same.code, same.out) == (0, "")
    drifted = run(*whole, *later, "--sdk", "2.32.0", "--upgrade", option, "-o", name)
    assert drifted.code == 1
    assert "2.32.0" in drifted.out
    assert not [r for r in drifted.out.splitlines() if r[0] in "+-" and "--as-of" in r]
    assert Path(name).read_bytes() == before


def test_a_warning_of_the_day_is_no_change_of_a_lock(run: Run) -> None:
    run(*CC, "-o", "lock.json")
    lock = json.loads(Path("lock.json").read_text())
    for text, code in (({"warnings": ["old"]}, 0), ({"sdk": "2.30.0"}, 1), ({"target": 1}, 1)):
        Path("lock.json").write_text(json.dumps({**lock, **text}, indent=2) + "\n")
        found = run(*CC, "--upgrade", "-o", "lock.json", "--check")
        assert (found.code, bool(found.out)) == (code, bool(code))


def test_checking_notices_a_pin_changed_by_hand(run: Run) -> None:
    run(*CC, "-o", "constraints.txt")
    text = Path("constraints.txt").read_text()
    Path("constraints.txt").write_text(text.replace("neuronx-cc==", "neuronx-cc>="))
    assert run(*CC, "-o", "constraints.txt", "--check").code == 1


def test_twice_quiet_leaves_the_exit_code(run: Run) -> None:
    Path("reqs.txt").write_text("torch-neuronx==1.0\n")
    done = run("check", "reqs.txt", "-qq", *DAY)
    assert (done.code, done.out, done.err) == (1, "", "")
    assert run(*CC, "-qq", "-o", "-").out == ""


def test_an_ignored_rule_is_not_reported(run: Run) -> None:
    Path("reqs.txt").write_text("neuronx-cc>=2.20\n")
    check = ("check", "reqs.txt", "--python", "3.12", *DAY)
    found = run(*check, "--fail-on", "NP305")
    assert found.code == 1
    assert "NP305" in found.out
    ignored = run(*check, "--fail-on", "NP305", "--ignore", "np201,np305")
    assert ignored.code == 0
    assert "NP305" not in ignored.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check",), 2),
        (("doctor",), 2),
        (("hook", "status"), 2),
        # It may be mounted when the plan is run.
        (("plan", "--instance", "trn2", "--os", "ubuntu24.04"), 0),
    ],
)
def test_a_machine_that_is_not_there_passes_no_check(
    run: Run, words: tuple[str, ...], code: int
) -> None:
    done = run(*words, "--root", "absent")
    assert done.code == code
    assert ("--root: 'absent'" in done.err) == bool(code)
