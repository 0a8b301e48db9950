"""What commands install: lines of pip, uv, apt, dnf and their kin, word by word.

Source: pip-install(1), "uv pip install", pipx, for which of their options take a value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from neuron_pin.catalog import canonicalize_name
from neuron_pin.inputs.requirements.direct import DirectReference, read_direct
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .arguments import read_argument, read_system
from .helm import HelmChart, read_helm
from .installation import (
    ONLY_RUN,
    InstallArgument,
    Installation,
    NotUnderstood,
    find_names,
    names_in,
)
from .installers import Call, find_call, find_inner_call, is_harmless
from .pip_options import list_indexes, read_options
from .session import Script, Session
from .shell import Command, ShellRun, read_commands, read_own_folder
from .shell_parameters import set_parameters
from .shell_words import Word, script_lines
from .wrappers import SHELLS, program_of, unwrap

MAX_DEPTH = 3


class _Reader(NamedTuple):
    """``place`` is the file that the commands are in, ``names`` the packages of which ranges
    are read, ``session`` what the commands before have made."""

    place: str
    names: Container[str]
    session: Session


def read_installations(
    commands: Iterable[Command],
    place: str,
    names: Container[str],
    session: Session | None = None,
) -> Iterator[Installation | NotUnderstood]:
    """The installations among commands, and what of them is not understood; ``place`` is the
    file that they are in, ``session`` is told what they leave behind.

    Ranges of packages that are not among ``names`` are passed over: nothing is said of those,
    and reading them costs more than the rest of the file.
    """
    yield from _read(commands, _Reader(place, names, session or Session()), 0)


def _read(
    commands: Iterable[Command], reader: _Reader, depth: int
) -> Iterator[Installation | NotUnderstood]:
    for written in commands:
        own = reader._replace(place=written.file) if written.file else reader
        own.session.notice(written, own.place)
        if not written.words:
            continue
        for found in _read_command(written, own, depth):
            yield found if found.file else found._replace(file=own.place)


def _read_command(
    written: Command, reader: _Reader, depth: int
) -> Iterator[Installation | NotUnderstood]:
    interpreters = reader.session.interpreters
    found = unwrap(written)
    command = found.command
    if found.added:
        python = interpreters.of("uv", command.settings, asked=found.python, is_uv=True)
        yield from _pip(Call(Ecosystem.PIP, found.added), command, reader, python)
    if found.script is not None:
        yield from _script(found.script, command, reader, depth)
        return
    if not command.words:
        return
    program = program_of(command.words[0].text)
    if found.script is None and _runs_file(program, command):
        script, arguments = _find_script(command, reader)
        if script is not None:
            inner = reader._replace(place=script.path)
            settings = dict(command.settings)
            set_parameters(settings, [word.text for word in arguments if word.is_known])
            yield from _nested(script.lines, settings, inner, depth)
            return
        text = " ".join(word.text for word in command.words)
        if command.source:
            text = " ".join(word.text for word in command.source) + f" | {text}"
        yield NotUnderstood(text, command.words[0].line, "runs a script that was not read")
        return
    if (program in SHELLS or program in ("su", "sudo", "doas", "runuser")) and command.here:
        lines = [line for body in command.here for line in script_lines(body)]
        yield from _nested(lines, command.settings, reader, depth)
        return
    if program == "eval" and len(command.words) > 1:
        text = " ".join(word.text for word in command.words[1:])
        yield from _script(command.words[1]._replace(text=text), command, reader, depth)
        return
    if re.fullmatch(_OTHER_LANGUAGE, program) and command.here:
        yield from _other_script(command, program, reader)
        return
    if program in (".", "source") and command.words[1:]:
        name = command.words[1].text
        if name.endswith((".sh", ".bash")) and not name.startswith(_SYSTEM_FOLDERS):
            text = f"{program} {name}"
            yield NotUnderstood(text, command.words[0].line, "runs a script that was not read")
            return
    if program == "helm":
        chart = read_helm(command.words, reader.place)
        if isinstance(chart, HelmChart):
            reader.session.charts.append(chart)
        elif chart is not None:
            yield chart
        return
    words = [word.text for word in command.words]
    interpreters.notice(words, command.settings)
    call = find_call(command.words)
    if call is None and not is_harmless(command.words):
        call = find_inner_call(command.words)
        if call is None:
            yield from _unknown(command.words, program, reader)
            return
    if call is None:
        return
    if call.ecosystem is Ecosystem.PIP:
        if any(program_of(word.text) == "xargs" for word in written.words[:6]):
            call = call._replace(words=(*call.words, *_read_by_xargs(written)))
        python = interpreters.of(
            call.program,
            command.settings,
            asked=call.python or found.python,
            environment=found.environment,
            is_uv=call.is_uv,
            is_system=any(w.text == "--system" for w in call.words),
        )
        yield from _pip(call, command, reader, python)
    else:
        yield from read_system(call, reader.place, reader.names)


_OTHER_LANGUAGE = r"(?:python|perl|ruby|node)[\d.]*"


def _runs_file(program: str, command: Command) -> bool:
    """Whether a command is a script in a file, or in what another command gives."""
    if program in SHELLS:
        return not command.here and (len(command.words) > 1 or bool(command.source))
    return program.endswith((".sh", ".bash"))


_SYSTEM_FOLDERS = ("/etc/", "/usr/", "/opt/", "~", "$HOME", "${HOME}", "/root/", "/home/")
"""Where scripts are that set up a shell, and install nothing."""


def _find_script(command: Command, reader: _Reader) -> tuple[Script | None, list[Word]]:
    """The script that a command runs from a file, with the words that it is given."""
    words = list(command.words)
    if program_of(words[0].text) in SHELLS:
        while len(words) > 1 and words[1].text[:1] in "-+":
            # set -o NAME
            del words[1 : 3 if words[1].text.endswith("o") else 2]
        del words[0]
    if not words:
        return None, []
    name = words[0].text
    if not words[0].is_known:
        # Of a path whose folder only running would tell, the name may tell enough.
        name = read_own_folder(name) or name
    return reader.session.follow(name, reader.place), words[1:]


def _read_by_xargs(command: Command) -> list[Word]:
    """What a command installs that xargs gives its words: those of ``echo``, or of a file."""
    line = command.words[0].line
    names = list(command.origins)
    if command.source and command.source[0].text == "cat":
        names += [word.text for word in command.source[1:] if not word.text.startswith("-")]
    elif command.source and command.source[0].text in ("echo", "printf"):
        return [
            word._replace(text=text)
            for word in command.source[1:]
            for text in word.text.replace("\\n", " ").split()
        ]
    if not names:
        return [Word("$(…)", line, is_known=False)]
    return [Word(text, line) for name in names for text in ("-r", name)]


def _script(
    script: Word, command: Command, reader: _Reader, depth: int
) -> Iterator[Installation | NotUnderstood]:
    pieces = script.text.split("\n")
    lines = script.rows if len(script.rows) == len(pieces) else (script.line,) * len(pieces)
    rows = zip(lines, pieces, strict=True)
    for found in _nested(script_lines(rows), command.settings, reader, depth):
        if isinstance(found, Installation):
            arguments = tuple(map(_inside_quotes, found.requirements))
            found = found._replace(requirements=arguments)
        yield found


def _nested(
    lines: Sequence[tuple[int, str]], settings: Mapping[str, str], reader: _Reader, depth: int
) -> Iterator[Installation | NotUnderstood]:
    if depth < MAX_DEPTH:

        def follow(name: str, file: str) -> Script | None:
            return reader.session.follow(name, file or reader.place)

        run = ShellRun(follow=follow)
        yield from _read(read_commands(lines, settings, run), reader, depth + 1)
        yield from unended_parts(run, reader.place)
    elif lines:
        text = lines[0][1].strip()
        yield NotUnderstood(text, lines[0][0], "scripts are nested too deeply")


def unended_parts(run: ShellRun, place: str) -> Iterator[NotUnderstood]:
    """What the script of a file opens and does not close."""
    for file, unended in run.unended:
        yield NotUnderstood(unended.what, unended.line, unended.reason, file=file or place)


def _other_script(command: Command, program: str, reader: _Reader) -> Iterator[NotUnderstood]:
    """A script for another language, where it seems to install packages that are known."""
    rows = [row for body in command.here for row in body]
    text = "\n".join(row for _, row in rows)
    names = find_names(text, reader.names) if "install" in text else ()
    line = rows[0][0] if rows else command.words[0].line
    yield NotUnderstood(f"a script for {program}", line, "is not one of the shell", names)


def _inside_quotes(argument: InstallArgument) -> InstallArgument:
    """Of a script that is a word itself: further quotes could end those around it, so a word
    that needs them is not one to be written anew."""
    return argument._replace(word="") if argument.meant is not None else argument


def _unknown(words: Sequence[Word], program: str, reader: _Reader) -> Iterator[NotUnderstood]:
    """A program that is not known, where it seems to install packages that are."""
    texts = [word.text for word in words[1:]]
    if re.fullmatch(_OTHER_LANGUAGE, program) and any(text in ("-c", "-e") for text in texts):
        code = " ".join(texts)
        if re.search(r"\bpip\b", code) and "install" in code:
            names = find_names(code, reader.names)
            text = f"a script for {program}"
            yield NotUnderstood(text, words[0].line, "is not one of the shell", names)
        return
    verbs = ("install", "add", "upgrade", "update", "-i", "--install")
    if "install" not in program and not any(text in verbs for text in texts):
        return
    names = tuple(name for text in texts for name in names_in(text, reader.names))
    if names:
        text = " ".join(word.text for word in words)
        yield NotUnderstood(text, words[0].line, "a command that is not known", names)


# pip ------------------------------------------------------------------------------------

_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "--index", "--default-index")
_PLACES = ("-f", "--find-links")
_FILES = ("-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints")


def _pip(
    call: Call, command: Command, reader: _Reader, python: str | None
) -> Iterator[Installation | NotUnderstood]:
    requirements: list[InstallArgument] = []
    files: list[tuple[str, int]] = []
    indexes = list_indexes(command.settings)
    if "aws_neuron" in (reader.session.interpreters.active or ""):
        # An environment of a DLAMI, whose pip may be configured.
        indexes.append(reader.session.interpreters.active or "")
    direct: list[tuple[DirectReference, int]] = []
    line = command.words[0].line if command.words else call.words[0].line
    unread: list[NotUnderstood] = []
    for name, word in read_options(call.words):
        if word is None:
            indexes += ["--no-index"] if name == "--no-index" else []
            continue
        if name in _INDEX_OPTIONS:
            text = word.text
            indexes += [text.partition("=")[2] if "=http" in text else text] if text else []
        elif name in _PLACES:
            indexes.append(word.text)
        elif name in _FILES:
            path = word.text if word.is_known else read_own_folder(word.text)
            if path is not None:
                files.append((reader.session.place(path), word.line))
            else:
                unread.append(NotUnderstood(f"{name} {word.text}", word.line, ONLY_RUN))
        elif name in ("-e", "--editable"):
            unread += _local(word, reader, "-e ")
        elif name in ("--with", "--spec") and program_of(call.program) in ("pipx", "uvx", "uv"):
            _argument(word, reader, requirements, direct, unread)
        elif not name:
            if call.takes_files:
                files.append((reader.session.place(word.text), word.line))
            else:
                _argument(word, reader, requirements, direct, unread)
    yield from unread
    if call.project and not requirements and not files and not direct:
        yield NotUnderstood(
            " ".join(word.text for word in command.words), line, f"installs {call.project}"
        )
    yield Installation(
        Ecosystem.PIP,
        tuple(requirements),
        tuple(files),
        tuple(indexes),
        line,
        tuple(direct),
        python,
    )


def _argument(
    word: Word,
    reader: _Reader,
    requirements: list[InstallArgument],
    direct: list[tuple[DirectReference, int]],
    unread: list[NotUnderstood],
) -> None:
    """Read one word of pip for what it installs."""
    text = word.text
    if not word.is_known:
        # A command in the place of a word may name what it gives.
        names = tuple(names_in(text, reader.names)) or find_names(text, reader.names)
        unread.append(NotUnderstood(text, word.line, ONLY_RUN, names))
        return
    is_file = text.split("[")[0].split(";")[0].strip().endswith((".whl", ".tar.gz", ".zip"))
    if "://" in text or (is_file and not re.search(r"[*?]", text)):
        reference = read_direct(text)
        if reference is not None:
            direct.append((reference, word.line))
            return
        if "://" in text or "/" in text:
            unread += _local(word, reader)
            return
    begins = re.match(r"[A-Za-z0-9._-]*", text)
    is_plain = not any(sign in text for sign in "<>~!;@")
    if is_plain or (begins and canonicalize_name(begins[0]) in reader.names):
        found = read_argument(word, reader.place, None)
        requirements += found
        unread += [] if found else _local(word, reader)


def _local(word: Word, reader: _Reader, before: str = "") -> list[NotUnderstood]:
    """What states no version: a folder, a repository, an address, what is no requirement."""
    names = tuple(names_in(word.text, reader.names))
    is_path = "/" in word.text or word.text.startswith(".")
    reason = "names no package of an index" if is_path else "not a valid requirement"
    return [NotUnderstood(f"{before}{word.text}", word.line, reason, names)]
