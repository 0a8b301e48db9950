"""JSON of others, parsed within bounds, and the lines on which its rows are."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded

MAX_BYTES = 64 * 1024 * 1024


class JsonDocument:
    """A parsed document; ``keys`` that stand twice in one object are told."""

    def __init__(self, path: str) -> None:
        """Raises `UnreadableInput` for what is no JSON."""
        data = read_bounded(path, MAX_BYTES)
        mark = data[:2]
        encoding = "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        self.path = path
        self.repeated: list[str] = []
        try:
            self.text = data.decode(encoding)
            self.root: Any = json.loads(self.text, object_pairs_hook=self._object)
        except UnicodeDecodeError:
            raise UnreadableInput(path, None, "is not text in UTF-8") from None
        except json.JSONDecodeError as error:
            raise UnreadableInput(path, error.lineno, f"is not JSON: {error.msg}") from None
        except (ValueError, RecursionError):
            raise UnreadableInput(path, None, "is not JSON that can be read") from None
        self._lines: dict[str, deque[int]] | None = None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and len(self.repeated) < 10:
            names = [name for name, _ in pairs]
            self.repeated += [name for name in found if names.count(name) > 1]
        return found

    def take_line(self, value: str, key: str = r"(?:name|purl|referenceLocator)") -> int:
        """The next line that has this value behind one of the keys, in the order of the file; 0
        for none."""
        if self._lines is None:
            self._lines = {}
            pattern = re.compile(rf'"{key}"\s*:\s*"([^"\\]{{1,1000}})"')
            for number, line in enumerate(self.text.splitlines(), 1):
                if '"' in line:
                    for found in pattern.finditer(line):
                        self._lines.setdefault(found[1], deque()).append(number)
        lines = self._lines.get(value)
        if not lines:
            return 0
        return lines.popleft() if len(lines) > 1 else lines[0]


def get_table(value: object, *keys: str) -> dict[str, Any]:
    """The object below some keys, empty for what is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def get_rows(value: object, *keys: str) -> list[Any]:
    """The list below some keys, empty for what is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def get_text(value: object, key: str) -> str:
    """The text of a key, empty for what is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
