"""The demo companies' bills: of six months, an overdue one among them, and the books agree."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from api.books import LOOKS
from auth.wiring import Auth
from domain.approvals.tables import Budget
from domain.billing.states import BillState
from domain.billing.tables import Bill, BillLine
from domain.kernel.sealing import Sealer
from domain.notifications.tables import Notice
from domain.wallet.proof import prove
from seeds.bills import MONTHS, seed_bills
from seeds.demo import seed_demo
from seeds.size import Size
from store.session import Database
from tests.world import NOW


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_accounts_have_six_bills_and_one_is_overdue(database: Database, documents: Any) -> None:
    await seed_demo(Auth.on(database, Sealer("test master key"), issuer="http://127.0.0.1"), at=NOW, size=Size.SMALL)

    await seed_bills(database, at=NOW)
    await seed_bills(database, at=NOW)

    async with database.read() as session:
        bills = (await session.scalars(select(Bill))).all()
        kinds = set(await session.scalars(select(BillLine.kind)))
        assert not await prove(session, looks=LOOKS)
        budgets = (await session.scalars(select(Budget))).all()
        notices = (await session.scalars(select(Notice).where(Notice.key == "bill.notice.issued"))).all()
    unread = {notice.subject_id for notice in notices if notice.read_at is None}
    newest = max(bill.month for bill in bills)
    assert unread == {bill.id for bill in bills if bill.month == newest} and len(notices) > len(unread)
    months = defaultdict[UUID, list[str]](list)
    for bill in bills:
        months[bill.account_id].append(bill.month)
    assert all(len(set(found)) == len(found) <= MONTHS for found in months.values())
    assert sum(len(found) == MONTHS for found in months.values()) >= 2  # a month without any charge has no bill, as in a small world
    assert kinds >= {"USAGE", "SUBSCRIPTION", "ONE_OFF"}
    assert any(bill.amount_due > 0 and bill.due_at is not None and bill.due_at <= NOW for bill in bills)
    assert {BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED} >= {BillState(bill.state) for bill in bills} >= {BillState.SETTLED}
    for budget in budgets:  # whoever opens the demo can pay what is due
        due = sum(bill.amount_due for bill in bills if bill.organization_id == budget.organization_id)
        assert not budget.committed or budget.spent + budget.committed + due < (budget.amount or 0)
