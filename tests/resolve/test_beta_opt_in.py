"""Beta has to be asked for, whatever else it is; nothing is promised for it; it is no default."""

import json

import pytest
from conftest import Run

TRN1 = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10")
EARLY = ("lock", "--offline", "--sdk", "2.17.0", *TRN1, "--format", "json")
BETA_BUILD = "2.1.1.2.0.1b0"
STABLE_BUILD = "1.13.1.1.13.1"

# what is asked for, day, phases: the version.  Source: release-notes of 2.17.0 and 2.18.0: PyTorch
# 2.1 was Beta until SDK 2.18.0 of 2024-04-01, so that 1.13.1 was the default.
CHOSEN = [
    ("torch-neuronx", "2024-03-01", (), STABLE_BUILD),
    ("torch-neuronx", "2024-03-01", ("beta",), STABLE_BUILD),
    ("torch-neuronx==2.1.*", "2024-03-01", ("beta",), BETA_BUILD),
    ("torch-neuronx", "2025-06-01", ("eos",), STABLE_BUILD),
    ("torch-neuronx", "2025-06-01", ("eos", "beta"), STABLE_BUILD),
    ("torch-neuronx==2.1.*", "2025-06-01", ("eos", "beta"), BETA_BUILD),
]


@pytest.mark.parametrize(("asked", "day", "phases", "version"), CHOSEN)
def test_the_version_that_is_chosen(
    run: Run, asked: str, day: str, phases: tuple[str, ...], version: str
) -> None:
    options = [word for phase in phases for word in ("--phase", phase)]
    done = run(*EARLY, asked, "--as-of", day, *options)
    assert done.code == 0, done.err
    (package,) = (p for p in json.loads(done.out)["packages"] if p["name"] == "torch-neuronx")
    assert package["version"] == version


# what is asked for, day, phases: the rules that exclude the Beta build
REFUSED = [
    ("2024-03-01", (), "NP202"),
    ("2024-03-01", ("eos",), "NP202"),
    ("2025-06-01", (), "NP201"),
    ("2025-06-01", ("beta",), "NP201"),
    ("2025-06-01", ("eos",), "NP202"),
]


@pytest.mark.parametrize(("day", "phases", "rule"), REFUSED)
def test_what_a_beta_build_is_excluded_by(
    run: Run, day: str, phases: tuple[str, ...], rule: str
) -> None:
    options = [word for phase in phases for word in ("--phase", phase)]
    words = ("torch-neuronx", "--sdk", "2.17.0", *TRN1, "--as-of", day, *options)
    document = json.loads(run("explain", "--offline", *words, "--format", "json").out)
    (build,) = (v for v in document["versions"] if v["version"] == BETA_BUILD)
    assert rule in {exclusion["rule"] for exclusion in build["exclusions"]}


def test_the_default_says_why_it_is_not_the_newest(run: Run) -> None:
    done = run(*EARLY, "torch-neuronx", "--as-of", "2024-03-01", "--phase", "beta")
    exclusions = json.loads(done.out)["exclusions"]
    (grounds,) = (e for e in exclusions if e["version"] == BETA_BUILD)
    assert grounds["rule"] == "NP203"
    assert "1.13.1, which is stable: this is beta" in grounds["reason"]
    assert "torch-neuronx==2.1.*" in grounds["reason"]


def test_nothing_is_guaranteed_for_a_lock_with_a_beta(run: Run) -> None:
    words = ("torch-neuronx==2.1.*", "--as-of", "2024-12-01", "--phase", "beta")
    support = json.loads(run(*EARLY, *words).out)["support"]
    assert support["guaranteed_until"] < "2024-12-01"
    assert support["first_to_end"] == ["torch-neuronx 2.1"]
    assert "not guaranteed on 2024-12-01" in run(*EARLY[:-1], "text", *words).out


def test_the_diff_of_two_releases_compares_their_defaults(run: Run) -> None:
    words = ("--instance", "trn1", "--as-of", "2024-03-01", "--format", "json")
    document = json.loads(run("diff", "2.16.1", "2.17.0", *words).out)
    (row,) = (d for d in document["packages"] if d["name"] == "torch-neuronx")
    assert (row["old"][0], row["new"][0]) == ("1.13.1.1.13.0", STABLE_BUILD)


def test_what_never_left_beta_is_said_to_be_one_when_it_is_used(run: Run) -> None:
    options = ("--as-of", "2025-06-01", "--phase", "eos", "--phase", "beta")
    (warning,) = (
        line
        for line in json.loads(run(*EARLY, "torch-neuronx==2.1.*", *options).out)["warnings"]
        if line.startswith("torch-neuronx")
    )
    assert "out of support" in warning
    assert "never left beta" in warning
