"""Locks in TOML, row by row: pylock.toml (PEP 751), and uv.lock and poetry.lock by what those
programs write.  A row that cannot be read hides no other."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.toml import parse_toml_file
from neuron_pin.inputs.requirements.alternatives import Environment, Markers, World
from neuron_pin.record import NamedTuple

from .pylock_row import check_lock_version, find_row_address, find_row_version

MAX_BYTES = 64 * 1024 * 1024
MAX_PACKAGES = 100_000
MAX_CHOICES = 100
"""Extras and groups of a lock that are looked at one by one."""


class LockRow(NamedTuple):
    """A package of a lock: its name and version, the address of the index that it is from, empty
    for unknown, its line, 0 for unknown, and the environments that have it, none for all."""

    name: str
    version: str
    source: str
    line: int
    environments: frozenset[Environment] | None


def read_toml_lock(
    path: str,
    problems: list[UnreadableInput] | None,
    worlds: Sequence[World],
    kind: type[TomlLock] | None = None,
) -> list[LockRow]:
    """The rows of a lock with a version; raises `UnreadableInput` for what is no such lock, and
    for a row that cannot be read where ``problems`` does not collect those.  Its name tells its
    kind where that is not given."""
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput(path, None, "not UTF-8 text") from None
    document = parse_toml_file(path, text)
    kind = kind or {"uv.lock": _Uv, "poetry.lock": _Poetry}.get(os.path.basename(path), _Pylock)
    lock = kind(path, document, worlds)
    rows = document.get(lock.table, [])
    if not isinstance(rows, list) or len(rows) > MAX_PACKAGES:
        raise UnreadableInput(path, None, f"{lock.table!r} is not a list of packages")
    lines = _find_lines(text, lock.table, len(rows))
    sound: list[tuple[dict[str, Any], int]] = []
    for number, row in enumerate(rows):
        problem = _problem(row)
        if not problem:
            sound.append((row, lines[number]))
            continue
        label = row["name"] if isinstance(row, dict) and isinstance(row.get("name"), str) else ""
        what = label[:80] or f"{lock.table} {number}"
        unread = UnreadableInput(path, lines[number] or None, f"{what}: {problem}")
        if problems is None:
            raise unread
        problems.append(unread)
    environments = lock.find_environments([row for row, _ in sound])
    return [
        LockRow(canonicalize_name(row["name"]), version, lock.find_index(row), line, where)
        for (row, line), where in zip(sound, environments, strict=True)
        # One without is a project of one's own, from a folder or a repository.
        if (version := lock.find_version(row))
    ]


def _problem(row: object) -> str:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not row["name"]:
        return "it has no name"
    return "" if isinstance(row.get("version", ""), str) else "its version is not a string"


def _find_lines(text: str, table: str, count: int) -> list[int]:
    """The line of each row's name, 0 where that cannot be told."""
    lines = text.splitlines()
    heads = [n for n, line in enumerate(lines) if line.rstrip() == f"[[{table}]]"]
    if len(heads) != count:
        return [0] * count
    made = []
    for head in heads:
        line = head + 1
        for number in range(head + 1, min(head + 20, len(lines))):
            if re.match(r"name\s*=", lines[number]):
                line = number + 1
                break
            if lines[number].startswith("["):
                break
        made.append(line)
    return made


class TomlLock:
    """A lock of one kind: the table of its packages, and what its rows say."""

    table = "package"
    supported = "supported-markers"
    """Where the markers are, of which one holds wherever the lock is for."""

    def __init__(self, path: str, document: dict[str, Any], worlds: Sequence[World]) -> None:
        self.path = path
        self.document = document
        self.check_version()
        self.markers = Markers(worlds, self.read_requires_python())
        self.markers.narrow(list_strings(document.get(self.supported))[:MAX_CHOICES])

    def check_version(self) -> None:
        """Raise `UnreadableInput` for a lock of another version."""

    def read_requires_python(self) -> str:
        """The Pythons that the lock is for, empty for any."""
        found = self.document.get("requires-python", "")
        return found if isinstance(found, str) else ""

    def find_index(self, row: dict[str, Any]) -> str:
        """The address that a row is from, empty for unknown."""
        source = row.get("source")
        url = source.get("url") if isinstance(source, dict) else None
        return url if isinstance(url, str) else ""

    def find_version(self, row: dict[str, Any]) -> str:
        """The version of a row, empty where it has none."""
        return str(row.get("version") or "")

    def find_environments(
        self, rows: Sequence[dict[str, Any]]
    ) -> list[frozenset[Environment] | None]:
        """The environments of each row, none for all."""
        raise NotImplementedError


