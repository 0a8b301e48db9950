"""The commands of a shell script, as far as installing can be told from them.

Source: POSIX.1-2017, Shell Command Language, 2.2 quoting, 2.3 token recognition, 2.6.5 field
splitting, 2.7 redirection; the Bash manual, arrays and here strings.  Nothing is run; what only
running would tell (command substitution) stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuron_pin.record import NamedTuple

MAX_WORDS = 200_000
MAX_REPEATS = 50
"""Values of a loop's variable that are followed."""

MAX_REPEATED = 10_000
"""Words that name a loop's variable, over all of its values, that are read."""

MAX_EXPANDED = 64 * 1024
"""Characters that the variables of one text may stand for."""


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


class Command(NamedTuple):
    """One simple command: its words, without what is set before them.

    ``settings`` are the variables that are known to it, ``targets`` the files that its output
    goes to, ``origins`` those that it reads, ``here`` the bodies of its here-documents,
    ``source`` the words of the command whose output it reads.
    """

    words: tuple[Word, ...]
    settings: Mapping[str, str]
    targets: tuple[str, ...] = ()
    here: tuple[tuple[tuple[int, str], ...], ...] = ()
    source: tuple[Word, ...] = ()
    origins: tuple[str, ...] = ()


_BREAKS = ";&|()\n"
_SEPARATOR = "\0"
"""Stands between the values of an array, and between the words that one expands to."""

_ASSIGNMENT = r"([A-Za-z_]\w*)(\+?)=(.*)"
_ASSIGNS = r"[A-Za-z_]\w*\+?="
_DECLARING = frozenset(("export", "declare", "typeset", "local", "readonly"))
_KEYWORDS = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "}"))


def read_commands(lines: Lines, variables: Mapping[str, str]) -> Iterator[Command]:
    """The simple commands of a script; what one sets counts for those that follow, and what
    stands before its first word for itself alone."""
    known = dict(variables)
    reader = _Reader(lines, known)
    words: list[Word] = []
    source: tuple[Word, ...] = ()
    for item in reader.tokens():
        if isinstance(item, Word):
            words.append(item)
            continue
        command = _make_command(words, known, reader.loops)
        if command is not None or reader.targets or reader.here:
            command = command or Command((), known)
            command = command._replace(
                targets=tuple(reader.targets),
                here=tuple(reader.here),
                source=source,
                origins=tuple(reader.origins),
            )
            yield command
        source = command.words if command is not None and item == "|" else ()
        words, reader.targets, reader.here, reader.origins = [], [], [], []


def _make_command(
    words: Sequence[Word], known: dict[str, str], loops: dict[str, list[str]]
) -> Command | None:
    rest = list(words)
    own: dict[str, str] = {}
    while rest:
        match = re.fullmatch(_ASSIGNMENT, rest[0].text, re.S)
        if match is not None:
            if rest[0].is_known:
                joined = _SEPARATOR if _SEPARATOR in match[3] else ""
                before = known.get(match[1], "") + joined if match[2] else ""
                own[match[1]] = before + match[3]
        elif rest[0].text not in _KEYWORDS:
            break
        rest.pop(0)
    if not rest:
        known.update(own)
        return None
    first = rest[0].text
    if first in _DECLARING:
        for word in rest[1:]:
            match = re.fullmatch(_ASSIGNMENT, word.text, re.S)
            if match is not None and word.is_known:
                known[match[1]] = match[3]
    elif first == "for" and len(rest) > 3 and rest[2].text == "in":
        values = [word.text for word in rest[3:]]
        if all(word.is_known for word in rest[3:]) and len(values) <= MAX_REPEATS:
            loops[rest[1].text] = values
        return None
    return Command(tuple(rest), {**known, **own} if own else known)


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
    left = MAX_EXPANDED

    def value(match: re.Match[str]) -> str:
        nonlocal complete, left
        found = stands_for(match)
        left -= len(found)
        if left >= 0:
            return found
        # Variables that name each other twice would double with every one of them.
        complete = False
        return match[0]

    def stands_for(match: re.Match[str]) -> str:
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
    return text, complete and re.search(_ONLY_RUN, text) is None


