"""pylock.toml (PEP 751).  ``packaging.pylock`` says whether a document has its shape; whether
names, versions and files fit each other is judged as in a lock.json."""

from __future__ import annotations

import os
import re
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

from .addresses import is_of_machine
from .lockfile import (
    MAX_FILES,
    MAX_PACKAGES,
    InvalidLock,
    Lock,
    LockedFile,
    LockedPackage,
    Value,
    check_address,
    filename_of,
)
from .versions import parse_version

HINT = "a pylock.toml (PEP 751): uv export --format pylock.toml, pip lock, neuron-pin lock"


def parse_pylock(data: bytes, path: str) -> Lock:
    """A pylock.toml; raises `InvalidLock`."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise InvalidLock(path, "", "is nested too deeply", hint=HINT) from None
    except ValueError as error:
        line = re.search(r"at line (\d{1,9})", str(error), re.ASCII)
        raise InvalidLock(
            path, "", f"is not TOML: {str(error)[:200]}", line=int(line[1]) if line else None,
            hint=HINT,
        ) from None  # fmt: skip
    warnings = _check_shape(document, path)
    top = Value(path, "", document)
    python, machine = _environment(document)
    tool = document.get("tool", {}).get("neuron-pin", {})
    facts = tool if isinstance(tool, dict) else {}
    packages = tuple(_package(row) for row in top.items("packages", MAX_PACKAGES))
    return Lock(
        path, "pylock.toml", _text(facts, "command"), _text(facts, "sdk"), python, machine, (),
        packages, (), top.optional("requires-python"),
        top.texts("default-groups") if "default-groups" in document else (), warnings,
    )  # fmt: skip


def _check_shape(document: dict[str, Any], path: str) -> tuple[str, ...]:
    """Raises `InvalidLock` for what PEP 751 does not know; gives what to warn of."""
    from packaging.pylock import Pylock, PylockValidationError

    if "lock-version" not in document:
        raise InvalidLock(path, "", "is not a lock of PEP 751: has no 'lock-version'", hint=HINT)
    stated = document["lock-version"]
    version = parse_version(stated) if isinstance(stated, str) else None
    if version is None or version.major != 1:
        raise InvalidLock(
            path, "lock-version", f"is {str(stated)[:40]!r}, and only 1.0 is known"
            if isinstance(stated, str) else "is not a string", hint=HINT,
        )  # fmt: skip
    try:
        Pylock.from_dict(_with_any_names(document))
    except PylockValidationError as error:
        raise InvalidLock(path, error.context or "", error.message[:200], hint=HINT) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidLock(path, "", f"is not PEP 751: {str(error)[:200]}", hint=HINT) from None
    if version.minor == 0:
        return ()
    return (f"lock-version {stated[:40]}: only the fields of 1.0 are read",)


def _with_any_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with names and versions that fit each other, so that only its shape is
    judged."""
    rows = document.get("packages")
    if not isinstance(rows, list):
        return {**document, "lock-version": "1.0"}
    packages = []
    for row in rows:
        if isinstance(row, dict):
            row = dict(row)
            if isinstance(row.get("name"), str):
                row["name"] = "x"
            if isinstance(row.get("version"), str):
                row["version"] = "1"
            if isinstance(row.get("wheels"), list):
                row["wheels"] = [_named(file, "x-1-py3-none-any.whl") for file in row["wheels"]]
            if "sdist" in row:
                row["sdist"] = _named(row["sdist"], "x-1.tar.gz")
        packages.append(row)
    return {**document, "lock-version": "1.0", "packages": packages}


def _named(file: Any, name: str) -> Any:
    if not isinstance(file, dict) or not isinstance(file.get("name", ""), str):
        return file
    return {**file, "name": name}


def _text(facts: dict[str, Any], key: str) -> str:
    found = facts.get(key, "")
    return found if isinstance(found, str) else ""


def _environment(document: dict[str, Any]) -> tuple[str, str]:
    """The one minor version of Python, and the machine, that a lock is for; Python is empty
    where the lock is for several."""
    markers = document.get("environments", [])
    pythons = {
        stated
        for text in markers
        for stated in re.findall(r"python_version == [\"'](3\.\d{1,3})[\"']", text, re.ASCII)
    }
    machines = {m for text in markers for m in re.findall(r"platform_machine == [\"'](\w+)", text)}
    if len(pythons) != 1:
        wanted = document.get("requires-python", "")
        series = r"(3\.\d{1,3})"
        match = re.fullmatch(
            f">={series}(?:\\.0)?, ?<{series}|<{series}, ?>={series}(?:\\.0)?", wanted, re.ASCII
        )
        low, high = (match[1] or match[4], match[2] or match[3]) if match else ("", "")
        one = low and int(low[2:]) + 1 == int(high[2:])
        pythons = {low} if one else set()
    return next(iter(pythons), ""), next(iter(machines)) if len(machines) == 1 else "x86_64"


def _package(row: Value) -> LockedPackage:
    index = row.optional("index")
    if index:
        check_address(row.at("index"), index)
    table = row.value
    rows = list(row.items("wheels", MAX_FILES)) if "wheels" in table else []
    rows += [row.at(key) for key in ("sdist", "archive") if key in table]
    files = tuple(_file(file, index) for file in rows)
    for key in ("directory", "vcs"):
        if key in table and row.at(key).optional("path"):
            _below(row.at(key).at("path"), row.at(key).text("path"))
    facts = table.get("tool", {}).get("neuron-pin", {})
    facts = facts if isinstance(facts, dict) else {}
    via = facts.get("via")
    known = isinstance(via, list) and all(isinstance(word, str) for word in via)
    direct = not ("wheels" in table or "sdist" in table) or (
        # What pip locks of a folder: a file of whoever made the lock.
        not is_of_machine(index) and any(is_of_machine(file.url) for file in files)
    )
    return LockedPackage(
        row.place, "pip", row.text("name"), row.optional("version"), "", _text(facts, "kind"),
        _text(facts, "sdk"), index, files, tuple(via) if known and via is not None else None,
        row.optional("marker"), row.optional("requires-python"), direct,
    )  # fmt: skip


def _file(row: Value, index: str) -> LockedFile:
    url, path = row.optional("url"), row.optional("path")
    if url:
        check_address(row.at("url"), url)
    local = _below(row.at("path"), path) if path else ""
    if not local and is_of_machine(url) and not is_of_machine(index):
        # Read only where a path may lead, too.
        local = _inside(_folder(row), unquote(urlsplit(url).path)) or ""
    named = row.optional("name")
    where = row.at("name" if named else "path" if path else "url")
    filename = named or (os.path.basename(path.rstrip("/")) if path else filename_of(where, url))
    if re.search(r"[/\\\x00-\x1f\x7f]", filename):
        raise where.wrong("is not a file's name")
    return LockedFile(row.place, filename, url, local, row.hashes("hashes"), row.number("size"))


def _folder(where: Value) -> str:
    return os.path.realpath(os.path.dirname(where.path) or ".")


def _below(where: Value, path: str) -> str:
    """The place of a path, which PEP 751 has relative to the lock's folder; nothing outside of
    that folder is read."""
    if os.path.isabs(path) or "\\" in path or "\x00" in path:
        raise where.wrong("is not a path relative to the lock")
    found = _inside(_folder(where), path)
    if found is None:
        raise where.wrong("leaves the lock's folder")
    return found


def _inside(folder: str, path: str) -> str | None:
    """Where a path leads, links included, none if that is not in a folder."""
    if "\x00" in path:
        return None
    found = os.path.realpath(os.path.join(folder, path))
    return found if os.path.commonpath([folder, found]) == folder else None
