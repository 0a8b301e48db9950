"""The levels of pip's configuration: which of them a hook takes out of force, and which take the
hook's own settings out of force.

Source: pip, "Configuration".  The files are read from the machine's to the environment's; a later
one replaces an option of the same section, a command's section replaces ``[global]``, and a
variable replaces both.  An option whose value is empty counts as not set, but replaces all the
same.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping, Sequence

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import is_address, redact_url

from .location import HookLocation, HookScope

COMMANDS = ("install", "download", "wheel", "lock")
ADDING = ("constraint", "build-constraint")
"""Options whose other values may be beside ours: each of them only narrows."""
_VARIABLES = ":env:"
_ALIASES = {"pypi-url": "index-url"}
MAX_BYTES = 1024 * 1024
MAX_SHOWN, MAX_LENGTH = 3, 200


class PipSetting(NamedTuple):
    """One option as a file or a variable sets it; ``place`` says where, for people."""

    section: str
    option: str
    values: tuple[str, ...]
    place: str


class PipLevel(NamedTuple):
    """A file of pip's configuration, and what it sets; ``problem`` says why pip cannot read it."""

    path: str
    settings: tuple[PipSetting, ...] = ()
    problem: str = ""


def list_weaker(place: HookLocation, path: str) -> list[PipLevel]:
    """The files that pip reads before the hook's own, ``path``, which replaces their options."""
    return list(_read_levels(_weaker_paths(place, path)))


def find_command_sections(
    place: HookLocation, path: str, wanted: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """What has to be in sections of commands in the hook's file, because weaker files set these
    options there: by section and option, the values."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for level in list_weaker(place, path):
        for setting in level.settings:
            if setting.section in COMMANDS and setting.option in wanted and setting.values:
                ours = tuple(wanted[setting.option])
                theirs = setting.values if setting.option in ADDING else ()
                values = tuple(dict.fromkeys([*ours, *theirs]))
                found.setdefault(setting.section, {})[setting.option] = values
    return found


def describe_replaced(place: HookLocation, path: str, text: str) -> Iterator[str]:
    """Which indexes and folders of weaker files have no effect beside the hook's own file, whose
    new text is given."""
    own = {setting.option for setting in _parse(path, text).settings}
    for level in list_weaker(place, path):
        for setting in level.settings:
            if setting.option in own and setting.option not in ADDING and setting.values:
                yield f"{setting.place} has no effect beside {path}"


def find_stronger(
    place: HookLocation, path: str, text: str, wanted: Mapping[str, Sequence[str]]
) -> list[str]:
    """What takes the hook's options out of force: settings of files and variables that pip
    obeys before the hook's own file.  ``wanted`` are those options and their values, ``text`` is
    the file's."""
    if place.environ.get("PIP_CONFIG_FILE") == os.devnull:
        return [f"the variable PIP_CONFIG_FILE={os.devnull}: pip reads no configuration file"]
    if path not in _list_paths(place):
        named = place.environ.get("PIP_CONFIG_FILE", "")
        return [f"the variable PIP_CONFIG_FILE={named}: pip reads that file instead of {path}"]
    levels = [*list_weaker(place, path), _parse(path, text)]
    levels += _read_levels(_stronger_paths(place, path))
    problems = [f"{level.path}: pip cannot read it: {level.problem}" for level in levels
                if level.problem]  # fmt: skip
    merged: dict[tuple[str, str], PipSetting] = {}
    for level in levels:
        for setting in level.settings:
            merged[setting.section, setting.option] = setting
    if not place.is_elsewhere:
        for setting in _read_variables(place.environ):
            merged[setting.section, setting.option] = setting
    for option, ours in wanted.items():
        for command in COMMANDS:
            ranks = [merged.get((section, option)) for section in (_VARIABLES, command, "global")]
            found = next((setting for setting in ranks if setting and setting.values), None)
            if found is None:
                continue
            values = set(found.values)
            is_fine = set(ours) <= values if option in ADDING else set(ours) == values
            if not is_fine:
                problems.append(
                    f"{found.place} takes the hook's {option} out of force: remove it there"
                )
    return list(dict.fromkeys(problems))


def _weaker_paths(place: HookLocation, path: str) -> list[str]:
    paths = _list_paths(place)
    return paths[: paths.index(path)] if path in paths else []


def _stronger_paths(place: HookLocation, path: str) -> list[str]:
    paths = _list_paths(place)
    return paths[paths.index(path) + 1 :] if path in paths else []


def _list_paths(place: HookLocation) -> list[str]:
    """The files that pip reads, in its order; those of a machine that is not this one are its
    own alone."""
    environ = place.environ
    if place.is_elsewhere:
        return [place.below("etc/xdg/pip/pip.conf"), place.below("etc/pip.conf")]
    folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    paths = [os.path.join(folder, "pip", "pip.conf") for folder in folders.split(os.pathsep)]
    paths.append("/etc/pip.conf")
    named = environ.get("PIP_CONFIG_FILE", "")
    if not named or not os.path.exists(named):
        home = environ.get("HOME") or os.path.expanduser("~")
        paths.append(os.path.join(home, ".pip", "pip.conf"))
        paths.append(os.path.join(place.config, "pip", "pip.conf"))
    venv = place.venv if place.scope is HookScope.VENV else environ.get("VIRTUAL_ENV", "")
    if venv:
        paths.append(os.path.join(os.path.abspath(venv), "pip.conf"))
    if named and os.path.exists(named):
        paths.append(named)
    # A file that is named twice counts where it is read last.
    return list(reversed(dict.fromkeys(reversed(paths))))


def _read_levels(paths: Sequence[str]) -> Iterator[PipLevel]:
    for path in paths:
        if not os.path.exists(path):
            continue
        try:
            data = read_bounded(path, MAX_BYTES)
        except UnreadableInput as error:
            yield PipLevel(path, problem=error.problem)
            continue
        yield _parse(path, data.decode("utf-8", "surrogateescape"))


def _parse(path: str, text: str) -> PipLevel:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        return PipLevel(path, problem=" ".join(str(error).split()))
    settings = []
    for section in parser.sections():
        for name, value in parser.items(section):
            option = normalize_option(name)
            values = tuple(value.split())
            place = f"{path}: [{section}] {name} = {_show(values)}".rstrip()
            settings.append(PipSetting(section, option, values, place))
    return PipLevel(path, tuple(settings))


def _read_variables(environ: Mapping[str, str]) -> Iterator[PipSetting]:
    for name, value in environ.items():
        if name.startswith("PIP_"):
            values = tuple(value.split())
            option = normalize_option(name.removeprefix("PIP_"))
            yield PipSetting(_VARIABLES, option, values, f"the variable {name}={_show(values)}")


def _show(values: Sequence[str]) -> str:
    """Values for people: without passwords, and not all of many."""
    shown = [redact_url(value) if is_address(value) else _hide(value) for value in values]
    return " ".join(shown[:MAX_SHOWN]) + " …" * (len(shown) > MAX_SHOWN)


def _hide(value: str) -> str:
    """What is no address that can be read: where such a one keeps a password cannot be told."""
    return "(not shown)" if "://" in value or "@" in value else value[:MAX_LENGTH]


def normalize_option(name: str) -> str:
    """An option's name as pip compares it."""
    found = name.strip().lower().replace("_", "-").removeprefix("--")
    return _ALIASES.get(found, found)