_VARIABLE = (
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?:\[[@*]\])?(?:(?P<operator>:?[-+])(?P<word>[^{}]*))?\}"
    r"|(?P<plain>[A-Za-z_]\w*))"
)
_ONLY_RUN = r"\$[({@*#?\d]|`"
"""What a variable's value cannot fill in: substitutions, parameters, edited values."""

_NAMED = r"\$\{?([A-Za-z_]\w*)"
_REDIRECTION = r"(?:\d+|&)?(<<<|<<-?|>>|>\||<>|>&|<&|>|<)(?!\()"
_HERE_WORD = r"[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([^\s'\"<>;&|()]+))"


class _Reader:
    """Takes a script apart; ``targets`` and ``here`` are those since they were last emptied."""

    def __init__(self, lines: Lines, variables: Mapping[str, str]) -> None:
        self.text = "".join(line for _, line in lines)
        self.variables = variables
        self.loops: dict[str, list[str]] = {}
        self.targets: list[str] = []
        self.origins: list[str] = []
        self.here: list[tuple[tuple[int, str], ...]] = []
        self._numbers = [number for number, _ in lines]
        self._starts: list[int] = []
        at = 0
        for _, line in lines:
            self._starts.append(at)
            at += len(line)
        self._row = 0
        self._repeated = 0
        # Where the bodies that the current line announces begin, and end so far.
        self._bodies: tuple[int, int] | None = None

    def tokens(self) -> Iterator[Word | str]:
        """Words in order, and the sign where a command ends."""
        text, index, count = self.text, 0, 0
        while index < len(text):
            self._find_row(index)
            sign = text[index]
            redirection = re.compile(_REDIRECTION).match(text, index)
            if sign in " \t":
                index += 1
            elif redirection is not None:
                index = self._redirect(redirection)
            elif sign in _BREAKS:
                operator = sign * 2 if text.startswith(sign * 2, index) and sign in "&|;" else sign
                index += len(operator)
                if sign == "\n" and self._bodies is not None and index == self._bodies[0]:
                    index, self._bodies = self._bodies[1], None
                yield operator
            elif sign == "#":
                end = text.find("\n", index)
                index = end if end >= 0 else len(text)
            else:
                start = index
                index, words = self._word(start, self.variables)
                for values in self._repeat(text[start:index]):
                    self._repeated += 1
                    words = self._word(start, {**self.variables, **values})[1]
                    count += len(words)
                    yield from words
                    words = []
                count += len(words)
                if count > MAX_WORDS:
                    return
                yield from words
        yield "\n"

    def _find_row(self, index: int) -> None:
        while self._row + 1 < len(self._starts) and self._starts[self._row + 1] <= index:
            self._row += 1

    def _repeat(self, written: str) -> Iterator[dict[str, str]]:
        """The values of the loop's variable that a word names, one after the other."""
        named = [name for name in re.findall(_NAMED, written) if name in self.loops]
        if named and self._repeated < MAX_REPEATED:
            yield from ({named[0]: value} for value in self.loops[named[0]])

    def _redirect(self, match: re.Match[str]) -> int:
        """Past a redirection, its file or its here-document with it."""
        operator, index = match[1], match.end()
        if operator.startswith("<<") and operator != "<<<":
            word = re.compile(_HERE_WORD).match(self.text, index)
            if word is None:
                return index
            self._here(word[1] or word[2] or word[3], operator == "<<-", word.end())
            return word.end()
        while self.text[index : index + 1] in (" ", "\t"):
            index += 1
        if index >= len(self.text) or self.text[index] in _BREAKS:
            return index
        end, words = self._word(index, self.variables)
        if operator == "<<<" and words:
            self.here.append(tuple((words[0].line, row) for row in words[0].text.splitlines()))
        elif ">" in operator and words and not words[0].text.isdecimal():
            self.targets.append(words[0].text)
        elif operator == "<" and words:
            self.origins.append(words[0].text)
        return end

    def _here(self, word: str, strips: bool, index: int) -> None:
        """The body of a here-document, which begins on the next line, behind other bodies."""
        if self._bodies is None:
            newline = self.text.find("\n", index)
            begin = newline + 1 if newline >= 0 else len(self.text)
            self._bodies = (begin, begin)
        begin, at = self._bodies
        body: list[tuple[int, str]] = []
        row = self._row
        while at < len(self.text):
            end = self.text.find("\n", at)
            end = end if end >= 0 else len(self.text)
            line = self.text[at:end]
            while row + 1 < len(self._starts) and self._starts[row + 1] <= at:
                row += 1
            at = end + 1
            line = line.lstrip("\t") if strips else line
            if line.rstrip() == word:
                break
            body.append((self._numbers[row], line))
        self._bodies = (begin, min(at, len(self.text)))
        self.here.append(tuple(body))

    def _word(self, index: int, variables: Mapping[str, str]) -> tuple[int, list[Word]]:
        """One word as it is written, as the words that it expands to."""
        text, line = self.text, self._numbers[self._row]
        parts: list[str] = []
        complete = True
        redirection = -1
        begins = index
        is_assignment = re.compile(_ASSIGNS).match(text, index) is not None
        while index < len(text) and text[index] not in f" \t{_BREAKS}":
            sign = text[index]
            if sign == "'" or text.startswith("$'", index):
                begin = index + (1 if sign == "'" else 2)
                end = text.find("'", begin)
                end = end if end >= 0 else len(text)
                parts.append(text[begin:end])
                index = end + 1
            elif sign == '"':
                end = _quote_end(text, index + 1)
                plain = re.sub(r'\\(["\\$`])', r"\1", text[index + 1 : end])
                filled, known = expand(plain, variables)
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
            elif sign == "`":
                end = text.find("`", index + 1)
                end = end + 1 if end >= 0 else len(text)
                parts.append(text[index:end])
                complete = False
                index = end
            else:
                end = index + 1
                if text.startswith("${", index):
                    closed = text.find("}", index)
                    end = closed + 1 if closed >= 0 else end
                while end < len(text) and text[end] not in f" \t{_BREAKS}'\"\\$`":
                    end += 1
                sign_at = re.search("[<>]", text[index:end])
                if sign_at is not None and redirection < 0:
                    before = expand(text[index : index + sign_at.start()], variables)[0]
                    redirection = sum(len(part) for part in parts) + len(before)
                filled, known = expand(text[index:end], variables)
                if not is_assignment:
                    # The shell splits what an unquoted variable stands for into words.
                    filled = re.sub(r"\s+", _SEPARATOR, filled)
                parts.append(filled)
                complete = complete and known
                index = end
            if text.startswith("=(", index - 1) and re.fullmatch(_ASSIGNS, text[begins:index]):
                index, content, known = self._array(index, variables)
                parts.append(content)
                complete = complete and known
        whole = "".join(parts)
        if _SEPARATOR not in whole or is_assignment:
            return index, [Word(whole, line, complete, redirection)]
        pieces = [piece for piece in whole.split(_SEPARATOR) if piece][:MAX_WORDS]
        return index, [Word(piece, line, complete) for piece in pieces]

    def _array(self, index: int, variables: Mapping[str, str]) -> tuple[int, str, bool]:
        """Where the ``(…)`` of an array ends, its values, and whether all of them are known."""
        values: list[str] = []
        complete = True
        index += 1
        while index < len(self.text) and self.text[index] != ")":
            if self.text[index] == "#":
                end = self.text.find("\n", index)
                index = end if end >= 0 else len(self.text)
            elif self.text[index] in f" \t{_BREAKS}":
                index += 1
            else:
                # An array has no arrays inside, so what looks like one is a word of its own.
                inner = re.compile(rf"{_ASSIGNS}(?=\()").match(self.text, index)
                if inner is not None:
                    index = inner.end()
                    continue
                index, words = self._word(index, variables)
                values += [word.text for word in words]
                complete = complete and all(word.is_known for word in words)
        return index + 1, _SEPARATOR.join([*values, ""]), complete


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
