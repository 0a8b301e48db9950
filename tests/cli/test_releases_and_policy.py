"""``releases`` and ``policy``."""

import json

import pytest
from conftest import Run

from neuron_pin.policy import EDITIONS, Phase, SubjectKind, edition_at
from neuron_pin.policy.classification import CLASSIFICATIONS


def test_releases_say_which_one_is_current(run: Run) -> None:
    rows = json.loads(run("releases", "--format", "json", "--as-of", "2026-08-12").out)["releases"]
    assert (rows[0]["sdk"], rows[0]["date"]) == ("2.31.1", "2026-08-12")
    assert (rows[0]["status"], rows[0]["superseded"]) == ("current", None)
    assert rows[1]["superseded"] == "2026-08-12"
    assert (rows[3]["status"], rows[2]["superseded"]) == ("superseded", "2026-07-07")


def test_a_release_says_what_it_is_for_and_what_changed(run: Run) -> None:
    document = json.loads(run("releases", "2.30.0", "--format", "json").out)
    assert (document["date"], document["updates"]) == ("2026-05-21", "none")
    assert document["source"] == "release-notes/prev/content.rst"
    assert document["systems"] == [
        "amzn2023", "debian12", "rhel10", "rocky9", "ubuntu22.04", "ubuntu24.04"
    ]  # fmt: skip
    assert document["changes"]["since"] == "2.29.1"
    assert document["changes"]["update"] == "minor"
    assert document["changes"]["systems"]["gained"] == ["debian12"]
    assert document["changes"]["pythons"] == {"gained": ["3.13"], "lost": []}
    changed = {c["name"]: c["update"] for c in document["changes"]["packages"]}
    assert (changed["libneuronxla"], changed["nki"]) == ("major", "minor")


def test_a_release_without_a_list_and_one_of_tomorrow(run: Run) -> None:
    document = json.loads(run("releases", "2.22.1", "--format", "json").out)
    assert (document["members"], document["pythons"]) == ([], [])
    done = run("releases", "2.32.0", "--as-of", "2026-01-01")
    assert (done.code, "2026-08-17" in done.err) == (2, True)
    latest = run("releases", "latest", "--as-of", "2026-01-01", "--format", "json").out
    assert json.loads(latest)["sdk"] == "2.27.0"


def test_a_rules_page(run: Run) -> None:
    (page,) = json.loads(run("policy", "np201", "--format", "json").out)["rules"]
    assert page["identifier"] == "NP201"
    for name in ("title", "section", "text", "pip", "apt", "rpm", "example"):
        assert page[name]


def test_the_tables_of_the_policy(run: Run) -> None:
    document = json.loads(run("policy", "phases", "--format", "json").out)
    first, older, _, current = (edition["phases"] for edition in document["editions"])
    assert "beta" not in {phase for phases in first.values() for phase in phases}
    assert "alpha" not in {phase for phases in older.values() for phase in phases}
    assert [kind for kind in current if "alpha" in current[kind]] == ["feature", "api"]
    tables = json.loads(run("policy", "classification", "--format", "json").out)
    assert len(tables["classification"]) == 4
    assert run("policy", "updates").code == 0
    assert run("policy", "clasification").code == 2


# a day, the edition in force.  Source: the history of the policy's page: Alpha came with the text
# of 2025-04-03 (SDK 2.22.0), the rule on Linux distributions with that of 2025-05-20.
IN_FORCE = [
    ("2020-01-01", "2022-10"),
    ("2024-09-15", "2022-10"),
    ("2024-09-16", "2024-09"),
    ("2025-04-02", "2024-09"),
    ("2025-04-03", "2025-04"),
    ("2025-05-19", "2025-04"),
    ("2025-05-20", "2025-05"),
    ("2026-04-09", "2025-05"),
    ("2030-01-01", "2025-05"),
]


@pytest.mark.parametrize(("day", "name"), IN_FORCE)
def test_the_tables_of_a_day(run: Run, day: str, name: str) -> None:
    words = ("--as-of", day, "--format", "json")
    (edition,) = json.loads(run("policy", "phases", *words).out)["editions"]
    tables = json.loads(run("policy", "classification", *words).out)
    assert (edition["name"], tables["edition"]) == (name, name)
    has_alpha = any("alpha" in phases for phases in edition["phases"].values())
    assert has_alpha == any("alpha" in table["phases"] for table in tables["classification"])
    assert has_alpha == (name >= "2025-04")
    assert bool(tables["classification"]) == (name >= "2024-09")
    assert bool(edition["notice_months"]) == (name >= "2024-09")


def test_only_dated_tables_take_a_day(run: Run) -> None:
    assert run("policy", "updates", "--as-of", "2025-01-01").code == 2
    assert run("policy", "NP201", "--as-of", "2025-01-01").code == 2
    assert run("policy", "phases", "--as-of", "yesterday").code == 2


@pytest.mark.parametrize(("day", "name"), IN_FORCE)
def test_the_edition_in_force(day: str, name: str) -> None:
    from datetime import date

    assert edition_at(date.fromisoformat(day)).name == name


def test_classifications_speak_of_phases_that_their_kinds_have() -> None:
    current = EDITIONS[-1]
    for table in CLASSIFICATIONS:
        for phase, cells in table.rows:
            assert all(phase in current.phases_of[kind] for kind in table.kinds)
            assert len(cells) == len(table.columns)
    kinds = [kind for table in CLASSIFICATIONS for kind in table.kinds]
    assert len(kinds) == len(set(kinds))
    (of_interfaces,) = (table for table in CLASSIFICATIONS if SubjectKind.API in table.kinds)
    stable = of_interfaces.of(Phase.STABLE)
    assert stable is not None
    assert stable["backward compatible"] == "yes"


def test_a_release_for_an_instance_is_that_alone(run: Run) -> None:
    words = ("releases", "2.32.0", "--instance", "trn2", "--as-of", "2026-08-20")
    document = json.loads(run(*words, "--format", "json").out)
    assert document["pythons"] == ["3.11", "3.12", "3.13"]
    changed = {change["name"] for change in document["changes"]["packages"]}
    assert {"mx-neuron", "aws-neuronx-gpsimd-customop-lib"}.isdisjoint(changed)
    assert "torch-neuronx" in changed
    since = next(line for line in run(*words).out.splitlines() if line.startswith("Since"))
    assert "3 packages left" in since
    assert "backward compatible" not in since
