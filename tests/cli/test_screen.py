"""What a terminal shows: width, color, links; and that a pipe gets plain rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import FIXTURES, UNPRINTABLE, Run
from hypothesis import given
from hypothesis import strategies as st
from terminal import ESCAPE, on_terminal

from neuron_pin.cli.commands import COMMANDS
from neuron_pin.screen import Cell, Screen, columns, count_columns, fold, split_words, wrap

WIDTH = 80
EXPLAIN = ("explain", "torch-neuronx", "--instance", "trn2", "--python", "3.12",
           "--as-of", "2026-08-20")  # fmt: skip
LIFECYCLE = ("lifecycle", "torch-neuronx 2.8", "--as-of", "2026-08-20")

# Width ----------------------------------------------------------------------------------

DOCUMENTS = re.compile(r"--format (?!text)|--diff|--dry-run|--write|^exec |^fleet facts ")
"""Commands whose output is a document for programs: files, JSON, shell scripts, diffs."""

PASTED = re.compile(
    r"^( {4}| *(hint: |do |would work: )?(sudo |neuron-pin |\S*python3? -m |git clone )"
    r"|  (pull|newest|with \S+) +public\.ecr\.aws/\S+$)"
)
"""Commands and images that somebody copies: broken over two lines they would be pasted as two."""


def is_document(command: str) -> bool:
    """A lock without an output, or with ``-q``, prints a file's text or nothing."""
    is_lock = command.startswith("lock ") and " -o " not in command
    return bool(DOCUMENTS.search(command)) or is_lock


def wide_lines(text: str) -> list[str]:
    """Lines beyond the width that could have been broken: more than one word."""
    found = []
    for line in text.splitlines():
        shown = line.removeprefix("! ")
        if count_columns(shown) > WIDTH and " " in shown.strip() and not PASTED.match(shown):
            found.append(line)
    return found


def transcripts() -> list[tuple[str, str]]:
    """Each command of the golden transcripts with what it printed at 80 columns."""
    found = []
    for path in sorted((FIXTURES / "golden").glob("*.txt")):
        for part in re.split(r"^\$ neuron-pin ?", path.read_text(), flags=re.M)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


def test_no_command_prints_a_line_beyond_80_columns() -> None:
    shown = [(command, text) for command, text in transcripts() if not is_document(command)]
    assert len(shown) > 50
    assert {command: wide for command, text in shown if (wide := wide_lines(text))} == {}


def test_errors_of_commands_that_print_documents_fit_too() -> None:
    told = [
        (command, "\n".join(line for line in text.splitlines() if line.startswith("! ")))
        for command, text in transcripts()
    ]
    assert {command: wide for command, text in told if (wide := wide_lines(text))} == {}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    done = run(*command.split(), "--help")
    assert done.out
    assert wide_lines(done.out) == []


@pytest.mark.parametrize("columns_set", ["60", "80", "120"])
def test_columns_is_obeyed_where_output_is_piped(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns_set: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns_set)
    lines = run(*EXPLAIN).out.splitlines()
    assert max(map(len, lines)) <= int(columns_set)
    assert any("2.9.0.2.15.32035" in line for line in lines)


def test_without_columns_a_pipe_gets_one_row_a_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    rows = [line for line in run(*EXPLAIN).out.splitlines() if "2.6.0.2.7.5413" in line]
    assert len(rows) == 1
    assert "NP102" in rows[0]
    assert "3.11, not for 3.12" in rows[0]


