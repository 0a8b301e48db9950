"""Documents of host facts, read strictly: what is not of its form is refused, never guessed."""

from __future__ import annotations

import hashlib
import marshal
import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from .host_facts import (
    KIND,
    SCHEMA_VERSION,
    HostEnvironment,
    HostFacts,
    HostFinding,
    HostHook,
    HostLock,
    HostPackage,
    HostPin,
    HostState,
    LeftOut,
)

MAX_TEXT = 4096
MAX_ROWS = 100_000
MAX_NAME = 255

Item = TypeVar("Item")


class InvalidFacts(Exception):
    """A document that is not what its form says; ``is_later`` and ``is_earlier`` tell of another
    form."""

    def __init__(self, problem: str, *, is_later: bool = False, is_earlier: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_later = is_later
        self.is_earlier = is_earlier


class FactsParser:
    """Parses documents; hosts that are alike get the very same `HostState`, so that each kind of
    host is in memory, and judged, once."""

    def __init__(self) -> None:
        self._states: dict[bytes, HostState] = {}
        self._rows: dict[Any, Any] = {}

    def parse(
        self, document: dict[str, Any], name: str = "", *, is_named: bool = False
    ) -> HostFacts:
        """The facts of a document; raises `InvalidFacts`.

        ``name`` is what its place calls the host; where the document names none, or with
        ``is_named``, it is taken.
        """
        if document.get("kind") != KIND:
            raise InvalidFacts("is no document of host facts")
        version = document.get("schema_version")
        if type(version) is not int:
            raise InvalidFacts("has no schema_version")
        if version != SCHEMA_VERSION:
            raise InvalidFacts(
                f"is of schema_version {version}; {SCHEMA_VERSION} is read",
                is_later=version > SCHEMA_VERSION,
                is_earlier=version < SCHEMA_VERSION,
            )
        own = _text(document, "host", None) or ""
        host = name if name and (is_named or not own) else own or name
        if not host or len(host) > MAX_NAME or not host.isprintable():
            raise InvalidFacts("names no host")
        day = _day(document, "day")
        rest = {key: value for key, value in document.items() if key not in ("host", "day")}
        try:
            # Version 2 has no references: equal values give equal bytes.
            key = hashlib.blake2b(marshal.dumps(rest, 2), digest_size=32).digest()
        except ValueError:
            raise InvalidFacts("nests too deeply") from None
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = self._parse_state(rest)
        return HostFacts(host, day, state)

    def _parse_state(self, row: dict[str, Any]) -> HostState:
        gather = _text(row, "gather")
        if gather not in ("summary", "full"):
            raise InvalidFacts("'gather' is neither summary nor full")
        python, driver = _object(row, "python"), _object(row, "driver")
        pythons = _list(python, "available", lambda v: self._share(_as_text(v)))
        lock = row.get("lock")
        rules = row.get("rules")
        findings = row.get("findings")
        return HostState(
            gather=gather,
            program=_text(row, "program"),
            catalog=_day(row, "catalog"),
            os=_text(row, "os", None) or "",
            machine=_text(row, "machine", None) or "",
            instance=_text(row, "instance", None) or "",
            kernel=_text(row, "kernel", None) or "",
            pythons=pythons,
            default_python=_text(python, "default", None) or "",
            loaded_driver=_text(driver, "loaded", None) or "",
            installed_driver=_text(driver, "installed", None) or "",
            devices=_number(driver, "devices"),
            sdk=_text(row, "sdk", None) or "",
            packages=_list(row, "packages", self._parse_package),
            environments=_list(row, "environments", self._parse_environment),
            pins=_list(row, "pins", self._parse_pin),
            hooks=_list(row, "hooks", self._parse_hook),
            lock=self._parse_lock(_object(row, "lock")) if lock is not None else None,
            rules=_counts(_object(row, "rules")) if rules is not None else None,
            findings=_list(row, "findings", self._parse_finding) if findings is not None else None,
            left_out=LeftOut(*(_number(_object(row, "left_out"), n) for n in LeftOut._fields)),
        )

    def _share(self, value: Item) -> Item:
        """The first value of its type that was equal to this one."""
        found: Item = self._rows.setdefault((type(value), value), value)
        return found

    def _parse_package(self, value: Any) -> HostPackage:
        row = _as_object(value)
        ecosystem = _text(row, "ecosystem")
        if ecosystem not in ("apt", "rpm"):
            raise InvalidFacts("'packages': an ecosystem that is neither apt nor rpm")
        name, version = _text(row, "name"), _text(row, "version")
        return self._share(
            HostPackage(ecosystem, name, version, _flag(row, "held"), _text(row, "state", ""))
        )

    def _parse_environment(self, value: Any) -> HostEnvironment:
        row = _as_object(value)
        paths = _list(row, "paths", lambda v: self._share(_as_text(v)))
        packages = tuple(
            self._share((_as_text(name), _as_text(version)))
            for name, version in sorted(_object(row, "packages").items(), key=lambda pair: pair[0])
        )
        return self._share(HostEnvironment(paths, _text(row, "python", None) or "", packages))

    def _parse_pin(self, value: Any) -> HostPin:
        row = _as_object(value)
        manager, kind = _text(row, "manager"), _text(row, "type")
        if manager not in ("apt", "dnf", "dnf5"):
            raise InvalidFacts("'pins': a manager that is not known")
        priority = row.get("priority")
        if priority is not None and type(priority) is not int:
            raise InvalidFacts("'priority' is not a number")
        names = _list(row, "names", _as_text)
        value, place = _text(row, "value"), _text(row, "place")
        return self._share(HostPin(manager, names, kind, value, priority, place, _flag(row, "own")))

    def _parse_hook(self, value: Any) -> HostHook:
        row = _as_object(value)
        stated = [_text(row, name, None) or "" for name in ("sdk", "family", "expires", "facts")]
        return self._share(HostHook._make([_text(row, "kind"), *stated, _text(row, "pins")]))

    def _parse_lock(self, row: dict[str, Any]) -> HostLock:
        sdk = _text(row, "sdk", None) or ""
        return self._share(HostLock(_text(row, "place"), _text(row, "sha256"), sdk))

    def _parse_finding(self, value: Any) -> HostFinding:
        row = _as_object(value)
        severity = _text(row, "severity")
        if severity not in ("error", "warning"):
            raise InvalidFacts("'findings': a severity that is neither error nor warning")
        return self._share(
            HostFinding(
                _rule(_text(row, "rule")), severity, _text(row, "subject"), _text(row, "place"),
                _text(row, "reason", ""), _text(row, "remedy", ""),
            )
        )  # fmt: skip


_MISSING: Any = object()


def _text(row: dict[str, Any], name: str, default: str | None = _MISSING) -> Any:
    """A text; ``default`` is for a field that may be missing or null."""
    value = row.get(name)
    if value is None and default is not _MISSING:
        return default
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidFacts(f"{name!r} is not a text")
    return value


def _as_text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidFacts("a text is missing")
    return value


def _as_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidFacts("a row is not an object")
    return value


def _object(row: dict[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise InvalidFacts(f"{name!r} is not an object")
    return value


def _list(row: dict[str, Any], name: str, parse: Callable[[Any], Item]) -> tuple[Item, ...]:
    value = row.get(name)
    if not isinstance(value, list) or len(value) > MAX_ROWS:
        raise InvalidFacts(f"{name!r} is not a list")
    return tuple([parse(item) for item in value])


def _number(row: dict[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or value < 0:
        raise InvalidFacts(f"{name!r} is not a number")
    return value


def _flag(row: dict[str, Any], name: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise InvalidFacts(f"{name!r} is neither true nor false")
    return value


def _rule(text: str) -> str:
    if not re.fullmatch(r"NP\d{3}", text):
        raise InvalidFacts("'findings': a rule that is no identifier")
    return text


def _counts(row: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((_rule(rule), _number(row, rule)) for rule in sorted(row))


def _day(row: dict[str, Any], name: str) -> str:
    text = _as_text(row.get(name))
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidFacts(f"{name!r} is not a date") from None
