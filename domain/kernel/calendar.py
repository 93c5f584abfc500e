"""Jalali months and days with their borders in Asia/Tehran; instants are aware UTC, spans are half-open."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from domain.kernel.errors import InvalidInput
from domain.kernel.text import digits_latin

TEHRAN = ZoneInfo("Asia/Tehran")
# Months outside of these years can only be typing mistakes.
FIRST_YEAR, LAST_YEAR = 1300, 1479
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class JalaliDay:
    """One day of the Jalali calendar."""

    year: int
    month: int
    day: int

    @classmethod
    def of(cls, moment: datetime | date) -> Self:
        """The day on which an instant falls in Tehran, or a Gregorian date."""
        jalali = JalaliDate(day_of(moment) if isinstance(moment, datetime) else moment)
        return cls(jalali.year, jalali.month, jalali.day)

    @property
    def gregorian(self) -> date:
        """The same day in the Gregorian calendar."""
        return JalaliDate(self.year, self.month, self.day).to_gregorian()

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True, order=True)
class JalaliMonth:
    """One month of the Jalali calendar, written `1404-07`: the period key of usage and bills."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `1404-07`, Persian digits too; anything else is `InvalidInput`."""
        match = _MONTH.fullmatch(digits_latin(text.strip()))
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR or not 1 <= int(match[2]) <= 12:
            raise InvalidInput("error.jalali_month")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: datetime | date) -> Self:
        """The month in which an instant falls in Tehran, or a Gregorian date."""
        day = JalaliDay.of(moment)
        return cls(day.year, day.month)

    def plus(self, months: int) -> "JalaliMonth":
        """The month so many months later, or earlier if negative."""
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return JalaliMonth(years, month + 1)

    @property
    def first_day(self) -> date:
        """Its first day in the Gregorian calendar."""
        return JalaliDay(self.year, self.month, 1).gregorian

    @property
    def days(self) -> int:
        """How many days it has: 29 to 31."""
        return (self.plus(1).first_day - self.first_day).days

    @property
    def starts_at(self) -> datetime:
        """Its first instant, UTC."""
        return start_of(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it, UTC."""
        return self.plus(1).starts_at

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def day_of(moment: datetime) -> date:
    """The Gregorian day on which an aware instant falls in Tehran."""
    return in_tehran(moment).date()


def in_tehran(moment: datetime) -> datetime:
    """An aware instant on Tehran's clock; a naive one is a bug."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(TEHRAN)


def start_of(day: date) -> datetime:
    """The first instant of a day in Tehran, UTC; on days when summer time skipped midnight (until 1401) the instant of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=TEHRAN).astimezone(UTC)


def day_borders(day: date) -> tuple[datetime, datetime]:
    """A day in Tehran as the half-open span of instants, UTC; 23 or 25 hours when the clocks changed."""
    return start_of(day), start_of(day + timedelta(days=1))
