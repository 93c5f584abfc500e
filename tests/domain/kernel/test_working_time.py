"""Time as a desk works it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.calendar import JalaliDay, day_of, in_tehran
from domain.kernel.working_time import NOTHING, WEEKDAYS, WorkingTime, is_holiday, public_holidays
from domain.tickets.desk import DESK

DAY = timedelta(days=1)
moments = st.timedeltas(NOTHING, 3650 * DAY).map(lambda span: datetime(2020, 1, 1, tzinfo=UTC) + span)
works = st.one_of(st.timedeltas(NOTHING, 40 * DAY), st.integers(0, 200).map(lambda hours: timedelta(hours=hours)))


@st.composite
def desks(draw: st.DrawFn) -> WorkingTime:
    """Any week: some days off, some with a break or a minute's work, but not all off."""
    edges = st.lists(st.times(time(0, 0), time(23, 59, 59)), unique=True, max_size=6).map(sorted)
    week = [draw(edges) for _ in range(7)]
    spans = [tuple(zip(day[::2], day[1::2], strict=False)) for day in week]
    if not any(spans):
        spans[draw(st.integers(0, 6))] = ((time(9), time(17)),)
    return WorkingTime(tuple(spans))


any_desk = st.one_of(st.just(DESK.hours), desks())


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2026-11-21T12:00", 4, "2026-11-21T16:00"),  # Saturday
        ("2026-11-21T15:00", 4, "2026-11-22T10:00"),
        ("2026-11-21T13:00", 4, "2026-11-21T17:00"),  # the end of the day is still that day
        ("2026-11-25T16:00", 9, "2026-11-28T11:00"),  # Wednesday over the short Thursday and Friday
        ("2026-11-26T20:00", 1, "2026-11-28T09:00"),
        ("2026-03-19T12:00", 2, "2026-03-25T09:00"),  # over Nowruz: 29 Esfand 1404 to 4 Farvardin 1405
        ("2026-11-27T10:00", 0, "2026-11-28T08:00"),
        ("2026-11-28T10:00", 0, "2026-11-28T10:00"),
    ],
)
def test_work_goes_on_in_working_hours(since: str, hours: int, until: str) -> None:
    began, ended = (datetime.fromisoformat(f"{text}+03:30").astimezone(UTC) for text in (since, until))

    assert DESK.hours.plus(began, timedelta(hours=hours)) == ended


@given(any_desk, moments, works, works)
def test_more_work_never_ends_earlier(desk: WorkingTime, moment: datetime, one: timedelta, other: timedelta) -> None:
    less, more = sorted((one, other))

    assert desk.plus(moment, less) <= desk.plus(moment, more)
    assert less == more or desk.plus(moment, less) < desk.plus(moment, more)


@given(any_desk, moments, moments, works)
def test_what_begins_later_never_ends_earlier(desk: WorkingTime, one: datetime, other: datetime, work: timedelta) -> None:
    earlier, later = sorted((one, other))

    assert desk.plus(earlier, work) <= desk.plus(later, work)


@given(any_desk, moments, works)
def test_it_ends_in_working_hours_not_before_it_began(desk: WorkingTime, moment: datetime, work: timedelta) -> None:
    ends = desk.plus(moment, work)

    assert ends >= moment and ends.tzinfo is UTC
    assert any(opens <= ends <= closes for opens, closes in desk.spans(day_of(ends)))
    assert not is_holiday(day_of(ends))


@given(any_desk, moments, works)
def test_as_much_is_worked_until_then_as_was_asked_and_not_a_moment_before(desk: WorkingTime, moment: datetime, work: timedelta) -> None:
    ends = desk.plus(moment, work)

    assert desk.between(moment, ends) == work
    assert not work or desk.between(moment, ends - timedelta(microseconds=1)) < work


@given(any_desk, moments, works, works)
def test_work_adds_up(desk: WorkingTime, moment: datetime, one: timedelta, other: timedelta) -> None:
    if one and other:
        assert desk.plus(desk.plus(moment, one), other) == desk.plus(moment, one + other)


@given(moments, moments, moments)
def test_spans_add_up(one: datetime, two: datetime, three: datetime) -> None:
    first, second, third = sorted((one, two, three))
    second, third = min(second, first + 60 * DAY), min(third, first + 120 * DAY)

    assert DESK.hours.between(first, third) == DESK.hours.between(first, second) + DESK.hours.between(second, third)
    assert DESK.hours.between(third, first) == NOTHING


@given(any_desk, moments)
def test_it_is_open_just_within_its_hours(desk: WorkingTime, moment: datetime) -> None:
    assert desk.is_open(moment) == (desk.plus(moment, NOTHING) == moment)
    assert desk.is_open(moment) == (desk.between(moment, moment + timedelta(microseconds=1)) > NOTHING)


@given(moments, st.integers(1, 30))
def test_so_many_working_days_later_is_the_end_of_a_day_with_so_many_worked_days_between(moment: datetime, days: int) -> None:
    ends = DESK.hours.end_of_day(moment, days)
    between = [day for number in range((day_of(ends) - day_of(moment)).days) if DESK.hours.spans(day := day_of(moment) + (number + 1) * DAY)]

    assert len(between) == days and ends == DESK.hours.spans(between[-1])[-1][1]


@given(moments)
def test_thursday_is_short_and_friday_is_off(moment: datetime) -> None:
    local = in_tehran(moment)
    if DESK.hours.is_open(moment):
        assert local.strftime("%A") != "Friday" and 8 <= local.hour < (13 if local.strftime("%A") == "Thursday" else 17)


def test_holidays_are_real_days_once_each() -> None:
    for year, days in public_holidays().items():
        for day in days:
            month, number = map(int, day.split("-"))
            assert str(JalaliDay.of(JalaliDay(year or 1405, month, number).gregorian))[5:] == day
        assert year is None or not days & public_holidays()[None]


@pytest.mark.parametrize(
    "hours", [{}, {"friday": []}, {"someday": ["08:00-09:00"]}, {"sunday": ["09:00-08:00"]}, {"sunday": ["08:00-10:00", "09:00-11:00"]}]
)
def test_hours_that_cannot_be_are_refused(hours: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError):
        WorkingTime.of(hours)


def test_the_names_of_the_days_are_pythons() -> None:
    assert [date(2026, 11, 23 + day).strftime("%A").lower() for day in range(7)] == list(WEEKDAYS)
