"""What the user has set: options, then ``NEURON_PIN_*`` variables, then pyproject.toml.

The names are the same everywhere: ``--extra-index-url``, ``NEURON_PIN_EXTRA_INDEX_URL``,
``extra-index-url`` in ``[tool.neuron-pin]``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_PROJECT_BYTES = 4 * 1024 * 1024


class RepositoryOption(NamedTuple):
    """An option that names repositories of system packages: what its help says, and the
    folder of `neuron_pin.sources` with their reader, a `RepositoryKind`."""

    reader: str
    metavar: str
    help: str


REPOSITORY_OPTIONS = {
    "apt_repo": RepositoryOption(
        "apt",
        "LINE",
        "take system packages from this apt repository: a line of sources.list, or "
        "host[:DIR] for what this machine's apt knows; may be repeated",
    ),
    "rpm_repo": RepositoryOption(
        "rpm",
        "URL",
        "take system packages from this rpm repository, or host[:DIR] for what this "
        "machine's dnf knows; may be repeated",
    ),
}
"""Every kind of repository of system packages, by the name of its setting.  The option, the
environment variable, the key of pyproject.toml and the reader follow from the row."""


class Settings(NamedTuple):
    """The options that all commands share which resolve; none where nothing was said.

    ``repositories`` are the repositories of system packages as the user wrote them, by the
    names of `REPOSITORY_OPTIONS` and in their order.
    """

    sdk: str | None = None
    instance: str | None = None
    os: str | None = None
    python: str | None = None
    platform: tuple[str, ...] = ()
    scope: str | None = None
    as_of: str | None = None
    phase: tuple[str, ...] = ()
    pin: str | None = None
    target: str | None = None
    with_driver: str | None = None
    with_kernel: str | None = None
    require_support_until: str | None = None
    newer_than_facts: str | None = None
    index_url: str | None = None
    extra_index_url: tuple[str, ...] = ()
    neuron_index_url: str | None = None
    find_links: tuple[str, ...] = ()
    trusted_host: tuple[str, ...] = ()
    no_index: bool = False
    build: tuple[str, ...] = ()
    index: tuple[str, ...] = ()  # type: ignore[assignment]  # hides tuple.index, on purpose
    override: tuple[str, ...] = ()
    upgrade: bool = False
    upgrade_package: tuple[str, ...] = ()
    repositories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    offline: bool = False
    refresh: bool = False
    generate_hashes: bool = False
    expires: str | None = None
    cache_dir: str | None = None
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: str | None = None
    feed: str | None = None
    signed_by: str | None = None


NAMES = (*(name for name in Settings._fields if name != "repositories"), *REPOSITORY_OPTIONS)
"""What can be set, by the name that it has everywhere."""

NOT_OF_A_PROJECT = frozenset({"feed", "signed_by"})
"""What no project's file can set: facts count for every project of a user, and whoever writes one
project's file must not choose those of the others."""

_LISTS = frozenset(
    {
        "platform",
        "phase",
        "extra_index_url",
        *REPOSITORY_OPTIONS,
        "index",
        "override",
        "upgrade_package",
        "find_links",
        "trusted_host",
        "build",
    }
)
_FLAGS = frozenset({"offline", "refresh", "generate_hashes", "upgrade", "no_index"})
_CHOICES = {
    "scope": ("host", "container", "both"),
    "pin": ("exact", "minor", "major"),
    "target": ("auto",),
    "newer_than_facts": ("allow", "warn", "refuse"),
}


def load_settings(
    given: Mapping[str, Any], environ: Mapping[str, str], folder: str | None
) -> Settings:
    """Settings from options (``given``), the environment, and a project's file.

    Reads ``pyproject.toml`` in ``folder`` if it is there, none without a folder.  Raises
    `UnreadableInput` or `WrongUsage` for values that cannot be.
    """
    project = {} if folder is None else _project(os.path.join(folder, "pyproject.toml"))
    values: dict[str, Any] = {}
    for name in NAMES:
        option = given.get(name)
        if option not in (None, (), [], False):
            values[name] = tuple(option) if name in _LISTS else option
            _check(name, values[name], "--" + name.replace("_", "-"))
            continue
        variable = "NEURON_PIN_" + name.upper()
        written = environ.get(variable, "")
        if written:
            values[name] = _from_text(name, written, variable)
            _check(name, values[name], variable)
        elif name in project:
            values[name] = project[name]
    repositories = tuple((name, values.pop(name)) for name in REPOSITORY_OPTIONS if name in values)
    return Settings(**values, repositories=repositories)


