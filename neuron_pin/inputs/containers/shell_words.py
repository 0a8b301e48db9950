"""The words of a shell script, quotes taken off and known variables filled in.

Source: POSIX.1-2017, Shell Command Language, 2.2 quoting, 2.3 token recognition, 2.5.1 positional
parameters, 2.6.5 field splitting, 2.7 redirection; the Bash manual, arrays and here strings.
Nothing is run; what only running would tell (command substitution) stays as it is written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuron_pin.record import NamedTuple

from .shell_expansion import SEPARATOR, expand
from .shell_quotes import (
    end_of_backquote,
    end_of_braces,
    end_of_double,
    end_of_single,
    end_of_substitution,
)

MAX_WORDS = 200_000
MAX_REPEATS = 50
"""Values of a loop's variable that are followed."""

MAX_REPEATED = 10_000
"""Words that name a loop's variable, over all of its values, that are read."""


class Word(NamedTuple):
    """One word, quotes taken off and known variables filled in, with the line that it begins
    on.  ``is_known`` is false where something in it only running would tell.  ``redirection`` is
    where in the text an unquoted ``<`` or ``>`` stands, -1 for none: there the word ends to the
    shell, and what follows is the name of a file.  ``rows`` are the lines of a text of several
    lines, empty where they are not known."""

    text: str
    line: int
    is_known: bool = True
    redirection: int = -1
    rows: tuple[int, ...] = ()


Lines = Sequence[tuple[int, str]]
"""Physical lines with their numbers.  Each ends as the shell sees it: with a line's end, or
with a space where the next one continues it."""


_BREAKS = ";&|()\n"
ASSIGNMENT = r"([A-Za-z_]\w*)(\+?)=(.*)"
_ASSIGNS = r"[A-Za-z_]\w*\+?="


