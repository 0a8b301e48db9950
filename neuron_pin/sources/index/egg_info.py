"""What a source distribution says of its requirements that does not bind its build.

Source: setuptools writes ``requires.txt`` into the folder ``*.egg-info`` of an archive: one
requirement a line, below ``[EXTRA:MARKER]`` those of an extra or for an environment; none where
nothing is required.  ``SOURCES.txt`` is there always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message

_FIELDS = ("Name", "Version", "Provides-Extra", "Requires-Dist")


def describe_requirements(headers: Message, egg_info: Mapping[str, bytes]) -> str:
    """The requirements in ``headers`` (PKG-INFO), else those in the files of ``*.egg-info``, by
    name, as core metadata; empty where neither says anything of them."""
    rows = [(name, str(value)) for name in _FIELDS for value in headers.get_all(name, [])]
    if not any(name == "Requires-Dist" for name, _ in rows):
        if not egg_info:
            return ""
        text = egg_info.get("requires.txt", b"").decode(errors="replace")
        rows += read_requires(text)
    # A value that was folded over lines is one.
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in rows)


def read_requires(text: str) -> Iterator[tuple[str, str]]:
    """``requires.txt`` as fields of core metadata."""
    conditions: list[str] = []
    for line in map(str.strip, text.splitlines()):
        section = re.fullmatch(r"\[([^:\]]*):?(.*)\]", line)
        if section is not None:
            extra, marker = section[1].strip(), section[2].strip()
            conditions = [f"({marker})"] if marker else []
            if extra:
                yield "Provides-Extra", extra
                conditions.append(f'extra == "{extra}"')
        elif line and not line.startswith("#"):
            yield "Requires-Dist", f"{line} ; {' and '.join(conditions)}" if conditions else line
