"""The arguments of the public functions: what they may be, and as what settings they count.

The values have the types and checks of the command line's options, so that both are refused for
the same reasons.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any, Literal, TypedDict

from neuron_pin.errors import WrongUsage
from neuron_pin.record import NamedTuple
from neuron_pin.settings import REPOSITORY_OPTIONS, Settings, load_settings
from neuron_pin.target import parse_day

StrPath = str | os.PathLike[str]

ORIGIN = "the caller"
"""Where requirements given as strings come from: what `LockedPackage.via` and errors say.
No package can have the name, which has a space."""


class Target(NamedTuple):
    """What is installed onto; a part that is left out stays open, or gets the default named.

    ``instance`` is a family (``trn1``), ``os`` an operating system (``ubuntu22.04``), ``python``
    a version (``3.11`` or ``3.11.4``; default: the operating system's, else that of this
    process), ``platforms`` wheel platform tags, best first.  ``scope`` says which side of a
    container's wall is meant.  ``as_of`` ignores everything later than a day (default: today,
    UTC).  ``phases`` are allowed besides the default ones (``eos``, ``beta`` …).  ``driver``
    and ``kernel`` are what the host has and keeps; ``support_until`` is a day up to which
    support has to be guaranteed.  ``detect`` fills in what was left open from this machine.

    Names are checked when the target is used, against the catalog.
    """

    instance: str | None = None
    os: str | None = None
    python: str | None = None
    platforms: Sequence[str] = ()
    scope: Literal["host", "container", "both"] = "both"
    as_of: date | str | None = None
    phases: Sequence[str] = ()
    driver: str | None = None
    kernel: str | None = None
    support_until: date | str | None = None
    detect: bool = False


class SourceOptions(TypedDict, total=False):
    """Where candidates come from, and how hosts are reached: keywords of `lock`, `explain` and
    `explain_pair`.

    ``newer_than_facts`` says what becomes of versions that are newer than every known release
    (default: ``warn``).  ``offline`` uses the catalog and the cache only, ``refresh`` asks the
    indexes again.  ``index`` takes a package from one index: names to URLs.  ``apt_repo`` has
    lines as in sources.list (``URL SUITE COMPONENT``), ``rpm_repo`` URLs; ``host`` in either is
    what this machine's package manager knows.  ``timeout`` is in seconds, for an answer to begin.
    The others are options of ``neuron-pin lock``, described in docs/reference/commands.md.
    """

    index_url: str | None
    extra_index_url: Sequence[str]
    neuron_index_url: str | None
    index: Mapping[str, str]
    find_links: Sequence[StrPath]
    no_index: bool
    trusted_host: Sequence[str]
    apt_repo: Sequence[str]
    rpm_repo: Sequence[str]
    newer_than_facts: Literal["allow", "warn", "refuse"]
    offline: bool
    refresh: bool
    cache_dir: StrPath | None
    cert: StrPath | None
    client_cert: StrPath | None
    proxy: str | None
    timeout: int | None


def fill_settings(target: Target, sources: SourceOptions, request: Mapping[str, Any]) -> Settings:
    """Settings as the command line has them, checked in the same way."""
    unknown = sources.keys() - SourceOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    given: dict[str, Any] = {
        "instance": check_text("instance", target.instance),
        "os": check_text("os", target.os),
        "python": check_text("python", target.python),
        "platform": list_texts("platforms", target.platforms),
        "scope": target.scope,
        "as_of": write_day(target.as_of),
        "phase": list_texts("phases", target.phases),
        "with_driver": check_text("driver", target.driver),
        "with_kernel": check_text("kernel", target.kernel),
        "require_support_until": write_day(target.support_until),
        "target": "auto" if target.detect else None,
        **request,
    }
    check_text("sdk", given.get("sdk"))
    for name, value in sources.items():
        if name == "index":
            bound: Mapping[str, str] = sources["index"]
            given[name] = [f"{package}={url}" for package, url in bound.items()]
        elif name == "timeout":
            given[name] = None if value is None else str(value)
        elif name in ("cache_dir", "cert", "client_cert"):
            given[name] = None if value is None else check_path(name, value)  # type: ignore[arg-type]
        elif name == "find_links":
            given[name] = list_paths(name, sources["find_links"])
        elif name in ("extra_index_url", "trusted_host") or name in REPOSITORY_OPTIONS:
            given[name] = list_texts(name, value)  # type: ignore[arg-type]
        else:
            given[name] = value
    return load_settings(given, {}, None)


def list_texts(name: str, values: Iterable[str]) -> list[str]:
    """A list of strings.  Raises `TypeError` for a single string, which is never meant as the
    list of its characters."""
    if isinstance(values, str):
        raise TypeError(f"{name}: a list of strings is needed, not the string {values!r}")
    return list(values)


def check_text(name: str, value: object) -> str | None:
    """A string, or none.  Raises `WrongUsage` for what is neither, most of all for a version that
    is a number: ``3.10`` without quotes is 3.1."""
    if value is None or isinstance(value, str):
        return value
    raise WrongUsage(
        f"{name}: {value!r} is not a string",
        hint=f"write {name} in quotes: as a number 3.10 is 3.1"
        if isinstance(value, (int, float))
        else "",
    )


def list_paths(name: str, values: Iterable[StrPath]) -> list[str]:
    """A list of paths as strings.  Raises `TypeError` for a single path, `WrongUsage` for what
    cannot be one."""
    if isinstance(values, (str, os.PathLike)):
        raise TypeError(f"{name}: a list of paths is needed, not {os.fspath(values)!r} alone")
    return [check_path(name, value) for value in values]


def check_path(name: str, value: StrPath) -> str:
    """A path as a string.  Raises `WrongUsage` for one with a null character."""
    path = os.fspath(value)
    if "\0" in path:
        raise WrongUsage(f"{name}: {path!r} is not a path")
    return path


def find_today() -> date:
    """The day that counts as today, in UTC."""
    return datetime.now(timezone.utc).date()


def find_this_python() -> str:
    """The version of the Python that runs, ``3.11.4``."""
    return ".".join(str(part) for part in sys.version_info[:3])


def write_day(value: date | str | None) -> str | None:
    """A day as a setting has it, an ISO date; it is parsed where the settings are read."""
    return value.isoformat() if isinstance(value, date) else value


def read_day(value: date | str | None) -> date:
    """A day as given, or today.  Raises `WrongUsage` for what is not an ISO date."""
    text = write_day(value)
    return parse_day(text, "as_of") if text else find_today()
