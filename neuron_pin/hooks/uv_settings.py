"""The lock in uv's configuration: constraints, and Neuron's index.

Source: uv's settings reference.  ``uv.toml`` of a user or a machine holds ``uv pip``; ``uv add``,
``uv lock`` and ``uv sync`` take constraints from the project's pyproject.toml alone (tried with
uv 0.13), and only there a name is bound to an index.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.toml import parse_toml
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

from .blocks import split_lines
from .tagged import put_tagged, remove_tagged

NAME = "neuron-pin"
"""What our index is called in files where others may have one called neuron."""

_HEADER = re.compile(r"\s*\[")


def edit_uv_toml(path: str, text: str, resolution: Resolution, via: str = "") -> str:
    """A uv.toml with the lock in it: Neuron's index before others, and constraints; with
    ``via`` that index in place of the public one.

    Raises `CannotWrite` for one that uv could not read, or that cannot be joined.
    """
    text = remove_tagged(text)
    document = _parse(path, text)
    lines = split_lines(text)
    neuron = () if via else resolution.indexes()[0]
    first = next(
        (n for n, line in enumerate(lines) if _HEADER.match(line) and _ends_value(lines, 0, n)),
        len(lines),
    )
    if (neuron or via) and "index" in document and _table_at(lines, "[[index]]") is None:
        raise CannotWrite(path, _ONE_LIST, hint="write each as a table [[index]]")
    replaced: list[int] = []
    head = _constraints(path, document, resolution, lines, range(first), replaced)
    strategy = document.get("index-strategy", "first-index")
    if neuron and strategy != "unsafe-first-match":
        # Some names live on both indexes by version, so the first index alone is not enough;
        # the best match of all would let any index win.
        replaced += _key_lines(lines, range(first), "index-strategy")
        head.append('index-strategy = "unsafe-first-match"')
    inserted = {0: head}
    inserted.setdefault(first, []).extend(_index_tables("[[index]]", neuron))
    if via:
        _check_default(path, document)
        for key in ("index-url", "extra-index-url"):
            replaced += _key_lines(lines, range(first), key)
        inserted[first] += _default_index("[[index]]", via)
    return _join(path, text, inserted, replaced)


_ONE_LIST = "names its indexes in one list, which ours cannot be put into"


def edit_project(path: str, text: str, resolution: Resolution, via: str = "") -> str:
    """A project's pyproject.toml with the lock below ``[tool.uv]``: constraints, and each of
    Neuron's packages bound to its index; with ``via`` that index in place of the public one.

    Raises `CannotWrite` for one that cannot be joined.
    """
    text = remove_tagged(text)
    document = _parse(path, text)
    lines = split_lines(text)
    tool = document.get("tool")
    table = tool.get("uv", {}) if isinstance(tool, dict) else {}
    own = _table_at(lines, "[tool.uv]")
    sources = _table_at(lines, "[tool.uv.sources]")
    if not isinstance(table, dict) or (own is None and set(table) - {"sources", "index"}):
        if not isinstance(table, dict) or not all(isinstance(v, dict) for v in table.values()):
            raise CannotWrite(path, "tool.uv is not written as a table [tool.uv]", hint="do that")
    if "sources" in table and sources is None:
        raise CannotWrite(
            path, "its sources are not written as a table [tool.uv.sources]", hint="do that"
        )
    neuron = () if via else resolution.indexes()[0]
    if (neuron or via) and "index" in table and _table_at(lines, "[[tool.uv.index]]") is None:
        raise CannotWrite(path, _ONE_LIST, hint="write each as a table [[tool.uv.index]]")
    replaced: list[int] = []
    inserted: dict[int, list[str]] = {}
    rows = _constraints(path, table, resolution, lines, _inside(lines, own), replaced)
    _put(inserted, lines, own, "[tool.uv]", rows)
    bound = _bound(path, table, resolution, neuron, lines, sources, replaced)
    _put(inserted, lines, sources, "[tool.uv.sources]", bound)
    last = inserted.setdefault(len(lines), [])
    last += _index_tables("[[tool.uv.index]]", neuron, explicit=True)
    if via:
        _check_default(path, table)
        for key in ("index-url", "extra-index-url"):
            replaced += _key_lines(lines, _inside(lines, own), key)
        last += _default_index("[[tool.uv.index]]", via)
    return _join(path, text, inserted, replaced)


def _put(
    inserted: dict[int, list[str]], lines: list[str], at: int | None, header: str, rows: list[str]
) -> None:
    """Rows of a table: behind its header, or with one at the end."""
    if not rows:
        return
    if at is None:
        inserted.setdefault(len(lines), []).extend([header, *rows])
    else:
        inserted.setdefault(at + 1, []).extend(rows)


def _join(path: str, text: str, inserted: dict[int, list[str]], replaced: list[int]) -> str:
    new = put_tagged(text, inserted, replaced)
    _parse(path, new)
    return new


def _index_tables(header: str, urls: tuple[str, ...], *, explicit: bool = False) -> list[str]:
    rows = []
    for number, url in enumerate(urls):
        rows += [header, f"name = {json.dumps(_numbered(number))}", f"url = {json.dumps(url)}"]
        rows += ["explicit = true"] if explicit else []
    return rows


def _default_index(header: str, via: str) -> list[str]:
    """The table of an index that takes the public one's place."""
    return [
        f"# via {via}",
        header,
        f"name = {json.dumps(NAME)}",
        f"url = {json.dumps(via)}",
        "default = true",
    ]


