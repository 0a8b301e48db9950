"""The lock in uv's configuration: constraints, and Neuron's index.

Source: uv's settings reference.  ``uv.toml`` of a user or a machine applies to ``uv pip``;
``uv add``, ``uv lock`` and ``uv sync`` read constraints from the project's pyproject.toml alone
(tried with uv 0.13), and only there a name is bound to an index.
"""

from __future__ import annotations

import json
from typing import Any

from packaging.utils import canonicalize_name

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.toml import parse_toml
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

from .tagged import remove_tagged
from .toml_draft import Path, Setting, TomlDraft

NAME = "neuron-pin"
"""What our index is called in files where others may have one called neuron."""

_CONSTRAINTS = "constraint-dependencies"
_BUILDS = "build-constraint-dependencies"
_BEFORE_OURS = ("index-url", "extra-index-url")
"""Keys of theirs that would add to an index in place of the public one."""


def edit_uv_toml(path: str, text: str, resolution: Resolution, via: str = "") -> str:
    """A uv.toml with the lock in it: Neuron's index before others, and constraints; with
    ``via`` that index in place of the public one.

    Raises `CannotWrite` for one that uv could not read, or that cannot be edited safely.
    """
    draft = TomlDraft(path, remove_tagged(text))
    neuron = () if via else (*resolution.indexes()[0], *resolution.needed_urls())
    expected = dict(draft.document)
    settings = _constraints(draft, (), resolution, expected)
    strategy = expected.get("index-strategy", "first-index")
    if neuron and strategy != "unsafe-first-match":
        # Some names live on both indexes by version, so the first index alone is not enough;
        # the best match of all would let any index win.
        draft.keep(("index-strategy",))
        settings.append(Setting("index-strategy", ('"unsafe-first-match"',), is_list=False))
        expected["index-strategy"] = "unsafe-first-match"
    draft.add((), settings)
    _indexes(draft, (), _index_rows(neuron, via, is_explicit=False), expected, via)
    return draft.finish(expected)


def edit_project(path: str, text: str, resolution: Resolution, via: str = "") -> str:
    """A project's pyproject.toml with the lock below ``[tool.uv]``: constraints, and each of
    Neuron package bound to its index; with ``via`` that index in place of the public one.

    Raises `CannotWrite` for one that cannot be edited safely.
    """
    draft = TomlDraft(path, remove_tagged(text))
    at = ("tool", "uv")
    for part in (at[:1], at, (*at, "sources")):
        if not isinstance(draft.value(part), (dict, type(None))):
            raise CannotWrite(path, f"{'.'.join(part)} is not a table", hint="correct it first")
    neuron = () if via else (*resolution.indexes()[0], *resolution.needed_urls())
    expected = dict(draft.value(at) or {})
    draft.add(at, _constraints(draft, at, resolution, expected))
    sources = _sources(draft, resolution, neuron, expected)
    draft.add((*at, "sources"), sources)
    _indexes(draft, at, _index_rows(neuron, via, is_explicit=True), expected, via)
    tool = draft.document.get("tool", {})
    whole = {**draft.document, "tool": {**tool, "uv": expected}} if expected else draft.document
    return draft.finish(whole)


def remove_settings(path: str, text: str) -> str:
    """A file without ours: byte for byte what it was, if nothing was changed since.

    What was added since stays, with an index of ours that it names.  Raises `CannotWrite` where
    removing ours would leave invalid TOML.
    """
    left = remove_tagged(text)
    if left == text:
        return text
    try:
        parse_toml(text)
    except ValueError:
        # It was broken before.
        return left
    document = _parse_rest(path, left)
    tool = document.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    named = _names_of_indexes(uv.get("sources") if isinstance(uv, dict) else None)
    if any(name.startswith(NAME) for name in named):
        left = remove_tagged(text, named)
        _parse_rest(path, left)
    return left


def _parse_rest(path: str, text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise CannotWrite(
            path,
            f"has been changed so that removing neuron-pin's lines would break it: {error}",
            hint='remove by hand the lines that are marked "# neuron-pin"',
        ) from None


def _names_of_indexes(sources: Any) -> set[str]:
    """The indexes that a table of sources names."""
    found = set()
    for source in sources.values() if isinstance(sources, dict) else ():
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict) and isinstance(one.get("index"), str):
                found.add(one["index"])
    return found


