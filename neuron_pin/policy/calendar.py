"""Calendar months, as the policy counts them; dates only, no time zones."""

from __future__ import annotations

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
    # The standard library's calendar would do, and costs a start more than all of this.
    days = _DAYS[month] + (month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return date(year, month, min(day.day, days))


_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_days(day: date, days: int) -> date:
    """The day that many days later, at most `date.max`."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