def list_strings(value: object) -> list[str]:
    """The strings of a list, none of what is none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


class _Pylock(TomlLock):
    table = "packages"
    supported = "environments"

    def check_version(self) -> None:
        check_lock_version(self.document, self.path)

    def find_index(self, row: dict[str, Any]) -> str:
        index = row.get("index") or find_row_address(row)
        return index if isinstance(index, str) else ""

    def find_version(self, row: dict[str, Any]) -> str:
        return find_row_version(row)

    def find_environments(
        self, rows: Sequence[dict[str, Any]]
    ) -> list[frozenset[Environment] | None]:
        if not any(row.get("marker") for row in rows):
            return [None] * len(rows)
        extras = list_strings(self.document.get("extras"))[:MAX_CHOICES]
        default = list_strings(self.document.get("default-groups"))
        groups = list_strings(self.document.get("dependency-groups"))[:MAX_CHOICES]
        choices = [("", "", "")]
        choices += [(f"extra {extra}", extra, "") for extra in extras]
        choices += [("" if g in default else f"group {g}", "", g) for g in [*default, *groups]]
        found: list[frozenset[Environment] | None] = []
        for row in rows:
            marker = str(row.get("marker") or "")
            found.append(
                frozenset(
                    Environment(part, world.python)
                    for part, extra, group in choices
                    for world in self.markers.worlds
                    if self.markers.holds(marker, world, extra, group)
                )
            )
        return found


_POETRY_DEFAULT = "https://pypi.org/simple"
"""Where a row of a poetry.lock without a source is from (Poetry: ``tool.poetry.source``)."""


class _Poetry(TomlLock):
    def check_version(self) -> None:
        metadata = self.document.get("metadata")
        version = metadata.get("lock-version") if isinstance(metadata, dict) else None
        if not isinstance(version, str) or version.partition(".")[0] not in ("1", "2"):
            problem = f"poetry.lock of version {version!r}; 1 and 2 are read"
            raise UnreadableInput(self.path, None, problem)

    def find_index(self, row: dict[str, Any]) -> str:
        # Of a row that is cut short nothing is known.
        is_whole = "optional" in row and "python-versions" in row
        return super().find_index(row) if "source" in row or not is_whole else _POETRY_DEFAULT

    def read_requires_python(self) -> str:
        metadata = self.document.get("metadata")
        found = metadata.get("python-versions", "") if isinstance(metadata, dict) else ""
        # Poetry's own signs, which markers do not know.
        return found if isinstance(found, str) and not re.search(r"[\^|*]|~(?!=)", found) else ""

    def find_environments(
        self, rows: Sequence[dict[str, Any]]
    ) -> list[frozenset[Environment] | None]:
        extras = self.document.get("extras")
        names = list(extras)[:MAX_CHOICES] if isinstance(extras, dict) else []
        if not any(row.get("markers") for row in rows):
            return [None] * len(rows)
        found: list[frozenset[Environment] | None] = []
        for row in rows:
            written = row.get("markers")
            markers = list(written.values()) if isinstance(written, dict) else [written or ""]
            found.append(
                frozenset(
                    Environment(f"extra {extra}" if extra else "", world.python)
                    for extra in ["", *names]
                    for world in self.markers.worlds
                    if any(self.markers.holds(str(m), world, extra) for m in markers)
                )
            )
        return found


_OWN = ("virtual", "editable", "directory")
"""Where uv.lock says that the projects of the workspace are."""


class _Uv(TomlLock):
    def check_version(self) -> None:
        if self.document.get("version") != 1:
            version = self.document.get("version")
            raise UnreadableInput(self.path, None, f"uv.lock of version {version!r}; 1 is read")

    def find_index(self, row: dict[str, Any]) -> str:
        source = _table(row.get("source"))
        found = source.get("registry") or source.get("url") or source.get("git")
        return found if isinstance(found, str) else ""

    def find_environments(
        self, rows: Sequence[dict[str, Any]]
    ) -> list[frozenset[Environment] | None]:
        choices = list(islice(self._choices(rows), MAX_CHOICES))
        reached = _Reached(rows, self.markers, [extra for _, extra, _ in choices])
        for number, (_, _, edges) in enumerate(choices):
            reached.begin(edges, number)
        reached.spread()
        parts = {part for part, _, _ in choices} | {""}
        worlds = self.markers.worlds
        known: dict[int, frozenset[Environment]] = {}
        found: list[frozenset[Environment] | None] = []
        for row, mask, is_connected in zip(rows, reached.masks, reached.connected, strict=True):
            if not is_connected:
                # No project of the lock leads to it: its own markers are all that is known.
                forks = list_strings(row.get("resolution-markers")) or [""]
                where = (self.markers.find_environments(marker, parts) for marker in forks)
                found.append(frozenset().union(*where))
                continue
            if mask not in known:
                known[mask] = frozenset(
                    Environment(part, world.python)
                    for number, (part, _, _) in enumerate(choices)
                    for place, world in enumerate(worlds)
                    if mask >> (number * len(worlds) + place) & 1
                )
            found.append(known[mask])
        return found

    def _choices(
        self, rows: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """What may be installed: the part's name, how markers call it, and the first edges."""
        own = [row for row in rows if set(_table(row.get("source"))) & set(_OWN)]
        several = len(own) > 1
        for row in own:
            name = row["name"]
            base = _edges(row.get("dependencies"))
            label = f"{name} with " if several else ""
            yield f"project {name}" if several else "", "", base
            size = len(name)
            for kind, word, key in (
                ("extra", "extra", "optional-dependencies"),
                ("group", "group", "dev-dependencies"),
            ):
                for choice, listed in list(_table(row.get(key)).items())[:MAX_CHOICES]:
                    edges = [*base, *_edges(listed)]
                    yield f"{label}{kind} {choice}", f"{word}-{size}-{name}-{choice}", edges
        manifest = _table(self.document.get("manifest"))
        edges = _edges(manifest.get("requirements"))
        if edges:
            yield "", "", edges
        for choice, listed in _table(manifest.get("dependency-groups")).items():
            yield f"group {choice}", "", [*edges, *_edges(listed)]


