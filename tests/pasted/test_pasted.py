"""Every command that a document, an output or a page prints works when it is pasted.

Nothing is asserted of words: a command is known by its text, and `commands.toml` says what
becomes of it.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.cli.commands import COMMANDS

from . import collect
from .collect import Printed, by_text
from .private_machine import Done, PrivateMachine, why_not
from .scenes import Scene, read_scenes, read_sessions, read_unreached, split_session
from .table import CHECKS, TABLE, Entry, proposal, read_table, shorter, write_table

HOW = (
    "`pytest tests/pasted --update-pasted` proposes an entry of tests/pasted/commands.toml for each; "
    "look at it, and if the command does not work as it is printed, change what is printed"
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateMachine]:
    reason = why_not()
    if reason:
        pytest.skip(f"needs {reason}")
    found = PrivateMachine(tmp_path_factory.mktemp("pasted"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def played(machine: PrivateMachine) -> list[tuple[Scene, Done]]:
    """What the scenes print that no transcript and no document shows."""
    scenes = read_scenes()
    return list(zip(scenes, machine.run(scene.job() for scene in scenes), strict=True))


def written() -> dict[str, list[Printed]]:
    """What can be collected by reading alone."""
    documents = (collect.document(path) for path in collect.documents())
    return by_text(itertools.chain(*documents, collect.from_transcripts()))


@pytest.fixture(scope="module")
def printed(played: list[tuple[Scene, Done]]) -> dict[str, list[Printed]]:
    """Every printed command, with where."""
    found: list[Printed] = [each for places in written().values() for each in places]
    for scene, done in played:
        found += collect.page(done.output, scene.name) if scene.page else []
        found += [] if scene.page else collect.printed_text(done.output, scene.name)
    return by_text(found)


def places(found: list[Printed]) -> str:
    return ", ".join(dict.fromkeys(each.place for each in found))


def in_sessions(texts: Collection[str]) -> dict[str, list[str]]:
    """Documents that are pasted as a whole, each with its commands among these, in order, and the
    files that it tells a reader to write."""
    found = {}
    for session in read_sessions():
        parts = collect.document(collect.ROOT / session.document)
        found[session.document] = [
            each.text
            for each in parts
            if each.kind == "file" or (each.kind == "block" and each.text in texts)
        ]
    return found


def paste(machine: PrivateMachine, entries: Mapping[str, Entry]) -> list[tuple[str, Done]]:
    """Paste commands: those of sessions in their documents, the others each by itself.  A command
    that is in several sessions comes as often."""
    sessions = in_sessions(entries)
    together = set(itertools.chain(*sessions.values()))
    alone = [text for text in entries if text not in together]
    jobs = [
        *(
            session.job(
                [
                    entries[text].pasted(text) if text in entries else text
                    for text in sessions[session.document]
                ]
            )
            for session in read_sessions()
        ),
        *(entries[text].job(text) for text in alone),
    ]
    done = machine.run(jobs)
    found = []
    for texts, whole in zip(sessions.values(), done, strict=False):
        found += list(zip(texts, split_session(whole, len(texts)), strict=True))
    return [
        *((text, each) for text, each in found if text in entries),
        *zip(alone, done[len(sessions) :], strict=True),
    ]


def update(machine: PrivateMachine, printed: dict[str, list[Printed]]) -> None:
    """Take out what nothing prints, and propose an entry for what is new."""
    table = {
        text: entry
        for text, entry in read_table().items()
        if text in printed and not (entry.exit and not entry.because)
    }
    new = {
        text: proposal(text, {each.kind for each in found})
        for text, found in printed.items()
        if text not in table
    }
    table.update({text: entry for text, entry in new.items() if entry.form})
    tried = {text: entry for text, entry in new.items() if not entry.form}
    # What sessions need to get there is pasted, too.
    around = set(itertools.chain(*in_sessions(table).values())) & set(table)
    known = {text: table[text] for text in around if not (table[text].form or table[text].skip)}
    first = {text: done for text, done in paste(machine, {**known, **tried}) if text in tried}
    assert not (broken := {d.output for d in first.values() if d.code == "no world"}), broken
    # A phrase of a sentence that does nothing as a whole: the longest beginning that works.
    parts = [
        (text, tried[text]._replace(run=command))
        for text, done in first.items()
        if done.code != 0 and {each.kind for each in printed[text]} == {"output"}
        for command in shorter(text)[1:]
    ]
    shortened: dict[str, Entry] = {}
    for (text, entry), done in zip(
        parts, machine.run(entry.job(text) for text, entry in parts), strict=True
    ):
        if done.code == 0:
            shortened.setdefault(text, entry)
    for text, entry in tried.items():
        done = first[text]
        is_question = {each.kind for each in printed[text]} == {"step"} and text.startswith(CHECKS)
        if done.code == 1 and is_question:
            entry = entry._replace(add=" || test $? = 1")
        elif done.code != 0 and text not in shortened:
            lines = [line for line in done.output.splitlines() if line.strip()]
            code = done.code if isinstance(done.code, int) else -1
            entry = entry._replace(exit=code, says=lines[-1][:100] if lines else "")
        table[text] = shortened.get(text, entry)
    write_table(table)


@pytest.mark.apt
def test_every_printed_command_is_classified(
    machine: PrivateMachine, printed: dict[str, list[Printed]], pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--update-pasted"):
        update(machine, printed)
    table = read_table()
    new = [
        f"{text}\n    in {places(found)}" for text, found in printed.items() if text not in table
    ]
    old = [text for text in table if text not in printed]
    assert not new, f"nobody said what becomes of:\n  {chr(10).join(new)}\n{HOW}"
    assert not old, f"nothing prints any more:\n  {chr(10).join(old)}\n{HOW}"


def test_what_is_written_is_classified() -> None:
    """The same without a private machine: documents and transcripts."""
    table = read_table()
    new = [
        f"{text}\n    in {places(found)}" for text, found in written().items() if text not in table
    ]
    assert not new, f"nobody said what becomes of:\n  {chr(10).join(new)}\n{HOW}"


def test_the_table_is_in_order() -> None:
    table = read_table()
    problems = [f"{text}: {each}" for text, entry in table.items() for each in entry.problems(text)]
    assert not problems, "\n".join(problems)
    before = TABLE.read_text()
    write_table(table)
    assert TABLE.read_text() == before


@pytest.mark.apt
def test_printed_commands_do_what_the_table_says(
    machine: PrivateMachine, pytestconfig: pytest.Config
) -> None:
    is_long = pytestconfig.getoption("--long")
    wanted = {
        text: entry
        for text, entry in read_table().items()
        if not (entry.form or entry.skip) and (is_long or not entry.long)
    }
    failed = []
    for text, done in paste(machine, wanted):
        entry = wanted[text]
        expected: int | str = "running" if entry.until else entry.exit
        is_wrong = done.code != expected or entry.says not in done.output
        if is_wrong != bool(entry.broken):
            failed.append(
                f"{text}\n  in the world {entry.world}: {entry.pasted(text)}\n  exit code {done.code}, "
                f"expected {expected}"
                + (f" and {entry.says!r}" if entry.says else "")
                + "\n  " + "\n  ".join(done.output.splitlines()[-12:])
            )  # fmt: skip
    assert not failed, f"{len(failed)} of {len(wanted)}:\n" + "\n\n".join(failed)


def pasted_texts() -> list[tuple[str, Entry]]:
    return [(text, entry) for text, entry in read_table().items() if not entry.form]


@pytest.mark.parametrize("shell", ["bash", "sh", "zsh"])
def test_shells_read_printed_commands(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    wrong = []
    for number, (text, entry) in enumerate(pasted_texts()):
        command = entry.command(text)
        if shell == "sh" and "<(" in command:
            continue  # Of bash and zsh alone, as the text around it says.
        shlex.split(command)
        (tmp_path / f"{number}.sh").write_text(command + "\n")
    read = 'for file in "$@"; do "$0" -n "$file" || echo "$file"; done'
    files = [str(path) for path in sorted(tmp_path.glob("*.sh"))]
    done = subprocess.run(
        ["sh", "-c", read, shell, *files], capture_output=True, text=True, check=True
    )
    for line in done.stdout.splitlines():
        wrong.append(Path(line).read_text())
    assert not wrong, done.stderr


def test_no_star_is_left_to_the_shell() -> None:
    """zsh ends a command whose star matches no file; the others may find one that does."""
    for text, entry in pasted_texts():
        if not entry.broken:
            assert bool(collect.unquoted_globs(entry.command(text))) == bool(entry.glob), text


def test_forms_name_options_that_exist(run: Run) -> None:
    """A synopsis or a mention: the command and each of its options is one that help lists."""
    helped: dict[tuple[str, ...], str] = {}
    for text, entry in read_table().items():
        words = text.replace("[", " ").replace("]", " ").replace("|", " ").split()
        if not entry.form or words[0] != "neuron-pin" or words[1] not in COMMANDS:
            continue
        behind = words[: words.index("--")] if "--" in words else words
        actions = list(itertools.takewhile(str.islower, behind[1:]))[:2]
        if len(actions) == 2 and run("help", *actions).code != 0:
            actions = actions[:1]
        if tuple(actions) not in helped:
            helped[tuple(actions)] = run("help", *actions).out + run("--help").out
        known = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", helped[tuple(actions)]))
        unknown = [word for word in behind if word.startswith("-") and word not in known]
        assert not unknown, f"{text}: no such option: {unknown}"


@pytest.mark.apt
def test_every_hint_of_the_source_is_shown_somewhere(
    played: list[tuple[Scene, Done]],
) -> None:
    """A command in a string of the program is in a transcript, a document or a scene, so that it
    was run; or `scenes.toml` says why not."""
    shown = "\n".join(
        [
            *(output for _, _, output in collect.transcripts()),
            *(path.read_text() for path in collect.documents()),
            *(done.output for _, done in played),
        ]
    )
    shown = re.sub(r" \\\n[! ]*", " ", shown)
    unreached = read_unreached()
    hidden = {
        each.text: each.place
        for each in collect.in_source()
        if not collect.reaches(each.text, shown)
    }
    names = {text.replace(collect.HOLE, "{}"): place for text, place in hidden.items()}
    new = [f"{text}\n    in {place}" for text, place in names.items() if text not in unreached]
    old = [text for text in unreached if text not in names]
    assert not new, (
        "no transcript, document or scene shows these, so nobody ran them; add a scene to "
        "tests/pasted/scenes.toml, or a reason to its [unreached]:\n  " + "\n  ".join(new)
    )
    assert not old, "shown, or gone; take them out of [unreached]:\n  " + "\n  ".join(old)
