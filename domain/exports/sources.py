"""What can be exported: for each kind the right it takes, its columns, and how its rows are read, a page at a time by their ids."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account, CostCentre, Organization
from domain.audit.tables import AuditEntry
from domain.billing import sheets
from domain.billing.states import ISSUED
from domain.billing.tables import Bill, BillLine
from domain.catalogue.tables import Offering
from domain.documents import paths_within
from domain.exports import reports
from domain.imports.columns import SIMS, USAGE
from domain.kernel.errors import NotFound
from domain.kernel.ids import KINDS
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.orders.tables import Order, OrderItem
from domain.payments.tables import Payment
from domain.sims.tables import Sim
from domain.tickets.tables import Ticket
from domain.usage.documents import UsageRecord
from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerTransfer
from store.session import Session


class ExportKind(StrEnum):
    """What can be exported."""

    SIMS = "SIMS"
    USAGE = "USAGE"
    BILL_LINES = "BILL_LINES"
    LEDGER = "LEDGER"
    ORDERS = "ORDERS"
    PAYMENTS = "PAYMENTS"
    DEBTORS = "DEBTORS"
    RENEWALS = "RENEWALS"
    TICKETS = "TICKETS"
    AUDIT = "AUDIT"


@dataclass(frozen=True, slots=True)
class Span:
    """When rows happened, half-open; null is any time."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Whose rows: an organization's, at or below a path."""

    organization_id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table: `statement` begins with the id, then the columns; `time` is when a row happened."""

    permission: Permission
    titles: Sequence[str]
    table: Any
    statement: Select[Any]
    row: Callable[[Sequence[Any]], Sequence[Any]]
    time: Any = None
    only: Sequence[Any] = ()
    """Which of the table's rows; of `reports.AT` and what follows it the time of reading is known."""

    def _here(self, statement: Select[Any], scope: Scope, place: Place, span: Span) -> Select[Any]:
        here = scope.within(place.organization_id, place.path)
        bounded = here.limit(statement.where(*self.only), col(self.table.organization_id), col(self.table.path))
        bounded = bounded.params(**reports.moments(scope.at))
        if self.time is not None and span.starts_at is not None:
            bounded = bounded.where(self.time >= span.starts_at)
        if self.time is not None and span.ends_at is not None:
            bounded = bounded.where(self.time < span.ends_at)
        return bounded

    async def page(
        self, session: Session, scope: Scope, place: Place, span: Span, after: UUID | None, most: int
    ) -> list[tuple[UUID, Sequence[Any]]]:
        """The next rows with their ids, in the order of their ids."""
        statement = self._here(self.statement, scope, place, span).order_by(col(self.table.id)).limit(most)
        if after is not None:
            statement = statement.where(col(self.table.id) > after)
        return [(row[0], self.row(row)) for row in await session.execute(statement)]

    async def count(self, session: Session, scope: Scope, place: Place, span: Span) -> int:
        """How many rows that is."""
        counted = self._here(select(func.count()).select_from(self.table), scope, place, span)
        return int((await session.execute(counted)).scalar_one())


def _selected(*columns: Any) -> Any:
    return select(*columns)


def _label(by: Mapping[str, Any]) -> str:
    return str(by.get("label", ""))


def _changes(changes: Sequence[Mapping[str, Any]]) -> str:
    """Changes on one line, the first ones."""
    return "; ".join(f"{one.get('label', '')} {one.get('field', '')}: {one.get('before')} → {one.get('after')}" for one in changes[:20])


SIM_TITLES = tuple(column.name for column in SIMS if not column.is_secret)
_SIM_COLUMNS: Mapping[str, Any] = {
    "organization_legal_id": Organization.legal_id, "account_number": Account.number, "cost_centre_code": CostCentre.code,
    "cost_centre_name": CostCentre.name, "plan_code": Offering.code,
}  # fmt: skip


def _tags(stored: str) -> str:
    """Labels as importing reads them, with a mark before them when one holds another mark."""
    bare = stored.strip("|")
    return f"|{bare}" if any(mark in bare for mark in ",;،؛") else bare


_TAGS = SIM_TITLES.index("tags") + 1
_REFUNDED = aliased(Payment)

