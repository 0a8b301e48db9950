"""``neuron-pin lifecycle``: text, JSON, calendar, and what it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure
from icalendar import Calendar

from neuron_pin.errors import (
    CannotWrite,
    NeuronPinError,
    NoSolution,
    UnknownName,
    UnreadableInput,
    WrongUsage,
)


def test_the_floor_is_announced_guaranteed_and_possible(run) -> None:
    done = run("lifecycle", "torch-neuronx==2.8", "--as-of", "2026-03-01")
    assert done.code == 0
    for line in (
        "announced         end of support on 2026-04-09 [announce-eos-pytorch-2-7-2-8]",
        "guaranteed until  2026-04-08",
        "could end from    2026-04-09: as announced",
        "regular updates   until 2026-06-18",
        "by the policy     not before 2026-06-19: a newer version has been supported since 2025-12-19",
        "replacement       torch-neuronx 2.9",
    ):
        assert line in done.out
    assert done.err == ""


def test_facts_that_end_before_the_day_are_told(run) -> None:
    done = run("lifecycle", "nki", "--as-of", "2026-12-24")
    assert "2026-09-21" in done.out
    assert "2026-08-21" in done.err
    assert run("lifecycle", "nki", "--as-of", "2026-12-24", "-q").err == ""


def test_one_line_a_subject(run) -> None:
    done = run("lifecycle", "--kind", "python", "--as-of", "2026-08-20")
    lines = done.out.splitlines()
    assert lines[0].split() == ["KIND", "SUBJECT", "PHASE", "SINCE", "NEXT", "CHANGE",
                                "GUARANTEED", "UNTIL", "REPLACEMENT"]  # fmt: skip
    assert len(lines) == 8
    assert lines[3].split()[:5] == ["python", "python", "3.9", "eos", "2025-12-19"]


def test_json_speaks_the_words_of_endoflife_date(run) -> None:
    done = run("lifecycle", "--format", "json", "--as-of", "2026-03-01")
    document = json.loads(done.out)
    assert (document["schema_version"], document["as_of"]) == (1, "2026-03-01")
    products = {(p["category"], p["name"]): p for p in document["products"]}
    releases = {r["name"]: r for r in products["framework", "torch-neuronx"]["releases"]}
    old, leaving, latest = releases["2.5"], releases["2.8"], releases["2.9"]
    assert (old["isEol"], old["eolFrom"], old["isMaintained"]) == (True, "2025-07-31", False)
    assert (leaving["isEol"], leaving["eolFrom"], leaving["isMaintained"]) == (
        False,
        "2026-04-09",
        True,
    )
    assert (latest["isEol"], latest["eolFrom"], latest["isEoas"]) == (False, None, False)
    assert latest["releaseDate"] == "2025-12-19"
    # Every field of a release in version 1 of that site's schema.
    assert {"name", "codename", "label", "releaseDate", "isLts", "ltsFrom", "isEoas", "eoasFrom",
            "isEol", "eolFrom", "isMaintained", "latest", "custom"} == set(latest)  # fmt: skip
    assert leaving["custom"]["breaksPromise"] is True
    assert leaving["custom"]["events"][-1]["source"].endswith("announce-eos-pytorch-2-7-2-8.rst")
    sdks = products["sdk", "neuron-sdk"]["releases"]
    assert [r["isMaintained"] for r in sdks] == [True] + [False] * (len(sdks) - 1)


def first_day(entry: Any) -> str:
    """When an entry of a calendar begins."""
    return entry["DTSTART"].dt.isoformat()


def test_the_calendar_has_each_coming_change_once(run, catalog) -> None:
    done = run("lifecycle", "--format", "ics", "--as-of", "2026-03-01", "-o", "a.ics")
    assert done.code == 0
    raw = Path("a.ics").read_bytes()
    calendar = Calendar.from_ical(raw)
    entries = [(str(e["SUMMARY"]), first_day(e)) for e in calendar.walk("VEVENT")]
    assert len(entries) == len(set(entries))
    assert ("torch-neuronx 2.7: end of support", "2026-04-09") in entries
    assert ("tensorflow-neuronx: end of support", "2026-04-09") in entries
    assert ("neuron-profiler: end of support", "2026-04-09") in entries
    coming = {
        (e.subject, e.effective)
        for e in catalog.events
        if str(e.announced) <= "2026-03-01" and e.effective and str(e.effective) > "2026-03-01"
    }
    assert len(entries) == len(coming)
    identifiers = [str(e["UID"]) for e in calendar.walk("VEVENT")]
    assert len(set(identifiers)) == len(identifiers)
    # The same facts, the same bytes; and a moved change keeps its identifier.
    run("lifecycle", "--format", "ics", "--as-of", "2026-03-01", "-o", "b.ics")
    assert Path("b.ics").read_bytes() == raw
    run("lifecycle", "--format", "ics", "--as-of", "2026-04-01", "-o", "c.ics")
    moved = {
        str(e["SUMMARY"]): e for e in Calendar.from_ical(Path("c.ics").read_bytes()).walk("VEVENT")
    }
    name = "neuron-profiler: end of support"
    assert first_day(moved[name]) == "2026-05-21"
    was = next(e for e in calendar.walk("VEVENT") if str(e["SUMMARY"]) == name)
    assert moved[name]["UID"] == was["UID"]


def test_a_lock_puts_its_horizon_into_the_calendar(run) -> None:
    run("lock", "--offline", "neuronx-cc", "--instance", "trn1", "--python", "3.11",
        "--as-of", "2026-08-20", "-o", "lock.json")  # fmt: skip
    done = run("lifecycle", "--format", "ics", "--as-of", "2026-08-20", "--lock", "lock.json")
    entries = {str(e["SUMMARY"]): e for e in Calendar.from_ical(done.out).walk("VEVENT")}
    (entry,) = [entry for summary, entry in entries.items() if "lock.json" in summary]
    assert first_day(entry) == "2026-09-20"
    # Announced for SDK 2.33.0, of which no more than the day has to be known.
    (announced,) = [entry for summary, entry in entries.items() if "gpsimd" in summary]
    assert first_day(announced) == "2026-10-19"


# arguments, the error, what it carries
REFUSED: list[tuple[tuple[str, ...], type[NeuronPinError], dict[str, object]]] = [
    (("nonesuch",), UnknownName, {"given": "nonesuch"}),
    (("--as-of", "soon"), WrongUsage, {}),
    (("--kind", "colour"), UnknownName, {"given": "colour"}),
    (("--lock", "x.json"), UnreadableInput, {"path": "x.json"}),
    (("--format", "html", "--lock", "absent.json"), UnreadableInput, {"path": "absent.json"}),
    (("--format", "html", "-o", "no/such/a.html"), CannotWrite, {"path": "no/such/a.html"}),
    (("--as-of", "2020-01-01", "nki"), UnknownName, {"given": "nki"}),
]


@pytest.mark.parametrize(("arguments", "kind", "data"), REFUSED)
def test_what_it_refuses(
    run: Run, arguments: tuple[str, ...], kind: type[NeuronPinError], data: dict[str, object]
) -> None:
    done = run("lifecycle", *arguments)
    error = failure(done, kind)
    assert {name: getattr(error, name) for name in data} == data
    assert done.out == ""


def test_a_day_before_everything_has_nothing(run: Run) -> None:
    done = run("lifecycle", "--as-of", "2020-01-01")
    assert (done.code, done.out, "2020-01-01" in done.err) == (1, "", True)


# what is in the lock file, a word of the problem
BAD_LOCKS = [
    ("", "JSON"),
    ("[]", "'packages'"),
    ('{"packages": []}', "'target'"),
    ('{"packages": [3], "target": {}}', "package 0"),
    ('{"packages": [{"ecosystem": "gem"}], "target": {}}', "'gem'"),
    ('{"packages": [{"ecosystem": "pip", "name": 1}], "target": {}}', "'name'"),
    ('{"packages": [], "target": {"os": 1}}', "'os'"),
    ('{"packages": [], "target": {"os": "beos"}}', "'beos'"),
]


@pytest.mark.parametrize(("text", "word"), BAD_LOCKS)
def test_a_file_that_is_no_lock_is_named(run: Run, text: str, word: str) -> None:
    Path("lock.json").write_text(text)
    done = run("lifecycle", "--format", "svg", "--lock", "lock.json")
    assert done.code == 2
    assert done.error is not None
    assert word in done.error.message


def test_phases_are_those_on_the_instance(run) -> None:
    """PyTorch 2.9 is in maintenance on inf2 and trn1 alone."""
    for family, maintained in (("trn2", False), ("trn1", True)):
        done = run("lifecycle", "torch-neuronx 2.9", "--instance", family, "--as-of", "2026-08-20")
        assert ("maintenance" in done.out) is maintained


# the subject, how its phase begins, what it ends with
LEFT = [
    ("2.28.1", "superseded on 2026-04-09", "stable since 2026-03-13"),
    ("2.32.0", "stable since 2026-08-17", ""),
    ("torch-neuronx 1.11", "no longer shipped; last in 2.5.0", "stable since 2022-10-10"),
    ("neuronx-distributed-training", "eos since 2026-08-17", ""),
    ("neuronx-distributed", "maintenance since", "last in 2.31.1"),
    ("torch-neuronx 2.8", "eos since 2026-04-09", ""),
]


@pytest.mark.parametrize(("subject", "begin", "end"), LEFT)
def test_what_was_left_behind_is_not_shown_as_current(
    run, subject: str, begin: str, end: str
) -> None:
    day = ("--as-of", "2026-08-20")
    phase = run("lifecycle", subject, *day).out.splitlines()[1]
    assert phase.startswith(f"  phase             {begin}")
    assert phase.endswith(end)
    if "last in" in begin + end:
        page = run("lifecycle", subject, *day, "--format", "html").out
        assert re.search(r'data-head="Phase">[^\n]*?; last in 2\.\d+\.\d+</td>', page)


def test_a_lock_alone_is_shown_for_its_instance(run) -> None:
    run("lock", "--offline", "--instance", "trn2", "--python", "3.11", "--sdk", "2.31.1", "-q",
        "--as-of", "2026-08-13", "torch-neuronx", "-o", "lock.json")  # fmt: skip
    words = ("lifecycle", "--lock", "lock.json", "--as-of", "2026-08-20")
    shown = {line.split()[0]: line for line in run(*words).out.splitlines()[1:]}
    assert set(shown) == {"sdk", "component", "framework", "python", "instance"}
    assert "stable, not shipped" in shown["framework"]
    document = json.loads(run(*words, "--format", "json").out)
    names = {product["name"] for product in document["products"]}
    assert names == {"neuron-sdk", "torch-neuronx", "python", "trn2"}
    failure(run(*words, "inf1"), NoSolution)


def test_an_end_of_no_date_whose_notice_is_over_leaves_no_guarantee(run: Run) -> None:
    """announce-eos-dlami of 2024-04-24 names no day."""
    asked = ("lifecycle", "release 2.18.0 DLAMIs", "--as-of", "2026-08-20")
    (product,) = json.loads(run(*asked, "--format", "json").out)["products"]
    (row,) = product["releases"]
    assert row["custom"]["isGuaranteed"] is False
    assert "2026-08-2" not in run(*asked).out
