"""Where the ``.pth`` and ``.egg-link`` files of a folder of distributions lead: projects that are
installed without being copied, and eggs.

Source: Python's ``site`` module (a line of a ``.pth`` file names a folder, one that begins with
``import`` is code); setuptools, "Development Mode", for ``.egg-link`` and easy-install.pth.  No
line is executed: the finders of ``__editable__*.pth`` need no more than the metadata beside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded

MAX_LINKS = 1 << 20
"""The size of one file of links, in bytes."""
MAX_LINKED = 1_000
"""How many folders and eggs an environment may name."""


def find_linked(places: Iterable[str], root: str) -> list[str]:
    """The folders and eggs that the files in folders of distributions name, in their order, without
    those folders themselves.

    What a file names is looked for below ``root``, the machine's or an image's, and nothing that
    leads out of it.  As for Python, what does not exist or cannot be read is not there.  Raises
    `UnreadableInput` for a file above `MAX_LINKS` and for more than `MAX_LINKED` names.
    """
    real = os.path.realpath(root)
    own = [os.path.realpath(place) for place in places]
    found: dict[str, None] = {}
    for place in own:
        for line in _list_lines(place):
            target = _place_below(real, place, line)
            if target and target not in own:
                found[target] = None
            if len(found) > MAX_LINKED:
                raise UnreadableInput(
                    place, None, f"its .pth and .egg-link files name more than {MAX_LINKED} folders"
                )
    return list(found)


def _list_lines(place: str) -> Iterator[str]:
    """What the files of a folder name, as it is written."""
    # Only in these Python reads .pth files, and not in a folder of pip install --target.
    is_site = os.path.basename(place) in ("site-packages", "dist-packages")
    try:
        entries = sorted(os.listdir(place))
    except OSError:
        return
    for entry in entries:
        path = os.path.join(place, entry)
        # Older Pythons read hidden ones, too.
        is_path_file = is_site and entry.endswith(".pth")
        is_link = entry.endswith(".egg-link")
        if not (is_path_file or is_link) or not os.path.isfile(path):
            continue
        if not os.access(path, os.R_OK):
            continue
        text = read_bounded(path, MAX_LINKS).decode("utf-8-sig", "surrogateescape")
        lines = [line.strip() for line in text.splitlines()]
        named = [line for line in lines if line and not line.startswith("#")]
        if is_link:
            # The second line is the way from the project to its setup.py.
            yield from named[:1]
        else:
            yield from (line for line in named if not line.startswith(("import ", "import\t")))


def _place_below(root: str, place: str, line: str) -> str:
    """The existing folder or egg that a line means, seen from a folder below the root; empty for
    what is none, or leads out of the root."""
    if "\0" in line:
        return ""
    inside = os.path.normpath(os.path.join("/", os.path.relpath(place, root), line))
    target = os.path.realpath(os.path.join(root, inside.lstrip("/")))
    if os.path.commonpath([root, target]) != root:
        return ""
    if os.path.isdir(target) or (target.endswith(".egg") and os.path.isfile(target)):
        return target
    return ""
