"""TOML as the standard library reads it, or on Python 3.10 the package that became it."""

from __future__ import annotations

import sys

from neuron_pin.errors import UnreadableInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse_toml(text: str) -> dict[str, Any]:
    """A document; raises `ValueError` for what is none, and for what nests too deeply or has a
    number that Python does not read."""
    # Imported here: it costs more than most locks.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def parse_toml_file(path: str, text: str) -> dict[str, Any]:
    """The document that a file has as its text; raises `UnreadableInput`."""
    try:
        return parse_toml(text)
    except ValueError as error:
        raise UnreadableInput(path, None, f"not TOML: {error}") from None