def _check_default(path: str, table: dict[str, Any]) -> None:
    """No other index stands in the public one's place already."""
    for index in table.get("index", ()):
        if isinstance(index, dict) and index.get("default"):
            raise CannotWrite(
                path,
                f"has a default index of its own, {str(index.get('url'))[:200]}",
                hint="take it out: serve --index-url stands before it",
            )


def _bound(
    path: str,
    table: dict[str, Any],
    resolution: Resolution,
    neuron: tuple[str, ...],
    lines: list[str],
    at: int | None,
    replaced: list[int],
) -> list[str]:
    """The sources of Neuron's packages."""
    rows = []
    for package in resolution.packages_of(Ecosystem.PIP):
        if package.source not in neuron:
            continue
        name = package.key.name
        if name in table.get("sources", {}):
            places = _key_lines(lines, _inside(lines, at), name)
            if not places:
                raise CannotWrite(path, f"tool.uv.sources has {name} in a table of its own")
            replaced += places
        index = _numbered(neuron.index(package.source))
        rows.append(f"{name} = {{ index = {json.dumps(index)} }}")
    return rows


def _numbered(number: int) -> str:
    return NAME if not number else f"{NAME}-{number + 1}"


def _constraints(
    path: str,
    table: dict[str, Any],
    resolution: Resolution,
    lines: list[str],
    inside: Iterable[int],
    replaced: list[int],
) -> list[str]:
    """The key with our constraints, and with those that are there already."""
    rows = [f"{p.key.name}{p.pin.to_pip()}" for p in resolution.packages_of(Ecosystem.PIP)]
    if not rows:
        return []
    theirs = table.get("constraint-dependencies", [])
    if not isinstance(theirs, list) or not all(isinstance(row, str) for row in theirs):
        raise CannotWrite(path, "constraint-dependencies is no list of requirements")
    if theirs:
        replaced += _key_lines(lines, inside, "constraint-dependencies")
    merged = list(dict.fromkeys([*rows, *theirs]))
    return ["constraint-dependencies = [", *(f"    {json.dumps(row)}," for row in merged), "]"]


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
        parse_toml("".join(lines[first:number]))
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
            parse_toml("".join(lines[n] for n in found))
        except ValueError:
            continue
        return found
    return []


def _parse(path: str, text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise CannotWrite(path, f"uv cannot read it: {error}", hint="mend it first") from None
