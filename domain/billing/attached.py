"""Reading what hangs on bills: the files they were made into, disputes of their lines, payments for them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlmodel import col, select

from domain.billing.rows import LINE, BillLineRow, line_row
from domain.billing.states import DisputeState
from domain.billing.tables import Bill, BillDispute, BillDisputeLine, BillDocument, BillLine
from domain.files.queries import DocumentRow
from domain.files.tables import File
from domain.kernel.batches import grouped, in_order
from domain.kernel.money import Money
from domain.kernel.scope import Scope
from domain.payments.tables import Payment
from domain.reading import Limits, members, shaped
from store.session import Session
from store.statements import among

MOST_SHOWN = 50
"""Payments and disputes of a bill that are shown, the newest."""
STATES = members(DisputeState)


class BillDisputeRow(msgspec.Struct, frozen=True):
    """An objection to some lines, as it is shown; amounts with tax."""

    id: UUID
    organization_id: UUID
    bill_id: UUID
    state: DisputeState
    reason: str
    amount: Money
    credited: Money | None
    ticket_id: UUID


_DISPUTE: tuple[Any, ...] = (
    BillDispute.id, BillDispute.organization_id, BillDispute.bill_id, BillDispute.state, BillDispute.reason, BillDispute.amount,
    BillDispute.credited, BillDispute.ticket_id,
)  # fmt: skip


def _dispute(row: Any) -> BillDisputeRow:
    id, organization_id, bill_id, state, reason, amount, credited, ticket_id, *_ = row
    given = Money(credited) if credited is not None else None
    return BillDisputeRow(id, organization_id, bill_id, STATES[state], reason, Money(amount), given, ticket_id)


@shaped
def _disputes(scope: Limits, by: str) -> Select[Any]:
    statement: Select[Any] = select(*_DISPUTE).where(among(col(getattr(BillDispute, by)), "ids"))
    newest = statement.order_by(col(BillDispute.opened_at).desc(), col(BillDispute.id).desc())
    return scope.limit(newest, col(BillDispute.organization_id), col(BillDispute.path))


async def disputes_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[BillDisputeRow | None]:
    """Disputes in the order asked, null for those of bills out of scope."""
    return in_order(ids, map(_dispute, await session.rows(_disputes(scope, "id"), ids=ids)))


async def disputes_of_bills(session: Session, scope: Scope, bill_ids: Sequence[UUID]) -> list[list[BillDisputeRow]]:
    """Disputes of bills, the newest first."""
    rows = await session.rows(_disputes(scope, "bill_id"), ids=bill_ids)
    return grouped(bill_ids, ((row[2], _dispute(row)) for row in rows), most=MOST_SHOWN)


@shaped
def _disputed_lines(scope: Limits) -> Select[Any]:
    columns: Any = (*(getattr(BillLine, name) for name in LINE), Bill.counted_to, BillDisputeLine.dispute_id)
    statement: Select[Any] = (
        select(*columns)
        .select_from(BillDisputeLine)
        .join(BillLine, col(BillLine.id) == col(BillDisputeLine.line_id))
        .join(Bill, col(Bill.id) == col(BillLine.bill_id))
        .where(among(col(BillDisputeLine.dispute_id), "ids"))
        .order_by(col(BillLine.id))
    )
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


async def lines_of_disputes(session: Session, scope: Scope, dispute_ids: Sequence[UUID]) -> list[list[BillLineRow]]:
    """The lines that disputes are about."""
    rows = await session.rows(_disputed_lines(scope), ids=dispute_ids)
    return grouped(dispute_ids, ((row[len(LINE) + 1], line_row(row, row[len(LINE)])) for row in rows))


_FILE: tuple[Any, ...] = (File.id, File.name, File.media_type, File.created_at)


@shaped
def _documents(scope: Limits, by: str) -> Select[Any]:
    columns: Any = (*_FILE, BillDocument.bill_id)
    statement: Select[Any] = (
        select(*columns)
        .join(BillDocument, col(BillDocument.file_id) == col(File.id))
        .join(Bill, col(Bill.id) == col(BillDocument.bill_id))
        .where(among(col(getattr(BillDocument, by)), "ids"))
        .order_by(col(File.id))
    )
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


async def documents_of_bills(session: Session, scope: Scope, bill_ids: Sequence[UUID]) -> list[list[DocumentRow]]:
    """The files of bills: PDF, CSV and XLSX once they are made."""
    return grouped(bill_ids, ((row[4], DocumentRow(*row[:4])) for row in await session.rows(_documents(scope, "bill_id"), ids=bill_ids)))


async def documents_by_ids(session: Session, scope: Scope, file_ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Files of bills in scope by their own ids."""
    return in_order(file_ids, (DocumentRow(*row[:4]) for row in await session.rows(_documents(scope, "file_id"), ids=file_ids)))


@shaped
def _payment_ids(scope: Limits) -> Select[Any]:
    columns: Any = (Payment.id, Payment.target_id)
    statement: Select[Any] = (
        select(*columns)
        .join(Bill, col(Bill.id) == col(Payment.target_id))
        .where(col(Payment.organization_id) == col(Bill.organization_id), among(col(Payment.target_id), "ids"))
        .order_by(col(Payment.created_at).desc(), col(Payment.id).desc())
    )
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


async def payments_of_bills(session: Session, scope: Scope, bill_ids: Sequence[UUID]) -> list[list[UUID]]:
    """The ids of payments for bills, the newest first."""
    rows = await session.rows(_payment_ids(scope), ids=bill_ids)
    return grouped(bill_ids, ((row[1], row[0]) for row in rows), most=MOST_SHOWN)


async def bill_for_update(session: Session, bill_id: UUID) -> Bill | None:
    """A bill as it is now, whoever's it is, locked until the transaction ends; the caller checks its scope."""
    statement = select(Bill).where(col(Bill.id) == bill_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()
