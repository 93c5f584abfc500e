"""A quarter of usage, top-ups and transfers at random: each policy fires once for each crossing of the books, however it is looked."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, update
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.audit.writing import Work
from domain.groups import firing, policies, service
from domain.groups.notices import NOTICE_KIND
from domain.groups.rules import TopUp, crossings
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun, PolicyStanding
from domain.kernel.ids import Kind, Ref
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.quantity import Unit
from domain.kernel.scope import SYSTEM, system_scope
from domain.notifications.tables import Notice
from domain.sims.selection import SimSelection
from domain.sims.tables import GroupMember, Sim, SimGroup
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, open_wallet
from domain.wallet.rules import Leg
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason
from store.outbox import OutboxRow
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants

TRIGGER, AMOUNT, LINES = 100, 250, 3


class Desk:
    """A company with a group of prepaid lines and its policies."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self.database, self.one, self.at = database, tenant, NOW
        self.lines = [tenant.sims[place].id for place in (0, 1, 4)]
        self.policies: list[UUID] = []
        self.group: UUID | None = None

    def work(self, session: Any, permission: Permission = Permission.POLICY_MANAGE) -> Work:
        return Work(session, system_scope(permission, self.at), self.at, MutationMode.APPLY)

    async def open(self, money: int, *triggers: int, emails: tuple[str, ...] = (), unit: Unit = Unit.RIAL) -> "Desk":
        async with self.database.write() as session:
            await session.execute(
                update(Sim).where(col(Sim.id).in_(self.lines)).values(payment_mode=PaymentMode.PREPAID, balance=None, data_remaining=0)
            )
            for line in self.lines:
                await open_wallet(session, self.one.id, Ref(Kind.SIM, line), id=line)
            if money:
                await adjust(self.work(session), wallet_id=self.one.wallets["root"], amount=money, reason="opening")
            made = await service.create(
                self.work(session), self.one.accounts["root"].id, name="Vans", first=SimSelection(self.lines)
            )
            self.group = made["group"]
        for trigger in triggers:
            await self.watch(trigger, emails=emails, unit=unit)
        return self

    async def watch(self, trigger: int, *, emails: tuple[str, ...] = (), unit: Unit = Unit.RIAL) -> UUID:
        """A policy of the group."""
        async with self.database.write() as session:
            done = await policies.save(
                self.work(session), policy_id=None, group_id=self.group, rule=TopUp(trigger, unit, AMOUNT),
                wallet_id=self.one.wallets["root"], emails=emails, is_active=True,
            )  # fmt: skip
        self.policies.append(done["policy"])
        return self.policies[-1]

    async def move(self, line: UUID, amount: int) -> None:
        """Usage or a top-up, as far as the line has money."""
        async with self.database.write() as session:
            wallet = await session.get_one(LedgerAccount, line, populate_existing=True)
            moved = max(amount, -wallet.balance)
            if moved:
                clearing = (await house(session, self.one.id))[LedgerAccountKind.CLEARING]
                reason = LedgerReason.USAGE if moved < 0 else LedgerReason.TOP_UP
                legs = (Leg(line, moved), Leg(clearing, -moved))
                await post(session, self.one.id, [Posting(legs, self.one.accounts["root"].path, reason, SYSTEM, self.at)])

    async def sweep(self) -> int:
        return await firing.sweep(self.database, at=self.at)

    async def settle(self) -> None:
        while await self.sweep():
            pass

    async def runs(self, policy: UUID, line: UUID) -> list[PaymentPolicyRun]:
        async with self.database.read() as session:
            rows = select(PaymentPolicyRun).where(col(PaymentPolicyRun.policy_id) == policy, col(PaymentPolicyRun.sim_id) == line)
            return list(await session.scalars(rows.order_by(col(PaymentPolicyRun.at), col(PaymentPolicyRun.id))))

    async def history(self, line: UUID) -> list[int]:
        """The balances of a line after each entry of its wallet."""
        async with self.database.read() as session:
            entries = select(col(LedgerEntry.balance_after)).where(col(LedgerEntry.ledger_account_id) == line)
            return list(await session.scalars(entries.order_by(col(LedgerEntry.seq))))

    async def balance(self, wallet: UUID) -> int:
        async with self.database.read() as session:
            return (await session.get_one(LedgerAccount, wallet)).balance


STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, LINES - 1), st.integers(-400, 400)),
        st.sampled_from(["sweep", "two at once"]),
    ),
    min_size=20, max_size=60,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, money=st.sampled_from([0, 1_000, 1_000_000]))
