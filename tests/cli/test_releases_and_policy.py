"""``releases`` and ``policy``."""

import json

import pytest

from neuron_pin.policy import EDITIONS, Phase, Rule, SubjectKind, edition_at
from neuron_pin.policy.classification import find_classification
from neuron_pin.policy.rule_pages import MEANINGS


def test_releases_say_which_one_is_current(run) -> None:
    done = run("releases", "--as-of", "2026-08-12")
    lines = done.out.splitlines()
    assert lines[1].split()[:3] == ["2.31.1", "2026-08-12", "current"]
    assert "superseded in its patch line 2026-08-12" in lines[2]
    assert "superseded 2026-07-07" in lines[3]
    rows = json.loads(run("releases", "--format", "json", "--as-of", "2026-08-12").out)["releases"]
    assert (rows[0]["status"], rows[0]["superseded"]) == ("current", None)
    assert rows[3]["status"] == "superseded"


def test_a_release_says_what_it_is_for_and_what_changed(run) -> None:
    done = run("releases", "2.30.0", "--as-of", "2026-08-20")
    for line in (
        "released   2026-05-21 [release-notes/prev/content.rst]",
        "systems    amzn2023, debian12, rhel10, rocky9, ubuntu22.04, ubuntu24.04",
        "updates    none",
        "Since 2.29.1 (minor: functionality added in a backward compatible manner):",
        "left       aws-neuronx-k8-plugin 2.29.147.0;",
        "Python     +3.13",
        "systems    +debian12",
    ):
        assert line in done.out
    document = json.loads(run("releases", "2.30.0", "--format", "json").out)
    assert document["changes"]["since"] == "2.29.1"
    assert document["changes"]["pythons"] == {"gained": ["3.13"], "lost": []}
    changed = {c["name"]: c["update"] for c in document["changes"]["packages"]}
    assert (changed["libneuronxla"], changed["nki"]) == ("major", "minor")


def test_a_release_without_a_list_and_one_of_tomorrow(run) -> None:
    done = run("releases", "2.22.1")
    assert (done.code, "Python     unknown" in done.out) == (0, True)
    done = run("releases", "2.32.0", "--as-of", "2026-01-01")
    assert (done.code, "it is of 2026-08-17, after 2026-01-01" in done.err) == (2, True)
    assert run("releases", "latest", "--as-of", "2026-01-01").out.startswith("Neuron SDK 2.27.0")


def test_every_rule_says_what_it_means() -> None:
    assert set(MEANINGS) == set(Rule)
    for rule, meaning in MEANINGS.items():
        assert meaning.example.startswith("neuron-pin "), rule
        if not rule.identifier.startswith(("NP7", "NP503", "NP504")):
            assert meaning.pip or meaning.apt or meaning.rpm, rule


def test_a_rules_page(run) -> None:
    done = run("policy", "np201")
    assert "apt      priority -1; apt-get install name=VERSION still reaches it" in done.out
    assert "source   Neuron Software Life-cycle, End of Support" in done.out
    page = json.loads(run("policy", "NP201", "--format", "json").out)["rules"][0]
    assert page["rpm"] == "not in the version lock"


def test_the_tables_of_the_policy(run) -> None:
    assert "in force from 2026-04-09" in run("policy", "phases").out
    document = json.loads(run("policy", "phases", "--format", "json").out)
    older, current = (edition["phases"] for edition in document["editions"])
    assert "alpha" not in {phase for phases in older.values() for phase in phases}
    assert [kind for kind in current if "alpha" in current[kind]] == ["feature", "api"]
    assert "unstable and undocumented" in run("policy", "classification").out
    tables = json.loads(run("policy", "classification", "--format", "json").out)
    assert len(tables["classification"]) == 4
    assert "NEFF" in run("policy", "updates").out
    assert run("policy", "clasification").code == 2


# a day, the edition in force
IN_FORCE = [
    ("2020-01-01", "2024-09"),
    ("2024-09-16", "2024-09"),
    ("2026-04-08", "2024-09"),
    ("2026-04-09", "2026-04"),
    ("2030-01-01", "2026-04"),
]


@pytest.mark.parametrize(("day", "name"), IN_FORCE)
def test_the_edition_in_force(day: str, name: str) -> None:
    from datetime import date

    assert edition_at(date.fromisoformat(day)).name == name


def test_classifications_speak_of_phases_that_their_kinds_have() -> None:
    current = EDITIONS[-1]
    for kind in SubjectKind:
        table = find_classification(kind)
        for phase, cells in table.rows if table is not None else ():
            assert phase in current.phases_of[kind]
            assert len(cells) == len(table.columns)
    stable = find_classification(SubjectKind.API).of(Phase.STABLE)
    assert stable["backward compatible"] == "yes"
    assert find_classification(SubjectKind.OS) is None
