"""Release notes state phases: what is sure becomes an event, the rest is listed by page and line."""

import json
import time
from pathlib import Path

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.importer.announcements import Announcements, read_announcements
from neuron_pin.catalog.importer.phase_statements import PhaseReader
from neuron_pin.catalog.importer.release_page import read_passages
from neuron_pin.policy import Event, Phase

PAGES = FIXTURES / "release-notes"
BAD = FIXTURES / "release-notes-bad"
OF_NOTES = ("release-notes/", "about-neuron/")


def without_notes(catalog: Catalog) -> Catalog:
    """The same facts without what was read from release notes."""
    bare = Catalog(catalog.folder)
    bare.events = tuple(e for e in catalog.events if not e.source.startswith(OF_NOTES))
    bare.corrections = ()
    return bare


@pytest.fixture(scope="module")
def read(catalog: Catalog) -> Announcements:
    return read_announcements(str(PAGES), without_notes(catalog))


CUSTOM_OPERATORS = [
    (name, "beta", "2023-02-08", "2.7.0")
    for name in (
        "aws-neuronx-gpsimd-customop",
        "aws-neuronx-gpsimd-customop-lib",
        "aws-neuronx-gpsimd-tools",
        "neuronx-gpsimd-customop",
        "neuronx-gpsimd-tools",
    )
]
# subject, phase, day, release
STATED = [
    *CUSTOM_OPERATORS,
    ("transformers-neuronx", "beta", "2023-02-08", "2.7.0"),
    ("neuronx-distributed", "beta", "2023-06-14", "2.11.0"),
    ("neuronx-distributed", "stable", "2023-08-28", "2.13.0"),
    ("torch-neuronx 2.0", "beta", "2023-10-26", "2.15.0"),
    ("torch-neuronx 2.1", "beta", "2023-12-21", "2.16.0"),
    ("torch-neuronx 2.1", "stable", "2024-04-01", "2.18.0"),
    ("jax-neuronx", "beta", "2024-09-16", "2.20.0"),
    ("nki", "beta", "2024-09-16", "2.20.0"),
    ("neuronx-distributed-training", "beta", "2024-09-16", "2.20.0"),
    ("neuronx-distributed-inference", "beta", "2024-12-20", "2.21.0"),
    ("neuronx-distributed-inference", "stable", "2025-05-20", "2.23.0"),
    ("neuron-explorer", "beta", "2025-12-02", ""),
    ("nki", "stable", "2026-04-09", "2.29.0"),
    ("neuron-explorer", "stable", "2026-04-09", "2.29.0"),
    ("vllm-neuron", "beta", "2026-07-20", ""),
    ("nrtpy", "beta", "2026-08-17", "2.32.0"),
]


def row(event: Event) -> tuple[str, str, str, str]:
    assert event.phase is not None
    return event.subject.label, event.phase.label, str(event.effective), event.sdk


def test_what_is_sure_becomes_an_event(read: Announcements) -> None:
    assert sorted(map(row, read.events)) == sorted(STATED)
    assert read.contradictions == ()


def test_the_facts_have_every_phase_that_the_pages_state(catalog: Catalog) -> None:
    """What a reader curated, the importer finds by itself, and the other way round it passes
    over what is known."""
    curated = {row(e) for e in catalog.events if e.source.startswith(OF_NOTES)}
    assert set(STATED) <= curated
    found = read_announcements(str(PAGES), catalog)
    assert (found.events, found.contradictions) == ((), ())
    assert found.confirmed > len(STATED)


def test_a_source_has_the_page_the_release_and_the_line(read: Announcements) -> None:
    sources = {e.subject.label: e.source for e in read.events if e.phase is Phase.BETA}
    assert sources["torch-neuronx 2.0"] == "release-notes/prev/earlier.rst, 2.15.0, line 53"
    assert sources["vllm-neuron"] == "release-notes/whats-new.rst, 2026-07-20, line 4"


# page, line, words of the reason
UNREAD = [
    ("components/index.rst", 19, "no whole subject"),
    ("components/nki.rst", 17, "no whole subject"),
    ("prev/earlier.rst", 10, "no whole subject"),
    ("prev/earlier.rst", 48, "no whole subject"),
    (
        "whats-new.rst",
        16,
        "neuron-agentic-development: beta, on a day that was not understood: 'April 2026'",
    ),
]


def test_everything_else_that_speaks_of_a_phase_is_listed(read: Announcements) -> None:
    found = [(page.path, page.line) for page in read.unread]
    assert found == [(f"release-notes/{path}", line) for path, line, _ in UNREAD]
    for page, (_, _, words) in zip(read.unread, UNREAD, strict=True):
        assert words in page.reason


def test_a_package_that_comes_with_the_same_import_is_known(catalog: Catalog) -> None:
    found = read_announcements(str(PAGES), catalog, packages=["neuron-widgets"])
    assert [row(e) for e in found.events] == [("neuron-widgets", "beta", "2026-08-17", "2.32.0")]


# page, line, words of the reason
REFUSED = [
    ("against.rst", 7, ""),
    ("marks.rst", 4, "the mark 'a' of version 2.35a1.10 is neither b nor rc"),
    ("marks.rst", 9, "the mark 'dev' of version 2.36dev.1 is neither b nor rc"),
    ("two-phases.rst", 4, "nrtpy: two phases on 2026-08-17: beta (line 4) and stable (line 12)"),
    (
        "words.rst",
        9,
        "neuronperf: beta, on a day that was not understood: 'early summer 2026' (line 7)",
    ),
    ("words.rst", 14, "nrtpy: beta, and no release or day is named"),
]


