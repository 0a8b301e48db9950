"""The comment that a written text begins with: who wrote it, and by which command."""

from __future__ import annotations

_HEADS = ("# This file was written by neuron-pin:", "# This was written by neuron-pin:")


def make_header(command: str, *, is_section: bool = False) -> list[str]:
    """The lines; ``is_section`` where the file is not ours alone."""
    return [_HEADS[is_section], f"#   {command}"]


def is_headed(text: str) -> bool:
    """Whether a text begins with the comment; other comments may come before it."""
    for line in text.splitlines():
        if line.rstrip() in _HEADS:
            return True
        if line.strip() and not line.startswith("#"):
            return False
    return False
