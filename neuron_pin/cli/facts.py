"""The day that a command judges by, and what it says of the age of the facts that it judges
with."""

from __future__ import annotations

from datetime import date, datetime, timezone

from neuron_pin.catalog import Catalog, FactsAge, find_facts_age
from neuron_pin.target import parse_day

from .console import Console


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
    command that tells how to get newer ones."""
    age = find_facts_age(catalog.announced, day)
    if age.is_old:
        console.warn(age.warning_today)
        console.hint("neuron-pin catalog import says how to get newer data")
    return age