def _indexes(
    draft: TomlDraft, at: Path, indexes: list[dict[str, Any]], expected: dict[str, Any], via: str
) -> None:
    """Our indexes, as tables with headers unless theirs are in a list in brackets."""
    if not indexes:
        return
    theirs = expected.get("index", [])
    if not isinstance(theirs, list):
        raise CannotWrite(draft.path, "index is not a list", hint="correct it first")
    if via:
        _check_default(draft.path, theirs)
        for key in _BEFORE_OURS:
            draft.keep((*at, key))
            expected.pop(key, None)
    indexes = _without_theirs(draft.path, indexes, theirs, is_bound=bool(at) and not via)
    if not indexes:
        return
    label = [f"# via {via}"] if via else []
    entries = [_write_table(index) for index in indexes]
    if draft.prepend((*at, "index"), [*label, *entries]):
        expected["index"] = [*indexes, *theirs]
    elif draft.find_braces(at) and not theirs:
        draft.add(at, [Setting("index", (*label, *entries))])
        expected["index"] = [*indexes]
    else:
        rows = list(label)
        for index in indexes:
            rows.append(f"[[{'.'.join((*at, 'index'))}]]")
            rows += [f"{key} = {json.dumps(value)}" for key, value in index.items()]
        draft.add_tables(rows, at_end=bool(at))
        expected["index"] = [*theirs, *indexes] if at else [*indexes, *theirs]


def _without_theirs(
    path: str, indexes: list[dict[str, Any]], theirs: list[Any], *, is_bound: bool
) -> list[dict[str, Any]]:
    """Our indexes but for those that a file has already: names bind, their order does not
    matter.  Raises `CannotWrite` for another index of the same name."""
    urls = {row.get("name"): row.get("url") for row in theirs if isinstance(row, dict)}
    for index in indexes:
        name = index["name"]
        if name in urls and not (is_bound and urls[name] == index["url"]):
            raise CannotWrite(
                path, f"has another index with the name {name}", hint="give it another name"
            )
    return [index for index in indexes if index["name"] not in urls]


def _index_rows(neuron: tuple[str, ...], via: str, *, is_explicit: bool) -> list[dict[str, Any]]:
    """Neuron's indexes, or the one that takes the public one's place."""
    if via:
        return [{"name": NAME, "url": via, "default": True}]
    more = {"explicit": True} if is_explicit else {}
    return [{"name": _name_index(number), "url": url, **more} for number, url in enumerate(neuron)]


def _write_table(row: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) + " }"


def _check_default(path: str, indexes: list[Any]) -> None:
    """Raise `CannotWrite` where another index replaces the public one already."""
    for index in indexes:
        if isinstance(index, dict) and index.get("default"):
            raise CannotWrite(
                path,
                f"has another default index, {str(index.get('url'))[:200]}",
                hint="remove it, and give it to the server: neuron-pin serve --index-url URL",
            )


def _sources(
    draft: TomlDraft, resolution: Resolution, neuron: tuple[str, ...], expected: dict[str, Any]
) -> list[Setting]:
    """The sources of Neuron packages; those that they replace become comments."""
    at = ("tool", "uv", "sources")
    theirs = dict(expected.get("sources", {}))
    written = {str(canonicalize_name(name)): name for name in theirs}
    in_braces = draft.find_braces(at)
    found = []
    for package in resolution.packages_of(Ecosystem.PIP):
        if package.source not in neuron:
            continue
        name = package.key.name
        if name in written:
            draft.keep((*at, written[name]))
            del theirs[written[name]]
        source = {"index": _name_index(neuron.index(package.source))}
        found.append(Setting(name, (_write_table(source),), is_list=False))
        theirs[name] = [source] if in_braces else source
    if found:
        expected["sources"] = theirs
    return found


def _name_index(number: int) -> str:
    return NAME if not number else f"{NAME}-{number + 1}"


def _constraints(
    draft: TomlDraft, at: Path, resolution: Resolution, expected: dict[str, Any]
) -> list[Setting]:
    """Our constraints before theirs, or the keys to add for them; those of Neuron's packages for
    isolated builds, too, which the others do not reach."""
    packages = resolution.packages_of(Ecosystem.PIP)
    own = [package for package in packages if package.is_own]
    found = []
    for key, some in ((_CONSTRAINTS, packages), (_BUILDS, own)):
        rows = [f"{package.key.name}{package.pin.to_pip()}" for package in some]
        if not rows:
            continue
        theirs = expected.get(key, [])
        if not isinstance(theirs, list) or not all(isinstance(row, str) for row in theirs):
            raise CannotWrite(draft.path, f"{key} is not a list of requirements")
        expected[key] = [*rows, *theirs]
        entries = tuple(json.dumps(row) for row in rows)
        if not draft.prepend((*at, key), entries):
            found.append(Setting(key, entries))
    return found
