"""Reading the catalog's files: bytes become checked values here, with file and entry.

Each file is a JSON object.  What is missing or of another type raises `BrokenCatalog`.

Files have one fact a line, so that a command that asks for few facts of a long file need not parse
the others.  A file that is laid out in another way is parsed as a whole, with the same result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property

from neuron_pin.errors import BrokenCatalog
from neuron_pin.fs.reading import read_bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_BYTES = 16 * 1024 * 1024
"""The largest catalog file that is read."""


def read_object(path: str) -> dict[str, Any]:
    """The JSON object in a file; raises `BrokenCatalog`."""
    return _parse_object(_read_text(path), path)


def _read_text(path: str) -> str:
    try:
        return read_bounded(path, MAX_BYTES, BrokenCatalog).decode()
    except UnicodeDecodeError:
        raise BrokenCatalog(path, None, "not UTF-8 text") from None


def _parse_object(text: str, path: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except RecursionError:
        raise BrokenCatalog(path, None, "nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BrokenCatalog(path, error.lineno, f"not JSON: {error.msg}") from None
    except ValueError as error:
        raise BrokenCatalog(path, None, f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BrokenCatalog(path, None, "not a JSON object")
    return value


class Members:
    """The JSON object in a file, whose members are objects: each is parsed when it is asked for."""

    def __init__(self, path: str) -> None:
        """Reads the file; raises `BrokenCatalog`."""
        self.path = path
        self._text = _read_text(path)

    def get(self, name: str) -> object:
        """One member, an empty object for one that is not there; raises `BrokenCatalog`."""
        begin = f"\n{json.dumps(name)}: "
        if self._text.count(begin) == 1:
            at = self._text.find(begin) + len(begin)
            try:
                return json.loads(self._text[at : self._text.find("\n}", at) + 2])
            except (ValueError, RecursionError):
                # Laid out in another way, or broken: then the whole says so.
                pass
        return self._whole.get(name, {})

    @cached_property
    def _whole(self) -> dict[str, Any]:
        return _parse_object(self._text, self.path)


class Fields:
    """Typed access to one entry of a file; errors name the file and the entry."""

    __slots__ = ("entry", "path", "values")

    def __init__(self, path: str, entry: str, values: object) -> None:
        self.path = path
        self.entry = entry
        if not isinstance(values, dict):
            raise self.broken("is not an object")
        self.values: Mapping[str, Any] = values

    def broken(self, problem: str) -> BrokenCatalog:
        """The error for this entry."""
        return BrokenCatalog(self.path, None, f"{self.entry}: {problem}")

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it must be there."""
        value = self.values.get(name, default)
        if value is None and name not in self.values:
            raise self.broken(f"has no {name!r}")
        if not isinstance(value, str):
            raise self.broken(f"{name!r} is not a string")
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false where absent."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self.broken(f"{name!r} is not true or false")
        return value

    def number(self, name: str) -> int:
        """A whole number, 0 where absent."""
        value = self.values.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.broken(f"{name!r} is not a whole number")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A list of strings, empty where absent."""
        if name not in self.values:
            return ()
        value = self.values[name]
        if not isinstance(value, list) or not set(map(type, value)) <= {str}:
            raise self.broken(f"{name!r} is not a list of strings")
        return tuple(value)

    def entries(self, name: str) -> list[Any]:
        """A list, empty where absent."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.broken(f"{name!r} is not a list")
        return value

    def objects(self, name: str) -> dict[str, Any]:
        """An object of any values, empty where absent."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            raise self.broken(f"{name!r} is not an object")
        return value

    def strings(self, name: str, default: Mapping[str, str] | None = None) -> dict[str, str]:
        """An object of strings; without a default it must be there."""
        value = self.values.get(name, default)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self.broken(f"{name!r} is not an object of strings")
        return dict(value)

    def each(self, name: str, entry: str) -> Iterator[Fields]:
        """A list of objects, each to be read in its turn; errors call it ``entry`` and its
        number."""
        for number, row in enumerate(self.entries(name)):
            yield Fields(self.path, f"{entry} {number}", row)

    def day(self, name: str) -> date:
        """An ISO date that must be there."""
        return self._date(name, self.text(name))

    def day_or_none(self, name: str) -> date | None:
        """An ISO date, none where absent or empty."""
        value = self.text(name, "")
        return self._date(name, value) if value else None

    def _date(self, name: str, value: str) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.broken(f"{name!r} is not a date: {value!r}") from None


class RowsByName(Mapping[str, "Any"]):
    """The rows of a list by their name, in its order; what they say is read when the name is first
    asked for, since a lock asks for few of them."""

    def __init__(self, file: Fields, name: str, entry: str, read: Callable[[list[Fields]], Any]):
        """``read`` makes a value of the rows with one name; errors call a row ``entry`` and its
        number.  Raises `BrokenCatalog`."""
        self._path = file.path
        self._entry = entry
        self._read = read
        self._rows: dict[str, list[tuple[int, object]]] = {}
        self._found: dict[str, Any] = {}
        for number, row in enumerate(file.entries(name)):
            key = row.get("name") if isinstance(row, dict) else None
            if not isinstance(key, str):
                raise file.broken(f"{entry} {number}: 'name' is not a string")
            self._rows.setdefault(key, []).append((number, row))

    def __getitem__(self, name: str) -> Any:
        found = self._found.get(name)
        if found is None:
            rows = [Fields(self._path, f"{self._entry} {n}", row) for n, row in self._rows[name]]
            found = self._found[name] = self._read(rows)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """As any mapping has it, without an exception for each of the names that it lacks."""
        return self[name] if name in self._rows else default

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
