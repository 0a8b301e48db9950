"""The alternatives of a shell script: branches of ``if`` and ``case``, and which of them are taken.

A script is read several times, until every branch was taken once.  In one reading every
construct has one choice, and constructs that ask the same have the same one, as they do when
the script runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from neuron_pin.record import NamedTuple

from .shell_words import Unended

MAX_READINGS = 24
MAX_OPEN = 200
"""Constructs that are open at once."""

MAX_CONDITION = 1_000
"""Characters of a condition that are looked at."""

OTHERWISE = "otherwise"
"""The alternative of ``else``, and of a pattern that matches everything."""

_ANYTHING = ("*", "*|", "?*")


class Choices:
    """The choices of one reading: ``wanted`` beforehand, ``taken`` as it went.  ``seen`` are the
    alternatives of what was asked, ``within`` the questions that each one depends on."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self.wanted = dict(wanted)
        self.taken: dict[str, str] = {}
        self.seen: dict[str, list[str]] = {}
        self.within: dict[str, tuple[str, ...]] = {}
        self.covered: set[tuple[str, str]] = set()

    def take(self, question: str, answer: str, was_taken: bool, within: Sequence[str] = ()) -> bool:
        """Whether this alternative is the one that is taken; ``was_taken`` says that one before
        it in the same construct was."""
        answers = self.seen.setdefault(question, [])
        if answer not in answers:
            answers.append(answer)
        self.within.setdefault(question, tuple(within))
        if was_taken:
            return False
        chosen = self.taken.get(question) or self.wanted.get(question)
        if chosen is None:
            chosen = answer
        if chosen == answer or _is_same(chosen, answer):
            self.taken.setdefault(question, chosen)
            self.covered.add((question, answer))
            return True
        if answer == OTHERWISE:
            # A construct that does not have the choice by name.
            self.taken.setdefault(question, chosen)
            self.covered.add((question, answer))
            return True
        return False


class Plan:
    """Which choices to read a script with, so that every alternative is taken once."""

    def __init__(self, limit: int = MAX_READINGS) -> None:
        self.limit = limit
        self.count = 0
        self.is_complete = True
        self._covered: set[tuple[str, str]] = set()
        self._seen: dict[str, list[str]] = {}
        self._context: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {}

    def readings(self) -> Iterator[Choices]:
        """The choices of each reading; every one is to be used before the next is asked for."""
        wanted: dict[str, str] | None = {}
        while wanted is not None:
            if self.count >= self.limit:
                self.is_complete = False
                return
            self.count += 1
            choices = Choices(wanted)
            yield choices
            self._covered |= choices.covered
            # A choice that was wanted and cannot be reached is not tried again.
            self._covered.update(wanted.items())
            for question, answers in choices.seen.items():
                known = self._seen.setdefault(question, [])
                known += [answer for answer in answers if answer not in known]
                own = choices.within.get(question, ())
                self._context.setdefault(question, (dict(choices.taken), own))
            wanted = self._next()

    def _open(self, question: str) -> str:
        for answer in self._seen[question]:
            if (question, answer) not in self._covered:
                return answer
        return ""

    def _next(self) -> dict[str, str] | None:
        first = next((q for q in self._seen if self._open(q)), None)
        if first is None:
            return None
        context, within = self._context[first]
        wanted = {**context, first: self._open(first)}
        for question in context:
            # Others go on as well, so that what is second in one goes with what is second in
            # another: that is how people write what belongs together.
            if question != first and question not in within:
                wanted[question] = self._open(question) or context[question]
        return wanted


class Body(NamedTuple):
    """The body of a function: its name, and where in the text it is."""

    name: str
    begin: int
    end: int


class _Frame:
    """A construct that is open."""

    def __init__(self, kind: str, line: int, is_active: bool) -> None:
        self.kind = kind
        self.line = line
        self.is_active = is_active
        self.question = ""
        self.condition_begin = 0
        self.condition = ""
        self.was_taken = False
        self.awaits_pattern = False
        self.patterns: list[str] = []
        self.name = ""
        self.begin = 0


