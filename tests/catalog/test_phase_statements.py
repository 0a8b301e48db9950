"""What the vendor's pages state of phases, drawn at random and read by a person, is what the
catalog says."""

import json
from datetime import date
from typing import Any

from conftest import FIXTURES

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.finding import find_subjects
from neuron_pin.catalog.subjects import Subjects
from neuron_pin.policy import Phase

STATEMENTS: list[dict[str, Any]] = json.loads(
    (FIXTURES / "phase-statements" / "statements.json").read_text()
)
LEAST = 118


def agrees(catalog: Catalog, row: dict[str, Any]) -> bool:
    """Whether the catalog has the stated phase of every subject on the day."""
    day = date.fromisoformat(row["day"])
    for words in row["subjects"]:
        subject, _, family = words.partition(" @")
        (status,) = find_subjects(Subjects(catalog, day, family or None), [subject])
        if "phase" in row:
            if status.phase is not Phase.parse(row["phase"]):
                return False
        elif status.change is None or status.change.phase is not Phase.parse(row["announced"]):
            return False
    return True


def test_at_least_118_of_120_statements_agree_and_the_others_are_named(catalog: Catalog) -> None:
    assert len(STATEMENTS) == 120
    wrong = [row["drawn"] for row in STATEMENTS if not agrees(catalog, row)]
    assert wrong == [row["drawn"] for row in STATEMENTS if "disagrees" in row]
    assert len(STATEMENTS) - len(wrong) >= LEAST
