"""Buying for many: planned on a snapshot, money held whole, sold chunk by chunk whatever dies, what isn't sold given back."""

import random
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from domain.approvals.deciding import decide
from domain.approvals.service import BudgetWish, budget_set
from domain.approvals.tables import Approval, ApprovalState, Budget
from domain.audit.writing import Command, Done, Work
from domain.catalogue.tables import ActivationMode
from domain.jobs import running, service
from domain.jobs.service import Many, carry_out_many
from domain.jobs.states import JobRowState, JobState
from domain.jobs.tables import Job, JobRow
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InsufficientFunds, InvalidInput
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode, PlanStale, RowsRejected
from domain.kernel.scope import ActorRef, system_scope
from domain.orders import filling
from domain.orders.filling import ORDER, OrderSelection, fill_request
from domain.orders.rules import Line
from domain.orders.service import PlaceOrder
from domain.orders.tables import Order, OrderItem, OrderState
from domain.sims.filters import SimFilter
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerHold, LedgerTransfer
from store.outbox import Later, Task
from store.session import Database
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.offerings import make_offering
from tests.world import TwoTenants

ALL = SimSelection(filter=SimFilter())


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cards a chunk."""
    monkeypatch.setattr(running, "CHUNK", 4)
    monkeypatch.setattr(service, "CHUNK", 4)


@pytest.fixture
async def shop(database: Database, two_tenants: TwoTenants) -> Shop:
    return await Shop.opened(database, two_tenants)


async def buy(
    shop: Shop, *selections: SimSelection, mode: MutationMode = MutationMode.APPLY, key: UUID | None = None, token: str | None = None,
    skip: bool = True, **changes: Any,
) -> Done:  # fmt: skip
    """The offering for all cards of some selections."""
    lines = [Line(shop.offering.id, (), ActivationMode.NOW, None, True) for _ in selections or (ALL,)]
    request = PlaceOrder(**{"account_id": shop.one.accounts["root"].id, "lines": lines, "locale": Locale.EN} | changes)
    policy = BulkErrorPolicy.SKIP_FAILED if skip else BulkErrorPolicy.REJECT_ALL
    many = Many(ORDER, fill_request(request), OrderSelection(selections or (ALL,)), policy)
    scope = shop.one.as_profile_manager().scope(Permission.ORDER_PLACE, shop.clock.now())
    command = Command("orderPlace", mode, repr(request), token, key or uuid4())
    return await carry_out_many(shop.database, scope, command, many, at=shop.clock.now())


async def step(shop: Shop, job_id: UUID, attempt: int = 1) -> bool:
    """One chunk; whether the job is over."""
    handler = running.handlers(shop.database, shop.clock, {ORDER.mutation: ORDER})[service.RUN]
    try:
        await handler(Task(1, service.RUN, "job", {"job_id": job_id.hex}, attempt))
    except Later:
        return False
    return True


async def fill(shop: Shop, job_id: UUID) -> None:
    while not await step(shop, job_id):
        pass


async def one(shop: Shop, table: Any) -> Any:
    async with shop.database.read() as session:
        return (await session.scalars(select(table))).one()


async def stands(shop: Shop) -> tuple[int, int]:
    """Balance of the paying wallet, and what is held of it."""
    async with shop.database.read() as session:
        wallet = await session.get_one(LedgerAccount, shop.one.wallets["root"])
        return wallet.balance, wallet.held


async def offered(shop: Shop, **changes: Any) -> UUID:
    """One offering more."""
    other = make_offering("OTHER", **changes)
    async with shop.database.write() as session:
        session.add(other)
    return other.id


async def test_it_is_planned_held_sold_and_told(shop: Shop) -> None:
    planned = await buy(shop, mode=MutationMode.PLAN)
    sold = len(planned.plan.changes)
    assert planned.plan.total and planned.plan.total.gross.minor == sold * GROSS
    assert (await stands(shop)) == (OPENING, 0)

    begun = await buy(shop, token=planned.plan.token)
    assert begun.result and begun.plan.total == planned.plan.total
    assert await stands(shop) == (OPENING, sold * GROSS)
    order = await one(shop, Order)
    assert (order.id, order.job_id, order.state, order.unsold, order.net + order.vat) == (
        begun.result["order"], begun.result["job"], OrderState.ACKNOWLEDGED, sold, sold * GROSS,
    )  # fmt: skip

    await step(shop, begun.result["job"])
    await shop.work()
    assert (await one(shop, Order)).state == OrderState.IN_PROGRESS  # though all that was sold by now is delivered
    await fill(shop, begun.result["job"])
    await shop.work()

    order, job = await one(shop, Order), await one(shop, Job)
    assert (order.state, order.unsold, order.is_filling, order.refunded) == (OrderState.COMPLETED, 0, False, 0)
    assert (job.state, job.succeeded, job.failed, job.kind) == (JobState.FINISHED, sold, 12 - sold, "ORDER")
    assert await stands(shop) == (OPENING - sold * GROSS, 0)
    assert order.receipt_file_id is not None
    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem).order_by(col(OrderItem.position)))).all()
        assert len({item.transfer_id for item in items}) == len(items) == sold
        assert all(item.is_renewing for item in items)
    assert await shop.faults() == []


async def test_money_for_all_of_it_or_nothing(shop: Shop) -> None:
    lines = [Line(await offered(shop, net_price=OPENING // 5), ())]
    for mode in (MutationMode.PLAN, MutationMode.APPLY):
        with pytest.raises(InsufficientFunds):
            await buy(shop, mode=mode, lines=lines)
    async with shop.database.read() as session:
        assert (await session.scalars(select(Order))).all() == []
        assert (await session.scalars(select(Job))).all() == []
    assert await stands(shop) == (OPENING, 0)


async def test_what_cant_be_sold_by_then_is_a_failed_row_and_its_money_comes_back(shop: Shop) -> None:
    begun = await buy(shop)
    assert begun.result
    sold = len(begun.plan.changes)
    async with shop.database.write() as session:
        for card in (shop.one.sims[0], shop.one.sims[9]):
            (await session.get_one(Sim, card.id)).status = SimStatus.BLOCKED
    await fill(shop, begun.result["job"])
    await shop.work()

    order, job = await one(shop, Order), await one(shop, Job)
    assert (order.state, order.unsold, order.refunded) == (OrderState.PARTIAL, 2, 2 * GROSS)
    assert (job.succeeded, job.failed) == (sold - 2, 12 - sold + 2)
    assert await stands(shop) == (OPENING - (sold - 2) * GROSS, 0)
    async with shop.database.read() as session:
        failed = select(JobRow).where(col(JobRow.state) == JobRowState.FAILED, col(JobRow.subject_id) == shop.one.sims[0].id)
        assert (await session.scalars(failed)).one().failure["key"] == "orders.barred"
    assert await shop.faults() == []


async def test_a_cancelled_job_gives_back_what_it_didnt_sell(shop: Shop) -> None:
    begun = await buy(shop)
    assert begun.result
    await step(shop, begun.result["job"])
    async with shop.database.write() as session:
        (await session.get_one(Job, begun.result["job"])).state = JobState.CANCELLED
    for _ in range(2):
        assert await step(shop, begun.result["job"])
    await shop.work()
    order, (balance, held) = await one(shop, Order), await stands(shop)
    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem))).all()
    assert 0 < len(items) < len(begun.plan.changes)
    assert (balance, held) == (OPENING - len(items) * GROSS, 0)
    assert (order.state, order.refunded) == (OrderState.PARTIAL, (len(begun.plan.changes) - len(items)) * GROSS)


async def test_one_that_breaks_off_gives_everything_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = await buy(shop)
    assert begun.result

    async def breaks(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(filling, "put_in", breaks)
    with suppress(RuntimeError):
        await step(shop, begun.result["job"], attempt=1000)
    order = await one(shop, Order)
    assert (order.state, order.refunded, (await one(shop, LedgerHold)).remaining) == (OrderState.FAILED, order.net + order.vat, 0)
    assert await stands(shop) == (OPENING, 0)


async def test_a_key_used_again_buys_nothing_more_and_a_changed_plan_is_refused(shop: Shop) -> None:
    key = uuid4()
    planned = await buy(shop, mode=MutationMode.PLAN)
    first, again = await buy(shop, key=key), await buy(shop, key=key)
    assert again.is_replay and again.result == first.result
    async with shop.database.write() as session:
        (await session.get_one(Sim, shop.one.sims[0].id)).status = SimStatus.BLOCKED
    with pytest.raises(PlanStale):
        await buy(shop, token=planned.plan.token)
    with pytest.raises(RowsRejected):
        await buy(shop, skip=False)
    with pytest.raises(InvalidInput):
        await buy(shop, SimSelection(filter=SimFilter(tags=["nothing"])))


@pytest.mark.parametrize("seed", [7, 70])
async def test_whatever_dies_each_row_is_sold_once(shop: Shop, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    begun = await buy(shop)
    assert begun.result
    put_in = filling.put_in

    async def dies(*given: Any) -> None:
        if dice.random() < 0.5:
            raise ConnectionError("died before")
        await put_in(*given)
        if dice.random() < 0.5:
            raise ConnectionError("died before the commit")

    monkeypatch.setattr(filling, "put_in", dies)
    is_over, deaths = False, 0
    while not is_over:
        try:
            is_over = await step(shop, begun.result["job"])
        except ConnectionError:
            deaths += 1
    await shop.work()
    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem))).all()
        transfers = (await session.scalars(select(LedgerTransfer).where(col(LedgerTransfer.reason) == "ORDER"))).all()
    assert deaths
    assert sorted(item.sim_id for item in items) == sorted(change.subject.id for change in begun.plan.changes if change.subject)
    assert len(transfers) == len(items)
    assert await stands(shop) == (OPENING - len(items) * GROSS, 0)
    assert await shop.faults() == []


async def test_two_lines_for_a_group_and_a_filter(shop: Shop) -> None:
    other = await offered(shop)
    few = SimSelection([shop.one.sims[0].id, shop.one.sims[1].id])
    lines = [Line(shop.offering.id, ()), Line(other, ())]
    begun = await buy(shop, ALL, few, lines=lines)
    assert begun.result
    await fill(shop, begun.result["job"])
    await shop.work()
    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem))).all()
    assert len([item for item in items if item.offering_id == other]) == 2
    assert (await one(shop, Order)).state == OrderState.COMPLETED


async def test_what_needs_an_approval_waits_and_is_filled_or_given_back_as_a_whole(shop: Shop) -> None:
    one_, at = shop.one, shop.clock.now()
    async with shop.database.write() as session:
        work = Work(session, one_.as_profile_manager().scope(Permission.BUDGET_MANAGE, at), at, MutationMode.APPLY)
        month = JalaliMonth.of(at)
        await budget_set(work, BudgetWish(Ref(Kind.ACCOUNT, one_.accounts["root"].id), month, GROSS, ()))
    buyer = one_.as_account_manager()
    lines = [Line(shop.offering.id, ())]
    request = PlaceOrder(one_.accounts["sales"].id, lines, Locale.EN)
    async with shop.database.write() as session:
        work = Work(session, system_scope(Permission.WALLET_ADJUST, at), at, MutationMode.APPLY)
        await adjust(work, wallet_id=one_.wallets["sales"], amount=OPENING, reason="opening")

    async def held() -> tuple[UUID, UUID]:
        many = Many(ORDER, fill_request(request), OrderSelection([ALL]), BulkErrorPolicy.SKIP_FAILED)
        command = Command("orderPlace", MutationMode.APPLY, "", None, uuid4())
        done = await carry_out_many(shop.database, buyer.scope(Permission.ORDER_PLACE, at), command, many, at=at)
        assert done.result and done.plan.approvals
        return done.result["order"], done.result["job"]

    async def purse() -> tuple[int, int]:
        async with shop.database.read() as session:
            wallet = await session.get_one(LedgerAccount, one_.wallets["sales"])
            return wallet.balance, wallet.held

    async def state(order_id: UUID) -> str:
        async with shop.database.read() as session:
            return str((await session.get_one(Order, order_id)).state)

    order_id, job_id = await held()
    count = (await purse())[1] // GROSS
    assert await state(order_id) == OrderState.HELD and count > 1
    await shop.work()
    assert await state(order_id) == OrderState.HELD  # nobody set its job going

    async with shop.database.write() as session:
        approval = (await session.scalars(select(Approval).where(Approval.subject_id == order_id))).one()
        approver = one_.as_profile_manager()
        work = Work(session, approver.scope(Permission.APPROVAL_DECIDE, at), at, MutationMode.APPLY)
        await decide(work, approval.id, True, None)
    await fill(shop, job_id)
    await shop.work()
    assert (await state(order_id), await purse()) == (OrderState.COMPLETED, (OPENING - count * GROSS, 0))
    async with shop.database.read() as session:
        paid = (await session.scalars(select(LedgerTransfer).where(LedgerTransfer.cause_id == order_id))).all()
        assert {ActorRef.from_json(one.by).approval_id for one in paid} == {approval.id}

    second, job_id = await held()
    async with shop.database.write() as session:
        (await session.get_one(Job, job_id)).state = JobState.CANCELLED
    assert await step(shop, job_id)
    assert (await state(second), await purse()) == (OrderState.CANCELLED, (OPENING - count * GROSS, 0))
    async with shop.database.read() as session:
        budget = (await session.scalars(select(Budget))).one()
        assert (budget.committed, budget.spent) == (0, count * GROSS)
        withdrawn = (await session.scalars(select(Approval).where(Approval.subject_id == second))).one()
        assert withdrawn.state == ApprovalState.CANCELLED
