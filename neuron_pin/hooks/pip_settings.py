"""The lock in pip's configuration: constraints, and Neuron's index.

Source: pip, "Configuration"; the file is read by `configparser`, which takes no section and no
option twice.  So our lines go into the existing ``[global]`` section, and an option that both
set gets the values of both.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.sections import BrokenSection
from neuron_pin.resolve import Resolution
from neuron_pin.sources.index.locations import is_open

from .blocks import put_blocks, remove_blocks, split_lines
from .pip_levels import COMMANDS, normalize_option

VIA_LABEL = "# via "
"""What the line begins with that names the one index."""
OTHERS = ("extra-index-url", "find-links")
"""Options that add places to take packages from."""
_HEADER = re.compile(r"\[(?:global|" + "|".join(COMMANDS) + r")\]")
_OPTION = re.compile(r"([^\s#;\[=:][^=:]*?)\s*[=:]\s*(.*)", re.DOTALL)


def pip_options(
    resolution: Resolution, constraints: str, builds: str = ""
) -> dict[str, tuple[str, ...]]:
    """The options of pip and their values; ``builds`` are the constraints of isolated builds,
    empty for none: what ``constraint`` names does not reach those."""
    wanted: dict[str, tuple[str, ...]] = {"constraint": (constraints,)}
    if builds:
        wanted["build-constraint"] = (builds,)
    neuron, others = resolution.indexes()
    if len(others) == 1:
        wanted["index-url"] = others
    extra = (*neuron, *resolution.needed_urls())
    if extra:
        wanted["extra-index-url"] = extra
    return wanted


def via_options(
    via: str, resolution: Resolution, constraints: str, builds: str = ""
) -> dict[str, tuple[str, ...]]:
    """The options of pip where one index serves everything; an option without values is written
    as empty, which takes those of weaker files out of force."""
    wanted: dict[str, tuple[str, ...]] = {"index-url": (via,), **dict.fromkeys(OTHERS, ())}
    if resolution.packages:
        wanted["constraint"] = (constraints,)
    if builds:
        wanted["build-constraint"] = (builds,)
    if is_open(via):
        # pip refuses an open connection to any host but localhost, and only after other errors.
        wanted["trusted-host"] = (urlsplit(via).netloc,)
    return wanted


def edit_pip_conf(
    path: str,
    text: str,
    wanted: Mapping[str, Sequence[str]],
    *,
    via: str = "",
    commands: Mapping[str, Mapping[str, Sequence[str]]] = MappingProxyType({}),
) -> str:
    """A pip.conf with the wanted options in it; with ``via`` no other index beside it.

    ``commands`` are options that weaker files set in the section of a command, with the values
    to write there.  Raises `CannotWrite` for a file that pip could not read, before or after, or
    in which a command's own section overrides them.
    """
    text = remove_blocks(text)
    # Where one index serves everything, it replaces theirs.
    alone = ("index-url", *OTHERS) if via else ()
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
    headers = {
        line.strip()[1:-1]: n for n, line in enumerate(lines) if _HEADER.fullmatch(line.strip())
    }
    own: list[str] = []
    replaced: list[int] = []
    for name, values in wanted.items():
        theirs = (_value(before, "global", name) or "").split() if "global" in headers else []
        if name == "index-url" and theirs and name not in alone:
            # Their mirror stays the way to the public index.
            continue
        merged = list(dict.fromkeys([*values, *(() if name in alone else theirs)]))
        is_set = "global" in headers and _value(before, "global", name) is not None
        if set(merged) == set(theirs) and (merged or is_set):
            continue
        if is_set:
            replaced += _places(lines, headers["global"], name)
        own += _write_option(name, merged)
    if via and own:
        own.insert(0, f"{VIA_LABEL}{via}\n")
    sections = {"global": own} if own else {}
    for command, options in commands.items():
        sections[command] = [
            line for name, values in options.items() for line in _write_option(name, values)
        ]
    if not sections and not replaced:
        return text
    blocks: dict[int, str] = {}
    for section, added in sections.items():
        if section in headers:
            blocks[headers[section] + 1] = "".join(added)
        else:
            at_end = blocks.get(len(lines), "")
            blocks[len(lines)] = at_end + "".join([f"[{section}]\n", *added])
    new = put_blocks(text, blocks, replaced)
    after = _parse(path, new)
    meant = {("global", name): values for name, values in wanted.items()}
    meant |= {(c, name): v for c, options in commands.items() for name, v in options.items()}
    for (section, name), values in meant.items():
        found = (_value(after, section, name) or "").split()
        is_meant = set(found) == set(values) if name in alone else set(values) <= set(found)
        if not is_meant and (name in alone or name != "index-url"):
            raise CannotWrite(
                path, f"{name} would get other values than the lock needs; nothing was changed"
            )
    return new


def _write_option(name: str, values: Sequence[str]) -> list[str]:
    if len(values) == 1:
        return [f"{name} = {values[0]}\n"]
    return [f"{name} =\n", *(f"    {value}\n" for value in values)]


def read_own_options(path: str, text: str) -> dict[str, tuple[str, ...]]:
    """The options of ``[global]`` that neuron-pin wrote into a file, with their values; empty
    where pip cannot read it."""
    try:
        left, whole = _parse(path, remove_blocks(text)), _parse(path, text)
    except (CannotWrite, BrokenSection):
        return {}
    names = (
        [normalize_option(name) for name, _ in whole.items("global")]
        if whole.has_section("global")
        else []
    )
    return {
        name: tuple((_value(whole, "global", name) or "").split())
        for name in names
        if _value(whole, "global", name) != _value(left, "global", name)
    }


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
            if normalize_option(option) == name:
                return value
    return None


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
            inside = normalize_option(match[1]) == name
            if inside:
                found.append(number)
    return found