def _from_text(name: str, text: str, variable: str) -> Any:
    if name in _LISTS:
        separator = "\n" if name in REPOSITORY_OPTIONS else None
        return tuple(text.split(separator))
    if name in _FLAGS:
        lowered = text.strip().lower()
        if lowered not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            raise WrongUsage(f"{variable}: {text!r} is neither true nor false")
        return lowered in ("1", "true", "yes", "on")
    return text


def _check(name: str, value: Any, where: str) -> None:
    if name == "timeout" and not (str(value).isdecimal() and 1 <= int(value) <= 3600):
        raise WrongUsage(f"{where}: {value!r} is not a number of seconds from 1 to 3600")
    choices = _CHOICES.get(name)
    if choices and value not in choices:
        is_pin = name == "pin" and "=" in str(value)
        hint = f"to pin one package, require it: neuron-pin lock '{value}'" if is_pin else ""
        raise WrongUsage(f"{where}: {value!r} is not one of {', '.join(choices)}", hint=hint)


def _project(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_PROJECT_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnreadableInput(path, None, f"cannot be read: {error.strerror}") from None
    # A TOML parser costs more than most locks; most projects say nothing of us.
    if not any(_may_speak_of_us(line.strip()) for line in data.splitlines()):
        return {}
    if len(data) > MAX_PROJECT_BYTES:
        raise UnreadableInput(path, None, f"larger than {MAX_PROJECT_BYTES} bytes")
    from neuron_pin.fs.toml import parse_toml

    try:
        document = parse_toml(data.decode())
    except ValueError as error:
        raise UnreadableInput(path, None, f"not TOML: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("neuron-pin", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UnreadableInput(path, None, "[tool.neuron-pin] is not a table")
    # [tool.neuron-pin.indexes] is the table form of --index NAME=URL.
    bound = table.pop("indexes", {})
    if not isinstance(bound, dict) or not all(isinstance(url, str) for url in bound.values()):
        raise UnreadableInput(path, None, "[tool.neuron-pin.indexes] is not a table of addresses")
    if bound:
        named = table.get("index", [])
        named = [named] if isinstance(named, str) else list(named)
        table["index"] = [*named, *(f"{name}={url}" for name, url in bound.items())]
    return {name.replace("-", "_"): _project_value(path, name, v) for name, v in table.items()}


def _may_speak_of_us(line: bytes) -> bool:
    return b"neuron-pin" in line and line.startswith((b"[", b"neuron-pin", b'"neuron-pin', b"tool"))


def _project_value(path: str, name: str, value: Any) -> Any:
    field = name.replace("-", "_")
    if field not in NAMES:
        from neuron_pin.errors import nearest

        near = nearest(name, [known.replace("_", "-") for known in NAMES])
        hint = "did you mean " + " or ".join(near) + "?" if near else ""
        raise UnreadableInput(path, None, f"[tool.neuron-pin] has no key {name!r}", hint=hint)
    if field in NOT_OF_A_PROJECT:
        raise UnreadableInput(
            path,
            None,
            f"[tool.neuron-pin] {name}: facts are for every project, so no project sets where "
            "they come from",
            hint=f"the option --{name} or the variable NEURON_PIN_{field.upper()}",
        )
    where = f"{path}: [tool.neuron-pin] {name}"
    if field in _LISTS:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise WrongUsage(f"{where} is not a list of strings")
        return tuple(items)
    if field in _FLAGS:
        if not isinstance(value, bool):
            raise WrongUsage(f"{where} is not true or false")
        return value
    if isinstance(value, date):
        value = value.isoformat()
    if field == "timeout" and isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        raise WrongUsage(f"{where} is not a string")
    _check(field, value, where)
    return value


# RFC 3986, 3.2.1: up to the last @ of the authority, since people forget to escape one.
_CREDENTIALS = r"(\w://)[^/?#\s]*@"


def redact_urls(text: str) -> str:
    """A text with the names and passwords taken out of the addresses in it."""
    return re.sub(_CREDENTIALS, r"\1", text) if "@" in text else text


def cache_folder(settings: Settings, environ: Mapping[str, str]) -> str:
    """Where downloads are kept: the given folder, else below the XDG cache folder."""
    if settings.cache_dir:
        return settings.cache_dir
    base = environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "neuron-pin")