def test_nothing_is_guessed(catalog: Catalog) -> None:
    found = read_announcements(str(BAD), catalog)
    assert found.events == ()
    expected = [r for r in REFUSED if r[2]]
    assert [(p.path, p.line, p.reason) for p in found.unread] == expected


def test_what_the_facts_speak_against_is_kept_with_both_sources(catalog: Catalog) -> None:
    found = read_announcements(str(BAD), catalog)
    # A correction of the phase of nki decides already; NxD Inference was in maintenance then.
    ((subject, says, source, against, known),) = found.contradictions
    assert (subject, says) == ("tensorboard-plugin-neuronx", "eos from 2025-09-18")
    assert source == "against.rst, 2.26.0, line 8"
    assert against == "eos from 2026-02-26"
    assert known.startswith("announcements/")


def test_lint_has_a_contradiction_until_a_correction_decides(run) -> None:
    done = run("catalog", "import", BAD, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert [c["subject"] for c in document["contradictions"]] == ["tensorboard-plugin-neuronx"]
    assert {"path": "words.rst", "line": 14}.items() <= document["unread"][-1].items()
    folder = Path(document["folder"])

    def contradictions() -> list[str]:
        linted = json.loads(run("catalog", "lint", str(folder), "--format", "json").out)
        return [
            f["reason"]
            for f in linted["findings"]
            if f["rule"] == "NP707" and "against.rst" in f["reason"]
        ]

    (reason,) = contradictions()
    assert "announce-eos-tensorboard-tools.rst" in reason
    # Read again it is not written twice.
    run("catalog", "import", BAD)
    assert len(contradictions()) == 1
    path = folder / "corrections.json"
    facts = json.loads(path.read_text())
    facts["corrections"].append(
        {
            "subject": "phase of tensorboard-plugin-neuronx",
            "wrong": "a page",
            "right": "another page",
            "why": "it is later",
            "source": "release manifest 2.32.0",
            "date": "2026-08-17",
        }
    )
    path.write_text(json.dumps(facts))
    assert contradictions() == []


def test_imported_phases_decide_a_lock(run, tmp_path: Path) -> None:
    """A page of a later day makes a stable component Beta in the user's catalog."""
    page = tmp_path / "release-notes" / "perf.rst"
    page.parent.mkdir()
    page.write_text(
        "Tools\n=====\n\nNews\n----\n\n**Posted on**: 2026-08-20\n\nlibneuronxla is in beta.\n"
    )
    target = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11")
    lock = ("lock", "--offline", "libneuronxla", *target, "--as-of", "2026-08-21")
    assert run(*lock).code == 0
    assert run("catalog", "import", page.parent).code == 0
    refused = run(*lock)
    assert refused.code == 1
    assert "libneuronxla has been beta since 2026-08-20" in refused.err


# what a page of the largest size is full of
LONG = [
    "a `b" + " " * 400_000 + "c\n",
    "libneuronxla (beta) " * 40_000 + "\n",
    "libneuronxla (beta)\n" * 15_000,
]


@pytest.mark.parametrize("text", LONG, ids=["spaces", "one line", "many lines"])
def test_a_page_takes_time_by_its_length_alone(catalog: Catalog, text: str) -> None:
    reader = PhaseReader(catalog)
    begun = time.process_time()
    for passage in read_passages(f"Neuron 2.1.0\n============\n\n{text}"):
        reader.read(passage)
    assert time.process_time() - begun < 30


MANIFEST = FIXTURES / "manifest" / "irregular.json"
"""Its releases have the day of the manifest, 2027-01-31, and 2.34.0 is one of them."""


def write_page(folder: Path, name: str, day: str) -> Path:
    folder.mkdir(exist_ok=True)
    title = "AWS Neuron SDK 2.34.0 release notes"
    text = f"{title}\n{'=' * len(title)}\n\n**Date of release**: {day}\n\nText.\n"
    (folder / name).write_text(text)
    return folder


def day_of(run, sdk: str) -> str:
    document = json.loads(run("lifecycle", sdk, "--as-of", "2027-03-01", "--format", "json").out)
    return document["products"][0]["releases"][0]["releaseDate"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_release_is_of_the_day_that_its_page_states(run, tmp_path: Path, at_once: bool) -> None:
    pages = write_page(tmp_path / "release-notes", "2.34.0.rst", "January 20, 2027")
    ends = FIXTURES / "announcements"
    if at_once:
        assert run("catalog", "import", MANIFEST, pages, ends).code == 0
    else:
        # What ended with the release, on the day of the manifest, moves along.
        assert run("catalog", "import", MANIFEST, ends).code == 0
        assert day_of(run, "2.34.0") == "2027-01-31"
        assert run("catalog", "import", pages).code == 0
    assert day_of(run, "2.34.0") == "2027-01-20"
    told = run("lifecycle", "python3.11", "--as-of", "2027-03-01").out
    assert [line for line in told.splitlines() if "eos" in line and "2027-01-20" in line]
    found = json.loads(run("catalog", "lint", "--format", "json").out)["findings"]
    assert not [f for f in found if f["rule"] == "NP708" and "2.34.0" in f["reason"]]
    again = run("catalog", "import", pages)
    assert again.code == 0
    assert "nothing was written" in again.out


def test_two_days_of_a_release_are_told_and_none_is_taken(run, tmp_path: Path) -> None:
    write_page(tmp_path / "release-notes", "a.rst", "January 20, 2027")
    pages = write_page(tmp_path / "release-notes", "b.rst", "January 21, 2027")
    done = run("catalog", "import", MANIFEST, pages, "-v")
    assert [line for line in done.out.splitlines() if "2027-01-20" in line and "2027-01-21" in line]
    assert day_of(run, "2.34.0") == "2027-01-31"
