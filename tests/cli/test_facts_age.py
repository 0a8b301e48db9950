"""Old facts are never stated as current: every command that judges says how old they are."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.catalog import Catalog, find_facts_age, user_catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.facts_age import MAX_AGE, describe_update
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command

FACTS_OF = Catalog(EMBEDDED).announced
LATE = FACTS_OF + timedelta(days=99)
TARGET = ("--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12")

# Each judges by the facts; those with a JSON document say the age in it, too.
COMMANDS = [
    ("lock", "--offline", *TARGET),
    ("plan", *TARGET),
    ("check", "reqs.txt"),
    ("explain", "torch-neuronx", *TARGET),
    ("explain", "vllm-neuron", "with", "nki", *TARGET),
    ("why", "nki"),
    ("diff", "2.31.1", "2.32.0"),
    ("releases",),
    ("releases", "2.32.0"),
    ("lifecycle", "torch-neuronx"),
    ("doctor", "--root", "machine"),
    ("hook", "status", "--root", "machine"),
    ("outdated", "lock.json"),
]
IN_WARNINGS = {"lock", "plan"}
"""Their documents have had a place for what is to be known."""


@pytest.fixture
def files(run: Run) -> None:
    Path("reqs.txt").write_text("nki==0.6.0\n")
    Path("machine/etc/apt").mkdir(parents=True)
    run("lock", "-q", "--offline", "nki", "--python", "3.12", "-o", "lock.json")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_say_that_their_facts_are_old(
    run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = run(*command)
    assert f"the catalog data end on {FACTS_OF}" not in fresh.err
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: LATE)
    old = run(*command)
    assert old.code == fresh.code
    if command[0] == "why":
        # It reads the lock alone.
        assert old.err == fresh.err
        return
    (line,) = [each for each in old.err.splitlines() if f"data end on {FACTS_OF}" in each]
    assert line.startswith("warning: ")
    assert "99 days" in line
    (hint,) = [
        each for each in old.err.splitlines() if each.startswith("hint: ") and "newer data" in each
    ]
    assert "neuron-pin catalog update " in hint
    assert "catalog data end" not in run(*command, "-q").err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_documents_say_how_old_the_facts_are(
    run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: LATE)
    document = json.loads(run(*command, "--format", "json").out)
    if command[0] in IN_WARNINGS:
        texts = document.get("warnings", document.get("notes"))
        assert any(f"the catalog data end on {FACTS_OF}" in text for text in texts)
    else:
        assert document["facts"] == {
            "until": FACTS_OF.isoformat(), "age_days": 99, "is_old": True,
        }  # fmt: skip


@pytest.mark.parametrize(("days", "is_told"), [(0, False), (7, False), (8, True)])
def test_who_has_just_imported_is_not_told_to_import(
    run: Run, monkeypatch: pytest.MonkeyPatch, days: int, *, is_told: bool
) -> None:
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: LATE)
    own = Path(user_catalog())
    shutil.copytree(EMBEDDED, own)
    day = datetime.combine(LATE - timedelta(days=days), time(12), timezone.utc).timestamp()
    os.utime(own, (day, day))
    told = run("releases").err
    assert "warning: " in told
    assert ("hint: " in told) == is_told


def test_a_day_that_is_asked_about_counts_instead_of_today(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: LATE)
    assert run("releases", "--as-of", FACTS_OF).err == ""
    assert run("releases", "--as-of", LATE).err != ""


@pytest.mark.parametrize(
    ("days", "age", "is_old"),
    [(-400, 0, False), (0, 0, False), (MAX_AGE, MAX_AGE, False), (MAX_AGE + 1, MAX_AGE + 1, True)],
)
def test_facts_are_old_after_thirty_days(days: int, age: int, is_old: bool) -> None:
    found = find_facts_age(FACTS_OF, FACTS_OF + timedelta(days=days))
    assert (found.days, found.is_old, bool(found.warning)) == (age, is_old, is_old)


def test_a_guarantee_that_is_over_is_in_the_past_tense(run: Run) -> None:
    command = ("lock", "--offline", "--format", "text", *TARGET, "--as-of")
    until = date(2026, 9, 20)
    assert f"Supported until at least {until}" in run(*command, "2026-08-20").out
    late = run(*command, LATE).out
    assert "Supported until" not in late
    assert f"Support was guaranteed until {date(2026, 9, 21)}" in late
    plan = run("plan", *TARGET, "--as-of", LATE, "--format", "json").out
    assert any("was guaranteed until" in note for note in json.loads(plan)["notes"])


def test_the_lifecycle_says_that_a_guarantee_is_over(run: Run) -> None:
    fresh, late = (
        run("lifecycle", "nki", "--as-of", day).out for day in ("2026-08-20", LATE)
    )  # fmt: skip
    assert "guaranteed until  2026-09-20" in fresh
    assert "was guaranteed    until 2026-09-21" in late
    assert "guaranteed until" not in late
    assert "2026-09-21 (over)" in run("lifecycle", "--kind", "instance", "--as-of", LATE).out
    for day, holds in (("2026-08-20", True), (LATE, False)):
        document = json.loads(run("lifecycle", "nki", "--as-of", day, "--format", "json").out)
        (row,) = document["products"][0]["releases"]
        assert row["custom"]["isGuaranteed"] is holds


def test_the_newest_release_is_not_called_current_by_old_facts(run: Run) -> None:
    for command in (("releases",), ("releases", "{}"), ("lifecycle", "{}")):
        words = [word.format("2.32.0") for word in command]
        assert "current" in run(*words, "--as-of", FACTS_OF).out
        # Known in part, and the newest.
        words = [word.format("2.33.1") for word in command]
        late = run(*words, "--as-of", LATE).out
        assert "current" not in late
        assert "newest known" in late


def test_the_hint_names_what_the_update_needs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_update().endswith("neuron-pin catalog update")
    assert "pip install" not in describe_update()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    lacking = describe_update()
    assert lacking.index(install_command("announcements")) < lacking.index("neuron-pin catalog")
    assert failure(run("catalog", "import"), WrongUsage).hint == lacking


@pytest.mark.parametrize(("day", "is_old"), [(FACTS_OF, False), (LATE, True)])
def test_the_catalog_shows_the_age_of_its_facts(
    run: Run, monkeypatch: pytest.MonkeyPatch, day: date, is_old: bool
) -> None:
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: day)
    shown = json.loads(run("catalog", "show", "--format", "json").out)["facts"]
    days = (day - FACTS_OF).days
    assert shown == {"until": str(FACTS_OF), "age_days": days, "is_old": is_old}
    assert f"{days} days" in run("catalog", "show").out
