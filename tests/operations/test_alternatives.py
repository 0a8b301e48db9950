"""The search for what would work: bounded, in order, as far as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from neuron_pin.errors import Change, NoSolution
from neuron_pin.operations.alternatives import MAX_SHOWN, Tries, find_alternatives


def changes(made: list[str], outcomes: str) -> Iterator[tuple[Change, Callable[[], str]]]:
    """One change a letter, leaving out what is called as its place; a dot is one that does not work."""

    def work(outcome: str) -> str:
        if outcome == ".":
            raise NoSolution("none")
        return outcome

    for number, outcome in enumerate(outcomes):
        made.append(outcome)
        yield Change(requirement=str(number)), lambda outcome=outcome: work(outcome)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("outcomes", "limit", "distinct", "found", "tried"),
    [
        ("", 9, False, "", 0),
        ("...", 9, False, "", 3),
        (".a.b", 9, False, "ab", 4),
        ("aab", 9, False, "aab", 3),
        ("aab", 9, True, "ab", 3),
        ("abcdefg", 9, False, "abcd"[:MAX_SHOWN], MAX_SHOWN),
        ("..abc", 3, False, "a", 3),
    ],
)
def test_what_works(outcomes: str, limit: int, distinct: bool, found: str, tried: int) -> None:
    made: list[str] = []
    result = find_alternatives(changes(made, outcomes), str, Tries(limit), distinct=distinct)
    assert "".join(each.outcome for each in result) == found
    assert len(made) == tried


def test_nothing_is_tried_beyond_the_bound() -> None:
    tries = Tries(1)
    assert tries.attempt(lambda: 1) == 1
    assert tries.attempt(lambda: 1) is None
