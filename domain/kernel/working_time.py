"""Time as a desk works it: weekly hours on Tehran's clock without public holidays; instants are aware UTC, spans of work timedeltas."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import count, pairwise
from typing import Self

from domain.kernel.calendar import TEHRAN, JalaliDay, day_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOTHING = timedelta(0)
Span = tuple[datetime, datetime]
Hours = tuple[time, time]


@cache
def public_holidays() -> Mapping[int | None, frozenset[str]]:
    """Days off as `MM-DD` by Jalali year; those of every year under null (`holidays.toml`)."""
    listed = tomllib.loads(files("domain.kernel").joinpath("holidays.toml").read_text(encoding="utf-8"))
    return {None: frozenset(listed["every_year"])} | {int(year): frozenset(days) for year, days in listed["years"].items()}


def is_holiday(day: date) -> bool:
    """Whether a Gregorian day is a public holiday in Iran."""
    jalali = JalaliDay.of(day)
    listed, name = public_holidays(), str(jalali)[5:]
    return name in listed[None] or name in listed.get(jalali.year, ())


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Hours by weekday, Monday first, each day's in order and apart; at least one day of the week has some."""

    week: tuple[tuple[Hours, ...], ...]

    def __post_init__(self) -> None:
        if len(self.week) != len(WEEKDAYS) or not any(self.week):
            raise ValueError("a week of work has seven days, and hours on one of them at least")
        for day in self.week:
            edges = [edge for hours in day for edge in hours]
            if any(edge >= following for edge, following in pairwise(edges)):
                raise ValueError(f"hours overlap or run backward: {day}")

    @classmethod
    def of(cls, hours: Mapping[str, Sequence[str]]) -> Self:
        """Reads `{"saturday": ["08:00-17:00"], …}`; a day that isn't named is off, an unknown name or clock is a `ValueError`."""
        if unknown := hours.keys() - set(WEEKDAYS):
            raise ValueError(f"no days of the week: {unknown}")
        return cls(tuple(tuple(_hours(span) for span in hours.get(day, ())) for day in WEEKDAYS))

    def spans(self, day: date) -> list[Span]:
        """The half-open spans of work on a day of Tehran's, UTC."""
        if not (hours := self.week[day.weekday()]) or is_holiday(day):
            return []
        return [(_instant(day, begins), _instant(day, ends)) for begins, ends in hours]

    def is_open(self, moment: datetime) -> bool:
        """Whether work goes on at an instant."""
        return any(begins <= moment < ends for begins, ends in self.spans(day_of(moment)))

    def plus(self, moment: datetime, work: timedelta) -> datetime:
        """The first instant at which so much has been worked since; nothing to be worked is the present or the next opening."""
        if work < NOTHING:
            raise ValueError("work is never undone")
        for begins, ends in self._from(moment):
            if work <= ends - begins:
                return begins + work
            work -= ends - begins
        raise AssertionError("a week without hours was refused")

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How much is worked from an instant to a later one; nothing when it isn't later."""
        worked = NOTHING
        for begins, ends in self._from(since):
            if begins >= until:
                break
            worked += min(ends, until) - begins
        return worked

    def end_of_day(self, moment: datetime, days: int) -> datetime:
        """When work ends on the so manyth working day after the day of an instant."""
        following = (spans for day in _days(day_of(moment) + timedelta(days=1)) if (spans := self.spans(day)))
        return next(spans[-1][1] for number, spans in enumerate(following, start=1) if number == days)

    def _from(self, moment: datetime) -> Iterator[Span]:
        """What is left of work from an instant on, without end."""
        for day in _days(day_of(moment)):
            for begins, ends in self.spans(day):
                if moment < ends:
                    yield max(begins, moment), ends


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in count())


def _hours(text: str) -> Hours:
    begins, _, ends = text.partition("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=TEHRAN).astimezone(UTC)
