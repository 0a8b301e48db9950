"""Everything that has a life-cycle: where it stands on a day."""

from datetime import date

import pytest

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.changes import find_changes
from neuron_pin.catalog.finding import find_subjects
from neuron_pin.catalog.importer.writer import render_shipped, render_spans
from neuron_pin.catalog.spans import derive_shipped, derive_spans
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import Subjects
from neuron_pin.errors import UnknownName
from neuron_pin.policy import Subject, SubjectKind
from neuron_pin.policy.update import Update, Updates


def one(catalog: Catalog, words: str, day: str) -> Status:
    (found,) = find_subjects(Subjects(catalog, date.fromisoformat(day)), [words])
    return found


# subject, day, phase, since
PHASES = [
    ("torch-neuronx==2.5", "2025-07-30", "stable", "2024-12-20"),
    ("torch-neuronx==2.5", "2025-07-31", "eos", "2025-07-31"),
    ("torch-neuronx 2.9", "2026-07-07", "maintenance", "2026-07-07"),
    ("torch-neuronx 2.1", "2023-12-31", "beta", "2023-12-21"),
    ("torch-neuronx 2.1", "2024-04-01", "stable", "2024-04-01"),
    ("torch-neuron 1.9", "2024-01-01", "eos", "2023-09-15"),
    ("torch-neuron 1.9", "2024-10-01", "maintenance", "2024-09-16"),
    ("python3.9", "2025-12-18", "stable", "2023-02-24"),
    ("python 3.9", "2025-12-19", "eos", "2025-12-19"),
    ("os:ubuntu20.04", "2025-05-20", "eos", "2025-05-20"),
    ("amzn2", "2024-09-15", "stable", "None"),
    ("feature:neuron-profiler", "2026-04-20", "stable", "None"),
    ("feature:neuron-profiler", "2026-05-21", "eos", "2026-05-21"),
    ("component:tensorflow-neuronx", "2026-04-08", "stable", "2022-10-10"),
    ("component:neuronx-distributed-training", "2026-04-20", "eos", "2026-04-09"),
    ("component:neuronx-distributed-training", "2026-06-01", "maintenance", "2026-05-21"),
    ("dlami:ubuntu 22.04", "2026-06-01", "eos", "2026-05-21"),
    ("os:ubuntu22.04", "2026-06-01", "stable", "2023-06-14"),
    ("trn3", "2026-06-01", "stable", "2026-04-09"),
    ("2.26.0", "2026-06-01", "stable", "2025-09-18"),
]


@pytest.mark.parametrize(("words", "day", "phase", "since"), PHASES)
def test_phases(catalog: Catalog, words: str, day: str, phase: str, since: str) -> None:
    status = one(catalog, words, day)
    assert (status.phase.label, str(status.since)) == (phase, since)


def test_the_day_that_a_change_is_moved_to_is_known_from_then_on(catalog: Catalog) -> None:
    before = one(catalog, "feature:neuron-profiler", "2026-03-30")
    assert before.change is not None
    assert str(before.change.effective) == "2026-04-09"
    after = one(catalog, "feature:neuron-profiler", "2026-03-31")
    assert after.change is not None
    assert str(after.change.effective) == "2026-05-21"


# release, day, its note begins with, the updates it gets
RELEASES = [
    ("2.32.0", "2026-08-20", "current", Updates.REGULAR),
    ("2.31.1", "2026-08-12", "current", Updates.REGULAR),
    ("2.31.0", "2026-08-12", "superseded in its patch line", Updates.NONE),
    ("2.31.1", "2026-08-20", "superseded; no fix", Updates.NONE),
    ("2.26.0", "2026-08-20", "superseded; no fix", Updates.NONE),
]


@pytest.mark.parametrize(("sdk", "day", "note", "updates"), RELEASES)
def test_fixes_are_applied_to_the_current_release_alone(
    catalog: Catalog, sdk: str, day: str, note: str, updates: Updates
) -> None:
    status = one(catalog, sdk, day)
    assert status.note.startswith(note)
    assert status.updates is updates


def test_updates_of_a_subject_on_a_day(catalog: Catalog) -> None:
    subject = Subject(SubjectKind.FRAMEWORK, "torch-neuronx", "2.9")
    days = {"2026-01-01": Updates.REGULAR, "2026-07-07": Updates.MAINTENANCE}
    for day, expected in days.items():
        (status,) = (s for s in Subjects(catalog, date.fromisoformat(day)) if s.subject == subject)
        assert status.updates is expected
    assert all(status.subject != subject for status in Subjects(catalog, date(2025, 1, 1)))


def test_nothing_later_than_the_day_is_known(catalog: Catalog) -> None:
    day = date(2024, 1, 1)
    for status in Subjects(catalog, day):
        assert all(event.announced <= day for event in status.events), status.subject
        assert status.entered is None or status.entered <= day
        for sdk in (status.first_sdk, status.last_sdk):
            assert not sdk or catalog.release(sdk).date <= day, status.subject
        assert status.superseded is None or status.superseded <= day


def test_every_event_is_seen_with_some_subject(catalog: Catalog) -> None:
    seen = {event for status in Subjects(catalog, date(2026, 12, 1)) for event in status.events}
    assert [event for event in catalog.events if event not in seen] == []


def test_a_package_and_its_framework_versions_are_told_apart(catalog: Catalog) -> None:
    subjects = [s.subject for s in Subjects(catalog, date(2026, 8, 20))]
    assert len(subjects) == len(set(subjects))
    found = find_subjects(Subjects(catalog, date(2026, 8, 20)), ["framework:torch-neuronx"])
    assert {s.subject.kind for s in found} == {SubjectKind.FRAMEWORK}
    assert len(found) == 10


def test_an_unknown_subject_names_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UnknownName) as caught:
        one(catalog, "torch-neuronz", "2026-08-20")
    assert "torch-neuronx" in caught.value.hint


def test_the_spans_are_those_of_the_members(catalog: Catalog) -> None:
    listed = [r.sdk for r in catalog.releases if r.listed]
    members = [(sdk, catalog.members(sdk)) for sdk in sorted(listed, key=sdk_key)]
    text = render_spans(derive_spans(members, catalog.packages))
    with open(f"{EMBEDDED}/shipped.json", encoding="utf-8") as stream:
        assert render_shipped(derive_shipped(members)) == stream.read()
    with open(f"{EMBEDDED}/spans.json", encoding="utf-8") as stream:
        assert stream.read() == text


def test_what_changed_between_two_releases(catalog: Catalog) -> None:
    found = find_changes(catalog, "2.29.1", "2.30.0")
    assert found.update is Update.MINOR
    assert [c.package for c in found.entered] == ["libtorch-neuronx-lite", "torch-xla"]
    assert "neuronx-cc-stubs" in [c.package for c in found.left]
    assert (found.pythons, found.systems) == ((("3.13",), ()), (("debian12",), ()))
    by_name = {c.package: c for c in found.packages}
    assert by_name["libneuronxla"].update is Update.MAJOR
    assert by_name["neuronx-cc"].update is Update.MINOR
    back = find_changes(catalog, "2.30.0", "2.29.1")
    assert back.pythons == ((), ("3.13",))
    with pytest.raises(UnknownName):
        find_changes(catalog, "2.29.1", "9.9.9")