class _Reached:
    """Which rows of uv.lock the choices lead to.  ``masks`` has a bit for each choice in each
    world, so that one walk serves for all; ``connected`` asks no marker."""

    def __init__(
        self, rows: Sequence[dict[str, Any]], markers: Markers, extras: Sequence[str]
    ) -> None:
        self.rows = rows
        self.markers = markers
        self.extras = extras
        self.masks = [0] * len(rows)
        self.connected = [False] * len(rows)
        self._by_name: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            self._by_name.setdefault(canonicalize_name(row["name"]), []).append(number)
        self._of_marker: dict[str, int] = {}
        self._all = (1 << len(extras) * len(markers.worlds)) - 1
        # By row and extra: what has been passed on, none for what has not been looked at.
        self._passed: dict[tuple[int, str], int] = {}
        self._waiting: OrderedDict[tuple[int, str], int] = OrderedDict()

    def begin(self, edges: Sequence[dict[str, Any]], choice: int) -> None:
        """The edges that a choice begins with."""
        width = len(self.markers.worlds)
        self._follow(edges, ((1 << width) - 1) << choice * width)

    def spread(self) -> None:
        """Follow every edge until nothing new is reached."""
        while self._waiting:
            # The oldest first, which gathers what several edges bring.
            key, mask = self._waiting.popitem(last=False)
            number, extra = key
            before = self._passed.get(key)
            if before is not None and mask | before == before:
                continue
            mask |= before or 0
            self._passed[key] = mask
            self.masks[number] |= mask
            self.connected[number] = True
            row = self.rows[number]
            table = _table(row.get("optional-dependencies"))
            self._follow(_edges(table.get(extra) if extra else row.get("dependencies")), mask)

    def _follow(self, edges: Sequence[dict[str, Any]], mask: int) -> None:
        for edge in edges:
            here = mask & self._mask_of(str(edge.get("marker") or ""))
            for number in self._by_name.get(canonicalize_name(str(edge["name"])), ()):
                row = self.rows[number]
                if edge.get("version", row.get("version")) != row.get("version"):
                    continue
                forks = [] if edge.get("version") else list_strings(row.get("resolution-markers"))
                allowed = 0 if forks else self._all
                for fork in forks:
                    allowed |= self._mask_of(fork)
                for extra in ("", *list_strings(edge.get("extra"))):
                    key = (number, extra)
                    self._waiting[key] = self._waiting.get(key, 0) | here & allowed

    def _mask_of(self, marker: str) -> int:
        """The choices and worlds in which a marker holds."""
        if not marker:
            return self._all
        if marker not in self._of_marker:
            mask, width = 0, len(self.markers.worlds)
            asks_extra = "extra" in marker
            for number, extra in enumerate(self.extras):
                for place, world in enumerate(self.markers.worlds):
                    if self.markers.holds(marker, world, extra if asks_extra else ""):
                        mask |= 1 << number * width + place
            self._of_marker[marker] = mask
        return self._of_marker[marker]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _edges(value: object) -> list[dict[str, Any]]:
    """The dependencies of a row that name something."""
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)]
