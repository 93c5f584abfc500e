"""Turns records into checked values, and remembers which of them were met on which line."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import CostCentre, Organization
from domain.imports.columns import Column
from domain.imports.reading import Line
from domain.imports.report import Report
from domain.kernel.errors import InvalidInput, StateConflict
from store.session import Session
from store.upsert import insert_or_ignore

Values = dict[str, Any]
"""The cells of a record by column name as values; None where a cell is empty."""


def checked(line: Line, columns: Sequence[Column], report: Report) -> tuple[Values, bool]:
    """The values of a record, and whether it has no fault; every fault of the record is reported and leaves None behind."""
    before = len(report.rejects)
    values: Values = {}
    if line.has_surplus:
        report.reject(line, None, InvalidInput("import.surplus_cells"))
    for column in columns:
        cell = line.cells.get(column.name, "")
        values[column.name] = None
        try:
            if cell:
                values[column.name] = column.read(cell)
            elif column.is_required:
                raise InvalidInput("import.required")
        except InvalidInput as fault:
            report.reject(line, column, fault)
    return values, len(report.rejects) == before


class Seen:
    """On which line of the file each value of some columns stood first."""

    def __init__(self) -> None:
        self._lines: defaultdict[str, dict[object, int]] = defaultdict(dict)

    def is_new(self, line: Line, name: str, value: object, report: Report) -> bool:
        """Whether it is met for the first time; if not, the row is rejected with the number of the other line."""
        first = self._lines[name].setdefault(value, line.number)
        if first == line.number:
            return True
        report.reject(line, name, StateConflict("import.duplicate", line=str(first)))
        return False


async def organizations(session: Session, legal_ids: set[str]) -> dict[str, Organization]:
    """The organizations that exist, by legal id."""
    found = await session.scalars(select(Organization).where(col(Organization.legal_id).in_(legal_ids)))
    return {organization.legal_id: organization for organization in found}


class CostCentres:
    """Cost centres by organization and code: id and name; new ones are made as rows name them."""

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self.known: dict[tuple[UUID, str], tuple[UUID, str]] = {}
        self._new_id = new_id

    async def learn(self, session: Session, rows: Iterable[tuple[UUID, Values]]) -> None:
        """Reads or makes what rows of organizations name; of several names for a new one the last counts."""
        wanted = {
            (organization, values["cost_centre_code"]): values["cost_centre_name"] or values["cost_centre_code"]
            for organization, values in rows
            if values["cost_centre_code"] is not None
        }
        new = {place: name for place, name in wanted.items() if place not in self.known}
        if not new:
            return
        made = [
            {"id": self._new_id(), "organization_id": organization, "code": code, "name": name}
            for (organization, code), name in sorted(new.items())
        ]
        await insert_or_ignore(session, CostCentre, made)
        found = select(CostCentre.organization_id, CostCentre.code, CostCentre.id, CostCentre.name).where(
            col(CostCentre.organization_id).in_({organization for organization, _ in new}),
            col(CostCentre.code).in_({code for _, code in new}),
        )
        self.known |= {(row[0], row[1]): (row[2], row[3]) for row in await session.execute(found)}
