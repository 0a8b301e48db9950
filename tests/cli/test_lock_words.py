"""What is said of words that can do nothing, or that nobody said."""

import pytest
from conftest import Run, failure

from neuron_pin.errors import NoSolution, UnknownName, WrongUsage

DAY = ("--as-of", "2026-08-20")
LOCK = ("lock", "--offline", "neuronx-cc", "--python", "3.12", *DAY, "-o", "lock.json")


def test_an_upgrade_of_what_is_not_in_the_lock_is_told(run: Run) -> None:
    assert "warning" not in run(*LOCK, "-P", "neuronx-c").err
    done = run(*LOCK, "-P", "neuronx-c")
    assert done.code == 0
    (line,) = [each for each in done.err.splitlines() if each.startswith("warning")]
    assert "neuronx-c:" in line
    assert "neuronx-cc" in line
    assert "warning" not in run(*LOCK, "-P", "Neuronx_CC").err


def test_a_lock_that_is_kept_names_the_newer_release(run: Run) -> None:
    assert "2.32.0" not in run(*LOCK, "--sdk", "2.31.1").err
    assert "--upgrade" in run(*LOCK).err
    gone = (*LOCK[:2], "torch-neuronx", *LOCK[2:-1], "gone.txt")
    assert [("--upgrade" in run(*gone).err) for _ in range(2)] == [False, False]
    assert "--upgrade" not in run(*LOCK, "--upgrade").err
    assert "--upgrade" not in run(*LOCK).err


def test_versions_that_nothing_was_announced_of_are_told(run: Run) -> None:
    target = ("--instance", "trn1", "--python", "3.11", *DAY)
    assert "(last: 2.6.0)" in run("explain", "torch-neuronx", *target).out
    assert "left the releases" not in run("explain", "neuronx-cc==2.24.*", *target).out


def test_why_speaks_of_the_lock_that_it_reads(run: Run) -> None:
    assert run(*LOCK).code == 0
    assert "lock.json" in failure(run("why", "sympy"), WrongUsage).message
    assert "neuronx-cc" in failure(run("why", "neuronx-c"), WrongUsage).hint


@pytest.mark.parametrize("words", [("neuronx-cc", "with", "transformers"), ("transformers",)])
def test_offline_says_that_other_packages_need_an_index(run: Run, words: tuple[str, ...]) -> None:
    error = failure(run("explain", *words, "--offline", *DAY), WrongUsage)
    assert not isinstance(error, UnknownName)
    assert "--offline" in error.hint


def test_a_python_that_nobody_named_is_said_to_be_a_default(run: Run) -> None:
    words = ("lock", "--offline", "--instance", "inf2", "--os", "amzn2023", *DAY)
    assert "default of amzn2023" in failure(run(*words), NoSolution).message


def test_a_build_of_a_listed_version_is_not_called_unknown(run: Run) -> None:
    """Some releases list versions without their last part."""
    words = ("--instance", "trn1", "--python", "3.11", "--offline")
    for requirement, is_unknown in (
        ("torch-neuronx==2.5.1.2.6.0.15423", False),
        ("torch-neuronx==12.5.1.2.6.0.1", True),
    ):
        causes = failure(run("lock", requirement, *words), NoSolution).causes
        assert any("no known SDK release" in cause for cause in causes) == is_unknown
