"""Imports SIM cards: a row is known by its ICCID; identifiers that belong to another card are refused."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, Organization, PaymentMode
from domain.catalogue.tables import Offering, OfferingCategory
from domain.hierarchy.present import hold
from domain.imports import rules
from domain.imports.columns import SIMS
from domain.imports.reading import Line, Sheet
from domain.imports.report import Report
from domain.imports.rows import CostCentres, Seen, Values, checked, organizations
from domain.kernel.errors import DomainError, NotFound, StateConflict
from domain.kernel.sealing import Sealer
from domain.sims.intake import NewSim, count_in, counted, take_in
from domain.sims.puk import Codes
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from store.filling import filling
from store.models import table_of
from store.session import Session

AT_ONCE = 1000
IDENTIFIERS = ("iccid", "imsi", "msisdn")


@dataclass(frozen=True, slots=True)
class _Card:
    """What tells one card from another."""

    organization_id: UUID
    iccid: str
    imsi: str
    msisdn: str | None


@dataclass(frozen=True, slots=True)
class _Account:
    id: UUID
    path: str
    payment_mode: PaymentMode


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    values: Values
    organization_id: UUID
    account: _Account


class SimImport:
    """One run over a file of SIM cards in one transaction, a thousand rows at a time; of one organization alone with `only`."""

    columns = SIMS
    noun = "sims"

    def __init__(
        self, session: Session, report: Report, sealer: Sealer, *, at: datetime, new_id: Callable[[], UUID], only: UUID | None = None
    ) -> None:
        self._session = session
        self._report = report
        self._sealer = sealer
        self._at = at
        self._new_id = new_id
        self._only = only
        self._seen = Seen()
        self._by_legal_id: dict[str, Organization] = {}
        self._accounts: dict[tuple[UUID, str], _Account] = {}
        self._cost_centres = CostCentres(new_id)
        self._plans: dict[str, UUID] = {}
        self._counted: Counter[tuple[UUID, UUID, SimStatus]] = Counter()
        self.organizations: dict[UUID, Organization] = {}
        self.made: Counter[UUID] = Counter()

    async def take(self, sheet: Sheet, *, writes: Callable[[], bool]) -> None:
        """Reads the file to its end and adds its new cards; once `writes` says no, it only goes on looking for faults."""
        plans = select(Offering.code, Offering.id).where(col(Offering.category) == OfferingCategory.PLAN)
        self._plans = {row[0]: row[1] for row in await self._session.execute(plans)}
        async with filling(self._session, table_of(Sim)):
            while lines := list(islice(sheet.lines, AT_ONCE)):
                rows = await self._new(await self._placed(lines))
                if rows and writes():
                    await self._add(rows)
        if writes():
            await count_in(self._session, self._counted)

    async def _placed(self, lines: Sequence[Line]) -> list[_Row]:
        """The rows that are right in themselves, with their organization and account."""
        self._report.rows += len(lines)
        right = [(line, values) for line in lines if (values := self._right(line)) is not None]
        await self._learn(right)
        rows = []
        for line, values in right:
            organization = self._by_legal_id.get(values["organization_legal_id"])
            if organization is None or self._only not in (None, organization.id):
                self._report.reject(line, "organization_legal_id", NotFound("import.unknown_organization"))
            elif (account := self._accounts.get((organization.id, values["account_number"]))) is None:
                self._report.reject(line, "account_number", NotFound("import.unknown_account", organization=organization.name))
            elif self._agrees(line, values, account):
                rows.append(_Row(line, values, organization.id, account))
        return rows

    def _right(self, line: Line) -> Values | None:
        """The values of a row that has no fault in itself and repeats no identifier of an earlier row."""
        values, is_right = checked(line, SIMS, self._report)
        repeats = [
            name for name in IDENTIFIERS if values[name] is not None and not self._seen.is_new(line, name, values[name], self._report)
        ]
        return values if is_right and not repeats else None

    def _agrees(self, line: Line, values: Values, account: _Account) -> bool:
        faults: list[tuple[str, DomainError]] = [*rules.faults(values, values["payment_mode"] or account.payment_mode, at=self._at)]
        if values["plan_code"] is not None and values["plan_code"] not in self._plans:
            faults.append(("plan_code", NotFound("import.unknown_plan")))
        for column, fault in faults:
            self._report.reject(line, column, fault)
        return not faults

    async def _learn(self, right: Sequence[tuple[Line, Values]]) -> None:
        """Reads the organizations and accounts that these rows name and that aren't known yet."""
        if legal_ids := {values["organization_legal_id"] for _, values in right} - self._by_legal_id.keys():
            found = await organizations(self._session, legal_ids)
            for id in sorted(one.id for one in found.values()):  # until the file is in, no account moves from under its cards
                await hold(self._session, id, at=self._at)
            self._by_legal_id |= found
        wanted = {
            (organization.id, values["account_number"])
            for _, values in right
            if (organization := self._by_legal_id.get(values["organization_legal_id"]))
        } - self._accounts.keys()
        if wanted:
            columns: Sequence[Any] = (Account.organization_id, Account.number, Account.id, Account.path, Account.payment_mode)
            accounts: Any = select(*columns)
            named = accounts.where(
                col(Account.organization_id).in_({id for id, _ in wanted}), col(Account.number).in_({number for _, number in wanted})
            )
            for row in await self._session.execute(named):
                self._accounts[row[0], row[1]] = _Account(row[2], row[3], PaymentMode(row[4]))

    async def _new(self, rows: Sequence[_Row]) -> list[_Row]:
        """The rows whose card isn't there yet; one that is there with other identifiers, or elsewhere, is rejected."""
        there = await self._there(rows)
        new = []
        for row in rows:
            others = {name: there.get((name, row.values[name])) for name in IDENTIFIERS if row.values[name] is not None}
            own = others.pop("iccid")
            faults = list(_conflicts(row, own, others))
            for column, fault in faults:
                self._report.reject(row.line, column, fault)
            if not faults and own is not None:
                self._report.present += 1
            elif not faults:
                new.append(row)
        return new

    async def _there(self, rows: Sequence[_Row]) -> dict[tuple[str, str], _Card]:
        """The cards that bear any identifier of these rows, by identifier."""
        if not rows:
            return {}
        found: dict[tuple[str, str], _Card] = {}
        cards: Any = select(Sim.organization_id, Sim.iccid, Sim.imsi, Sim.msisdn)
        for name in IDENTIFIERS:  # three statements, each on its own unique index
            wanted = [row.values[name] for row in rows if row.values[name] is not None]
            for row in await self._session.execute(cards.where(getattr(Sim, name).in_(wanted))):
                card = _Card(*row)
                found |= {(each, value): card for each in IDENTIFIERS if (value := getattr(card, each)) is not None}
        return found

    async def _add(self, rows: Sequence[_Row]) -> None:
        await self._cost_centres.learn(self._session, ((row.organization_id, row.values) for row in reversed(rows)))
        sims = [self._sim(row) for row in rows]
        await take_in(self._session, sims, self._sealer, at=self._at, new_id=self._new_id)
        self._counted += counted(sims)
        by_id = {organization.id: organization for organization in self._by_legal_id.values()}
        for row in rows:
            self.made[row.organization_id] += 1
            self.organizations[row.organization_id] = by_id[row.organization_id]

    def _sim(self, row: _Row) -> NewSim:
        values = row.values
        status, mode = rules.status_of(values), values["payment_mode"] or row.account.payment_mode
        centre: tuple[Any, Any] = self._cost_centres.known.get((row.organization_id, values["cost_centre_code"]), (None, None))
        return NewSim(
            id=self._new_id(), organization_id=row.organization_id, account_id=row.account.id, path=row.account.path,
            iccid=values["iccid"], imsi=values["imsi"], msisdn=values["msisdn"], imei=values["imei"], locked_imei=values["locked_imei"],
            status=status, status_since=rules.since(values, status, self._at), status_reason=values["status_reason"],
            resumes_at=values["resumes_at"], barring=rules.barring_of(values, status),
            barred_by=rules.barred_by(status, values["status_reason"]), payment_mode=mode, activated_at=values["activated_at"],
            valid_until=values["valid_until"], holder_name=values["holder_name"], employee_number=values["employee_number"],
            cost_centre_id=centre[0], cost_centre_code=values["cost_centre_code"], cost_centre_name=centre[1],
            tags=values["tags"] or (), plan_id=self._plans.get(values["plan_code"]),
            codes=Codes(values["puk1"], values["puk2"]) if values["puk1"] else None, **rules.figures(values, mode),
        )  # fmt: skip


def _conflicts(row: _Row, own: _Card | None, others: dict[str, _Card | None]) -> list[tuple[str, DomainError]]:
    """Why a row contradicts the cards that are there: its own with other identifiers, or its identifiers on other cards."""
    if own is not None and own.organization_id != row.organization_id:
        return [("iccid", StateConflict("import.other_organization"))]
    faults: list[tuple[str, DomainError]] = []
    for name, card in others.items():
        if card is not None and card != own:
            faults.append((name, StateConflict("import.taken", iccid=card.iccid)))
        elif own is not None and card is None:
            faults.append((name, StateConflict("import.differs", value=getattr(own, name) or "—")))
    return faults
