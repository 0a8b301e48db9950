"""Releases that are newer than the release manifest: told, never chosen, completed by an import."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from next_manifest import write_next_manifest

from neuron_pin.audit.catalog_lint import lint_facts
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.known_in_part import describe_newer_releases, find_part
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.policy import Rule
from neuron_pin.target import parse_day

NOW = ("--as-of", "2026-11-28")
TARGET = ("--instance", "trn1", "--python", "3.12")
COMPILER = "neuronx-cc==2.28.7631.0"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A release manifest with one more release than the catalog knows in full."""
    return write_next_manifest(tmp_path / "n2-manifest.json")


def of_sdk(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {e["version"]: e["rule"] for e in document["exclusions"] if e["name"] == "neuron-sdk"}


def test_every_part_is_of_two_pages_and_of_a_release_known_in_part(catalog: Catalog) -> None:
    in_part = {release.sdk for release in catalog.releases if release.in_part}
    assert in_part == {"2.33.0", "2.33.1"}
    assert {part.sdk for part in catalog.parts} == {"2.33.0"}
    for part in catalog.parts:
        assert len(set(part.sources)) >= 2
        assert part.instances == {"trn1"}
        assert part.package in catalog.packages


def test_the_facts_are_still_complete_up_to_their_day_alone(catalog: Catalog) -> None:
    assert (catalog.version, catalog.announced.isoformat()) == ("2.32.0", "2026-08-21")
    newest = catalog.newest_release(parse_day("2026-11-28"))
    assert newest is not None
    assert newest.sdk == "2.32.0"


@pytest.mark.parametrize("extra", [(), ("--sdk", "latest"), ("--sdk", ">=2.31"), ("neuronx-cc",)])
def test_a_lock_does_not_choose_them_and_says_so(run, extra: tuple[str, ...]) -> None:
    words = ("lock", "--offline", *TARGET, *NOW, *extra, "--format", "json")
    document = json.loads(run(*words).out)
    assert document["sdk"] == "2.32.0"
    assert of_sdk(document) == {"2.33.0": "NP512", "2.33.1": "NP512"}


def test_a_lock_of_an_earlier_day_says_nothing_of_them(run) -> None:
    words = ("lock", "--offline", *TARGET, "--as-of", "2026-08-25", "--format", "json")
    document = json.loads(run(*words).out)
    assert of_sdk(document) == {}
    assert not any("2.33" in warning for warning in document["warnings"])


# requirements, what stands in the first cause
REFUSED = [
    (("--sdk", "2.33.0"), "NP512"),
    (("--sdk", "2.33.1"), "NP512"),
    (("--sdk", "2.33"), "NP512"),
    (("--sdk", ">=2.33"), "NP512"),
    (("neuron-sdk==2.33.0",), "NP512"),
    ((COMPILER,), "NP512"),
    (("neuronx-cc==2.28.*",), "NP512"),
    (("neuronx-cc>=2.28",), "NP512"),
]


@pytest.mark.parametrize(("words", "rule"), REFUSED)
def test_a_lock_that_needs_one_says_what_is_missing(run, words, rule: str) -> None:
    done = run("lock", "--offline", *TARGET, *NOW, *words)
    assert done.code == 1
    assert isinstance(done.error, NoSolution)
    assert rule in " ".join((done.error.message, *done.error.causes))
    if any("sdk" in word for word in words):
        assert "catalog update" in done.error.hint


def test_on_a_day_before_it_there_is_no_such_release(run) -> None:
    done = run("lock", "--offline", *TARGET, "--as-of", "2026-10-01", "--sdk", "2.33.0")
    assert isinstance(done.error, NoSolution)
    assert "2026-10-19" in " ".join(done.error.causes)


def test_explain_tells_the_release(run) -> None:
    document = json.loads(run("explain", COMPILER, *TARGET, *NOW, "--format", "json").out)
    row = next(v for v in document["versions"] if v["version"] == "2.28.7631.0")
    assert row["releases"] == ["2.33.0"]
    assert [e["rule"] for e in row["exclusions"]] == ["NP512"]
    assert not row["chosen"]


# a line of a requirements file, the rules of its findings
CHECKED = [
    (COMPILER, ["NP512"]),
    ("neuronx-cc==2.28.7631.0+f00dface", ["NP512"]),
    ("neuronx-cc~=2.28.7000", ["NP512"]),
    ("neuronx-cc==2.28.9999.0", ["NP510"]),
]


@pytest.mark.parametrize(("line", "rules"), CHECKED)
def test_check_warns_of_a_version_known_in_part(run, tmp_path, line: str, rules) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(line + "\n")
    done = run("check", path, *TARGET, *NOW, "--format", "json")
    found = json.loads(done.out)["findings"]
    assert [f["rule"] for f in found if f["rule"] in ("NP508", "NP510", "NP512")] == rules
    if rules == ["NP512"]:
        assert done.code == 0, "a version that is newer than the facts is no error"


def test_releases_and_their_parts_are_listed(run) -> None:
    rows = json.loads(run("releases", *NOW, "--format", "json").out)["releases"]
    assert [(r["sdk"], r["listed"], r["in_part"]) for r in rows[:3]] == [
        ("2.33.1", False, True), ("2.33.0", False, True), ("2.32.0", True, False),
    ]  # fmt: skip
    assert rows[2]["superseded"] == "2026-10-19"
    one = json.loads(run("releases", "2.33.0", *NOW, "--format", "json").out)
    assert {"name": "neuronx-cc", "version": "2.28.7631.0"}.items() <= next(
        m for m in one["members"] if m["name"] == "neuronx-cc"
    ).items()
    assert one["instances"] == ["trn1"]
    assert one["systems"] == one["pythons"] == []
    assert json.loads(run("releases", "latest", *NOW, "--format", "json").out)["sdk"] == "2.32.0"
    shown = json.loads(run("catalog", "show", "--format", "json").out)["in_part"]
    assert [(r["sdk"], len(r["packages"])) for r in shown] == [("2.33.1", 0), ("2.33.0", 10)]


def test_packages_do_not_leave_with_them(run) -> None:
    """Nobody can say what a release known in part does not ship."""
    words = ("lifecycle", "neuronx-cc", "aws-neuronx-oci-hook", *NOW, "--format", "json")
    for product in json.loads(run(*words).out)["products"]:
        for row in product["releases"]:
            assert "in no release after" not in json.dumps(row)


def test_a_difference_is_of_what_is_known(run) -> None:
    document = json.loads(run("diff", "2.32.0", "2.33.0", *NOW, "--format", "json").out)
    assert len(document["packages"]) == 10
    assert any("2.33.0" in note for note in document["notes"])
    document = json.loads(run("diff", "2.31.0", "2.32.0", *NOW, "--format", "json").out)
    assert any("2.33.1" in note for note in document["notes"])


def test_nothing_is_no_difference(run) -> None:
    """Of a release known by its date alone no package can be compared."""
    assert "no difference" not in run("diff", "2.33.1", "2.32.0", *NOW).out
    assert "no difference" in run("diff", "2.32.0", "2.32.0", *NOW).out


def test_outdated_and_plan_mention_them(run, tmp_path) -> None:
    lock = tmp_path / "lock.json"
    run("lock", "--offline", *TARGET, *NOW, "neuronx-cc", "-o", lock)
    document = json.loads(run("outdated", lock, *NOW, "--format", "json").out)
    assert [row["sdk"] for row in document["newer_in_part"]] == ["2.33.1", "2.33.0"]
    assert (document["newest_sdk"], document["current"]) == ("2.32.0", True)
    words = ("plan", "--instance", "trn1", "--os", "ubuntu24.04", *NOW, "--format", "json")
    told = [n for n in json.loads(run(*words).out)["notes"] if "2.33.1" in n]
    assert len(told) == 1
    refused = run("plan", "--instance", "trn1", "--os", "ubuntu24.04", *NOW, "--to", "2.33.0")
    assert isinstance(refused.error, NoSolution)
    assert Rule.KNOWN_IN_PART.identifier in refused.error.message


def test_an_unknown_release_names_both_newest_ones(run) -> None:
    done = run("lock", "--offline", *TARGET, "--sdk", "2.34.0")
    assert isinstance(done.error, UnknownName)
    assert "2.32.0" in done.error.hint
    assert "2.33.1" in done.error.hint


# Completed -------------------------------------------------------------------------------


def test_an_import_completes_the_release(run, manifest: Path) -> None:
    done = run("catalog", "import", manifest, "--format", "json")
    assert json.loads(done.out)["new_releases"] == ["2.33.0"]
    catalog = load_catalog()
    release = catalog.release("2.33.0")
    assert (release.listed, release.in_part) == (True, False)
    assert release.date.isoformat() == "2026-10-19", "not guessed by the manifest's day"
    assert catalog.parts == ()
    assert find_part(catalog, "neuronx-cc", "2.28.7631.0", release.date) is None
    document = json.loads(run("lock", "--offline", *TARGET, *NOW, COMPILER, "--format", "json").out)
    assert document["sdk"] == "2.33.0"
    # Of the patch release no more than the day is known still.
    assert of_sdk(document) == {"2.33.1": "NP512"}
    assert describe_newer_releases(catalog, parse_day("2026-11-28"))
    assert run("catalog", "lint").code == 0


def test_what_the_manifest_does_not_confirm_is_told(run, tmp_path: Path) -> None:
    manifest = write_next_manifest(tmp_path / "other.json", neuronx_cc="2.28.7632.0")
    done = json.loads(run("catalog", "import", manifest, "--format", "json").out)
    told = [row for row in done["unknowns"] if row["kind"] == "part"]
    assert [row["name"].split()[0] for row in told] == ["neuronx-cc"]


# what is wrong with a part
WRONG: list[dict[str, object]] = [
    {"sdk": "2.32.0"}, {"sdk": "9.9.9"}, {"package": "nobody-knows"}, {"instances": []},
    {"instances": ["trn9"]}, {"sources": ["release-notes/index.rst"]},
    {"sources": ["a page", "a page"]},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_lint_finds_a_part_that_cannot_be(tmp_path: Path, change: dict[str, object]) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(EMBEDDED, folder)
    path = folder / "parts.json"
    rows = json.loads(path.read_text())["parts"]
    rows[0] |= change
    path.write_text(json.dumps({"parts": rows}))
    found = [f for f in lint_facts(Catalog(str(folder))) if f.place.endswith("parts.json")]
    assert {f.rule for f in found} == {Rule.BAD_FACT}


def test_a_catalog_without_the_file_has_no_parts(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(EMBEDDED, folder)
    (folder / "parts.json").unlink()
    assert Catalog(str(folder)).parts == ()


# after the whole release is known: a line, the rules of its findings and what it is mixed with
BUILDS = [
    ("torch-neuronx==2.14.3.0.4711", []),
    ("torch-neuronx==2.14.3.0.4711+f00dface", []),
    ("torch-neuronx==2.14.4.0.1", ["NP510"]),
    ("torch-neuronx==2.14.30.0", ["NP510"]),
    ("torch-neuronx==2.14.3.0.4711\nneuronx-cc==2.27.5334.0", ["NP507"]),
]


@pytest.mark.parametrize(("lines", "rules"), BUILDS)
def test_a_build_behind_a_listed_version_is_known(
    run, manifest: Path, tmp_path: Path, lines: str, rules: list[str]
) -> None:
    run("catalog", "import", manifest)
    path = tmp_path / "requirements.txt"
    path.write_text(lines + "\n")
    words = ("--instance", "trn2", "--python", "3.12", *NOW)
    found = json.loads(run("check", path, *words, "--format", "json").out)["findings"]
    versions = ("NP507", "NP508", "NP510", "NP512")
    assert [f["rule"] for f in found if f["rule"] in versions] == rules
    compared = run("diff", path, "2.33.0", "--all", *NOW, "--format", "json")
    notes = json.loads(compared.out)["notes"]
    assert any("NP510" in note for note in notes) == (rules == ["NP510"])
