"""The commands of a shell script, in the order in which they may run.

Source: POSIX.1-2017, Shell Command Language, 2.9.4 compound commands, 2.9.5 function definitions;
the Bash manual, compound commands, shell functions.  Nothing is run.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence

from neuron_pin.record import NamedTuple

from .branches import Branches, Choices
from .shell_expansion import SEPARATOR
from .shell_parameters import (
    forget_parameters,
    is_parameter,
    set_parameters,
    shift_parameters,
)
from .shell_quotes import end_of_substitution
from .shell_words import (
    ASSIGNMENT,
    MAX_REPEATS,
    Lines,
    Tokens,
    Unended,
    Word,
    script_lines,
)

MAX_CALLED = 512 * 1024
"""Characters of functions that are called, and of scripts that are sourced, in one reading."""

MAX_VARIABLES = 2_000
"""Variables whose values are known at once."""

MAX_NESTED = 8
"""How deeply functions call each other, and scripts source others."""


class Command(NamedTuple):
    """One simple command: its words, without what is set before them.

    ``settings`` are the variables that are known to it, ``targets`` the files that its output
    goes to, ``origins`` those that it reads, ``here`` the bodies of its here-documents,
    ``source`` the words of the command whose output it reads.  ``file`` is the script that it
    is in, empty for the one that is read.
    """

    words: tuple[Word, ...]
    settings: Mapping[str, str]
    targets: tuple[str, ...] = ()
    here: tuple[tuple[tuple[int, str], ...], ...] = ()
    source: tuple[Word, ...] = ()
    origins: tuple[str, ...] = ()
    file: str = ""


Follow = Callable[[str, str], "tuple[str, Lines] | None"]
"""The script that a name stands for in a file (empty for the one that is read): its path and its
lines, none where it is not to be had."""


class _Function(NamedTuple):
    name: str
    lines: Lines
    file: str


class ShellRun:
    """What counts for a whole reading of a script, whatever it calls and sources.

    ``choices`` says which alternatives are taken, none for all of them one after the other;
    ``follow`` finds the scripts that others source.  ``unended`` is what is not closed, each
    with its file.
    """

    def __init__(self, choices: Choices | None = None, follow: Follow | None = None) -> None:
        self.choices = choices
        self.follow = follow
        self.unended: list[tuple[str, Unended]] = []
        self.functions: dict[str, _Function] = {}
        self.called: set[str] = set()
        self.left = MAX_CALLED
        self.active: list[str] = []
        self.depth = 0


_DECLARING = frozenset(("export", "declare", "typeset", "local", "readonly"))
_PREFIXES = frozenset(("do", "!"))
_INSTALLS = r"\b(?:install|reinstall|add|sync|satisfy|downgrade|upgrade|update|create)\b"


def read_commands(
    lines: Lines, variables: Mapping[str, str], run: ShellRun | None = None, file: str = ""
) -> Iterator[Command]:
    """The simple commands of a script; what one sets counts for those that follow, and what
    stands before its first word for itself alone.  A function is read where it is called, with
    what it is given; one that nothing calls, at the end."""
    run = run or ShellRun()
    known = dict(variables)
    run.depth += 1
    yield from _Reader(lines, known, run, file, 0).commands()
    run.depth -= 1
    if run.depth:
        # A script inside of another has the functions of its own reading.
        return
    for function in list(run.functions.values()):
        if function.name in run.called:
            continue
        if not any(re.search(_INSTALLS, line) for _, line in function.lines):
            continue
        if run.choices is None or run.choices.take(UNCALLED, function.name, False):
            run.called.add(function.name)
            yield from _Reader(function.lines, known, run, function.file, 1).commands()


UNCALLED = "the function"
"""The question which of the functions is called that nothing in the script calls."""


class _Reader:
    """Reads one text: a script, or the body of a function."""

    def __init__(
        self, lines: Lines, known: dict[str, str], run: ShellRun, file: str, depth: int
    ) -> None:
        self.lines = lines
        self.known = known
        self.run = run
        self.file = file
        self.depth = depth
        self.tokens = Tokens(lines, known)
        self.branches = Branches(run.choices)
        # The name of a function whose body begins next.
        self.defined = ""
        self.argument_lines: dict[str, int] = {}

    def commands(self) -> Iterator[Command]:
        tokens, branches = self.tokens, self.branches
        words: list[Word] = []
        source: tuple[Word, ...] = ()
        for item in tokens.tokens():
            if isinstance(item, Word):
                if not words and self._keyword(item):
                    tokens.keyword()
                    continue
                words.append(item)
                if item.text == "{" and [w.text for w in words[:1]] == ["function"]:
                    self.defined = words[1].text if len(words) == 3 else ""
                    words = []
                    self._begin_function()
                continue
            if branches.awaits_pattern:
                # esac ends the case where a pattern could begin.
                branches.pattern([word.text for word in words], item)
                words = []
                continue
            if item == "(" and self._defines(words):
                words = []
                continue
            if words and words[0].text == "case":
                self._case(words, item)
                words = []
                continue
            if item == ";;":
                branches.end_alternative()
            if not branches.is_active:
                words = []
                self._empty()
                continue
            for word in words:
                if not word.is_known and re.search(_INSTALLS, word.text):
                    yield from self._substituted(word)
            command = self._make(words)
            if command is not None or tokens.targets or tokens.here:
                command = command or Command((), self.known)
                command = command._replace(
                    targets=tuple(tokens.targets),
                    here=tuple(tokens.here),
                    source=source,
                    origins=tuple(tokens.origins),
                    file=self.file,
                )
                yield from self._perform(command)
            source = command.words if command is not None and item == "|" else ()
            words = []
            self._empty()
        for what in branches.close(len(tokens.text)):
            self._define(what.name, what.begin, what.end)
        for unended in (*tokens.unended, *branches.unended):
            self.run.unended.append((self.file, unended))

    def _empty(self) -> None:
        tokens = self.tokens
        tokens.targets, tokens.here, tokens.origins = [], [], []

    def _keyword(self, word: Word) -> bool:
        """Whether the first word of a command is one of the shell's own, which is taken in."""
        text, tokens, branches = word.text, self.tokens, self.branches
        if text in ("if", "elif", "then", "else", "fi"):
            branches.condition(text, tokens.text, tokens.index, word.line)
        elif text in ("while", "until"):
            branches.open_loop(word.line)
        elif text in ("for", "select"):
            branches.open_loop(word.line)
            return False
        elif text == "done":
            branches.close_loop()
        elif text == "{":
            if self.defined:
                self._begin_function()
            else:
                branches.open_group(word.line)
        elif text == "}":
            body = branches.close_group(tokens.index - 1)
            if body is not None:
                self._define(body.name, body.begin, body.end)
        elif text == "esac":
            branches.end_case()
        else:
            return text in _PREFIXES
        return True

    def _defines(self, words: Sequence[Word]) -> bool:
        """Whether ``name (`` begins the definition of a function."""
        names = [word.text for word in words]
        if names[:1] == ["function"]:
            names = names[1:]
        tokens = self.tokens
        if len(names) != 1 or re.compile(r"[ \t]*\)").match(tokens.text, tokens.index) is None:
            return False
        self.defined = names[0]
        return True

    def _begin_function(self) -> None:
        self.branches.open_function(self.defined, self.tokens.index, self.tokens.line)
        self.defined = ""

    def _define(self, name: str, begin: int, end: int) -> None:
        self.run.functions[name] = _Function(name, self.tokens.lines_between(begin, end), self.file)

    def _case(self, words: Sequence[Word], sign: str) -> None:
        """``case WORD in``, perhaps with the first pattern on the same line."""
        at = next((n for n, word in enumerate(words) if n > 1 and word.text == "in"), 0)
        written = self.tokens.text[self.tokens.start : self.tokens.index]
        subject = re.sub(r"^case\s+|\s+in\b.*$", "", written, flags=re.S).strip("\"' ")
        self.branches.open_case(subject, words[0].line)
        rest = [word.text for word in words[at + 1 :]] if at else []
        if rest or sign == "(":
            self.branches.pattern(rest, sign)

    def _make(self, words: Sequence[Word]) -> Command | None:
        rest = list(words)
        known = self.known
        own: dict[str, str] = {}
        while rest:
            match = re.fullmatch(ASSIGNMENT, rest[0].text, re.S)
            if match is None and rest[0].text not in _PREFIXES:
                break
            if match is not None:
                value = _assigned(match[3], rest[0].is_known)
                if value is None:
                    # What it was before, it is no longer.
                    known.pop(match[1], None)
                else:
                    joined = SEPARATOR if SEPARATOR in match[3] else ""
                    before = known.get(match[1], "") + joined if match[2] else ""
                    own[match[1]] = before + value
            rest.pop(0)
        if not rest:
            if len(known) < MAX_VARIABLES:
                known.update(own)
            return None
        first = rest[0].text
        if first in _DECLARING:
            for word in rest[1:]:
                match = re.fullmatch(ASSIGNMENT, word.text, re.S)
                value = _assigned(match[3], word.is_known) if match is not None else None
                if match is not None and value is not None and len(known) < MAX_VARIABLES:
                    known[match[1]] = value
        elif first == "for" and len(rest) > 3 and rest[2].text == "in":
            values = [word.text for word in rest[3:]]
            if all(word.is_known for word in rest[3:]) and len(values) <= MAX_REPEATS:
                self.tokens.loops[rest[1].text] = values
            return None
        elif first == ":":
            written = self.tokens.text[self.tokens.start : self.tokens.index]
            for name, value in re.findall(r"\$\{([A-Za-z_]\w*):?=([^{}$`]*)\}", written):
                known.setdefault(name, value.strip("\"'"))
        elif first == "shift":
            shift_parameters(known, rest[1].text if len(rest) > 1 else "1")
        elif first == "set" and "--" in [word.text for word in rest[1:3]]:
            at = [word.text for word in rest].index("--")
            set_parameters(known, [word.text for word in rest[at + 1 :]])
        return Command(tuple(rest), ChainMap(own, known) if own else known)

    def _perform(self, command: Command) -> Iterator[Command]:
        """A command, or what it stands for: the body of a function, a script that is sourced."""
        run = self.run
        if self.argument_lines:
            lines = self.argument_lines
            words = (w._replace(line=lines.get(w.text, w.line)) for w in command.words)
            command = command._replace(words=tuple(words))
        name = command.words[0].text if command.words else ""
        if name in run.functions:
            run.called.add(name)
            if name in run.active:
                # It calls itself: what it does has been read.
                return
            if self._may_read(run.functions[name].lines):
                run.active.append(name)
                yield from self._call(run.functions[name], command)
                run.active.pop()
                return
        if name in (".", "source") and len(command.words) > 1 and run.follow is not None:
            found = run.follow(command.words[1].text, self.file)
            if found is not None and found[0] == self.file:
                return
            if found is not None and self._may_read(found[1]):
                path, sourced = found
                yield from _Reader(sourced, self.known, run, path, self.depth + 1).commands()
                return
        yield command

    def _may_read(self, lines: Lines) -> bool:
        """Whether a function or a script may be read here; what may not is said."""
        self.run.left -= sum(len(line) for _, line in lines) + 100
        if self.depth < MAX_NESTED and self.run.left > 0:
            return True
        line = self.tokens.line
        what = Unended("calls of functions and scripts", line, "go on beyond what is read")
        if not any(found.what == what.what for _, found in self.run.unended):
            self.run.unended.append((self.file, what))
        return False

    def _substituted(self, word: Word) -> Iterator[Command]:
        """The commands in the ``$(…)`` of a word."""
        for match in re.finditer(r"\$\((?!\()|`", word.text):
            end = end_of_substitution(word.text, match.end()) if match[0] != "`" else None
            end = end - 1 if end is not None else word.text.find("`", match.end())
            inside = word.text[match.end() : end if end >= 0 else None]
            if not re.search(_INSTALLS, inside):
                continue
            first = word.line + word.text.count("\n", 0, match.end())
            lines = script_lines(enumerate(inside.split("\n"), first))
            if self._may_read(lines):
                reader = _Reader(lines, self.known, self.run, self.file, self.depth + 1)
                yield from reader.commands()
            # What is nested in it was read with it.
            return

    def _call(self, function: _Function, command: Command) -> Iterator[Command]:
        arguments = [word.text for word in command.words[1:]]
        known = self.known
        kept = {key: known[key] for key in known if is_parameter(key)}
        if all(word.is_known for word in command.words):
            set_parameters(known, arguments)
        else:
            forget_parameters(known)
        reader = _Reader(function.lines, known, self.run, function.file, self.depth + 1)
        if function.file == self.file:
            reader.argument_lines = {
                **self.argument_lines,
                **{word.text: word.line for word in command.words[1:]},
            }
        is_passed = not arguments
        for inner in reader.commands():
            is_passed = is_passed or any(word.text == arguments[-1] for word in inner.words)
            yield inner
        forget_parameters(known)
        known.update(kept)
        if not is_passed:
            # The function may do with its words what only running would tell.
            yield command


def _assigned(text: str, is_known: bool) -> str | None:
    """What is assigned, none for what is not known; the folder of the script itself is ``.``."""
    if is_known:
        return text
    return read_own_folder(text)


def read_own_folder(text: str) -> str | None:
    """The path, from the folder of the script, that ``$(dirname "$0")`` and its longer forms
    stand for, with what follows; none for another text."""
    if not text.startswith(("$(", "`")) or "dirname" not in text:
        return None
    end = text.rfind(")" if text.startswith("$(") else "`")
    inside, rest = text[:end], text[end + 1 :]
    if not re.search(r"\$\{?(?:0|BASH_SOURCE)", inside) or re.search(r"[$`]", rest):
        return None
    up = re.search(r"((?:/\.\.)+)", inside)
    return f".{up[1] if up is not None else ''}{rest}"
