"""What would work is a whole command line, and it works when it is pasted."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from conftest import Run, failure
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.cli.folding import fold_command
from neuron_pin.cli.rewriting import rewrite_command
from neuron_pin.errors import Change, NoSolution

# a command line, what is changed, the command line that is printed
LINES: list[tuple[str, Change, str | None]] = [
    ("lock a --sdk 2.1.0 -q", Change((("--sdk", None),)), "neuron-pin lock a -q"),
    ("lock a --sdk=2.1.0 -q", Change((("--sdk", None),)), "neuron-pin lock a -q"),
    ("lock a", Change((("--sdk", None),)), None),
    ("lock a --python 3.9", Change((("--python", "3.12"),)), "neuron-pin lock a --python 3.12"),
    ("lock a", Change((("--python", "3.12"),)), "neuron-pin lock a --python 3.12"),
    ("lock a --phase beta", Change((("--phase", "eos"),)),
     "neuron-pin lock a --phase beta --phase eos"),
    ("lock 'a==1.*' b", Change(requirement="b"), "neuron-pin lock 'a==1.*'"),
    ("lock -r r.txt", Change(requirement="b", origin="r.txt:1"), None),
    ("plan --to 2.1.0 --os x", Change((("--os", "y"), ("--to", None))), "neuron-pin plan --os y"),
    ("lock a --index-url https://me:secret@x/", Change((("--python", "3.12"),)),
     "neuron-pin lock a --index-url https://x/ --python 3.12"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "change", "expected"), LINES)
def test_one_change(line: str, change: Change, expected: str | None) -> None:
    found = rewrite_command(shlex.split(line), change)
    if expected is None or found is None:
        assert found == expected
        return
    assert "secret" not in found
    assert shlex.split(found.replace("https://***@x/", "https://x/")) == shlex.split(expected)


COMMANDS = [
    "lock --offline torch-neuronx==2.8.* --instance trn2 --python 3.12",
    "lock --offline torch-neuronx --instance trn1 --python 3.12 --sdk 2.32.0",
    "lock --offline torch-neuronx==2.9.* libtorch-neuronx-lite==2.12.* neuronx-cc "
    "--instance trn2 --python 3.12 --sdk 2.31.1",
    "lock --offline --instance trn1 --os ubuntu22.04 --sdk 2.28.1 --python 3.10",
    "lock --offline --python 3.12 --require-support-until 2027-06-01 torch-neuronx",
    "plan --from 2.28.1 --to 2.32.0 --instance trn2 --os ubuntu22.04 torch-neuronx",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_what_is_printed_works_when_it_is_pasted(run: Run, line: str) -> None:
    done = run(*shlex.split(line), "--as-of", "2026-08-20")
    assert failure(done, NoSolution).relaxations
    printed = [row.partition(": ")[2] for row in done.err.splitlines() if "would work: " in row]
    assert printed
    for command in printed:
        program, *words = shlex.split(command)
        assert program == "neuron-pin"
        assert run(*words).code == 0, command


def test_a_lock_without_python_packages_is_no_answer_for_a_whole_release(run: Run) -> None:
    done = run("lock", "--offline", "--instance", "trn1", "--os", "ubuntu22.04", "--sdk", "2.28.1",
               "--python", "3.10", "--as-of", "2026-08-20")  # fmt: skip
    error = failure(done, NoSolution)
    changes = [dict(each.change.options) for each in error.relaxations]
    assert {change.get("--python") for change in changes} >= {"3.11", "3.12"}
    assert {"--python": "3.13"} not in changes
    assert "3.13" not in error.hint
    assert all(
        "torch-neuronx" in each.outcome for each in error.relaxations if "2.28.1" in each.outcome
    )


def test_releases_are_named_in_their_order(run: Run) -> None:
    done = run("lock", "--offline", "neuronx-cc==1.*", "--python", "3.12", "--as-of", "2026-08-20")
    causes = failure(done, NoSolution).causes
    assert "51 releases were tried, from 2.32.0 back to 2.3.0" in causes


def test_what_the_newest_release_lacks_comes_first(run: Run) -> None:
    done = run("lock", "--offline", "torch-neuronx==2.8.*", "--python", "3.11",
               "--as-of", "2026-08-20")  # fmt: skip
    first, second, *_ = failure(done, NoSolution).causes
    assert first == "SDK 2.32.0 does not ship torch-neuronx (last: 2.31.1)"
    assert "all 4 versions excluded" in second
    assert "NP201" in second


@pytest.mark.parametrize("sdk", [(), ("--sdk", "2.31.1")])
def test_a_version_that_never_was_is_told_as_such(run: Run, sdk: tuple[str, ...]) -> None:
    options = ("--instance", "trn2", "--python", "3.12", "--as-of", "2026-08-20", *sdk)
    done = run("lock", "--offline", "torch-neuronx==2.10.*", "neuronx-cc", *options)
    first, *rest = failure(done, NoSolution).causes
    assert "2.10" in first
    assert "2.9.0.2.15.32035 (SDK 2.31.1)" in first
    assert not any("does not ship" in line for line in rest)


def test_each_rule_has_its_line_newest_version_first(run: Run) -> None:
    Path("c.txt").write_text("torch-neuronx<2.9\n")
    done = run("lock", "--offline", "torch-neuronx==2.8.*", "-c", "c.txt", "--instance", "trn2",
               "--python", "3.12", "--as-of", "2026-08-20")  # fmt: skip
    lines = [cause for cause in failure(done, NoSolution).causes if "versions excluded" in cause]
    assert ["NP201" in lines[0], "NP102" in lines[1]] == [True, True]
    assert "2 of 4" in lines[0]


def test_commands_in_several_lines_can_be_pasted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = run(*shlex.split(COMMANDS[0]), "--as-of", "2026-08-20").err
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run(*shlex.split(COMMANDS[0]), "--as-of", "2026-08-20").err
    assert all(len(line) <= 60 for line in narrow.splitlines())
    (whole,) = [row.partition(": ")[2] for row in wide.splitlines() if "would work: " in row]
    # As a shell does: a backslash at the end of a line goes on in the next.
    text = narrow.partition("would work: ")[2].replace("\\\n", "")
    assert shlex.split(text.partition("\n")[0]) == shlex.split(whole)


@pytest.mark.parametrize("width", range(30, 90, 7))
def test_a_folded_command_means_the_same(width: int) -> None:
    command = "neuron-pin lock 'torch-neuronx==2.8.*' --apt-repo 'deb https://x jammy main' -q"
    line = f"hint: for every version and its reason: {command}"
    folded = fold_command(line, width)
    text = folded.partition("reason:")[2].replace("\\\n", "").strip()
    assert "\n" not in text
    assert shlex.split(text) == shlex.split(command)


@given(st.lists(st.text(max_size=6)))
def test_words_are_quoted_as_the_library_quotes_them(words: list[str]) -> None:
    words = ["lock", *(word for word in words if not word.startswith("-") and ":" not in word)]
    found = rewrite_command(words, Change((("--sdk", "2.31"),)))
    assert found == shlex.join(["neuron-pin", *words, "--sdk", "2.31"])
