"""What is behind a line of a bill, and which movement of money a record of usage went into."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.billing.rows import BillLineRow
from domain.billing.states import ISSUED, BillLineKind
from domain.billing.tables import Bill, BillLine
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.usage.queries import Charged, UsageFilter, UsageRecordRow, usage_page
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session


async def usage_behind(scope: Scope, line: BillLineRow, *, window: Window) -> Page[UsageRecordRow]:
    """One page of the records whose charges add up to a line, newest first; none where it isn't of usage. Raises `Unavailable`."""
    if line.service is None or line.sim_id is None or line.kind not in (BillLineKind.USAGE, BillLineKind.CREDIT):
        return Page([], [], False, False)
    during = UsageFilter(starts_at=line.period.starts_at, ends_at=line.period.ends_at, services=(line.service,))
    came_in = Charged(line.path, line.kind is BillLineKind.CREDIT, line.counted_from, line.counted_to)
    return await usage_page(scope, line.organization_id, window=window, sim_id=line.sim_id, filter=during, charged=came_in)


async def booked_by(session: Session, records: Sequence[UsageRecordRow]) -> list[UUID | None]:
    """The transfer that booked each record's charge with the bill it is on, in two statements; null while no bill has it.

    The records are the caller's to see; whether the transfers are is for whoever reads them.
    """
    charged = [record for record in records if record.charge.minor]
    if not charged:
        return [None] * len(records)
    line = BillLine
    columns: tuple[Any, ...] = (
        line.sim_id, line.service, line.path, line.kind, line.starts_at, line.ends_at, line.counted_from, Bill.counted_to, Bill.id,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(Bill, (col(Bill.organization_id) == col(line.organization_id)) & (col(Bill.id) == col(line.bill_id)))
        .where(col(line.organization_id).in_({record.organization_id for record in charged}))
        .where(col(line.sim_id).in_({record.sim_id for record in charged}), col(line.service).is_not(None))
        .where(col(Bill.state).in_(sorted(ISSUED)), col(Bill.ends_at) > min(record.started_at for record in charged))
    )
    lines: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in await session.execute(statement):
        lines[row[:4]].append(row[4:])
    bills = [_bill_of(record, lines) for record in records]
    booked = await _bookings(session, {id for id in bills if id})
    return [booked.get(id) if id else None for id in bills]


def _bill_of(record: UsageRecordRow, lines: defaultdict[tuple[Any, ...], list[Any]]) -> UUID | None:
    kind = BillLineKind.CREDIT if record.charge.minor < 0 else BillLineKind.USAGE
    for starts_at, ends_at, counted_from, counted_to, bill_id in lines[record.sim_id, record.service, record.path, kind]:
        came_in = (counted_from is None or counted_from < record.as_of) and record.as_of <= counted_to
        if record.charge.minor and came_in and starts_at <= record.started_at < ends_at:
            return UUID(str(bill_id))
    return None


async def _bookings(session: Session, bill_ids: set[UUID]) -> dict[UUID, UUID]:
    """The transfer of each bill that booked its lines: the one that earns revenue."""
    if not bill_ids:
        return {}
    statement = (
        select(LedgerTransfer.cause_id, LedgerTransfer.id)
        .join(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where(col(LedgerTransfer.cause_id).in_(bill_ids), col(LedgerAccount.kind) == LedgerAccountKind.REVENUE)
        .where(LedgerTransfer.reason == LedgerReason.BILL)
    )
    return {cause_id: id for cause_id, id in await session.execute(statement) if cause_id}
