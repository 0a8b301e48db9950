"""The arguments of a task, checked: a controller may be of another version, or no controller."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from neuron_pin.errors import UnknownName, WrongUsage

MAX_WORDS = 1000


class Arguments:
    """Typed access to the arguments of a request; raises `WrongUsage` and names the argument."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """A text.  A number is refused: 2.30 that was read as one is 2.3 by now."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, (int, float)):
            raise refuse_number(name, value)
        if not isinstance(value, str):
            raise WrongUsage(f"{name}: not a text")
        return value

    def root(self) -> str:
        """The folder that a machine is below: one that is not mounted would pass every check, and
        be made by what writes."""
        root = self.text("root", "/")
        if not os.path.isdir(root):
            raise WrongUsage(
                f"root: {root} is not a folder",
                hint="name the folder that a machine's files are in",
            )
        return root

    def choice(self, name: str, known: Sequence[str], default: str = "") -> str:
        """One of several words."""
        value = self.text(name, default)
        if value not in known:
            raise UnknownName(name, value, known, hint=f"known: {', '.join(known)}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise WrongUsage(f"{name}: not true or false")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number that is not negative."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise WrongUsage(f"{name}: not a whole number")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty where it is not given."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MAX_WORDS:
            raise WrongUsage(f"{name}: not a list of texts")
        for item in value:
            if isinstance(item, (int, float)):
                raise refuse_number(name, item)
            if not isinstance(item, str):
                raise WrongUsage(f"{name}: not a list of texts")
        return tuple(value)

    def choices(self, name: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list of known words, each once, empty where it is not given."""
        for word in self.words(name):
            if word not in known:
                raise UnknownName(name, word, known, hint=f"known: {', '.join(known)}")
        return tuple(dict.fromkeys(self.words(name)))

    def refuse_others(self, known: Sequence[str]) -> None:
        """Raise `UnknownName` for an argument that the task does not have."""
        for name in self._values:
            if name not in known:
                raise UnknownName("argument", str(name), known)


def refuse_number(name: str, value: float | int) -> WrongUsage:
    """That a version came as a number."""
    return WrongUsage(
        f"{name}: {value!r} is a number, not a version",
        hint="YAML and INI read 2.30 as the number 2.3: write it in quotes, in a YAML file",
    )
