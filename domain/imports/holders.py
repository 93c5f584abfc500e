"""Imports holders: who carries which card, and where it is booked; what a row leaves empty stays as it is."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from uuid import UUID

import msgspec
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.imports.columns import HOLDERS
from domain.imports.reading import Sheet
from domain.imports.report import Report
from domain.imports.rows import CostCentres, Seen, Values, checked
from domain.kernel.errors import NotFound
from domain.kernel.scope import Scope
from domain.sims.holders import Held, held, write_holders
from store.session import Session

AT_ONCE = 1000


class HolderImport:
    """One run over a file of holders in one transaction, for the cards of a scope."""

    columns = HOLDERS
    noun = "holders"

    def __init__(self, session: Session, report: Report, scope: Scope, *, at: datetime, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._report = report
        self._scope = scope
        self._seen = Seen()
        self._cost_centres = CostCentres(new_id)
        self.organizations: dict[UUID, Organization] = {}
        self.made: Counter[UUID] = Counter()

    async def take(self, sheet: Sheet, *, writes: Callable[[], bool]) -> None:
        """Reads the file to its end; once `writes` says no, it only goes on looking for faults."""
        while lines := list(islice(sheet.lines, AT_ONCE)):
            self._report.rows += len(lines)
            right = []
            for line in lines:
                values, is_right = checked(line, HOLDERS, self._report)
                number = values["msisdn"]
                if number is not None and self._seen.is_new(line, "msisdn", number, self._report) and is_right:
                    right.append((line, values))
            cards = await held(self._session, self._scope, [values["msisdn"] for _, values in right])
            there = []
            for line, values in right:
                if (card := cards.get(values["msisdn"])) is None:
                    self._report.reject(line, "msisdn", NotFound("import.unknown_sim"))
                else:
                    there.append((card, values))
            if there and writes():
                await self._write(there)
        await self._name()

    async def _write(self, there: list[tuple[Held, Values]]) -> None:
        await self._cost_centres.learn(self._session, ((card.organization_id, values) for card, values in there))
        changed = [new for card, values in there if (new := self._with(card, values)) != card]
        await write_holders(self._session, changed)
        self._report.present += len(there) - len(changed)
        self.made.update(card.organization_id for card in changed)

    def _with(self, card: Held, values: Values) -> Held:
        """The card as a row wants it."""
        given = {name: values[name] for name in ("holder_name", "employee_number", "tags") if values[name] is not None}
        if (code := values["cost_centre_code"]) is not None:
            id, name = self._cost_centres.known[card.organization_id, code]
            given |= {"cost_centre_id": id, "cost_centre_code": code, "cost_centre_name": name}
        return msgspec.structs.replace(card, **given)

    async def _name(self) -> None:
        found = await self._session.scalars(select(Organization).where(col(Organization.id).in_(self.made)))
        self.organizations = {organization.id: organization for organization in found}
