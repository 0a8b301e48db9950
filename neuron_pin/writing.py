"""One lock to files: rendered, joined with what others wrote, proven, then written.

Everything is made before anything is written, so that a lock which has no form for one of
the files leaves all of them as they are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from neuron_pin.atomic import write_atomically
from neuron_pin.bounded import read_bounded
from neuron_pin.errors import CannotWrite
from neuron_pin.outputs import file_head, is_section, renderer
from neuron_pin.resolve import Resolution

MAX_BYTES = 16 * 1024 * 1024


class Output(NamedTuple):
    """A file to write, and its form."""

    path: str
    form: str


class Prepared(NamedTuple):
    """A file's text as it is, empty for none, and as it is to be."""

    path: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff, empty for none."""
        import difflib

        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.path,
            self.path,
        )
        return "".join(lines)


def below(root: str, path: str) -> str:
    """A path below another root: ``/image`` and ``/etc/x`` make ``/image/etc/x``."""
    return os.path.join(root, path.lstrip("/")) if root else path


def check_places(outputs: Sequence[Output]) -> None:
    """Raise, before a lock is made, `CannotWrite` for a file whose folder is not there and
    `WrongUsage` for a form that there is not."""
    for output in outputs:
        renderer(output.form)
        if not os.path.isdir(os.path.dirname(output.path) or "."):
            raise CannotWrite(output.path, "its folder does not exist")


def prepare(outputs: Sequence[Output], resolution: Resolution, command: str) -> list[Prepared]:
    """Every file's new text; raises `WrongUsage` or `CannotWrite`, and writes nothing."""
    return [_prepared(output, resolution, command) for output in outputs]


def write(prepared: Sequence[Prepared]) -> list[tuple[str, bool]]:
    """Write the files that change; gives each path and whether it did."""
    return [(file.path, write_atomically(file.path, file.after)) for file in prepared]


def _prepared(output: Output, resolution: Resolution, command: str) -> Prepared:
    text = renderer(output.form)(resolution, command)
    before = _existing(output.path)
    if is_section(output.form):
        from neuron_pin.outputs.section import BrokenSection, with_section

        try:
            text = with_section(before, text, file_head(output.form))
        except BrokenSection as error:
            raise CannotWrite(
                f"{output.path}:{error.line}", f"{error}", hint="mend or remove them by hand"
            ) from None
    if output.form == "apt-preferences":
        from neuron_pin.proving import prove_preferences

        prove_preferences(output.path, text, resolution)
    return Prepared(output.path, before, text)


def _existing(path: str) -> str:
    """A file's text, empty for none; raises `UnreadableInput` rather than to give a part of
    one that others write to as well."""
    if not os.path.isfile(path):
        return ""
    return read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
