"""Finds known error messages in a text, in time that grows with its length alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from neuron_pin.record import NamedTuple

from .messages import Message, Pattern

MAX_LINE = 1000
"""Characters of a line that are looked at around the text that found it."""
MAX_TRIED = 200
"""Lines of one chunk in which one pattern is tried; a log repeats itself."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_GROUP = re.compile(r"[a-z_]+")


class Match(NamedTuple):
    """A message that a text has: its line, from 1, the text of that line, what the groups of the
    pattern caught, and in how many lines it was seen."""

    message: Message
    line: int
    text: str
    groups: Mapping[str, str]
    seen: int


def find_messages(chunks: Iterable[str], messages: Sequence[Message]) -> list[Match]:
    """The messages that a text has, each once: its first line, in the order of first lines.

    ``chunks`` are pieces of the text that end with whole lines.  Each pattern is tried only in
    lines that have its anchor, which `str.find` looks for, in at most 200 lines a chunk and 1,000
    characters a line; so a text of any kind takes time in proportion to its length.
    """
    found: dict[str, Match] = {}
    first = 1
    for chunk in chunks:
        text = _ESCAPES.sub("", chunk) if "\x1b" in chunk else chunk
        # Several patterns have one anchor; most chunks have none of them.
        anchors = {pattern.anchor for message in messages for pattern in message.patterns}
        places = {anchor: place for anchor in anchors if (place := text.find(anchor)) >= 0}
        for message in messages:
            for pattern in message.patterns:
                if pattern.anchor in places:
                    _search(text, first, places[pattern.anchor], message, pattern, found)
        first += text.count("\n")
    return sorted(found.values(), key=lambda match: match.line)


def _search(
    text: str,
    first: int,
    place: int,
    message: Message,
    pattern: Pattern,
    found: dict[str, Match],
) -> None:
    """Note the lines of a chunk that have a pattern, whose anchor is first at a place; ``first``
    is the number of the chunk's first line."""
    tried = 0
    while place >= 0 and tried < MAX_TRIED:
        tried += 1
        start = max(text.rfind("\n", 0, place) + 1, place - MAX_LINE // 2)
        end = text.find("\n", place)
        end = min(len(text) if end < 0 else end, start + MAX_LINE)
        line = text[start:end]
        match = pattern.search(line)
        if match is not None:
            _note(first + text.count("\n", 0, start), line, match, message, found)
        place = text.find(pattern.anchor, max(end, place + 1))


def _note(
    number: int, line: str, match: re.Match[str], message: Message, found: dict[str, Match]
) -> None:
    groups = {"0": match[0]}
    for name, value in match.groupdict().items():
        if value is not None:
            # Patterns of one message share a name by a number behind it.
            groups[_GROUP.match(name)[0]] = value  # type: ignore[index]
    earlier = found.get(message.name)
    if earlier is None:
        found[message.name] = Match(message, number, line.strip(), groups, 1)
        return
    if number < earlier.line:
        earlier = earlier._replace(line=number, text=line.strip())
    # The lines of one message name different things: the driver's range stands under the runtime's.
    found[message.name] = earlier._replace(
        groups={**groups, **earlier.groups}, seen=earlier.seen + 1
    )
