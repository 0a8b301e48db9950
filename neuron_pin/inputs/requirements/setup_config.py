"""A project's ``setup.cfg``, as setuptools reads it.

Source: setuptools, "Configuring setuptools using setup.cfg files".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput

from .parts import Parts
from .project_document import BUILD, ProjectParts, StatedRequirement
from .requirements_txt import read_requirements, read_text

_PARTS = {"install_requires": "", "setup_requires": BUILD, "tests_require": "tests"}


def read_setup_config(path: str, environ: Mapping[str, str]) -> ProjectParts:
    """Read a ``setup.cfg``; raises `UnreadableInput`."""
    parts = Parts(path)
    section, key, is_list = "", "", False
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if line[0].isspace():
            if not key and not section:
                parts.tell(number, "is indented below nothing")
            elif key:
                _value(parts, section, key, line.strip(), number, environ)
            continue
        head = re.fullmatch(r"\[([^]]+)\]\s*(?:[#;].*)?", line.rstrip())
        if head is not None:
            section, key = head[1].strip(), ""
            continue
        match = re.match(r"([^=:\s][^=:]*?)\s*[=:]\s*(.*)", line)
        if match is None or not section:
            parts.tell(number, f"{line.strip()[:60]!r} is neither a section nor a key")
            key = ""
            continue
        key = match[1].strip()
        is_list = section == "options.extras_require"
        name = key if is_list else key.lower().replace("-", "_")
        if (section, name) in seen:
            first = seen[section, name]
            parts.tell(
                number, f"has the key {key[:60]!r} twice in [{section[:60]}], first on line {first}"
            )
        seen.setdefault((section, name), number)
        key = name
        if match[2].strip():
            _value(parts, section, key, match[2].strip(), number, environ)
    return parts.finish()


def _value(
    parts: Parts, section: str, key: str, text: str, line: int, environ: Mapping[str, str]
) -> None:
    """One line of a value."""
    if section == "options" and key == "python_requires":
        parts.requires_python = text
        return
    if section == "options.extras_require":
        # An extra may have a marker of its own behind a colon.
        part = f"extra {canonicalize_name(key.partition(':')[0])}"
    elif section == "options" and key in _PARTS:
        part = _PARTS[key]
    else:
        return
    if text.startswith("attr:"):
        parts.tell(line, f"{key} is known after a build only", is_error=False)
        return
    if text.startswith("file:"):
        for name in text[5:].split(","):
            _file(parts, part, name.strip(), environ)
        return
    for row in text.split(";") if ";" in text and "'" not in text and '"' not in text else [text]:
        row = re.sub(r"\s+#.*$", "", row).strip()
        if "%(" in row:
            parts.tell(line, f"{row[:60]!r} stands for another value, which is not filled in")
        elif row:
            parts.add(part, row, line)


def _file(parts: Parts, part: str, name: str, environ: Mapping[str, str]) -> None:
    where = os.path.join(os.path.dirname(parts.path), name)
    try:
        found = read_requirements(where, environ=environ, is_lenient=True)
    except UnreadableInput as error:
        parts.problems.append(error)
        return
    parts.problems += found.problems
    parts.direct += found.direct
    rows = map(StatedRequirement, [*found.requirements, *found.constraints])
    parts.parts.setdefault(part, []).extend(rows)
