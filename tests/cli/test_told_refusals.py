"""What is said where nothing of what was asked for can be had: only what speaks against that."""

import pytest
from conftest import Run, failure, page, row

from neuron_pin.errors import NoSolution


@pytest.fixture
def index(serve) -> str:
    """An index whose package has versions for other Pythons, yanked ones and a pre-release."""
    server = serve()
    rows = [
        row("tool", "3.0", **{"requires-python": ">=3.13"}),
        row("tool", "2.1", yanked="broken"),
        row("tool", "2.0", **{"requires-python": ">=3.13"}),
        row("tool", "2.0rc1"),
        *(row("tool", f"1.{n}") for n in range(9)),
    ]
    page(server, "tool", rows)
    return f"{server.url}/simple"


# what is asked for, the one line that is said
TOLD = [
    ("tool==0.9", "no version of tool matches (NP301); the newest is 3.0"),
    ("tool==2.0", "2.0: requires Python >=3.13, the target has 3.11.0 (NP105)"),
    ("tool>=3", "3.0: requires Python >=3.13, the target has 3.11.0 (NP105)"),
]


@pytest.mark.parametrize(("asked", "told"), TOLD)
def test_only_versions_that_match_are_told_of(run: Run, index: str, asked: str, told: str) -> None:
    done = run("lock", asked, "--index-url", index, "--python", "3.11")
    assert failure(done, NoSolution).causes == (f"{asked} (from command line): {told}",)


def test_versions_that_match_are_counted_alone(run: Run, index: str) -> None:
    done = run("lock", "tool>=2", "--index-url", index, "--python", "3.11")
    causes = failure(done, NoSolution).causes
    assert ["2 of 3 matching" in causes[0], "NP105" in causes[0]] == [True, True]
    assert not any("NP301" in cause for cause in causes)
