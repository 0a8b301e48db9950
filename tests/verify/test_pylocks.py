"""Locks of PEP 751: which of their rows are for the target, and files beside the lock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from conftest import Outcome, Served, publish, wheel

from .world import cases

PROJECTS = {
    "top": [("1.0", ("forked>=2",))],
    "forked": [("1.0", ()), ("2.0", ("leaf",)), ("2.1", ("leaf",))],
    "leaf": [("1.0", ()), ("2.0", ())],
    "other": [("1.0", ())],
    "le-af": [("1.0", ())],
}


@pytest.fixture
def index(serve) -> Served:
    server = serve()
    publish(server, PROJECTS, as_json=True)
    return server


def digest_of(index: Served, filename: str) -> str:
    found = index.answers.get(f"/files/{filename}", (0, {}, b""))[2]
    return hashlib.sha256(found).hexdigest()


def write_lock(index: Served, case: dict[str, Any], path: str = "pylock.toml") -> None:
    """The lock that a case describes."""
    packages = []
    for row in case["rows"]:
        filename = row.get("file", f"{row['name']}-{row['version']}-py3-none-any.whl")
        package = {key: row[key] for key in row if key not in ("file", "via", "wheel")}
        package.setdefault("index", f"{index.url}/simple")
        wheel = {
            "url": f"{index.url}/files/{filename}",
            "hashes": {"sha256": digest_of(index, filename)},
            **row.get("wheel", {}),
        }
        package["wheels"] = [{key: wheel[key] for key in wheel if wheel[key] != ""}]
        if "via" in row:
            package["tool"] = {"neuron-pin": {"via": row["via"]}}
        packages.append({key: package[key] for key in package if package[key] != ""})
    document = {
        "lock-version": "1.0", "created-by": "x", "requires-python": ">=3.11,<3.12",
        "packages": packages, **case.get("top", {}),
    }  # fmt: skip
    if "command" in case:
        document["tool"] = {"neuron-pin": {"command": case["command"]}}
    Path(path).write_text(tomli_w.dumps(document))


def verdict(run: Callable[..., Outcome], *arguments: object) -> tuple[int, dict[str, Any]]:
    done = run("verify", "pylock.toml", *arguments, "--format", "json")
    assert done.out, done.err
    return done.code, json.loads(done.out)


@pytest.mark.parametrize("case", cases("pylocks"), ids=lambda case: case["case"])
def test_rows_are_judged_by_their_markers(run, index, case: dict[str, Any]) -> None:
    write_lock(index, case)
    code, document = verdict(run)
    problems = {(row["check"], row["place"]) for row in document["problems"]}
    assert problems == {tuple(problem) for problem in case["problems"]}
    assert code == bool(problems)
    assert document["verified"] == case["verified"]
    assert sorted({row["reason"] for row in document["not_verified"]}) == case["reasons"]
    # What is wrong with the rows themselves is told without indexes, too.
    code, document = verdict(run, "--offline")
    offline = {(row["check"], row["place"]) for row in document["problems"]}
    indexed = ("missing", "unmet", "unlisted", "not-on")
    offline -= {pair for pair in offline if pair[0] == "not-needed"}
    assert offline == {pair for pair in problems if not pair[0].startswith(indexed)}


def test_what_is_not_a_name_is_asked_of_nobody(run, index) -> None:
    for name in ("../leaf", "leaf?x=1", "Leaf", "leaf\nX: y", "leáf"):
        write_lock(
            index, {"rows": [{"name": name, "version": "1.0", "file": "a-1-py3-none-any.whl"}]}
        )
        before = len(index.requests)
        code, document = verdict(run)
        assert code == 1
        assert ("invalid-name", "packages[0].name") in {
            (row["check"], row["place"]) for row in document["problems"]
        }
        assert len(index.requests) == before


def test_the_python_that_is_asked_for_has_to_be_one_of_the_locks(run, index) -> None:
    rows = [{"name": "leaf", "version": "1.0"}]
    write_lock(index, {"rows": rows, "top": {"requires-python": ">=3.10"}})
    assert verdict(run, "--python", "3.12")[0] == 0
    done = run("verify", "pylock.toml", "--python", "3.9")
    assert (done.code, done.out) == (2, "")
    assert run("verify", "pylock.toml").code == 2


# Files beside the lock ---------------------------------------------------------------------


def local(name: str, **more: str) -> dict[str, Any]:
    """A lock of one wheel beside it, of no index."""
    digest = hashlib.sha256(wheel("leaf", "1.0")).hexdigest()
    row = {"name": "leaf", "version": "1.0", "index": "", "wheel": {
        "url": "", "hashes": {"sha256": digest}, "name": name, **more,
    }}  # fmt: skip
    return {"rows": [row]}


@pytest.mark.parametrize("files", [(), ("--files",)], ids=["metadata", "files"])
@pytest.mark.parametrize("path", ["wheels/leaf-1.0-py3-none-any.whl", ".", "wheels"])
def test_a_file_that_is_not_beside_the_lock_is_not_verified(run, index, path, files) -> None:
    Path("wheels").mkdir()
    case = local("leaf-1.0-py3-none-any.whl", path=path)
    for where in ("", f"{index.url}/simple"):
        case["rows"][0]["index"] = where
        write_lock(index, case)
        code, document = verdict(run, *files)
        assert (code, document["verified"], document["problems"]) == (3, 0, [])
        details = {r["detail"] for r in document["not_verified"] if r["reason"] == "unreachable"}
        assert any("not there" in detail or "not a" in detail for detail in details)


def test_a_local_wheel_that_pip_locked_is_a_direct_source(run, index) -> None:
    name = "leaf-1.0-py3-none-any.whl"
    Path(name).write_bytes(wheel("leaf", "1.0"))
    write_lock(index, local("", url=Path(name).resolve().as_uri()))
    code, document = verdict(run)
    assert (code, document["verified"]) == (0, 0)
    assert [row["reason"] for row in document["not_verified"]] == ["direct-source"]
    code, document = verdict(run, "--files")
    assert (code, document["verified"], document["not_verified"]) == (0, 1, [])
    Path(name).write_bytes(wheel("leaf", "1.0", ("other",)))
    code, document = verdict(run, "--files")
    assert {row["check"] for row in document["problems"]} == {
        "hash-mismatch",
        "missing-requirement",
    }


def test_a_local_wheel_elsewhere_is_not_read(run, index, tmp_path, monkeypatch) -> None:
    path = tmp_path / "leaf-1.0-py3-none-any.whl"
    path.write_bytes(wheel("leaf", "1.0"))
    opened: list[str] = []
    monkeypatch.setattr("neuron_pin.verify.index.open_regular", opened.append)
    write_lock(index, local("", url=path.as_uri()))
    code, document = verdict(run, "--files")
    assert (code, document["verified"], opened) == (0, 0, [])
    assert [row["reason"] for row in document["not_verified"]] == ["direct-source"]
