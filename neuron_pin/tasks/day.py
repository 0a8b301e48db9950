"""The day that a task judges by."""

from __future__ import annotations

from datetime import date, datetime, timezone

from neuron_pin.target import parse_day


def read_day(text: str) -> date:
    """An ISO date, today (UTC) for none; raises `WrongUsage`."""
    return parse_day(text) if text else datetime.now(timezone.utc).date()
