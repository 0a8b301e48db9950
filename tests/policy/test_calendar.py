"""Calendar months, held to python-dateutil."""

from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.policy.calendar import add_days, add_months

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.integers(0, 240))
def test_months_are_those_of_dateutil(day: date, months: int) -> None:
    assert add_months(day, months) == day + relativedelta(months=months)


@given(DAYS, DAYS, st.integers(0, 24))
def test_order_is_kept(one: date, other: date, months: int) -> None:
    first, last = sorted([one, other])
    assert add_months(first, months) <= add_months(last, months)


def test_the_calendar_ends() -> None:
    assert add_months(date(9999, 12, 1), 1) == date.max
    assert add_days(date.max, 1) == date.max


# The last day of February: leap years by four, not by a hundred, again by four hundred.
FEBRUARIES = [(2023, 28), (2024, 29), (2000, 29), (1900, 28), (2100, 28), (2400, 29)]


@pytest.mark.parametrize(("year", "day"), FEBRUARIES)
def test_february(year: int, day: int) -> None:
    assert add_months(date(year, 1, 31), 1) == date(year, 2, day)
    assert add_months(date(9998, 12, 15), 12) == date(9999, 12, 15)
