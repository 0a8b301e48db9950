"""What tests of broken inputs share: a file that is refused, and one with rows that are."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.file_kind import read_detected


def assert_refused(path: Path, text: str) -> None:
    """A file with this text is refused as a whole."""
    path.write_text(text)
    with pytest.raises(UnreadableInput):
        read_detected(str(path), {}, [])


def assert_rows(path: Path, text: str, packages: int, problems: int) -> None:
    """A file with this text has so many packages, and so many rows that cannot be read."""
    path.write_text(text)
    told: list[UnreadableInput] = []
    assert len(read_detected(str(path), {}, told)) == packages
    assert len(told) == problems