SOURCES: Mapping[ExportKind, Source] = {
    ExportKind.SIMS: Source(
        Permission.SIM_READ, SIM_TITLES, Sim,
        _selected(Sim.id, *(_SIM_COLUMNS.get(name, getattr(Sim, name, None)) for name in SIM_TITLES))
        .select_from(Sim).join(Organization, col(Organization.id) == col(Sim.organization_id))
        .join(Account, col(Account.id) == col(Sim.account_id)).outerjoin(CostCentre, col(CostCentre.id) == col(Sim.cost_centre_id))
        .outerjoin(Offering, col(Offering.id) == col(Sim.plan_id)),
        lambda row: (*row[1:_TAGS], _tags(row[_TAGS]), *row[_TAGS + 1 :]),
    ),
    ExportKind.ORDERS: Source(
        Permission.ORDER_READ,
        ("number", "state", "placed_at", "placed_by", "account_number", "items", "net", "vat", "vat_rate", "refunded",
         "purchase_order_number", "memo"),
        Order,
        _selected(
            Order.id, Order.number, Order.state, Order.placed_at, Order.by, Account.number,
            select(func.count()).where(col(OrderItem.order_id) == col(Order.id)).scalar_subquery(),
            Order.net, Order.vat, Order.vat_rate, Order.refunded, Order.purchase_order_number, Order.memo,
        ).select_from(Order).join(Account, col(Account.id) == col(Order.account_id)),
        lambda row: (row[1], row[2], row[3], _label(row[4]), *row[5:9], str(row[9]), *row[10:]),
        col(Order.placed_at),
    ),
    ExportKind.LEDGER: Source(
        Permission.WALLET_READ,
        ("entry", "transfer", "posted_at", "ledger_account", "kind", "owner", "seq", "debit", "credit", "balance_after", "reason", "by",
         "memo", "reverses", "cause", "cause_id"),
        LedgerEntry,
        _selected(
            LedgerEntry.id, LedgerEntry.transfer_id, LedgerEntry.posted_at, LedgerEntry.ledger_account_id, LedgerAccount.kind,
            func.coalesce(Account.number, Sim.msisdn, Sim.iccid), LedgerEntry.seq, LedgerEntry.amount, LedgerEntry.balance_after,
            LedgerTransfer.reason, LedgerTransfer.by, LedgerTransfer.memo, LedgerTransfer.reverses_id, LedgerTransfer.cause_kind,
            LedgerTransfer.cause_id,
        ).select_from(LedgerEntry).join(LedgerTransfer, col(LedgerTransfer.id) == col(LedgerEntry.transfer_id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .outerjoin(Account, col(Account.id) == col(LedgerAccount.owner_id)).outerjoin(Sim, col(Sim.id) == col(LedgerAccount.owner_id)),
        lambda row: (
            str(row[0]), str(row[1]), row[2], str(row[3]), *row[4:7], max(-row[7], 0), max(row[7], 0), *row[8:10], _label(row[10]),
            row[11], str(row[12] or ""), KINDS[row[13]].name if row[13] else "", str(row[14] or ""),
        ),
        col(LedgerEntry.posted_at),
    ),
    ExportKind.PAYMENTS: Source(
        Permission.WALLET_READ,
        ("number", "state", "method", "amount", "account_number", "created_at", "finished_at", "by", "reference", "refund_of", "failure",
         "transfer"),
        Payment,
        _selected(
            Payment.id, Payment.number, Payment.state, Payment.method, Payment.amount, Account.number, Payment.created_at,
            Payment.finished_at, Payment.by, Payment.external_reference, _REFUNDED.number, Payment.failure, Payment.transfer_id,
        ).select_from(Payment).outerjoin(_REFUNDED, col(_REFUNDED.id) == col(Payment.refund_of_id))
        .outerjoin(LedgerAccount, col(LedgerAccount.id) == col(Payment.wallet_id))
        .outerjoin(Account, col(Account.id) == col(LedgerAccount.owner_id)),
        lambda row: (*row[1:8], _label(row[8]), *row[9:11], (row[11] or {}).get("code", ""), str(row[12] or "")),
        col(Payment.created_at),
    ),
    ExportKind.BILL_LINES: Source(
        Permission.BILL_READ, sheets.TITLES, BillLine, sheets.statement(), sheets.row, col(BillLine.starts_at),
        [col(BillLine.bill_id).in_(select(Bill.id).where(col(Bill.state).in_(ISSUED)))],
    ),
    ExportKind.DEBTORS: Source(
        Permission.BILL_READ, reports.DEBTORS, Account, reports.debtors(), lambda row: row[1:], only=[reports.OWES],
    ),
    ExportKind.RENEWALS: Source(
        Permission.SIM_READ, reports.RENEWALS, Sim, reports.renewals(), lambda row: row[1:], only=[reports.WAITS],
    ),
    ExportKind.TICKETS: Source(
        Permission.TICKET_READ,
        ("number", "title", "department", "state", "state_since", "priority", "opened_at", "opened_by", "due_at"),
        Ticket,
        _selected(
            Ticket.id, Ticket.number, Ticket.title, Ticket.department, Ticket.state, Ticket.state_since, Ticket.priority, Ticket.opened_at,
            Ticket.by, Ticket.due_at,
        ),
        lambda row: (*row[1:8], _label(row[8]), row[9]),
        col(Ticket.opened_at),
    ),
    ExportKind.AUDIT: Source(
        Permission.AUDIT_READ,
        ("seq", "at", "by", "is_operator", "action", "reason", "changes", "change_count", "failure", "hash"),
        AuditEntry,
        _selected(
            AuditEntry.id, AuditEntry.seq, AuditEntry.at, AuditEntry.by, AuditEntry.is_operator, AuditEntry.action, AuditEntry.reason,
            AuditEntry.changes, AuditEntry.change_count, AuditEntry.failure, AuditEntry.hash,
        ),
        lambda row: (*row[1:3], _label(row[3]), *row[4:7], _changes(row[7]), row[8], (row[9] or {}).get("code", ""), row[10]),
        col(AuditEntry.at),
    ),
}  # fmt: skip
"""Kinds that live in tables."""

USAGE_TITLES = tuple(column.name for column in USAGE)


def permission_of(kind: ExportKind) -> Permission:
    """The right to see the rows."""
    return SOURCES[kind].permission if kind in SOURCES else Permission.USAGE_READ


def titles_of(kind: ExportKind) -> Sequence[str]:
    """The columns."""
    return SOURCES[kind].titles if kind in SOURCES else USAGE_TITLES


async def place_of(session: Session, legal_id: str) -> Place:
    """All of an organization by its legal id; raises `NotFound`."""
    top = select(Account.organization_id, Account.path).join(Organization, col(Organization.id) == col(Account.organization_id))
    found = (await session.execute(top.where(col(Organization.legal_id) == legal_id, col(Account.depth) == 0))).one_or_none()
    if found is None:
        raise NotFound
    return Place(*found)


async def read(
    session: Session, kind: ExportKind, scope: Scope, place: Place, span: Span, after: UUID | None, most: int
) -> list[tuple[UUID, Sequence[Any]]]:
    """The next rows of a kind with their ids, in the order of their ids."""
    if kind in SOURCES:
        return await SOURCES[kind].page(session, scope, place, span, after, most)
    where = _usage(scope, place, span)
    if where is None:
        return []
    records = await UsageRecord.find(where | ({"_id": {"$gt": after}} if after else {})).sort("+_id").limit(most).to_list()
    numbers: dict[UUID, str | None] = {}
    if records:
        rows = await session.execute(select(Sim.id, Sim.msisdn).where(col(Sim.id).in_({record.sim_id for record in records})))
        numbers = {row[0]: row[1] for row in rows}
    return [(record.id, _usage_row(record, numbers.get(record.sim_id))) for record in records]


async def count(session: Session, kind: ExportKind, scope: Scope, place: Place, span: Span) -> int:
    """How many rows there are."""
    if kind in SOURCES:
        return await SOURCES[kind].count(session, scope, place, span)
    where = _usage(scope, place, span)
    return await UsageRecord.find(where).count() if where is not None else 0


def _usage(scope: Scope, place: Place, span: Span) -> dict[str, Any] | None:
    """The condition on documents, in one piece."""
    inside = paths_within(scope, place.organization_id, (place.path,))
    if inside is None:
        return None
    during = {"$gte": span.starts_at, "$lt": span.ends_at}
    bounds = {name: value for name, value in during.items() if value is not None}
    return {"organization_id": place.organization_id, **inside, **({"started_at": bounds} if bounds else {})}


def _usage_row(record: UsageRecord, msisdn: str | None) -> Sequence[Any]:
    values = {"record_id": str(record.id), "msisdn": msisdn}
    return [values[name] if name in values else getattr(record, name) for name in USAGE_TITLES]