def script_lines(rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The lines of a script, those that end in a backslash continued by the next."""
    found = []
    for number, row in rows:
        goes_on = row.rstrip().endswith("\\")
        found.append((number, row.rstrip()[:-1] + " " if goes_on else row + "\n"))
    return found


def split_rows(text: str) -> list[str]:
    """The rows of a text, as an editor counts them: other signs than a line's end separate
    none."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


_NAMED = r"\$\{?([A-Za-z_]\w*)"
_REDIRECTION = r"(?:\d+|&)?(<<<|<<-?|>>|>\||<>|>&|<&|>|<)(?!\()"
_HERE_WORD = r"[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([^\s'\"<>;&|()]+))"


_WORD_ENDS = f" \t{_BREAKS}"
_match_plain_word = re.compile(r"[\w./:=@%+,^*?~!{}\[\]-]+(?=[ \t\n;&|)]|\Z)").match
"""A word that is only itself: nothing in it is quoted, filled in or redirected."""

_match_unquoted = re.compile(rf"[^ \t{re.escape(_BREAKS)}'\"\\$`]*").match


class Unended(NamedTuple):
    """What a script opens and does not close, or has too much of, with the line that it begins
    on."""

    what: str
    line: int
    reason: str = "has no end"

    @property
    def problem(self) -> str:
        """What is wrong, in words."""
        return f"{self.what} {self.reason}"

    @property
    def is_limit(self) -> bool:
        """Whether it has too much of it for this reader, where a shell takes it."""
        return self.reason != "has no end"


class Tokens:
    """Takes a script apart; ``targets``, ``origins`` and ``here`` are those since they were last
    emptied.  While words are given, ``index`` is where in ``text`` the last of them ends, and
    ``start`` where the first of its command begins."""

    def __init__(self, lines: Lines, variables: Mapping[str, str]) -> None:
        self.text = "".join(line for _, line in lines)
        self.variables = variables
        self.loops: dict[str, list[str]] = {}
        self.targets: list[str] = []
        self.origins: list[str] = []
        self.here: list[tuple[tuple[int, str], ...]] = []
        self.unended: list[Unended] = []
        self.index = self.start = 0
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
        self._ends: dict[str, int] | None = None
        self._is_broken = False

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._numbers[self._row] if self._numbers else 0

    def tokens(self) -> Iterator[Word | str]:
        """Words in order, and the sign where a command ends."""
        text, index, count = self.text, 0, 0
        match_redirection = re.compile(_REDIRECTION).match
        match_blanks = re.compile(r"[ \t]+").match
        is_first = True
        while index < len(text):
            self._find_row(index)
            sign = text[index]
            redirection = match_redirection(text, index) if sign in "<>&0123456789" else None
            if sign in " \t":
                index = match_blanks(text, index).end()  # type: ignore[union-attr]
            elif redirection is not None:
                index = self._redirect(redirection)
            elif sign in _BREAKS:
                operator = sign * 2 if text.startswith(sign * 2, index) and sign in "&|;" else sign
                index += len(operator)
                if sign == "\n" and self._bodies is not None and index == self._bodies[0]:
                    index, self._bodies = self._bodies[1], None
                self.index, is_first = index, True
                yield operator
            elif sign == "#":
                end = text.find("\n", index)
                index = end if end >= 0 else len(text)
            else:
                start = index
                if is_first:
                    self.start, is_first = start, False
                index, words = self._word(start, self.variables)
                repeated: list[Word] = []
                for values in self._repeat(text[start:index]):
                    self._repeated += 1
                    repeated += self._word(start, {**self.variables, **values})[1]
                words = repeated or words
                count += len(words)
                self.index = index
                if count > MAX_WORDS:
                    what = f"more than {MAX_WORDS} words"
                    self.unended.append(Unended(what, self.line, "are not read"))
                    return
                yield from words
        self.index = index
        yield "\n"

    def _find_row(self, index: int) -> None:
        while self._row + 1 < len(self._starts) and self._starts[self._row + 1] <= index:
            self._row += 1

    def keyword(self) -> None:
        """The word before was none of a command's: the next one begins it."""
        self.start = self.index

    def lines_between(self, begin: int, end: int) -> list[tuple[int, str]]:
        """The lines of a part of the text, with their numbers."""
        rows = []
        at = max(bisect_right(self._starts, begin) - 1, 0)
        while at < len(self._starts) and self._starts[at] < end:
            stop = self._starts[at + 1] if at + 1 < len(self._starts) else end
            row = self.text[max(self._starts[at], begin) : min(stop, end)]
            rows.append((self._numbers[at], row))
            at += 1
        return rows

    def _repeat(self, written: str) -> Iterator[dict[str, str]]:
        """The values of the loop's variable that a word names, one after the other."""
        if not self.loops:
            return
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
        if self._last_end(word) < at:
            # What follows is read as commands, so that nothing of it is lost.
            self.unended.append(Unended(f"the here-document {word!r}", self.line))
            return
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

    def _last_end(self, word: str) -> int:
        """Where the last line begins that could end a here-document, -1 for none."""
        if self._ends is None:
            self._ends = {}
            at = 0
            for row in self.text.split("\n"):
                self._ends[row.lstrip("\t").rstrip()] = at
                at += len(row) + 1
        return self._ends.get(word, -1)

    def _word(self, index: int, variables: Mapping[str, str]) -> tuple[int, list[Word]]:
        """One word as it is written, as the words that it expands to."""
        text, line = self.text, self._numbers[self._row]
        plain_word = _match_plain_word(text, index)
        if plain_word is not None:
            return plain_word.end(), [Word(plain_word[0], line)]
        parts: list[str] = []
        complete = True
        redirection = -1
        begins = index
        is_assignment = re.compile(_ASSIGNS).match(text, index) is not None
        while index < len(text) and text[index] not in _WORD_ENDS:
            sign = text[index]
            if sign == "'" or text.startswith("$'", index):
                begin = index + (1 if sign == "'" else 2)
                end = self._end(end_of_single(text, begin, sign == "$"), begin)
                parts.append(text[begin:end])
                index = end + (text[end : end + 1] == "'")
            elif sign == '"':
                end = self._end(end_of_double(text, index + 1), index + 1)
                plain = re.sub(r'\\(["\\$`])', r"\1", text[index + 1 : end])
                filled, known = expand(plain, variables)
                parts.append(filled)
                complete = complete and known
                index = end + (text[end : end + 1] == '"')
            elif sign == "\\":
                parts.append(text[index + 1 : index + 2])
                index += 2
            elif text.startswith("$(", index):
                end = self._end(end_of_substitution(text, index + 2), index + 2)
                parts.append(text[index:end])
                complete = False
                index = end
            elif sign == "`":
                end = self._end(end_of_backquote(text, index + 1), index + 1)
                parts.append(text[index:end])
                complete = False
                index = end
            else:
                end = index + 1
                if text.startswith("${", index):
                    end = self._end(end_of_braces(text, index + 2), index + 2)
                end = _match_unquoted(text, end).end()  # type: ignore[union-attr]
                sign_at = re.search("[<>]", text[index:end])
                if sign_at is not None and redirection < 0:
                    before = expand(text[index : index + sign_at.start()], variables)[0]
                    redirection = sum(len(part) for part in parts) + len(before)
                filled, known = expand(text[index:end], variables)
                if not is_assignment:
                    # The shell splits what an unquoted variable stands for into words.
                    filled = re.sub(r"\s+", SEPARATOR, filled)
                parts.append(filled)
                complete = complete and known
                index = end
            if text.startswith("=(", index - 1) and re.fullmatch(_ASSIGNS, text[begins:index]):
                index, content, known = self._array(index, variables)
                parts.append(content)
                complete = complete and known
        whole = "".join(parts)
        if SEPARATOR not in whole or is_assignment:
            rows = self._rows(begins, index, whole) if "\n" in whole else ()
            return index, [Word(whole, line, complete, redirection, rows)]
        pieces = [piece for piece in whole.split(SEPARATOR) if piece][:MAX_WORDS]
        return index, [Word(piece, line, complete) for piece in pieces]

    def _end(self, end: int | None, begin: int) -> int:
        """Where something ends that a sign opens; what nothing closes ends with its line, so that
        nothing behind it is lost."""
        if end is not None and not self._is_broken:
            return end
        line_end = self.text.find("\n", begin)
        line_end = line_end if line_end >= 0 else len(self.text)
        if end is not None and end <= line_end:
            return end
        if not self._is_broken:
            self._is_broken = True
            self.unended.append(Unended("a quotation or a substitution", self.line))
        return line_end

    def _rows(self, begin: int, end: int, whole: str) -> tuple[int, ...]:
        breaks = [at.start() for at in re.finditer("\n", self.text[begin:end])]
        if len(breaks) != whole.count("\n"):
            return ()
        starts = [begin, *(begin + at + 1 for at in breaks)]
        return tuple(self._numbers[bisect_right(self._starts, at) - 1] for at in starts)

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
        return index + 1, SEPARATOR.join([*values, ""]), complete
