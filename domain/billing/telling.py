"""Telling an account's managers of its bills in their feeds."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.billing.tables import Bill
from domain.kernel.calendar import JalaliMonth, day_of
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.notifications.feed import tell
from store.session import Session


async def tell_bill(session: Session, bill: Bill, people: Collection[UUID], event: str, *, at: datetime, once: str | None = None) -> None:
    """Tells of an issued bill that it was `issued`, is due `soon` or is `overdue`; each event once, or `once` by a name of its own."""
    assert bill.due_at is not None  # noqa: S101 (it is issued)
    name = (await session.scalars(select(Account.name).where(col(Account.id) == bill.account_id))).one()
    words = {
        "number": bill.number or "", "account": name, "month": JalaliMonth.parse(bill.month), "total": Money(bill.net + bill.vat),
        "amount": Money(bill.amount_due), "day": day_of(bill.due_at - timedelta(seconds=1)),
    }  # fmt: skip
    about, event_name = Ref(Kind.BILL, bill.id), f"bill:{bill.id}:{once or event}"
    await tell(session, bill.organization_id, people, f"bill.notice.{event}", words, about, at=at, once=event_name)
