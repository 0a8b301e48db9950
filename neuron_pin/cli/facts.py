"""The day that a command judges by, and what it says of the age of the facts that it judges
with."""

from __future__ import annotations

from datetime import date, datetime, timezone

from neuron_pin.catalog import Catalog, FactsAge, find_facts_age, find_import_day
from neuron_pin.target import parse_day

from .console import Console

IMPORT_HOLDS = 7
"""Days after an import for which nobody is told to import again: it brought what there was."""


def read_clock() -> date:
    """The day (UTC) by this machine's clock."""
    return datetime.now(timezone.utc).date()


def today() -> date:
    """The day that decides where ``--as-of`` names none."""
    return read_clock()


def parse_day_or_today(text: str | None) -> date:
    """The day of ``--as-of``, today (UTC) without one; raises `WrongUsage`."""
    return parse_day(text) if text else today()


def warn_of_old_facts(console: Console, catalog: Catalog, day: date) -> FactsAge:
    """The age of a catalog's facts on a day; where they are old, one warning says so, with the
    command that gets newer ones, unless that was just done."""
    age = find_facts_age(catalog.announced, day)
    if age.is_old:
        console.warn(age.warning_today)
        imported = find_import_day()
        if imported is None or (read_clock() - imported).days > IMPORT_HOLDS:
            console.hint("neuron-pin catalog update fetches newer data")
    return age
