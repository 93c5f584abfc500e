"""Jalali months, written 1405-07: their borders in Tehran, and the last few of them."""

from datetime import datetime

from persiantools.jdatetime import JalaliDate

from mobile.state.speech import TEHRAN

MONTHS = 12


def month_of(instant: datetime) -> str:
    """The month in which an instant lies."""
    local = instant.astimezone(TEHRAN)
    day: JalaliDate = JalaliDate.to_jalali(local.year, local.month, local.day)
    return f"{day.year}-{day.month:02d}"


def months_before(month: str, count: int) -> str:
    """The month so many before one; a minus leads forward."""
    year, number = divmod(_number(month) - count, MONTHS)
    return f"{year}-{number + 1:02d}"


def last_months(now: datetime, count: int) -> list[str]:
    """The present month and those before it, newest first."""
    return [months_before(month_of(now), back) for back in range(count)]


def period_of(month: str) -> dict[str, str]:
    """First instant in it and first instant after it, as a PeriodInput."""
    return {"startsAt": _start(month), "endsAt": _start(months_before(month, -1))}


def _start(month: str) -> str:
    year, number = divmod(_number(month), MONTHS)
    first = JalaliDate(year, number + 1, 1).to_gregorian()
    return datetime(first.year, first.month, first.day, tzinfo=TEHRAN).isoformat()


def _number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * MONTHS + int(number) - 1
