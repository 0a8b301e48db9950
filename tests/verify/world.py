"""A good lock over two loopback indexes, and the ways to spoil it."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import FIXTURES, Served, make_run, publish, table_servers, wheel

PUBLIC = {
    "first": [("1.0", ("second>=1", "extra[old]<2", "plat"))],
    "second": [("1.0", ()), ("2.0", ("extra<2",))],
    "extra": [("1.0", ("fourth; extra == 'old'",)), ("3.0", ())],
    "fourth": [("1.0", ())],
    "lonely": [("1.0", ())],
    "torch": [("2.9.1", ()), ("2.10.0", ())],
    # Placeholders, as the public index has them.
    "torch-neuronx": [("1000.0", ())],
    "neuronx-cc": [("1000.0", ())],
    "libneuronxla": [("1000.0", ()), ("2.2.17544.0", ())],
}
NEURON = {
    "torch-neuronx": [("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*", "libneuronxla<3.0"))],
    "libneuronxla": [("2.2.17544.0+1", ())],
    "neuronx-cc": [("2.26.6360.0+6f180f47", ())],
}
PLATFORMS = {
    "": "cp311-cp311-manylinux_2_17_x86_64",
    "/win": "cp311-cp311-win_amd64",
    "/new": "cp311-cp311-manylinux_2_39_x86_64",
}
"""The wheels of ``plat``, by what names them in the cases."""


class World(NamedTuple):
    """The indexes, the lock's document, and where it lies."""

    public: Served
    neuron: Served
    document: dict[str, Any]
    path: Path


def cases(name: str) -> list[dict[str, Any]]:
    """The rows of a file of fixtures/corrupted-locks."""
    found: list[dict[str, Any]] = json.loads(
        (FIXTURES / "corrupted-locks" / f"{name}.json").read_text()
    )
    return found


def make_world(run: Any, serve: Any, folder: Path) -> World:
    """Two indexes, and a lock that the command makes over them."""
    public, neuron = serve(), serve()
    publish(public, PUBLIC, as_json=True)
    publish(neuron, NEURON, as_json=False)
    rows = []
    for tags in PLATFORMS.values():
        filename = f"plat-1.0-{tags}.whl"
        data = wheel("plat", "1.0")
        public.answers[f"/files/{filename}"] = (200, {}, data)
        digest = hashlib.sha256(data).hexdigest()
        rows.append(
            {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": digest}}
        )
    set_page(public, "plat", {"files": rows})
    path = folder / "lock.json"
    done = run(
        "lock", "first", "torch-neuronx", "neuronx-cc", "aws-neuronx-tools",
        "--index-url", f"{public.url}/simple", "--neuron-index-url", f"{neuron.url}/simple",
        "--instance", "trn1", "--python", "3.11", "--as-of", "2026-08-17",
        "--generate-hashes", "-q", "-o", path,
    )  # fmt: skip
    assert done.code == 0, done.err
    document = json.loads(path.read_text())
    # The loopback index states no sizes; a lock may.
    for row in document["packages"]:
        for file in row["files"]:
            name = file["url"].partition("/files/")[2]
            where = public if file["url"].startswith(public.url) else neuron
            file["size"] = len(where.answers[f"/files/{name}"][2])
    path.write_text(json.dumps(document))
    return World(public, neuron, document, path)


@contextlib.contextmanager
def shared_world(folder: Path) -> Iterator[World]:
    """A world for the tests of a module, each of which takes it by `take_world`."""
    with table_servers() as start:
        with pytest.MonkeyPatch.context() as patch:
            world = make_world(make_run(folder, patch), start, folder)
        yield world


@contextlib.contextmanager
def take_world(world: World, folder: Path) -> Iterator[World]:
    """A shared world with a lock file of its own; what the indexes answer is afterwards as it was,
    and nothing has been asked of them before."""
    servers = (world.public, world.neuron)
    answers = [dict(server.answers) for server in servers]
    for server in servers:
        server.requests.clear()
    path = folder / "lock.json"
    path.write_text(json.dumps(world.document))
    yield world._replace(document=copy.deepcopy(world.document), path=path)
    for server, before in zip(servers, answers, strict=True):
        server.answers.clear()
        server.answers.update(before)


def set_page(server: Served, name: str, document: dict[str, Any]) -> None:
    """Put a project page onto a server."""
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    server.answers[f"/simple/{name}/"] = (200, kind, json.dumps(document).encode())


def spoiled(world: World, edits: list[dict[str, Any]]) -> dict[str, Any]:
    """A copy of the lock's document with the edits made."""
    document = copy.deepcopy(world.document)
    for edit in edits:
        if "copy" in edit:
            taken = copy.deepcopy(row_of(document, edit["copy"]))
            document["packages"].append({**taken, **edit["with"]})
            continue
        *way, last = edit["at"].split("/")
        inner: Any = document
        for step in way:
            inner = _step(inner, step)
        key: Any = _key(inner, last)
        if edit.get("remove"):
            del inner[key]
        elif edit.get("twice"):
            inner[key] = inner[key] * 2
        elif "signed" in edit:
            inner[key] = inner[key].replace("://", f"://{edit['signed']}@")
        elif "from" in edit:
            inner[key] = _taken(world, document, edit["from"], last)
        else:
            inner[key] = _filled(edit["set"], document)
    return document


def _taken(world: World, document: dict[str, Any], source: str, field: str) -> Any:
    name, _, which = source.partition("/")
    if which:
        return f"{world.public.url}/files/plat-1.0-{PLATFORMS['/' + which]}.whl"
    row = row_of(document, name)
    return row["files"][0]["url"] if field == "url" else row[field]


def _filled(value: Any, document: dict[str, Any]) -> Any:
    """``$version`` is that of the package which the exclusion names."""
    for row in value if isinstance(value, list) else ():
        if isinstance(row, dict) and "$version" in row["version"]:
            version = row_of(document, row["name"])["version"]
            row["version"] = row["version"].replace("$version", version)
    return value


def row_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The package of that name."""
    found: dict[str, Any] = next(r for r in document["packages"] if r["name"] == name)
    return found


def _key(inner: Any, step: str) -> Any:
    if not isinstance(inner, list):
        return step
    if step.isdecimal():
        return int(step)
    return next(number for number, row in enumerate(inner) if row["name"] == step)


def _step(inner: Any, step: str) -> Any:
    return inner[_key(inner, step)]


def numbered(place: str, document: dict[str, Any]) -> str:
    """A place with the package's number instead of its name."""
    names = [row["name"] for row in document["packages"]]

    def number(match: re.Match[str]) -> str:
        return f"[{len(names) - 1 if match[1] == 'last' else names.index(match[1])}]"

    return re.sub(r"(?<=^packages)\[([^\]]+)\]", number, place)
