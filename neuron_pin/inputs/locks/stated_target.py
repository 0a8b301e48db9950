"""The target that a lock states, in whichever form it is: what it was made for is what it is
to be judged by."""

from __future__ import annotations

import os
import re

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import get_system
from neuron_pin.errors import UnknownName, UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.toml import parse_toml
from neuron_pin.record import NamedTuple

MAX_BYTES = 64 * 1024 * 1024

_LABEL = re.compile(r"([\w. -]+), ([\w. -]+), Python (3\.\d{1,2})(?:,.*)?")


class StatedTarget(NamedTuple):
    """Instance, operating system and Python as a lock states them, empty for what it leaves
    open and for names that the catalog does not know."""

    instance: str = ""
    system: str = ""
    python: str = ""


NOTHING = StatedTarget()


def read_stated_target(path: str, catalog: Catalog) -> StatedTarget:
    """The target of constraints (``# target: …``) or of a pylock.toml that neuron-pin wrote;
    of other files nothing.  Raises `UnreadableInput` for a file that cannot be read."""
    name = os.path.basename(path)
    if name.endswith((".txt", ".in")):
        text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
        found = re.search(r"^# target: (.{1,200})$", _leading_comments(text), re.M)
        return _parse_label(found[1], catalog) if found else NOTHING
    if name.startswith("pylock") and name.endswith(".toml"):
        text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
        try:
            label = parse_toml(text)["tool"]["neuron-pin"]["target"]
        except (UnreadableInput, ValueError, KeyError, TypeError, RecursionError):
            return NOTHING
        return _parse_label(label[:200], catalog) if isinstance(label, str) else NOTHING
    return NOTHING


def _leading_comments(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "\n".join(lines)


def _parse_label(label: str, catalog: Catalog) -> StatedTarget:
    """``trn2, ubuntu24.04, Python 3.12``, as `Target.label` writes it."""
    parts = _LABEL.fullmatch(label.strip())
    if parts is None:
        return NOTHING
    instance, system, python = parts.groups()
    try:
        instance = catalog.instance(instance)
    except UnknownName:
        instance = ""
    try:
        system = get_system(catalog, system).name
    except UnknownName:
        system = ""
    return StatedTarget(instance, system, python)
