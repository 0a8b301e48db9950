"""Calendar months, as the policy counts them; dates only, no time zones."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The day that many calendar months later; the month's last where it has no such day.

    As ``dateutil.relativedelta`` does it: a month after 31 January is 28 or 29 February.
    Ends at `date.max`.
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_days(day: date, days: int) -> date:
    """The day that many days later, at most `date.max`."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
