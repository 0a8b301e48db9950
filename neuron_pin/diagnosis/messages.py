"""The error messages that are known, each with its possible causes."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from neuron_pin.record import Enum, NamedTuple

FILE = os.path.join(os.path.dirname(__file__), "messages.json")


class Kind(Enum):
    """What helps against an error."""

    VERSION = "version"
    """Another version of a package."""
    TARGET = "target"
    """A build for this family or operating system."""
    CONFIGURATION = "configuration"
    STATE = "state"
    """The machine's: something in use, held, expired."""
    NONE = "none"
    """Nothing that a package manager could install."""


class Condition(NamedTuple):
    """What has to be true for a cause: the name of a function of `conditions`, and its
    arguments, where ``{name}`` stands for a group of the pattern."""

    name: str
    arguments: tuple[str, ...]


class CauseRow(NamedTuple):
    """A possible cause, its conditions (none: the message itself proves it), and the command to
    run next, empty where none helps; ``{name}`` in it as in conditions."""

    text: str
    when: tuple[Condition, ...]
    command: str


class Pattern(NamedTuple):
    """A text that lines with the message have, which is found fast, and the expression that such
    a line must match."""

    anchor: str
    expression: str

    def search(self, line: str) -> re.Match[str] | None:
        """Where a line has the message."""
        return re.search(self.expression, line)


class Message(NamedTuple):
    """A row: its name, the part of the software, how much its patterns tell (1 a general one,
    3 one that only this error has), what helps, the patterns, the causes, and who says so."""

    name: str
    area: str
    title: str
    weight: int
    kind: Kind
    patterns: tuple[Pattern, ...]
    causes: tuple[CauseRow, ...]
    sources: tuple[str, ...]


def load_messages() -> tuple[Message, ...]:
    """All rows of messages.json, in the order of the file."""
    with open(FILE, encoding="utf-8") as stream:
        return tuple(_read(fields) for fields in json.load(stream)["messages"])


def _read(fields: dict[str, Any]) -> Message:
    return Message(
        fields["name"],
        fields["area"],
        fields["title"],
        fields["weight"],
        Kind(fields["kind"]),
        tuple(Pattern(*pattern) for pattern in fields["patterns"]),
        tuple(
            CauseRow(
                cause["cause"],
                tuple(Condition(name, tuple(rest)) for name, *rest in cause["when"]),
                cause["command"],
            )
            for cause in fields["causes"]
        ),
        tuple(fields["sources"]),
    )
