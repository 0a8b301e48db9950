"""What tables and headlines say of versions: none that is not so of all they name."""

import json
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.errors import NoSolution

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


TODAY = ("--as-of", "2026-08-20")


def test_a_part_without_packages_of_pip_is_warned_of(run: Run) -> None:
    words = ("lock", "--offline", "--instance", "trn2", *TODAY, "--host-output")
    done = run(*words, "h.txt")
    (line,) = [each for each in done.err.splitlines() if "h.txt: the lock" in each]
    assert line.startswith("warning")
    for text in (line, Path("h.txt").read_text()):
        assert "--host-output 00-neuron-pin.pref" in text
        assert "-o 00-neuron-pin.pref" not in text
    assert "warning: 00-neuron-pin.pref" not in run(*words, "00-neuron-pin.pref").err


@pytest.mark.parametrize("words", [(), ("nki",)])
def test_a_day_before_every_release_is_the_reason(run: Run, words: tuple[str, ...]) -> None:
    """The first release of the manifest is 2.3.0 of 2022-10-10."""
    day = ("--instance", "inf1", "--as-of", "2020-01-01")
    (cause,) = failure(run("lock", "--offline", *words, *day), NoSolution).causes
    assert "2022-10-10" in cause


def test_what_is_no_package_is_not_looked_for(run: Run) -> None:
    error = failure(run("lock", "--offline", "efa-installer", *TODAY), NoSolution)
    assert "NP503" in error.causes[0]
    assert not any("no source" in cause for cause in error.causes)


def test_what_no_package_manager_installs_is_not_counted_as_a_package(run: Run) -> None:
    words = ("diff", "2.32.0", "2.16.1", *TODAY)
    rows = json.loads(run(*words, "--format", "json").out)["packages"]
    (row,) = [each for each in rows if each["name"] == "efa-installer"]
    assert (row["old_phase"], row["new"]) == (None, [])
    head, left = run(*words).out.splitlines()[:2]
    gone = [r["name"] for r in rows if not r["new"] and r["old_phase"] is not None]
    assert f"{len(gone)} packages left" in head
    assert "efa-installer" not in left


def test_files_name_the_versions_that_are_not_supported(run: Run) -> None:
    exact = ("torch-neuronx==2.0.0.2.0.1b0", "--instance", "trn1", "--python", "3.9")
    assert run("lock", "--offline", *exact, "--as-of", "2024-03-01", "-o", "c.txt").code == 0
    assert "# torch-neuronx 2.0.0.2.0.1b0: out of support" in Path("c.txt").read_text()
    beta = ("vllm-neuron==0.24.0.1.1.0", "--instance", "trn2", "--python", "3.12")
    assert run("lock", "--offline", *beta, *TODAY, "-o", "b.txt").code == 0
    assert "# vllm-neuron 0.24.0.1.1.0: beta" in Path("b.txt").read_text()


def test_what_only_ended_pythons_have_is_offered_with_both_options(run: Run) -> None:
    """The wheels for Inf1 are for Python 3.9 and 3.10; support of 3.10 ended on 2026-05-21."""
    words = ("lock", "--offline", "--instance", "inf1", "--python", "3.11", *TODAY)
    error = failure(run(*words, "torch-neuron"), NoSolution)
    changes = [relaxation.change.options for relaxation in error.relaxations]
    assert changes == [(("--python", "3.10"), ("--phase", "eos"))]
    (line,) = [each for each in run(*words).err.splitlines() if "no Python packages" in each]
    assert "--python 3.10 --phase eos" in line


def test_the_end_on_a_family_is_told_beside_other_reasons(run: Run) -> None:
    """announce-no-longer-support-tensorflow-inf2: TensorFlow on Inf2 ended on 2026-04-09."""
    words = ("tensorflow-neuronx==2.10.*", "--instance", "inf2", *TODAY)
    error = failure(run("lock", "--offline", *words), NoSolution)
    (line,) = [cause for cause in error.causes if "NP201" in cause]
    assert "2026-04-09" in line
    assert "PyTorch" in line


def test_a_version_listed_in_another_row_is_not_called_one_of_other_families(run: Run) -> None:
    """SDK 2.28.1 lists jax-neuronx 0.7 for trn2 on Python 3.12."""
    words = ("jax-neuronx==0.7.0.1.0.7584", "--instance", "trn2", "--python", "3.11", *TODAY)
    error = failure(run("lock", "--offline", *words), NoSolution)
    assert not any("NP101" in cause for cause in error.causes)
    assert any("NP102" in cause for cause in error.causes)


def test_lint_and_lifecycle_give_one_day_for_the_six_months(run: Run) -> None:
    """Six calendar months from 2026-07-07: the last day is 2027-01-06."""
    assert "2027-01-06" in run("lifecycle", "libtorch-neuronx-lite", *TODAY).out
    done = run("catalog", "lint")
    (line,) = [
        each
        for each in (done.out + done.err).splitlines()
        if "lite 2.10" in each and "NP704" in each
    ]
    assert "2027-01-06" in line
