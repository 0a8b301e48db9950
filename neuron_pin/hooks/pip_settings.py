"""The lock in pip's configuration: constraints, and Neuron's index.

Source: pip, "Configuration"; the file is read by `configparser`, which takes no section and no
option twice.  So our lines go into the existing ``[global]`` section, and an option that both
set gets the values of both.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from neuron_pin.errors import CannotWrite
from neuron_pin.resolve import Resolution
from neuron_pin.sources.index.locations import is_open

from .blocks import put_blocks, remove_blocks, split_lines

COMMANDS = ("install", "download", "wheel", "lock")
_OPTION = re.compile(r"([^\s#;\[=:][^=:]*?)\s*[=:]\s*(.*)", re.DOTALL)


def pip_options(resolution: Resolution, constraints: str) -> dict[str, tuple[str, ...]]:
    """The options of pip and their values."""
    wanted: dict[str, tuple[str, ...]] = {"constraint": (constraints,)}
    neuron, others = resolution.indexes()
    if len(others) == 1:
        wanted["index-url"] = others
    extra = (*neuron, *resolution.needed_urls())
    if extra:
        wanted["extra-index-url"] = extra
    return wanted


def via_options(via: str, resolution: Resolution, constraints: str) -> dict[str, tuple[str, ...]]:
    """The options of pip where one index serves everything; an option without values must not
    be set at all."""
    wanted: dict[str, tuple[str, ...]] = {"index-url": (via,), "extra-index-url": ()}
    if resolution.packages:
        wanted["constraint"] = (constraints,)
    if is_open(via):
        # pip refuses an open connection to any host but localhost, and only after other errors.
        wanted["trusted-host"] = (urlsplit(via).netloc,)
    return wanted


def edit_pip_conf(
    path: str, text: str, wanted: Mapping[str, Sequence[str]], *, via: str = ""
) -> str:
    """A pip.conf with the wanted options in it; with ``via`` no other index beside it.

    Raises `CannotWrite` for one that pip could not read, before or after, or in which a
    command's own section overrides them.
    """
    text = remove_blocks(text)
    # Where one index serves everything, it replaces theirs.
    alone = ("index-url", "extra-index-url") if via else ()
    before = _parse(path, text)
    for command in COMMANDS:
        for name in wanted:
            if before.has_section(command) and _value(before, command, name) is not None:
                raise CannotWrite(
                    path,
                    f"[{command}] sets {name}, and pip reads that before [global]",
                    hint="move it to [global]; its values are kept beside the lock's",
                )
    lines = split_lines(text)
    header = next((n for n, line in enumerate(lines) if line.strip() == "[global]"), None)
    own: list[str] = []
    replaced: list[int] = []
    for name, values in wanted.items():
        theirs = (_value(before, "global", name) or "").split() if header is not None else []
        if name == "index-url" and theirs and name not in alone:
            # Their mirror stays the way to the public index.
            continue
        merged = list(dict.fromkeys([*values, *(() if name in alone else theirs)]))
        if set(merged) == set(theirs):
            continue
        if header is not None and theirs:
            replaced += _places(lines, header, name)
        if len(merged) == 1:
            own.append(f"{name} = {merged[0]}\n")
        elif merged:
            own += [f"{name} =\n", *(f"    {value}\n" for value in merged)]
    if via and own:
        own.insert(0, f"# via {via}\n")
    if not own and not replaced:
        return text
    if header is None:
        new = put_blocks(text, {len(lines): "".join(["[global]\n", *own])})
    else:
        new = put_blocks(text, {header + 1: "".join(own)}, replaced)
    after = _parse(path, new)
    for name, values in wanted.items():
        found = (_value(after, "global", name) or "").split()
        is_meant = set(found) == set(values) if name in alone else set(values) <= set(found)
        if not is_meant and (name in alone or name != "index-url"):
            raise CannotWrite(
                path, f"{name} would get other values than the lock needs; nothing was changed"
            )
    return new


def _parse(path: str, text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        message = " ".join(str(error).split())
        raise CannotWrite(path, f"pip cannot read it: {message}", hint="correct it first") from None
    return parser


def _value(parser: configparser.RawConfigParser, section: str, name: str) -> str | None:
    """An option as pip finds it, however it is spelled."""
    if parser.has_section(section):
        for option, value in parser.items(section):
            if _normalize(option) == name:
                return value
    return None


def _normalize(option: str) -> str:
    return option.strip().lower().replace("_", "-").removeprefix("--")


def _places(lines: Sequence[str], header: int, name: str) -> list[int]:
    """The lines of an option of the section that begins at ``header``, with its continuation
    lines."""
    found = []
    inside = False
    for number in range(header + 1, len(lines)):
        line = lines[number]
        if line.startswith("["):
            break
        if line[:1] in " \t" and line.strip():
            if inside and line.strip()[:1] not in "#;":
                found.append(number)
            continue
        match = _OPTION.match(line)
        if match is not None:
            inside = _normalize(match[1]) == name
            if inside:
                found.append(number)
    return found