async def test_a_quarter_fires_once_for_each_crossing(steps: list[Any], money: int, database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    async with database.write() as session:  # a fresh quarter for each example
        for table in (PolicyStanding, PaymentPolicyRun, PaymentPolicy, GroupMember):
            await session.execute(delete(table))
    desk = Desk(database, tenant)
    async with database.read() as session:
        left = await session.get(LedgerAccount, tenant.wallets["root"])
        before = left.balance if left else 0
    async with database.write() as session:
        await session.execute(delete(SimGroup))
        if before:
            await adjust(desk.work(session), wallet_id=tenant.wallets["root"], amount=-before, reason="closing")
    await desk.open(money)
    starts: dict[tuple[UUID, UUID], int] = {}
    for trigger in (TRIGGER, 3 * TRIGGER):  # one after the other: a line that is new to a policy counts as it stands when it is looked at
        policy = await desk.watch(trigger)
        starts |= {(policy, line): len(await desk.history(line)) for line in desk.lines}
        await desk.settle()

    for step in steps:
        desk.at += timedelta(days=90) / len(steps)
        if step == "sweep":
            await desk.sweep()
        elif step == "two at once":
            await asyncio.gather(desk.sweep(), desk.sweep())
        else:
            await desk.move(desk.lines[step[0]], step[1])
    await desk.settle()

    paid = 0
    for policy, trigger in zip(desk.policies, (TRIGGER, 3 * TRIGGER), strict=True):
        for line in desk.lines:
            history, start = await desk.history(line), starts[policy, line]
            seen = history[start - 1 :] if start else [0, *history]
            runs = await desk.runs(policy, line)
            assert len(runs) == naive(seen, trigger)
            assert len({run.occasion for run in runs}) == len(runs)
            assert all((run.transfer_id is None) == (run.failure is not None) for run in runs)
            paid += sum(run.amount for run in runs if run.transfer_id is not None)
    assert await desk.balance(tenant.wallets["root"]) == money - paid


def naive(values: list[int], trigger: int) -> int:
    """How often a line that begins above falls below."""
    return sum(now < trigger <= before for before, now in zip([trigger, *values], values, strict=False))


def test_crossings_go_on_where_they_stopped() -> None:
    assert crossings(False, [5, 3, 12, 1, 0, 10, 9], 10) == (3, True)
    assert crossings(True, [5, 3], 10) == (0, True)
    assert crossings(True, [10], 10) == (0, False)
    assert crossings(False, [], 10) == (0, False)


async def test_each_outcome_is_told_once_to_the_line_and_to_the_addresses(database: Database, two_tenants: TwoTenants) -> None:
    desk = await Desk(database, two_tenants.one).open(2 * AMOUNT, TRIGGER, emails=("books@example.com",))
    await desk.settle()
    await desk.settle()

    async with database.read() as session:
        told = (await session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == NOTICE_KIND))).all()
        notices = (await session.scalars(select(Notice))).all()
    assert {(notice.key, notice.person_id) for notice in notices} >= {("groups.notice.funds", two_tenants.one.profile_manager.id)}
    assert {(notice.key, notice.subject_id) for notice in notices} == {("groups.notice.funds", desk.policies[0])}
    events = sorted((row.payload["event"], row.payload["sms"]) for row in told)
    assert events == sorted([("done", True), ("done", False)] * 2 + [("funds", True), ("funds", False)])
    assert {row.payload["to"] for row in told if not row.payload["sms"]} == {"books@example.com"}
    failed = [run for line in desk.lines for run in await desk.runs(desk.policies[0], line) if run.failure]
    assert [run.failure["code"] for run in failed if run.failure] == ["INSUFFICIENT_FUNDS"]
    assert await desk.balance(two_tenants.one.wallets["root"]) == 0


async def test_data_that_runs_low_recharges_the_line_once(database: Database, two_tenants: TwoTenants) -> None:
    desk = Desk(database, two_tenants.one)
    await desk.open(10 * AMOUNT, 1_000, unit=Unit.BYTE)
    line = desk.lines[0]
    for left in (5_000, 900, 100, 5_000, 10):
        async with database.write() as session:
            await session.execute(update(Sim).where(col(Sim.id).in_(desk.lines)).values(data_remaining=left))
        await asyncio.gather(desk.sweep(), desk.sweep())
        await desk.settle()
    assert len(await desk.runs(desk.policies[0], line)) == 2
    assert await desk.balance(line) == 2 * AMOUNT


@pytest.mark.parametrize("ends", ["inactive", "removed", "elsewhere", "deleted"])
async def test_what_is_no_longer_served_is_left_alone(ends: str, database: Database, two_tenants: TwoTenants) -> None:
    desk = Desk(database, two_tenants.one)
    await desk.open(10 * AMOUNT, TRIGGER)
    async with database.write() as session:
        policy = await session.get_one(PaymentPolicy, desk.policies[0])
        if ends == "inactive":
            policy.is_active = False
        elif ends == "removed":
            await session.execute(delete(GroupMember))
        elif ends == "elsewhere":
            group = (await session.scalars(select(SimGroup))).one()
            group.account_id = two_tenants.one.accounts["office"].id
        else:
            await service.delete_group(desk.work(session), policy.group_id)
    await desk.settle()
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(PaymentPolicyRun))).scalar_one() == 0


async def test_a_line_that_the_network_keeps_is_opened_with_what_it_told(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    line = one.sims[8].id
    async with database.write() as session:
        await session.execute(update(Sim).where(col(Sim.id) == line).values(payment_mode=PaymentMode.PREPAID, balance=40))
    desk = Desk(database, one)
    desk.lines = [*desk.lines, line]
    async with database.write() as session:
        for each in desk.lines[:-1]:
            await open_wallet(session, one.id, Ref(Kind.SIM, each), id=each)
        await adjust(desk.work(session), wallet_id=one.wallets["root"], amount=10 * AMOUNT, reason="opening")
        made = await service.create(desk.work(session), one.accounts["root"].id, name="Vans", first=SimSelection([line]))
        done = await policies.save(
            desk.work(session), policy_id=None, group_id=made["group"], rule=TopUp(TRIGGER, Unit.RIAL, AMOUNT),
            wallet_id=one.wallets["root"], emails=(), is_active=True,
        )  # fmt: skip
    await desk.settle()
    assert await desk.history(line) == [40, 40 + AMOUNT]
    assert len(await desk.runs(done["policy"], line)) == 1
