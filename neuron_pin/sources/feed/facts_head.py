"""What the project's own facts say of themselves before they are fetched: ``facts.json``."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple

HEAD = "facts.json"
ARCHIVE = "facts.tar.gz"
MAX_HEAD = 64 * 1024
"""The names of the two files in a feed of the project's own facts, and bytes of the first."""


class FactsHead(NamedTuple):
    """The newest release of facts, the day of its manifest, the day up to which announcements are
    known, how many revisions those days have had, and the schema of the files."""

    version: str
    day: date
    announced: date
    revision: int
    schema: int

    @property
    def age(self) -> tuple[date, int]:
        """What says which of two catalogs is the newer, as `Catalog.age` does."""
        return max(self.day, self.announced), self.revision


def parse_head(data: bytes, url: str) -> FactsHead:
    """The head of facts; raises `SourceFailed`."""
    try:
        document = json.loads(data)
        return FactsHead(
            version=_text(document, "version"),
            day=date.fromisoformat(_text(document, "date")),
            announced=date.fromisoformat(_text(document, "announcements")),
            revision=_number(document, "revision"),
            schema=_number(document, "schema"),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SourceFailed(
            url, "lacks the version, date, announcements, revision or schema of its facts"
        ) from None


def _text(document: Any, name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(document: Any, name: str) -> int:
    value = document[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value
