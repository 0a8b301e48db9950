"""What the hooks spell for themselves, and the library's own: one table of cases for both."""

import json
from collections.abc import Callable

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import VersionRange, public_version, version_numbers
from neuron_pin.catalog.newness import compare_with_known
from neuron_pin.catalog.windows import parse_kernel_series
from neuron_pin.hooks.program import state, telling, verdict
from neuron_pin.policy import Pin, PinComparison
from neuron_pin.printable import make_printable

TABLE = json.loads((FIXTURES / "hook-twins" / "cases.json").read_text())


def cases(*names: str) -> list[object]:
    return [
        pytest.param(name, row, id=f"{name}:{row.get('version', row.get('given'))!a}")
        for name in names
        for row in TABLE[name]
    ]


LIBRARY: dict[str, Callable[[str], object]] = {
    "public": public_version,
    "numbers": lambda text: list(version_numbers(text)),
    "series": lambda text: list(parse_kernel_series(text)),
    "printable": make_printable,
}
HOOK = {
    "public": verdict.public,
    "numbers": lambda text: list(verdict.numbers(text)),
    "series": lambda text: list(verdict.series(text)),
    "printable": telling.printable,
}


@pytest.mark.parametrize(("name", "row"), cases(*LIBRARY))
def test_a_text(name: str, row) -> None:
    assert LIBRARY[name](row["given"]) == row["result"]
    given = verdict.public(row["given"]) if row.get("through") == "public" else row["given"]
    assert HOOK[name](given) == row.get("hook", row["result"])


@pytest.mark.parametrize(("name", "row"), cases("newness"))
def test_what_is_newer_than_the_facts(name: str, row) -> None:
    version, known = row["given"], row["known"]
    assert compare_with_known(version, known).value == row["result"]
    assert verdict.compare_with_known(version, known) == row.get("hook", row["result"])


@pytest.mark.parametrize(("name", "row"), cases("within"))
def test_a_range(name: str, row) -> None:
    version, first, below = row["version"], row["first"], row["below"]
    assert VersionRange(first, below).contains(version) == row["result"]
    assert verdict.within(version, first, below) == row["result"]


@pytest.mark.parametrize(("name", "row"), cases("pins"))
def test_a_pin(name: str, row) -> None:
    base, reach, version = row["base"], row["reach"], row["version"]
    assert Pin(base, PinComparison(reach)).matches(version) == row["result"]
    hook = state.Pin(reach, base, base, "").admits(version)
    assert hook == row.get("hook", row["result"])


def test_a_difference_has_its_reason() -> None:
    for rows in TABLE.values():
        assert all("why" in row for row in rows if row.get("hook", row["result"]) != row["result"])
