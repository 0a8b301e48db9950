"""What tables and headlines say of versions: none that is not so of all they name."""

import json

import pytest
from conftest import Run

TRN2 = ("lock", "--offline", "--instance", "trn2", "--python", "3.10", "--as-of", "2025-01-20")


@pytest.mark.parametrize(
    "words",
    [
        TRN2,
        ("lock", "--offline", "--instance", "trn1", "--sdk", "2.26.1", "--as-of", "2026-08-20"),
        ("lock", "--offline", "--instance", "inf1", "--python", "3.10", "--phase", "eos"),
    ],
    ids=["trn2", "trn1", "inf1"],
)
def test_no_package_of_the_lock_is_called_one_of_another_family(
    run: Run, words: tuple[str, ...]
) -> None:
    document = json.loads(run(*words, "--format", "json").out)
    chosen = {package["name"] for package in document["packages"]}
    early = {row["name"] for row in document["exclusions"] if row["rule"] == "NP202"}
    lines = run(*words, "--format", "text").out.splitlines()
    (row,) = [line for line in lines if "packages" in line and "NP101" in line]
    named = set(row.partition(": ")[2].split(", "))
    assert named
    assert not named & (chosen | early)


def test_a_version_listed_for_two_families_is_excluded_for_one_reason(run: Run) -> None:
    """SDK 2.21.1 lists jax-neuronx 0.1.2 for inf2 and trn1, and in another row for trn2."""
    done = run(*TRN2, "--format", "json")
    rows = [r for r in json.loads(done.out)["exclusions"] if r["name"] == "jax-neuronx"]
    assert [row["rule"] for row in rows] == ["NP202"]
    (line,) = [each for each in done.err.splitlines() if "--phase beta" in each]
    assert "jax-neuronx 0.1.2" in line
    with_beta = json.loads(run(*TRN2, "--phase", "beta", "--format", "json").out)
    assert "jax-neuronx" in {package["name"] for package in with_beta["packages"]}


def test_a_version_of_later_has_the_phase_that_it_came_in(run: Run) -> None:
    """SDK 2.29.0 ships nki 0.3.0 as the first that is stable (its release notes)."""
    words = ("explain", "nki", "--as-of", "2026-03-01", "--format", "json")
    found = {v["version"]: v["phase"] for v in json.loads(run(*words).out)["versions"]}
    assert (found["0.2.0"], found["0.3.0"], found["0.6.0"]) == ("beta", "stable", "stable")


def test_each_version_of_a_package_has_its_phase(run: Run) -> None:
    """Support of torch-neuronx 2.7 and 2.8 ended on 2026-04-09, not that of 2.9."""
    words = ("diff", "2.32.0", "2.28.1", "--instance", "trn2", "--as-of", "2026-08-20")
    document = json.loads(run(*words, "--format", "json").out)
    (row,) = [each for each in document["packages"] if each["name"] == "torch-neuronx"]
    phases = {v[:3]: phase for v, phase in zip(row["new"], row["new_phases"], strict=True)}
    assert (phases["2.7"], phases["2.8"]) == ("eos", "eos")
    assert phases["2.9"] != "eos"
    (note,) = [each for each in document["notes"] if "out of support" in each]
    assert "torch-neuronx 2.8.0" in note
    assert "2.7.0" in note
    assert "2.9.0" not in note
    (line,) = [each for each in run(*words).out.splitlines() if each.startswith("pip:torch-neuro")]
    assert line.endswith(f"{row['new_phase']}, eos, eos")


def test_beta_versions_beside_a_stable_one_are_not_called_stable(run: Run) -> None:
    words = ("diff", "2.18.2", "2.16.1", "--instance", "trn1", "--as-of", "2024-05-01")
    document = json.loads(run(*words, "--format", "json").out)
    (row,) = [each for each in document["packages"] if each["name"] == "torch-neuronx"]
    phases = dict(zip(row["new"], row["new_phases"], strict=True))
    assert phases["2.1.1.2.0.0b0"] == "beta"
    assert phases["1.13.1.1.13.0"] == "stable"


def test_a_headline_names_the_major_changes_of_a_downgrade(run: Run) -> None:
    """libneuronxla goes from 3 to 2, aws-neuronx-gpsimd-tools from 14 to 0."""
    words = ("diff", "2.32.0", "2.28.1", "--instance", "trn2", "--as-of", "2026-08-20")
    packages = json.loads(run(*words, "--format", "json").out)["packages"]
    majors = sum(package["update"] == "major" for package in packages)
    assert majors == 2
    head = run(*words).out.splitlines()[0]
    assert "downgrade" in head
    assert f"{majors} have a major change" in head


@pytest.mark.parametrize(("day", "is_unknown"), [("2022-01-01", True), ("2022-10-10", False)])
def test_a_day_before_the_first_policy_is_said_to_have_none(
    run: Run, day: str, *, is_unknown: bool
) -> None:
    for table in ("phases", "classification"):
        assert (day in run("policy", table, "--as-of", day).out.replace(f"from {day}", "")) is (
            is_unknown
        )


def test_a_release_candidate_gets_updates_as_needed(run: Run) -> None:
    """The policy's table of phases: "on an as-needed basis"."""
    document = json.loads(run("policy", "phases", "--format", "json").out)
    assert document["updates"]["rc"] == "as-needed"
    assert document["updates"]["stable"] == "regular"


def test_a_phase_is_followed_by_its_day(run: Run) -> None:
    words = ("lock", "--offline", "jax-neuronx", "--instance", "trn2", "--python", "3.12")
    done = run(*words, "--phase", "beta", "--as-of", "2026-08-20", "-o", "c.txt")
    (line,) = [each for each in done.err.splitlines() if "in beta" in each]
    assert "in beta since 2" in line
