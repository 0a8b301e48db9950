"""Announcement pages become events, or are listed with the reason why not."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.importer.announcements import Announcements, read_announcements
from neuron_pin.errors import UnreadableInput
from neuron_pin.policy import EventType, Phase

PAGES = FIXTURES / "announcements"


@pytest.fixture(scope="module")
def read(catalog: Catalog) -> Announcements:
    return read_announcements(str(PAGES), catalog, {"2.34.0": date(2026, 12, 3)})


# page, the events of it: kind, subject, phase, release, day
EVENTS = [
    ("framework-ends", [("framework", "torch-neuronx 2.10", "eos", "2.35.0", None),
                        ("framework", "torch-neuronx 2.11", "eos", "2.35.0", None)]),
    ("python-ended", [("python", "python 3.11", "eos", "2.34.0", "2026-12-03")]),
    ("component-maintenance", [("component", "nrtpy", "maintenance", "2.35.0", None)]),
    ("component-version", [("component", "neuronx-cc 2.26", "eos", "2.35.0", None)]),
    ("component-marked", []),
    ("version-marked", []),
    ("image-ends", [("dlc", "ubuntu 24.04", "eos", "2.34.0", "2026-12-03"),
                    ("dlami", "ubuntu 24.04", "eos", "2.34.0", "2026-12-03")]),
    ("future-interface", [("api", "NKI block dimension", "eos", "", None)]),
    ("half-a-subject", [("component", "neuronx-distributed-training", "eos", "2.34.0", "2026-12-03")]),
    ("odd", [("python", "python 3.12", "eos", "2.34.0", "2026-12-03")]),
    ("renames", [("component", "aws-neuronx-tools", "eos", "2.34.0", "2026-12-03")]),
]  # fmt: skip


@pytest.mark.parametrize(("page", "expected"), EVENTS)
def test_what_a_page_says(read: Announcements, page: str, expected) -> None:
    found = [
        (
            e.kind.value,
            e.subject.label,
            e.phase and e.phase.label,
            e.sdk,
            e.effective and str(e.effective),
        )
        for e in read.events
        if Path(e.source).stem == page
    ]
    assert found == expected


# page, why it was not read, or not in full
UNREAD = [
    ("half-a-subject", "it is about APIs of neuronx-distributed, not the whole"),
    ("component-marked", "the version 0.6a2 of nki has a mark"),
    ("version-marked", "the version 2.9rc1 of torch-neuronx has a mark"),
    ("no-version", "it names PyTorch without a version"),
    ("news", "its title tells no change of phase"),
    ("unnamed", "its title names no subject that the catalog knows"),
    ("no-release", "no release is named with which it takes effect"),
    ("old-release", "it takes effect with 1.19.0, before the first release that is known"),
    ("undated", "it has no '.. post::' line with a date"),
]


def test_what_was_not_read_is_listed_with_the_reason(read: Announcements) -> None:
    assert sorted((Path(page.path).stem, page.reason) for page in read.unread) == sorted(UNREAD)


def test_renames_name_the_new_package(read: Announcements) -> None:
    (renamed,) = [e for e in read.events if e.type is EventType.RENAMED]
    assert renamed.replacement == "aws-neuronx-monitor"


def test_a_page_that_is_a_source_already_is_not_read_again(catalog: Catalog, tmp_path) -> None:
    known = Path(next(e.source for e in catalog.events if e.phase is Phase.EOS)).name
    shutil.copy(PAGES / "neuron2.x" / "python-ended.rst", tmp_path / known)
    found = read_announcements(str(tmp_path), catalog)
    assert (found.known, found.events) == ((known,), ())
    assert found.newest == date(2026, 12, 1)


@pytest.mark.parametrize("family", ["trn2", "trn1n", "trn8"])
def test_a_family_in_a_title_bounds_the_event_known_or_not(
    catalog: Catalog, tmp_path: Path, family: str
) -> None:
    page = (PAGES / "neuron2.x" / "python-ended.rst").read_text()
    title = f"Python 3.11 on {family.title()} instances"
    (tmp_path / "family.rst").write_text(page.replace("Python 3.11", title, 1))
    (event,) = read_announcements(str(tmp_path), catalog).events
    assert event.instances == {family}


def test_without_pages_there_is_nothing_to_read(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"\.rst"):
        read_announcements(str(tmp_path), catalog)
    (tmp_path / "a.rst").write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableInput, match="not UTF-8"):
        read_announcements(str(tmp_path), catalog)
    (tmp_path / "a.rst").write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(UnreadableInput, match="larger than"):
        read_announcements(str(tmp_path), catalog)


def test_an_import_is_used_and_told(run) -> None:
    done = run("catalog", "import", PAGES, "-v")
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if "nrtpy" in line and "2.35.0" in line]
    assert "neuron2.x/news.rst" in done.out
    assert "still end on" not in done.out
    shown = json.loads(run("catalog", "show", "--format", "json").out)
    assert (shown["version"], shown["date"]) == ("2.32.0", "2026-08-17")
    assert shown["announcements"] == "2026-12-01"
    told = run("lifecycle", "nrtpy", "--as-of", "2026-12-02")
    assert [line for line in told.out.splitlines() if "2.35.0" in line and "2026-11-20" in line]
    folder = Path(shown["folder"])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = run("catalog", "import", PAGES)
    assert again.code == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    # Nothing is later than what was imported already; pages that say nothing are only counted.
    assert "the catalog data still end on 2026-12-01" in again.out
    assert "neuron2.x/news.rst" not in again.out


def test_the_manifest_of_a_later_release_gives_announcements_their_day(run) -> None:
    assert run("catalog", "import", PAGES).code == 0
    manifest = FIXTURES / "manifest" / "irregular.json"
    assert run("catalog", "import", manifest).code == 0
    told = run("lifecycle", "python3.11", "--as-of", "2027-02-01")
    # 2.34.0 is of 2027-01-31 in that manifest.
    assert [line for line in told.out.splitlines() if "eos" in line and "2027-01-31" in line]
    shown = json.loads(run("catalog", "show", "--format", "json").out)
    assert (shown["date"], shown["announcements"]) == ("2027-01-31", "2026-12-01")


def test_both_are_imported_at_once(run) -> None:
    done = run("catalog", "import", FIXTURES / "manifest" / "irregular.json", PAGES)
    assert done.code == 0, done.err
    ended = [line for line in done.out.splitlines() if "python 3.11" in line and "eos" in line]
    assert any("2027-01-31 (2.34.0)" in line for line in ended)
    manifest = FIXTURES / "manifest" / "irregular.json"
    assert run("catalog", "import", manifest, manifest).code == 2


def test_what_cannot_be_is_refused_and_nothing_imported(run, tmp_path: Path) -> None:
    page = (PAGES / "neuron2.x" / "python-ended.rst").read_text().replace("2.34", "2.22.9")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.rst").write_text(page)
    done = run("catalog", "import", tmp_path / "pages")
    assert done.code == 2
    for fact in ("python 3.11", "2.22.9", "[a.rst] (NP708)"):
        assert fact in done.err
    assert not (tmp_path / "data" / "neuron-pin" / "catalog").exists()


def test_two_releases_for_one_end_disagree_and_the_page_of_the_day_is_cited(
    run, tmp_path: Path
) -> None:
    """Two pages of one day, one with a release to come and one with 2.32.0, of 2026-08-17."""
    for name, words in (("a", "starting with Neuron 2.34"), ("b", "starting with Neuron 2.32")):
        title = f"Announcing end of support for Python 3.11 {words}"
        page = f".. post:: October 16, 2026\n\n{title}\n{'-' * len(title)}\n\nText.\n"
        (tmp_path / f"{name}.rst").write_text(page)
    told = run("catalog", "import", tmp_path).err.splitlines()
    (disagree,) = [line for line in told if "NP707" in line]
    assert all(fact in disagree for fact in ("2.34.0", "[a.rst]", "2026-08-17", "(b.rst)"))
    (unannounced,) = [line for line in told if "NP703" in line]
    assert "[b.rst]" in unannounced


def test_a_page_without_a_title_or_a_day_leaves_no_gap(run, tmp_path: Path) -> None:
    (tmp_path / "a.rst").write_text(".. post:: 31 February 2026\n\nNews\n----\n\nText.\n")
    (tmp_path / "b.rst").write_text(
        "AWS Neuron SDK 2.35.0 release notes\n===================================\n\n"
        "* nki is out of beta in the Neuron 2.35 release.\n\n"
        "NRT\n---\n\nnrtpy (Beta)\n^^^^^^^^^^^^\n\nText.\n\n"
        "* nrtpy is out of beta in the Neuron 2.35 release.\n"
    )
    told = run("catalog", "import", tmp_path, "-v").out
    assert "31 February 2026" in told
    assert "None" not in told
    assert "()" not in told
