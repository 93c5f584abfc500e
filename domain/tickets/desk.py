"""How the operator's desk works, from `desk.toml`: its hours, its departments, how soon each answers, when answered requests close."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from domain.kernel.ids import Kind
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.working_time import WorkingTime
from domain.tickets.states import TicketPriority


@dataclass(frozen=True, slots=True)
class Department:
    """Part of the desk that answers requests about some kinds of things; spans are of working time."""

    name: str
    about: frozenset[Kind]
    answer_within: Mapping[TicketPriority, timedelta]

    def title(self, locale: Locale) -> str:
        """Its name for people."""
        return text(f"ticket.department.{self.name}", locale)


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole of it; the department without kinds is the one for the rest."""

    hours: WorkingTime
    closes_after: int
    departments: Mapping[str, Department]

    def department(self, about: Kind | None) -> Department:
        """Who answers a request about such a thing, or about nothing in particular."""
        rest = next(one for one in self.departments.values() if not one.about)
        return next((one for one in self.departments.values() if about in one.about), rest)

    def due_at(self, department: str, priority: TicketPriority, at: datetime) -> datetime:
        """When an answer asked for at an instant is due."""
        return self.hours.plus(at, self.departments[department].answer_within[priority])

    def closes_at(self, at: datetime) -> datetime:
        """When a request answered at an instant closes by itself."""
        return self.hours.end_of_day(at, self.closes_after)


def _department(name: str, data: Mapping[str, Any]) -> Department:
    within = {TicketPriority(priority): timedelta(hours=hours) for priority, hours in data["answer_within_hours"].items()}
    if within.keys() != set(TicketPriority):
        raise ValueError(f"{name} doesn't say for each priority how soon it answers")
    return Department(name, frozenset(Kind[kind] for kind in data["about"]), within)


def _read(source: str) -> Desk:
    data = tomllib.loads(source)
    departments = {name: _department(name, part) for name, part in data["departments"].items()}
    if sum(not one.about for one in departments.values()) != 1:
        raise ValueError("one department, and one alone, takes the rest")
    return Desk(WorkingTime.of(data["hours"]), data["closing"]["working_days"], departments)


DESK: Final = _read(files("domain.tickets").joinpath("desk.toml").read_text(encoding="utf-8"))
