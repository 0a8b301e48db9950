"""The comment that a written text begins with: who wrote it, and by which command."""

from __future__ import annotations


def make_header(command: str, *, is_section: bool = False) -> list[str]:
    """The lines; ``is_section`` where the file is not ours alone."""
    return [f"# This {'' if is_section else 'file '}was written by neuron-pin:", f"#   {command}"]
