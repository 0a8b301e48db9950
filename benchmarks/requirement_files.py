"""The requirement files of public repositories that fixtures/requirement-sets/repositories.json
names, from a folder: OWNER/NAME/PATH."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from neuron_pin.fs.toml import parse_toml

FACTS = Path(__file__).parent.parent / "fixtures" / "requirement-sets" / "repositories.json"


class NotTheFile(Exception):
    """A file is absent, or another one than the facts are of."""


def load_files(folder: Path, names: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """The named files (all, if none is named) as sets by ``OWNER/NAME:PATH``: their facts, their
    place and what they require.  Each has to be the one that the facts are of."""
    rows = {f"{row['repository']}:{row['path']}": row for row in json.loads(FACTS.read_text())}
    found = {}
    for name in names or rows:
        row = rows[name]
        base = folder / row["repository"]
        for path, sha256 in {row["path"]: row["sha256"], **row.get("includes", {})}.items():
            _check(base / path, sha256)
        file = base / row["path"]
        found[name] = {**row, "file": file, "requirements": list(read_requirements(file))}
    return found


def read_requirements(file: Path) -> Iterator[str]:
    """What a file asks for, in its order, with that of the files that it includes."""
    text = file.read_text(encoding="utf-8")
    if file.name == "pyproject.toml":
        yield from parse_toml(text)["project"]["dependencies"]
        return
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).split()
        included = re.fullmatch(r"(?:-r|--requirement)[ =]?(\S+)", " ".join(words))
        if included:
            yield from read_requirements(file.parent / included[1])
        elif words and not words[0].startswith("-"):
            yield " ".join(words)


def _check(file: Path, sha256: str) -> None:
    if not file.is_file():
        raise NotTheFile(f"{file} is absent")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        raise NotTheFile(f"{file} has SHA-256 {found}, not {sha256}")
