"""Whether a file may be replaced by a lock: what others wrote is theirs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from neuron_pin.errors import CannotWrite, LaterFormat, NeuronPinError
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.outputs.header import is_headed

from .write import MAX_BYTES, Output

_REPORT = (
    r"\{\s*\"schema_version\": ?\d+,\s*\"(?:as_of\": |from\": |kind\": ?\"(?:host-facts|fleet))"
    r"|(?:## )?From .+ to Neuron SDK \d|KIND +SUBJECT +PHASE"
    r"|.+\n  (?:phase|kind) +\S.*\n  |<!DOCTYPE html>.{,2000}<title>AWS Neuron "
    r"|<svg .{,2000}<title id=\"title\">AWS Neuron |BEGIN:VCALENDAR\s.{,40}PRODID:-//neuron-pin//"
    r"|(?:## )?Dated changes of AWS Neuron software"
    r"|host,day,class,|\{\s*\"\$schema\": \"[^\"]{,200}\",[\s\S]{,300}\"name\": \"neuron-pin\""
    r"|\d+ hosts? of \d+ class"
    r"|(?:#[^\n]*\n)*# This file was written by neuron-pin"
)
"""How plans, lifecycles and lists of coming changes begin, in each format."""

_BEGINNINGS = {
    "json": r'\{\s*"schema_version": \d+,[\s\S]{,300}?"command": ',
    "hook-state": "neuron-pin hook state ",
    "text": r"(?:Neuron SDK [\d.]+|no Neuron SDK) for .*, as of \d{4}-\d\d-\d\d$",
}
"""How the formats begin that have no comments for a header."""


def check_replaceable(
    outputs: Sequence[Output], inputs: Iterable[str], *, overwrite: bool = False
) -> None:
    """Raise, before a lock is made, `CannotWrite` for a file that the lock is made from, and
    for one that neuron-pin did not write, unless ``overwrite``.

    Files with nothing but exact versions are locks too, whoever wrote them: their versions
    are kept.  A section of a file leaves the rest of it as it is.  Raises `LaterFormat` for a
    lock of a format that is not known yet, unless ``overwrite``.
    """
    read = [path for path in inputs if os.path.isfile(path)]
    for output in outputs:
        path, form = output.path, output.form
        if form.is_section or not os.path.isfile(path):
            continue
        if any(os.path.samefile(path, other) for other in read):
            raise CannotWrite(
                path,
                "is an input of this lock, and would be overwritten",
                hint="name another file, or print the text with -o -",
            )
        if overwrite:
            continue
        if form.name in ("json", "pylock"):
            _refuse_later_format(path, form.name)
        if not _is_ours(path, form.name):
            raise _foreign(path)


def check_report_replaceable(path: str, *, overwrite: bool) -> None:
    """Raise `CannotWrite` for a file that a plan or a lifecycle would overwrite, and that is none,
    unless ``overwrite``."""
    if overwrite or not os.path.isfile(path):
        return
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise CannotWrite(path, f"cannot be read before it is replaced: {error.strerror}") from None
    if head.strip() and not re.match(_REPORT, head, re.DOTALL):
        raise _foreign(path)


def _foreign(path: str) -> CannotWrite:
    return CannotWrite(
        path,
        "was not written by neuron-pin, and would be overwritten",
        hint="name another file, print the text with -o -, or replace it with --overwrite",
    )


def _is_ours(path: str, form: str) -> bool:
    """Whether a file is empty, or has a text that a lock of this form may replace."""
    text = read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not text.strip() or is_headed(text) or find_ownership(text) is not Ownership.FOREIGN:
        return True
    if form in _BEGINNINGS:
        if re.match(_BEGINNINGS[form], text, re.M):
            return True
        return form == "json" and _can_be_read(path, form)
    if form == "constraints":
        return all(map(_match_pinned_line, text.splitlines()))
    return form == "pylock" and _can_be_read(path, form)


def _match_pinned_line(line: str) -> re.Match[str] | None:
    """A line of a file that has nothing but exact versions, as other programs lock them."""
    from neuron_pin.inputs.locks.preferences import PIN

    return re.fullmatch(rf"\s*(?:#.*|{PIN}|--hash=\S+\s*\\?)?", line)


def _refuse_later_format(path: str, form: str) -> None:
    """Raise `LaterFormat` for a lock that a later neuron-pin wrote."""
    from neuron_pin.inputs.locks.preferences import read_locked

    try:
        read_locked(path, form)
    except LaterFormat:
        raise
    except NeuronPinError:
        # What else is wrong with it is told by who reads it.
        return


def _can_be_read(path: str, form: str) -> bool:
    from neuron_pin.inputs.locks.preferences import read_locked

    try:
        read_locked(path, form)
    except NeuronPinError:
        return False
    return True
