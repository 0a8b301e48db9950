"""lock.json of ``neuron-pin lock``, as docs/schemas/lock.schema.json describes it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from .addresses import is_of_machine
from .lockfile import (
    ECOSYSTEMS,
    MAX_FILES,
    MAX_PACKAGES,
    Excluded,
    InvalidLock,
    Lock,
    LockedFile,
    LockedPackage,
    StatedCompiler,
    Value,
    check_address,
    filename_of,
)

SCHEMA_VERSION = 1
KINDS = ("extension", "standalone", "dependency", "none")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A reader that takes the first of two equal keys, and one that takes the last, would not
    read the same lock."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} occurs twice in one object")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def parse_lock_json(data: bytes, path: str) -> Lock:
    """A lock.json; raises `InvalidLock`."""
    try:
        document = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise InvalidLock(path, "", f"is not JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise InvalidLock(path, "", "is nested too deeply") from None
    except ValueError as error:
        raise InvalidLock(path, "", f"is not JSON: {error}") from None
    top = Value(path, "", document)
    version = top.at("schema_version")
    if version.value != SCHEMA_VERSION or isinstance(version.value, bool):
        stated = "null" if version.value is None else repr(str(version.value)[:40])
        raise version.wrong(f"is {stated}, but only {SCHEMA_VERSION} is supported")
    target = top.at("target")
    python = target.text("python")
    if not re.fullmatch(r"3\.\d{1,3}", python, re.ASCII):
        raise target.at("python").wrong(f"{python[:40]!r} is not a Python version")
    platforms = target.texts("platforms")
    _check_rest(top, target)
    packages = tuple(_package(row) for row in top.items("packages", MAX_PACKAGES))
    exclusions = tuple(_excluded(row) for row in top.items("exclusions"))
    machine = "aarch64" if platforms and platforms[0].endswith("aarch64") else "x86_64"
    return Lock(
        path, "lock.json", top.text("command"), top.nullable("sdk"), python, machine, platforms,
        packages, exclusions, compiler=_compiler(top),
    )  # fmt: skip


def _check_rest(top: Value, target: Value) -> None:
    """What the schema requires, and nothing here depends on."""
    target.nullable("instance")
    target.nullable("os")
    target.text("scope")
    target.optional("driver")
    target.text("as_of")
    target.texts("phases")
    top.texts("warnings")
    if "policy" in top.of(dict, "an object"):
        # Locks of earlier versions do not name it.
        top.at("policy").text("edition")
        top.at("policy").text("in_force")
    if top.at("support").value is not None:
        support = top.at("support")
        for key in ("guaranteed_until", "reason", "facts_of"):
            support.text(key)
        support.texts("first_to_end")


def _compiler(top: Value) -> StatedCompiler | None:
    if "neff" not in top.of(dict, "an object"):
        # Locks of earlier versions do not name it, nor do those without a compiler.
        return None
    stated = top.at("neff")
    return StatedCompiler(
        stated.place, stated.text("compiler"), stated.text("version"), stated.nullable("sdk")
    )


def _excluded(row: Value) -> Excluded:
    row.text("rule")
    row.text("reason")
    return Excluded(
        row.place, row.one_of("ecosystem", ECOSYSTEMS), row.text("name"), row.text("version"),
        row.text("source"),
    )  # fmt: skip


def _package(row: Value) -> LockedPackage:
    ecosystem = row.one_of("ecosystem", ECOSYSTEMS)
    index = row.nullable("index")
    if index:
        check_address(row.at("index"), index)
    files = tuple(_file(file, index) for file in row.items("files", MAX_FILES))
    row.text("phase")
    kind = row.nullable("kind") and row.one_of("kind", KINDS)
    return LockedPackage(
        row.place, ecosystem, row.text("name"), row.text("version"), row.text("pin"), kind,
        row.nullable("sdk"), index, files, row.texts("via"),
    )  # fmt: skip


def _file(row: Value, index: str) -> LockedFile:
    where = row.at("url")
    url = row.text("url")
    check_address(where, url)
    if is_of_machine(url):
        if not is_of_machine(index):
            raise where.wrong("is a file of this machine, but its index is not")
        if ".." in unquote(urlsplit(url).path).split("/"):
            raise where.wrong("leaves its folder")
    filename = filename_of(where, url)
    return LockedFile(row.place, filename, url, "", row.hashes("hashes"), row.number("size"))
