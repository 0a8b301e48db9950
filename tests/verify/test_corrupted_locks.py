"""A good lock has nothing wrong; each corrupted one is refused with the check and the place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import FIXTURES, sample

from neuron_pin.verify.verdict import Check, Reason

from .world import World, cases, numbered, set_page, shared_world, spoiled, take_world

CASES, INDEXES = cases("cases"), cases("indexes")


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[World]:
    with shared_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(shared: World, tmp_path: Path) -> Iterator[World]:
    with take_world(shared, tmp_path) as world:
        yield world


def problems_of(done) -> set[tuple[str, str]]:
    return {(row["check"], row["place"]) for row in json.loads(done.out)["problems"]}


@pytest.mark.parametrize("files", [(), ("--files",)], ids=["metadata", "files"])
def test_a_good_lock_has_nothing_wrong(run, world, files: tuple[str, ...]) -> None:
    done = run("verify", world.path, *files, "--format", "json")
    document = json.loads(done.out)
    assert (done.code, document["problems"]) == (0, [])
    assert document["verified"] == document["packages"] - 1
    assert [row["reason"] for row in document["not_verified"]] == ["system-package"]


def write_corrupted(world: World, case: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Spoil the lock as a case says; gives the document, and the words that verify it."""
    document = spoiled(world, case["edits"])
    world.path.write_text(json.dumps(document))
    files = ["--files"] if case.get("files") else ["--offline"] if case.get("offline") else []
    return document, ["verify", world.path, *case.get("requirements", ()), *files]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_corrupted_lock_is_refused(run, world, case: dict[str, Any]) -> None:
    document, words = write_corrupted(world, case)
    done = run(*words, "--format", "json")
    assert done.code == 1, done.err
    expected = (case["check"], numbered(case["place"], document))
    assert expected in problems_of(done)
    assert not {"secret", "cr@et"} & set(re.split(r"[/:]+", done.out))
    assert "et@" not in done.out


@pytest.mark.parametrize("case", sample(CASES, 3), ids=lambda case: case["case"])
def test_text_tells_the_place_and_the_check(run, world, case: dict[str, Any]) -> None:
    document, words = write_corrupted(world, case)
    text = run(*words)
    assert text.code == 1
    assert not {"secret", "cr@et"} & set(re.split(r"[/:]+", text.out))
    assert "et@" not in text.out
    assert f"{numbered(case['place'], document)}: {case['check']}: " in text.out


@pytest.mark.parametrize("case", INDEXES, ids=lambda case: case["case"])
def test_an_index_that_changed_is_told(run, world, case: dict[str, Any]) -> None:
    address = f"/simple/{case['project']}/"
    page = json.loads(world.public.answers[address][2])
    page["files"] = [{**row, **case.get("page", {})} for row in page["files"]]
    set_page(world.public, case["project"], {**page, **case.get("document", {})})
    if case.get("gone"):
        del world.public.answers[address]
    done = run("verify", world.path, "--format", "json")
    assert done.code == 1, done.err
    assert (case["check"], numbered(case["place"], world.document)) in problems_of(done)


def test_every_check_is_held_by_a_case() -> None:
    held = {case["check"] for case in (*CASES, *INDEXES)} | {"metadata-mismatch"}
    assert held == {check.identifier for check in Check}
    assert len({case["case"] for case in CASES}) == len(CASES) >= 30


def test_the_reference_has_every_check_and_reason() -> None:
    reference = (FIXTURES.parent / "docs" / "reference" / "verifying.md").read_text()
    for kind in (Check, Reason):
        for member in kind:
            assert f"| `{member.identifier}` | {member.title} |" in reference
