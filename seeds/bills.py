"""The demo companies' last six bills: made by the bill run itself, one month after the other, and paid but for the last two."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Command, Result, Service, carry_out
from domain.billing import terms
from domain.billing.paying import bill_pay
from domain.billing.queries import postpaid_organizations
from domain.billing.running import Wish, run
from domain.billing.tables import Bill
from domain.kernel.calendar import JalaliMonth, day_of
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import CONSOLE, system_scope
from domain.notifications.tables import Notice
from domain.payments import service as payments
from seeds.companies import COMPANIES
from store.session import Database

MONTHS = 6
ISSUED_AFTER, PAID_AFTER = timedelta(days=1, hours=5), timedelta(days=19, hours=4)
DEPOSIT = 250_000_000


async def seed_bills(database: Database, *, at: datetime) -> None:
    """Bills the last six months of the demo companies; the one before the last stays unpaid and is overdue by now.

    Managers were told of each and haven't read of the last. The document store has to be open. What a cut one left is gone on with.
    """
    async with database.read() as session:
        legal_ids = [one.legal_id for one in COMPANIES]
        demo = set(await session.scalars(select(Organization.id).where(col(Organization.legal_id).in_(legal_ids))))
        known = [id for id, _ in await postpaid_organizations(session) if id in demo]
    last = JalaliMonth.of(at).plus(-1)
    for organization_id in known:
        for month in (last.plus(-back) for back in reversed(range(MONTHS))):
            issued_at = min(month.ends_at + ISSUED_AFTER, at)
            async for _ in run(database, Wish(organization_id, month, max(issued_at, month.ends_at), issued_at)):
                pass
            for bill_id, account_id in await _unpaid(database, organization_id, month):
                if month == last.plus(1 - MONTHS):
                    await _write(database, partial(terms.deposit, account_id=account_id, amount=DEPOSIT), at=issued_at)
                if month < last.plus(-1) and month.ends_at + PAID_AFTER < at:
                    await _pay(database, bill_id, f"{month}-{bill_id.hex[-8:]}", at=month.ends_at + PAID_AFTER)
    read = update(Notice).where(col(Notice.organization_id).in_(known), col(Notice.at) < last.ends_at)
    async with database.write() as session:
        await session.execute(read.values(read_at=col(Notice.at)))


async def _unpaid(database: Database, organization_id: UUID, month: JalaliMonth) -> Sequence[tuple[UUID, UUID]]:
    mine = (col(Bill.organization_id) == organization_id, col(Bill.month) == str(month), col(Bill.amount_due) > 0)
    async with database.read() as session:
        rows = await session.execute(select(Bill.id, Bill.account_id).where(*mine).order_by(col(Bill.id)))
        return [(row[0], row[1]) for row in rows]


async def _pay(database: Database, bill_id: UUID, reference: str, *, at: datetime) -> None:
    """By a slip that the operator found on the bank's list."""
    way = payments.ByPaper(False, reference, day_of(at))
    begun = await _write(database, partial(bill_pay, bill_id=bill_id, amount=None, way=way), at=at)
    await _write(database, partial(payments.resolve, payment_id=begun["payment"], is_received=True), at=at)


async def _write(database: Database, service: Service, *, at: datetime) -> Result:
    scope = system_scope(Permission.BILL_READ, at, by=CONSOLE)
    done = await carry_out(database, scope, Command("billPay", MutationMode.APPLY, ""), service, at=at)
    return done.result or {}
