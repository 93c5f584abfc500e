"""Bills paid by themselves: on the day or above the threshold, each once however many look; too little money is told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from domain.audit.writing import Work
from domain.billing.tables import Bill
from domain.groups import paying, policies, service
from domain.groups.rules import AutoPay
from domain.groups.tables import PaymentPolicyRun
from domain.kernel.calendar import JalaliDay
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.sims.selection import SimSelection
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount
from store.outbox import OutboxRow
from store.session import Database
from tests.approvals import set_budget
from tests.domain.billing.debts import owed
from tests.world import NOW, TwoTenants

TODAY = 29
assert JalaliDay.of(NOW).day == 30


async def opened(database: Database, tenants: TwoTenants, rule: AutoPay, money: int) -> Any:
    one = tenants.one
    bill = await owed(database, one.accounts["root"], one.sims[0])
    async with database.write() as session:
        def work() -> Work:
            return Work(session, system_scope(Permission.POLICY_MANAGE, NOW), NOW, MutationMode.APPLY)

        if money:
            await adjust(work(), wallet_id=one.wallets["root"], amount=money, reason="opening")
        made = await service.create(work(), one.accounts["root"].id, name="Vans", first=SimSelection([one.sims[0].id]))
        await policies.save(
            work(), policy_id=None, group_id=made["group"], rule=rule, wallet_id=one.wallets["root"], emails=("a@example.com",), is_active=True
        )  # fmt: skip
    return bill


async def runs(database: Database) -> list[PaymentPolicyRun]:
    async with database.read() as session:
        return list(await session.scalars(select(PaymentPolicyRun).order_by(col(PaymentPolicyRun.at))))


@pytest.mark.parametrize("rule", [AutoPay(TODAY, None), AutoPay(None, 1_000), AutoPay(TODAY, 1_000)])
async def test_a_bill_is_paid_once_however_many_look(rule: AutoPay, database: Database, two_tenants: TwoTenants) -> None:
    bill = await opened(database, two_tenants, rule, 1_000_000)

    await asyncio.gather(paying.pay_due(database, at=NOW), paying.pay_due(database, at=NOW))
    await paying.pay_due(database, at=NOW + timedelta(hours=1))

    (run,) = await runs(database)
    async with database.read() as session:
        paid = await session.get_one(Bill, bill.id)
        wallet = await session.get_one(LedgerAccount, two_tenants.one.wallets["root"])
        assert (paid.amount_due, paid.state, wallet.balance) == (0, "SETTLED", 1_000_000 - run.amount)
    assert run.transfer_id is not None and run.sim_id == two_tenants.one.sims[0].id


@pytest.mark.parametrize("rule", [AutoPay(TODAY, None), AutoPay(None, 10_000_000)])
async def test_before_its_time_nothing_is_paid(rule: AutoPay, database: Database, two_tenants: TwoTenants) -> None:
    await opened(database, two_tenants, rule, 1_000_000)
    assert await paying.pay_due(database, at=NOW - timedelta(days=2)) == 0


async def test_too_little_money_is_told_once_and_tried_again_next_month(database: Database, two_tenants: TwoTenants) -> None:
    await opened(database, two_tenants, AutoPay(1, None), 100)
    for hours in range(3):
        await paying.pay_due(database, at=NOW + timedelta(hours=hours))
    (run,) = await runs(database)
    assert run.transfer_id is None and run.failure is not None and run.failure["code"] == "INSUFFICIENT_FUNDS"
    async with database.read() as session:
        told = select(func.count()).where(col(OutboxRow.kind) == "groups.notice", OutboxRow.organization_id == two_tenants.one.id)
        assert (await session.execute(told)).scalar_one() == 2
    await paying.pay_due(database, at=NOW + timedelta(days=31))
    assert len(await runs(database)) == 2


async def test_a_budget_bounds_what_is_paid_by_itself_and_the_failure_is_told_once(database: Database, two_tenants: TwoTenants) -> None:
    bill, one = await opened(database, two_tenants, AutoPay(TODAY, None), 1_000_000), two_tenants.one
    await set_budget(database, one, "root", 1_000)

    for hours in range(3):
        await paying.pay_due(database, at=NOW + timedelta(hours=hours))

    (run,) = await runs(database)
    assert run.transfer_id is None and run.failure is not None and run.failure["code"] == "BUDGET_EXCEEDED"
    async with database.read() as session:
        wallet = await session.get_one(LedgerAccount, one.wallets["root"])
        told = select(func.count()).where(col(OutboxRow.kind) == "groups.notice", OutboxRow.organization_id == one.id)
        assert (wallet.balance, (await session.execute(told)).scalar_one()) == (1_000_000, 2)
        assert (await session.get_one(Bill, bill.id)).paid == 0