@pytest.mark.parametrize("given_columns", ["0", "-5", "wide", "999999999"])
def test_a_width_that_cannot_be_is_ignored(
    run: Run, monkeypatch: pytest.MonkeyPatch, given_columns: str
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    plain = run(*EXPLAIN).out
    monkeypatch.setenv("COLUMNS", given_columns)
    assert run(*EXPLAIN).out == plain


WORDS = st.text("abcdefg.-_=:/é漢", min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, max_size=8).map(" ".join)


@given(st.lists(st.tuples(WORDS, SENTENCES, SENTENCES), min_size=1, max_size=5),
       st.integers(20, 120))  # fmt: skip
def test_tables_fit_and_lose_no_word(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = columns(("NAME", "WHAT", "WHY"), rows, Screen(width))
    longest = max(
        count_columns(word) for row in rows for cell in row for word in [*cell.split(), ""]
    )
    # A word is not broken; where rows are stacked it stands behind four blanks and a head.
    assert max(map(count_columns, lines)) <= max(width, longest + 10)
    printed = " ".join(lines).split()
    for row in rows:
        for cell in row:
            for word in cell.split():
                assert word == "-" or any(word in shown for shown in printed)


@given(SENTENCES, st.integers(20, 120))
def test_wrapped_text_is_the_same_text(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(count_columns(line) <= width or " " not in line for line in lines)
    assert fold(text, None) == text


# a sentence, the words that stay in one piece
COMMANDS_INSIDE = [
    ("fetch them: sudo apt-get update && apt-get install x", "sudo apt-get update && apt-get install x"),
    ("neuron-pin policy lists the rules; more", "neuron-pin policy lists the rules;"),
    ("run v/bin/python -m pip install 'a==1' b", "v/bin/python -m pip install 'a==1' b"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "whole"), COMMANDS_INSIDE)
def test_a_command_in_a_sentence_is_not_broken(text: str, whole: str) -> None:
    assert whole in split_words(text)
    assert any(whole in line for line in wrap(text, 20))


def test_prose_with_the_name_of_a_program_is_broken() -> None:
    assert wrap("pip and uv take the version that the index of Neuron has", 20)[0] == (
        "pip and uv take the"
    )


def test_lines_that_are_a_commands_own_are_left_alone() -> None:
    text = "1. Do this\n     sudo " + "word " * 40 + "\n  - " + "note " * 30
    first, command, *notes = fold(text, 60).split("\n")
    assert (first, command) == ("1. Do this", "     sudo " + "word " * 40)
    assert len(notes) > 1
    assert all(line.startswith("    note") for line in notes[1:])


# Color ----------------------------------------------------------------------------------

# --color, the environment, whether stdout is painted
COLORS = [
    ("auto", {}, False),
    ("always", {}, True),
    ("never", {}, False),
    ("auto", {"FORCE_COLOR": "1"}, True),
    ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ("always", {"NO_COLOR": "1"}, True),
    ("never", {"FORCE_COLOR": "1"}, False),
    ("auto", {"NO_COLOR": ""}, False),
]


@pytest.mark.parametrize(("option", "environ", "painted"), COLORS)
def test_when_results_are_in_color(
    run: Run, monkeypatch: pytest.MonkeyPatch, option: str, environ: dict[str, str], painted: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert ("\033[" in run(*EXPLAIN, "--color", option).out) is painted


@pytest.mark.parametrize(
    "command", [EXPLAIN, LIFECYCLE, ("lifecycle",), ("diff", "2.28.1", "2.29.0")]
)
def test_color_takes_nothing_away_and_moves_nothing(run: Run, command: tuple[str, ...]) -> None:
    plain, painted = run(*command).out, run(*command, "--color", "always").out
    assert ESCAPE.sub("", painted) == plain


def test_findings_are_in_color_and_say_their_severity(run: Run) -> None:
    Path("r.txt").write_text("torch-neuronx==2.5.1.2.4.0\nnki\n")
    command = ("check", "r.txt", "--instance", "trn1", "--python", "3.11", "--as-of", "2026-08-20")
    painted = run(*command, "--color", "always").out
    assert "\033[31merror:\033[0m" in painted
    assert ESCAPE.sub("", painted) == run(*command).out


# A real terminal --------------------------------------------------------------------------


def test_a_terminals_width_and_color_are_found() -> None:
    printed = on_terminal(*EXPLAIN, width=70)
    assert "\033[32mchosen\033[0m" in printed
    assert max(len(ESCAPE.sub("", line)) for line in printed.splitlines()) <= 70
    assert "\033]8" not in printed
    assert "\033" not in on_terminal(*EXPLAIN, environ={"TERM": "dumb"})


# what a terminal says of itself, whether it has links
TERMINALS = [
    ({"TERM": "xterm-kitty"}, True),
    ({"VTE_VERSION": "6800"}, True),
    ({"VTE_VERSION": "4801"}, False),
    ({"TERM_PROGRAM": "vscode"}, True),
    ({"TERM_PROGRAM": "Apple_Terminal"}, False),
    ({"FORCE_HYPERLINK": "1"}, True),
    ({"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"}, False),
]


@pytest.mark.parametrize(("environ", "linked"), TERMINALS)
def test_sources_are_links_where_the_terminal_has_them(
    environ: dict[str, str], linked: bool
) -> None:
    printed = on_terminal(*LIFECYCLE, environ=environ)
    links = re.findall(r"\033\]8;id=\w+;(https://[^\033]+)\033\\", printed)
    assert bool(links) is linked
    pages = (
        "https://github.com/aws-neuron/aws-neuron-sdk/blob/",
        "https://awsdocs-neuron.readthedocs-hosted.com/en/v2.",
    )
    assert all(link.startswith(pages) for link in links)
    assert max(len(ESCAPE.sub("", line)) for line in printed.splitlines()) <= WIDTH


def test_a_pipe_gets_no_links(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    assert "\033" not in run(*LIFECYCLE).out
    assert "\033" not in run(*EXPLAIN).out


# not an address that may stand in an escape sequence
NO_LINKS = [
    f"https://a.invalid/{UNPRINTABLE}", "https://a.invalid/\033\\", "https://a.invalid/\a",
    "https://a.invalid/a b", "https://a.invalid/é", "file:///etc/passwd", "javascript:x", "",
    "https://a.invalid/" + "x" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("url", NO_LINKS)
def test_an_address_that_is_more_than_one_is_no_link(url: str) -> None:
    assert Screen(has_links=True).link(url, "text") == "text"
    assert columns(("A",), [(Cell("text", url=url),)], Screen(80, has_links=True)) == ["A", "text"]


def test_a_cell_that_is_wrapped_is_one_link() -> None:
    url = "https://a.invalid/page"
    cell = Cell("word " * 20, url=url)
    lines = columns(("NAME", "WHY"), [("x", cell)], Screen(40, has_links=True))
    identifiers = {found for line in lines for found in re.findall(r"\]8;id=(\w+);https", line)}
    assert len(lines) > 3
    assert len(identifiers) == 1
    assert all(line.count(url) == 1 for line in lines[1:])


def test_sources_are_named_with_v_alone(run: Run) -> None:
    assert "[" not in run(*EXPLAIN).out
    assert "[release manifest]" in run(*EXPLAIN, "-v").out
    assert "[announce-no-longer-support-pytorch-2-7-2-8]" in run(*LIFECYCLE).out
    long = run(*LIFECYCLE, "-v").out
    assert (
        "/about-neuron/announcements/neuron2.x/announce-no-longer-support-pytorch-2-7-2-8.html"
        in long
    )


def test_the_reason_of_a_step_is_not_wrapped_to_where_its_commands_are() -> None:
    lines = fold("   because: " + "word " * 30 + "\n     command", 60).split("\n")
    assert len(lines) > 3
    assert all(line.startswith(" " * 12) for line in lines[1:-1])
