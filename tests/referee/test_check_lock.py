"""The checker finds what is wrong with a lock: each sabotage is seen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import publish

from .check_lock import check

PROJECTS = {
    "first": [("1.0", ("second>=1", "extra[old]<2"))],
    "second": [("1.0", ()), ("2.0", ("extra<2",))],
    "extra": [("1.0", ("fourth; extra == 'old'",)), ("3.0", ())],
    "fourth": [("1.0", ())],
}


@pytest.fixture
def locked(run, serve, tmp_path: Path) -> dict:
    server = serve()
    publish(server, PROJECTS, as_json=True)
    path = tmp_path / "lock.json"
    done = run(
        "lock", "first", "--index-url", f"{server.url}/simple", "--python", "3.11",
        "--generate-hashes", "-o", path,
    )  # fmt: skip
    assert done.code == 0, done.err
    return json.loads(path.read_text())


def row(document: dict, name: str) -> dict:
    return next(row for row in document["packages"] if row["name"] == name)


def aside(document: dict) -> None:
    taken = row(document, "second")
    document["exclusions"].append({**taken, "rule": "NP303", "reason": "", "source": ""})


def one_more(document: dict) -> None:
    document["packages"].append({**row(document, "second"), "name": "fifth"})


SABOTAGE: dict[str, tuple[Callable[[dict], object], str]] = {
    "a version that is not admitted": (
        lambda d: row(d, "extra").update(version="3.0"), "needs extra[old]<2, locked is 3.0"),
    "a package that is missing": (
        lambda d: d["packages"].remove(row(d, "second")), "second>=1, which is not locked"),
    "twice": (lambda d: d["packages"].append(row(d, "second")), "is locked twice"),
    "put aside": (aside, "is locked, and was put aside"),
    "another hash": (
        lambda d: row(d, "second")["files"][0]["hashes"].update(sha256="0" * 64), "another hash"),
    "no hash": (
        lambda d: row(d, "second")["files"][0]["hashes"].update(sha256="zz"), "is no SHA-256"),
    "another file": (
        lambda d: row(d, "second")["files"][0].update(url="http://127.0.0.1:1/x.whl"),
        "is no wheel of the target"),
    "what nobody needs": (one_more, "and nobody needs it"),
}  # fmt: skip


def test_a_good_lock_has_nothing_wrong(locked: dict) -> None:
    found = check(locked, ["first"])
    assert found.problems == []
    assert found.verified == len(locked["packages"])


@pytest.mark.parametrize("case", SABOTAGE)
def test_sabotage_is_found(locked: dict, case: str) -> None:
    change, told = SABOTAGE[case]
    document = copy.deepcopy(locked)
    change(document)
    assert any(told in problem for problem in check(document, ["first"]).problems)


def test_what_was_asked_for_has_to_be_there(locked: dict) -> None:
    assert check(locked, ["first>2"]).problems
    assert check(locked, ["other"]).problems
