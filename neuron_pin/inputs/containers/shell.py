"""The commands of a shell script, as far as installing can be told from them.

Source: POSIX.1-2017, Shell Command Language, 2.2 quoting, 2.3 token recognition.  Nothing is
run; what only running would tell (command substitution, loops) stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuron_pin.record import NamedTuple

MAX_WORDS = 200_000


class Word(NamedTuple):
    """One word, quotes taken off and known variables filled in, with the line that it begins
    on.  ``is_known`` is false where something in it only running would tell.  ``redirection`` is
    where in the text an unquoted ``<`` or ``>`` stands, -1 for none: there the word ends to the
    shell, and what follows is the name of a file."""

    text: str
    line: int
    is_known: bool = True
    redirection: int = -1


Lines = Sequence[tuple[int, str]]
"""Physical lines with their numbers.  Each ends as the shell sees it: with a line's end, or
with a space where the next one continues it."""

_BREAKS = ";&|()\n"


def read_commands(lines: Lines, variables: Mapping[str, str]) -> Iterator[list[Word]]:
    """The simple commands of a script, each as its words; assignments before them count for
    what follows."""
    known = dict(variables)
    command: list[Word] = []
    for word in _words(lines, known):
        if word is not None:
            command.append(word)
            continue
        found = _without_assignments(command, known)
        if found:
            yield found
        command = []
    found = _without_assignments(command, known)
    if found:
        yield found


def script_lines(rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The lines of a script, those that end in a backslash continued by the next."""
    found = []
    for number, row in rows:
        goes_on = row.rstrip().endswith("\\")
        found.append((number, row.rstrip()[:-1] + " " if goes_on else row + "\n"))
    return found


def expand(text: str, variables: Mapping[str, str]) -> tuple[str, bool]:
    """``$NAME``, ``${NAME}``, ``${NAME:-default}`` filled in; false where one is not known."""
    complete = True

    def value(match: re.Match[str]) -> str:
        nonlocal complete
        name = match["braced"] or match["plain"]
        operator, word = match["operator"] or "", match["word"] or ""
        found = variables.get(name)
        if operator.endswith("-"):
            return found or word
        if operator.endswith("+"):
            return word if found else ""
        if found is None:
            complete = False
            return match[0]
        return found

    # A default may name variables itself: one level of it.
    for _ in range(3):
        before = text
        text = re.sub(_VARIABLE, value, text)
        if text == before:
            break
    return text, complete and "$(" not in text and "`" not in text


_VARIABLE = (
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?:(?P<operator>:?[-+])(?P<word>[^{}]*))?\}"
    r"|(?P<plain>[A-Za-z_]\w*))"
)
_ASSIGNMENT = r"([A-Za-z_]\w*)=(.*)"
_KEYWORDS_TEXT = (
    "if then else elif do while until ! { } sudo exec time env command export set -e -x -ex -eux "
    "-euo pipefail RUN"
)
_KEYWORDS = frozenset(_KEYWORDS_TEXT.split())


def _without_assignments(command: Sequence[Word], known: dict[str, str]) -> list[Word]:
    rest = list(command)
    while rest:
        match = re.fullmatch(_ASSIGNMENT, rest[0].text, re.S)
        if match is not None:
            if rest[0].is_known:
                known[match[1]] = match[2]
        elif rest[0].text not in _KEYWORDS:
            break
        rest.pop(0)
    return rest


def _words(lines: Lines, variables: Mapping[str, str]) -> Iterator[Word | None]:
    """Words in order; none where a command ends."""
    text = "".join(line for _, line in lines)
    starts: list[int] = []
    at = 0
    for _, line in lines:
        starts.append(at)
        at += len(line)
    numbers = [number for number, _ in lines]
    index, count, row = 0, 0, 0
    while index < len(text):
        while row + 1 < len(starts) and starts[row + 1] <= index:
            row += 1
        sign = text[index]
        if sign in " \t":
            index += 1
        elif sign in _BREAKS:
            yield None
            index += 1
        elif sign == "#":
            end = text.find("\n", index)
            index = end if end >= 0 else len(text)
        else:
            index, word = _word(text, index, numbers[row], variables)
            count += 1
            if count > MAX_WORDS:
                return
            yield word


def _word(text: str, index: int, line: int, variables: Mapping[str, str]) -> tuple[int, Word]:
    parts: list[str] = []
    complete = True
    redirection = -1
    while index < len(text) and text[index] not in f" \t{_BREAKS}":
        sign = text[index]
        if sign == "'":
            end = text.find("'", index + 1)
            end = end if end >= 0 else len(text)
            parts.append(text[index + 1 : end])
            index = end + 1
        elif sign == '"':
            end = _quote_end(text, index + 1)
            filled, known = expand(re.sub(r'\\(["\\$`])', r"\1", text[index + 1 : end]), variables)
            parts.append(filled)
            complete = complete and known
            index = end + 1
        elif sign == "\\":
            parts.append(text[index + 1 : index + 2])
            index += 2
        elif text.startswith("$(", index):
            end = _substitution_end(text, index + 2)
            parts.append(text[index:end])
            complete = False
            index = end
        else:
            end = index + 1
            if text.startswith("${", index):
                closed = text.find("}", index)
                end = closed + 1 if closed >= 0 else end
            while end < len(text) and text[end] not in f" \t{_BREAKS}'\"\\$":
                end += 1
            sign_at = re.search("[<>]", text[index:end])
            if sign_at is not None and redirection < 0:
                before = expand(text[index : index + sign_at.start()], variables)[0]
                redirection = sum(len(part) for part in parts) + len(before)
            filled, known = expand(text[index:end], variables)
            parts.append(filled)
            complete = complete and known
            index = end
    return index, Word("".join(parts), line, complete, redirection)


def _quote_end(text: str, index: int) -> int:
    while index < len(text) and text[index] != '"':
        index += 2 if text[index] == "\\" else 1
    return min(index, len(text))


def _substitution_end(text: str, index: int) -> int:
    depth = 1
    while index < len(text) and depth:
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        index += 1
    return index
