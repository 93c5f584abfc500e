"""Borders of Jalali months and Tehran's days, 1390 to 1420."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.calendar import TEHRAN, JalaliDay, JalaliMonth, day_borders, day_of
from domain.kernel.errors import InvalidInput

MONTHS = st.builds(JalaliMonth, st.integers(1390, 1420), st.integers(1, 12))
INSTANTS = st.integers(1_300_680_000, 2_278_900_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
LEAP_YEARS = {1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420}
# The first day of the year by the official calendar; it moves between the 20th and 21st of March.
NEW_YEARS = {1390: 21, 1391: 20, 1392: 21, 1395: 20, 1396: 21, 1399: 20, 1400: 21, 1403: 20, 1404: 21, 1405: 21, 1408: 20, 1409: 21}


def test_month_lengths_and_borders_over_31_years() -> None:
    month, day = JalaliMonth(1390, 1), date(2011, 3, 21)

    while month.year <= 1420:
        expected = 31 if month.month <= 6 else 30 if month.month < 12 else 30 if month.year in LEAP_YEARS else 29
        assert (month.first_day, month.days) == (day, expected), month
        assert month.starts_at == datetime(day.year, day.month, day.day, tzinfo=TEHRAN)
        assert month.ends_at == month.plus(1).starts_at
        month, day = month.plus(1), day + timedelta(days=expected)


@pytest.mark.parametrize(("year", "march"), NEW_YEARS.items())
def test_new_year_falls_on_its_official_day(year: int, march: int) -> None:
    assert JalaliMonth(year, 1).first_day == date(year + 621, 3, march)


@given(INSTANTS)
def test_every_instant_is_in_exactly_one_month(moment: datetime) -> None:
    month = JalaliMonth.of(moment)

    assert moment in month
    assert moment not in month.plus(1)
    assert moment not in month.plus(-1)


@given(MONTHS)
def test_borders_are_half_open(month: JalaliMonth) -> None:
    assert JalaliMonth.of(month.starts_at) == month
    assert JalaliMonth.of(month.ends_at - timedelta(microseconds=1)) == month
    assert JalaliMonth.of(month.ends_at) == month.plus(1)
    assert month.starts_at.tzinfo is UTC


@given(MONTHS, st.integers(-60, 60))
def test_going_there_and_back(month: JalaliMonth, months: int) -> None:
    assert month.plus(months).plus(-months) == month
    assert (month.plus(months) > month) == (months > 0)
    assert JalaliMonth.parse(str(month)) == month


@given(INSTANTS)
def test_days_follow_each_other_without_gap(moment: datetime) -> None:
    day = day_of(moment)
    start, end = day_borders(day)

    assert start <= moment < end
    assert day_borders(day + timedelta(days=1))[0] == end
    assert end - start in (timedelta(hours=23), timedelta(hours=24), timedelta(hours=25))


def test_the_day_turns_at_tehrans_midnight() -> None:
    assert day_of(datetime(2026, 11, 9, 20, 29, tzinfo=UTC)) == date(2026, 11, 9)
    assert day_of(datetime(2026, 11, 9, 20, 30, tzinfo=UTC)) == date(2026, 11, 10)


def test_summer_time_until_1401() -> None:
    skipped = day_borders(date(2022, 3, 22))
    repeated = day_borders(date(2022, 9, 21))

    assert skipped[1] - skipped[0] == timedelta(hours=23)
    assert repeated[1] - repeated[0] == timedelta(hours=25)
    assert day_borders(date(2023, 3, 22))[0] == datetime(2023, 3, 21, 20, 30, tzinfo=UTC)


@given(st.dates(date(2011, 3, 21), date(2042, 3, 20)))
def test_jalali_days_go_there_and_back(day: date) -> None:
    assert JalaliDay.of(day).gregorian == day


def test_known_days() -> None:
    assert str(JalaliDay.of(date(2026, 11, 9))) == "1405-08-18"
    assert JalaliDay(1403, 12, 30).gregorian == date(2025, 3, 20)


@pytest.mark.parametrize("typed", ["", "1404", "1404-7", "1404-13", "1404-00", "404-07", "2026-07", "1404/07", "1404-07-01", "x"])
def test_what_is_no_month_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        JalaliMonth.parse(typed)


def test_persian_digits_are_read() -> None:
    assert JalaliMonth.parse(" ۱۴۰۴-۰۷ ") == JalaliMonth(1404, 7)


def test_an_instant_without_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="naive"):
        day_of(datetime(2026, 11, 9))  # noqa: DTZ001
