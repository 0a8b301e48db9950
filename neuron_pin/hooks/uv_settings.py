"""The lock in uv's configuration: constraints, and Neuron's index.

Source: uv's settings reference.  ``uv.toml`` of a user or a machine holds ``uv pip``; ``uv add``,
``uv lock`` and ``uv sync`` take constraints from the project's pyproject.toml alone (tried with
uv 0.13), and only there a name is bound to an index.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from neuron_pin.errors import CannotWrite
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

from .blocks import lines_of, with_blocks, without_blocks
from .pip_settings import indexes

NAME = "neuron-pin"
"""What our index is called in files where others may have one called neuron."""

_HEADER = re.compile(r"\s*\[")


def edited_uv_toml(path: str, text: str, resolution: Resolution) -> str:
    """A uv.toml with the lock in it: Neuron's index before others, and constraints; raises
    `CannotWrite` for one that uv could not read, or that cannot be joined."""
    text = without_blocks(text)
    document = _parsed(path, text)
    lines = lines_of(text)
    neuron, _ = indexes(resolution)
    first = next(
        (n for n, line in enumerate(lines) if _HEADER.match(line) and _ends_value(lines, 0, n)),
        len(lines),
    )
    replaced: list[int] = []
    head = _constraints(path, document, resolution, lines, range(first), replaced)
    if "index" in document and not any(line.strip() == "[[index]]" for line in lines):
        line = next(n for n, row in enumerate(lines) if re.match(r"\s*index\b", row))
        raise CannotWrite(
            f"{path}:{line + 1}",
            "names its indexes in one list, which nothing can be put before",
            hint="write each as a table [[index]]",
        )
    strategy = document.get("index-strategy", "first-index")
    if neuron and strategy != "unsafe-first-match":
        # Some names live on both indexes by version, so the first index alone is not enough;
        # the best match of all would let any index win.
        replaced += _key_lines(lines, range(first), "index-strategy")
        head += 'index-strategy = "unsafe-first-match"\n'
    tables = "".join(
        f"[[index]]\nname = {json.dumps(_numbered(number))}\nurl = {json.dumps(url)}\n"
        for number, url in enumerate(neuron)
    )
    blocks = {0: head}
    blocks[first] = blocks.get(first, "") + tables if tables else blocks.get(first, "")
    new = with_blocks(text, {at: block for at, block in blocks.items() if block}, replaced)
    _parsed(path, new)
    return new


def edited_project(path: str, text: str, resolution: Resolution) -> str:
    """A project's pyproject.toml with the lock below ``[tool.uv]``: constraints, and each of
    Neuron's packages bound to its index; raises `CannotWrite` for one that cannot be joined."""
    text = without_blocks(text)
    document = _parsed(path, text)
    lines = lines_of(text)
    tool = document.get("tool")
    table = tool.get("uv", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise CannotWrite(path, "tool.uv is no table")
    neuron, _ = indexes(resolution)
    replaced: list[int] = []
    blocks: dict[int, str] = {}
    end = len(lines)
    tail = ""

    own = _table_at(lines, "[tool.uv]")
    rows = _constraints(path, table, resolution, lines, _inside(lines, own), replaced)
    if own is None and set(table) - {"sources", "index"} and "tool.uv" in text:
        nested = {key for key, value in table.items() if not isinstance(value, (dict, list))}
        if nested:
            raise CannotWrite(path, "tool.uv is not written as a table [tool.uv]", hint="as one")
    if own is None:
        tail += f"[tool.uv]\n{rows}"
    else:
        blocks[own + 1] = rows
    tail += _bound(path, table, resolution, neuron, lines, blocks, replaced)
    if (
        neuron
        and isinstance(table.get("index"), list)
        and _table_at(lines, "[[tool.uv.index]]") is None
    ):
        raise CannotWrite(
            path,
            "names its indexes in one list, which nothing can be added to",
            hint="write each as a table [[tool.uv.index]]",
        )
    for number, url in enumerate(neuron):
        tail += f"[[tool.uv.index]]\nname = {json.dumps(_numbered(number))}\n"
        tail += f"url = {json.dumps(url)}\nexplicit = true\n"
    if tail:
        blocks[end] = blocks.get(end, "") + tail
    new = with_blocks(text, blocks, replaced)
    _parsed(path, new)
    return new


def _bound(
    path: str,
    table: dict[str, Any],
    resolution: Resolution,
    neuron: tuple[str, ...],
    lines: list[str],
    blocks: dict[int, str],
    replaced: list[int],
) -> str:
    """The sources of Neuron's packages: put into the table that is there, else returned as
    one of their own."""
    sources = table.get("sources", {})
    rows = ""
    at = _table_at(lines, "[tool.uv.sources]")
    for package in resolution.packages_of(Ecosystem.PIP):
        if package.source not in neuron:
            continue
        name = package.key.name
        if name in sources:
            places = _key_lines(lines, _inside(lines, at), name)
            if not places:
                raise CannotWrite(path, f"tool.uv.sources has {name} in a table of its own")
            replaced += places
        index = _numbered(neuron.index(package.source))
        rows += f"{name} = {{ index = {json.dumps(index)} }}\n"
    if not rows:
        return ""
    if at is not None:
        blocks[at + 1] = blocks.get(at + 1, "") + rows
        return ""
    if sources:
        raise CannotWrite(
            path, "tool.uv.sources is not written as a table [tool.uv.sources]", hint="as one"
        )
    return f"[tool.uv.sources]\n{rows}"


def _numbered(number: int) -> str:
    return NAME if not number else f"{NAME}-{number + 1}"


def _constraints(
    path: str,
    table: dict[str, Any],
    resolution: Resolution,
    lines: list[str],
    inside: Iterable[int],
    replaced: list[int],
) -> str:
    """The key with our constraints, and with those that are there already."""
    rows = [f"{p.key.name}{p.pin.to_pip()}" for p in resolution.packages_of(Ecosystem.PIP)]
    theirs = table.get("constraint-dependencies", [])
    if not isinstance(theirs, list) or not all(isinstance(row, str) for row in theirs):
        raise CannotWrite(path, "constraint-dependencies is no list of requirements")
    if theirs:
        replaced += _key_lines(lines, inside, "constraint-dependencies")
    merged = list(dict.fromkeys([*rows, *theirs]))
    return "".join(
        ["constraint-dependencies = [\n", *(f"    {json.dumps(row)},\n" for row in merged), "]\n"]
    )


def _table_at(lines: list[str], header: str) -> int | None:
    """The line of a table's header, none where there is none."""
    for number, line in enumerate(lines):
        written = line.partition("#")[0]
        if "".join(written.split()) == header:
            return number
    return None


def _inside(lines: list[str], header: int | None) -> range:
    """The lines of a table, up to the next one."""
    if header is None:
        return range(0)
    for number in range(header + 1, len(lines)):
        if _HEADER.match(lines[number]) and _ends_value(lines, header + 1, number):
            return range(header + 1, number)
    return range(header + 1, len(lines))


def _ends_value(lines: list[str], first: int, number: int) -> bool:
    """Whether what stands before a line is whole: a list's rows may begin with a bracket."""
    try:
        _toml("".join(lines[first:number]))
    except ValueError:
        return False
    return True


def _key_lines(lines: list[str], inside: Iterable[int], key: str) -> list[int]:
    """The lines of a key and its value, which may go on over several."""
    found: list[int] = []
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", re.IGNORECASE)
    for number in inside:
        if not found and not pattern.match(lines[number]):
            continue
        found.append(number)
        try:
            _toml("".join(lines[n] for n in found))
        except ValueError:
            continue
        return found
    return []


def _toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _parsed(path: str, text: str) -> dict[str, Any]:
    try:
        return _toml(text)
    except (ValueError, RecursionError) as error:
        raise CannotWrite(path, f"uv cannot read it: {error}", hint="mend it first") from None
