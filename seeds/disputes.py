"""A disputed bill of the demo: a manager objects to the dearest usage on the last one."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Command, Result, Work, carry_out
from domain.billing.disputes import bill_dispute
from domain.billing.states import ISSUED, BillLineKind
from domain.billing.tables import Bill, BillDispute, BillLine
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import ActorRef, system_scope
from domain.people.tables import Person
from seeds.identities import NIKAZIN, SARA
from store.session import Database

REASON = "این خط‌ها در تعطیلات خاموش بودند؛ لطفاً مصرف آن‌ها را بررسی کنید."
LINES = 2
AFTER = timedelta(days=2)


async def seed_dispute(database: Database, *, at: datetime) -> None:
    """Objects once to two lines of the newest bill of the first company, some days after it was issued; does nothing without bills."""
    newest = (
        select(Bill)
        .join(Organization, col(Organization.id) == col(Bill.organization_id))
        .where(col(Organization.legal_id) == NIKAZIN, col(Bill.state).in_(ISSUED), col(Bill.amount_due) > 0)
        .order_by(col(Bill.ends_at).desc(), col(Bill.net).desc(), col(Bill.id))
        .limit(1)
    )
    async with database.read() as session:
        bill = (await session.scalars(newest)).one_or_none()
        if bill is None or bill.issued_at is None or (await session.scalars(select(BillDispute.id).limit(1))).first() is not None:
            return
        dearest = select(BillLine.id).where(
            col(BillLine.organization_id) == bill.organization_id, col(BillLine.bill_id) == bill.id, col(BillLine.net) > 0,
            col(BillLine.kind) == BillLineKind.USAGE,
        )  # fmt: skip
        lines = (await session.scalars(dearest.order_by(col(BillLine.net).desc(), col(BillLine.id)).limit(LINES))).all()
        person = (await session.scalars(select(Person).where(col(Person.mobile) == SARA.mobile))).one()
    moment = min(bill.issued_at + AFTER, at)
    scope = system_scope(Permission.BILL_DISPUTE, moment, by=ActorRef(person.id, person.name, person_id=person.id))

    async def object_to(work: Work) -> Result:
        return await bill_dispute(work, bill.id, lines, REASON, locale=Locale.FA)

    if lines:
        await carry_out(database, scope, Command("billDispute", MutationMode.APPLY, ""), object_to, at=moment)