class Branches:
    """The constructs that are open where a script is read; ``unended`` are those that nothing
    closes."""

    def __init__(self, choices: Choices | None) -> None:
        self.choices = choices
        self.unended: list[Unended] = []
        self._frames: list[_Frame] = []
        self._is_too_deep = False

    @property
    def is_active(self) -> bool:
        """Whether commands here are those of the alternatives taken, and of no function."""
        return not self._frames or self._frames[-1].is_active

    @property
    def awaits_pattern(self) -> bool:
        """Whether a pattern of a case stands next."""
        return bool(self._frames) and self._frames[-1].awaits_pattern

    def _open(self, kind: str, line: int) -> _Frame:
        frame = _Frame(kind, line, self.is_active)
        if len(self._frames) < MAX_OPEN:
            self._frames.append(frame)
        elif not self._is_too_deep:
            self._is_too_deep = True
            self.unended.append(Unended("what is nested", line, "goes deeper than is read"))
        return frame

    def _close(self, *kinds: str) -> _Frame | None:
        """Close the innermost construct of a kind, with what is open inside of it."""
        if not any(frame.kind in kinds for frame in self._frames):
            return None
        while True:
            frame = self._frames.pop()
            if frame.kind in kinds:
                return frame

    def _outer(self) -> bool:
        return len(self._frames) < 2 or self._frames[-2].is_active

    def _take(self, frame: _Frame, answer: str) -> None:
        """Begin an alternative."""
        outer = self._outer()
        if self.choices is None or not outer:
            frame.is_active = outer
            return
        within = [f.question for f in self._frames[:-1] if f.question]
        taken = self.choices.take(frame.question, answer, frame.was_taken, within)
        frame.was_taken = frame.was_taken or taken
        frame.is_active = taken

    # if ------------------------------------------------------------------------------------

    def condition(self, word: str, text: str, index: int, line: int) -> None:
        """Take in ``if``, ``then``, ``elif``, ``else`` or ``fi``, which ends at ``index``."""
        if word == "if":
            frame = self._open("if", line)
            frame.condition_begin = index
            return
        if word == "fi":
            self._close("if")
            return
        if not self._frames or self._frames[-1].kind != "if":
            return
        frame = self._frames[-1]
        if word == "elif":
            frame.condition_begin = index
            frame.is_active = self._outer() and not frame.was_taken
        elif word == "else":
            self._take(frame, OTHERWISE)
        else:
            end = min(index - len("then"), frame.condition_begin + MAX_CONDITION)
            written = " ".join(text[frame.condition_begin : end].split())
            frame.condition_begin = index
            subject, value = _read_test(written.rstrip("; "))
            frame.question = frame.question or subject
            self._take(frame, value if subject == frame.question else f"{subject} {value}")

    # case ----------------------------------------------------------------------------------

    def open_case(self, subject: str, line: int) -> None:
        """``case SUBJECT in``."""
        frame = self._open("case", line)
        frame.question = _plain(subject)
        frame.awaits_pattern = True

    def pattern(self, words: Sequence[str], sign: str) -> None:
        """Take in the words before a sign where a pattern stands."""
        frame = self._frames[-1]
        if words and words[0] == "esac":
            self._close("case")
            return
        frame.patterns += words
        if sign == ")":
            frame.awaits_pattern = False
            pattern = "|".join(frame.patterns)
            frame.patterns = []
            self._take(frame, OTHERWISE if pattern in _ANYTHING else pattern)

    def end_alternative(self) -> None:
        """``;;``."""
        if self._frames and self._frames[-1].kind == "case":
            self._frames[-1].awaits_pattern = True

    def end_case(self) -> None:
        """``esac`` behind the commands of a last alternative."""
        self._close("case")

    # loops, groups, functions --------------------------------------------------------------

    def open_loop(self, line: int) -> None:
        """``for``, ``while``, ``until``."""
        self._open("loop", line)

    def close_loop(self) -> None:
        """``done``."""
        self._close("loop")

    def open_group(self, line: int) -> None:
        """``{``."""
        self._open("group", line)

    def open_function(self, name: str, begin: int, line: int) -> None:
        """The body of a function, of which nothing runs here."""
        frame = self._open("function", line)
        frame.name, frame.begin = name, begin
        frame.is_active = False

    def close_group(self, end: int) -> Body | None:
        """``}``: the function that it ends, none for a group, or for one that is not defined
        here."""
        frame = self._close("group", "function")
        if frame is None or frame.kind == "group" or not self.is_active:
            return None
        return Body(frame.name, frame.begin, end)

    def close(self, end: int) -> list[Body]:
        """The end of the text: the functions that nothing ends."""
        for frame in self._frames:
            what = {"group": "the group {", "loop": "the loop"}.get(frame.kind, f"the {frame.kind}")
            self.unended.append(Unended(what, frame.line))
        return [Body(f.name, f.begin, end) for f in self._frames if f.kind == "function"]


def _is_same(chosen: str, pattern: str) -> bool:
    """Whether a pattern of several alternatives, or with wildcards, is also for a choice."""
    if OTHERWISE in (chosen, pattern):
        return False
    options = chosen.split("|")
    return any(
        fnmatchcase(option, each) or fnmatchcase(each, option)
        for each in pattern.split("|")
        for option in options
    )


_EQUALS = (
    r"""(?:\[\[?|test)\s+["']?(\$\{?\w+\}?|\$\([^()]*\))["']?\s+(?:==?|=~)\s+"""
    r"""["']?([^\s"'\]]+)["']?(?:\s*\]\]?)?"""
)


def _read_test(text: str) -> tuple[str, str]:
    """What a condition asks and which answer makes it true; the condition itself and ``yes``
    where it does not compare one thing."""
    found = re.fullmatch(_EQUALS, text)
    if found is None:
        return text, "yes"
    return _plain(found[1]), found[2]


def _plain(subject: str) -> str:
    """``$ID`` and ``${ID}`` as one."""
    found = re.fullmatch(r"\$\{(\w+)\}", subject)
    return f"${found[1]}" if found is not None else subject
