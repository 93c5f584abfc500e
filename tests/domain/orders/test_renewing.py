"""Buying again at the end: without a gap, once however many ask at once, told when it can't be, and never against somebody's will."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from domain.audit.writing import Command, carry_out
from domain.bundles.service import RENEW, RENEWED_BEFORE
from domain.bundles.tables import Bucket, Product
from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory
from domain.kernel.errors import DomainError, NotEligible, NotFound
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import Scope
from domain.notifications.tables import Notice
from domain.orders.renewing import set_renewing
from domain.orders.tables import Order, OrderItem, OrderState
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerReason, LedgerTransfer
from store.outbox import Task
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.offerings import make_offering
from tests.world import NOW

DAY = timedelta(days=1)
MONTH = 30 * DAY


async def products(shop: Shop, place: int = 0) -> Sequence[Product]:
    """What the first company's line got, in the order of their starts."""
    async with shop.database.read() as session:
        mine = select(Product).where(Product.sim_id == shop.one.sims[place].id)
        return (await session.scalars(mine.order_by(col(Product.starts_at), col(Product.created_at)))).all()


async def pass_to(shop: Shop, offset: timedelta) -> None:
    """Lets time go by until so long after the beginning, with all work done by then."""
    shop.clock.move(NOW + offset - shop.clock.now())
    await shop.work()


async def notices(shop: Shop) -> Sequence[Notice]:
    """What was told of renewals."""
    async with shop.database.read() as session:
        return (await session.scalars(select(Notice).where(col(Notice.key).startswith("orders.notice.")))).all()


async def turn(shop: Shop, product_id: UUID, is_renewing: bool, scope: Scope | None = None) -> None:
    """Turns renewing on or off."""
    by = scope or shop.one.as_profile_manager().scope(Permission.ORDER_PLACE, shop.clock.now())
    command = Command("productUpdate", MutationMode.APPLY, "")
    await carry_out(shop.database, by, command, lambda work: set_renewing(work, product_id, is_renewing), at=shop.clock.now())


async def test_what_renews_itself_is_followed_without_a_gap_for_as_long_as_there_is_money(shop: Shop) -> None:
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(is_rolled_over=True))
    await shop.buy(is_renewing=True, memo="for the van", purchase_order_number="PO-7")
    await shop.work()
    await pass_to(shop, MONTH - RENEWED_BEFORE - timedelta(seconds=1))
    assert len(await products(shop)) == 1

    await pass_to(shop, MONTH - RENEWED_BEFORE + timedelta(seconds=1))
    first, second = await products(shop)
    assert second.starts_at == first.ends_at and (first.is_renewing, second.is_renewing) == (False, True)
    await pass_to(shop, MONTH + timedelta(seconds=1))
    async with shop.database.read() as session:
        left = (await session.scalars(select(Bucket.remaining).where(Bucket.product_id == second.id))).one()
        orders = (await session.scalars(select(Order).order_by(col(Order.placed_at)))).all()
    assert left == 20_000_000_000  # with what was left of the first
    assert [(order.memo, order.purchase_order_number, order.by) for order in orders] == [("for the van", "PO-7", orders[0].by)] * 2

    for month in range(2, 5):
        await pass_to(shop, month * MONTH + timedelta(seconds=1))
    ends = [product.ends_at for product in await products(shop)]
    assert len(ends) == 5 and ends == sorted(ends)
    assert await shop.balance() == OPENING - 5 * GROSS
    assert (await shop.faults(), await notices(shop)) == ([], [])


async def test_what_one_order_brought_is_bought_again_by_one_order(shop: Shop) -> None:
    places = (0, 1, 3, 4, 5)
    done = await shop.buy(*(shop.one.sims[place].id for place in places), is_renewing=True)
    await shop.work(rounds=20, step=timedelta(seconds=3))  # delivered one after the other
    assert (await shop.order(done)).state == OrderState.COMPLETED
    async with shop.database.write() as session:
        await session.execute(update(Sim).where(col(Sim.id) == shop.one.sims[4].id).values(status=SimStatus.SUSPENDED))
    await pass_to(shop, MONTH - RENEWED_BEFORE + timedelta(minutes=2))

    async with shop.database.read() as session:
        orders = (await session.scalars(select(Order).order_by(col(Order.placed_at)))).all()
        items = (await session.scalars(select(OrderItem).where(OrderItem.order_id == orders[-1].id))).all()
    assert len(orders) == 2 and {item.sim_id for item in items} == {shop.one.sims[place].id for place in places if place != 4}
    assert {notice.key for notice in await notices(shop)} == {"orders.notice.renewal_failed"}
    assert await shop.balance() == OPENING - 9 * GROSS and await shop.faults() == []


async def test_too_little_money_for_all_of_an_order_is_spent_on_some(shop: Shop) -> None:
    places = (0, 1, 3, 5)
    await shop.buy(*(shop.one.sims[place].id for place in places), is_renewing=True)
    await shop.work()
    price = (await shop.balance()) * 10 // 11 // 3  # with its tax just enough for three
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(net_price=price))
    await pass_to(shop, MONTH - RENEWED_BEFORE + timedelta(minutes=2))

    renewed = [len(await products(shop, place)) for place in places]
    told = await notices(shop)
    assert sorted(renewed) == [1, 2, 2, 2] and 0 <= await shop.balance() < price
    assert [notice.key for notice in told] == ["orders.notice.renewal_funds"]
    assert await shop.faults() == []


async def test_what_nothing_may_wait_behind_is_bought_again_at_its_end(shop: Shop) -> None:
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(max_queued=0))
    await shop.buy(is_renewing=True)
    await shop.work()
    await pass_to(shop, MONTH - timedelta(seconds=1))
    assert len(await products(shop)) == 1

    await pass_to(shop, MONTH + timedelta(seconds=1))
    assert [product.is_renewing for product in await products(shop)] == [False, True]


async def test_what_starts_with_the_first_use_only_is_bought_again_so(shop: Shop) -> None:
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(activations=[ActivationMode.FIRST_USE.value]))
    await shop.buy(is_renewing=True, activation=ActivationMode.FIRST_USE)
    await shop.work()
    async with shop.database.write() as session:
        await session.execute(update(Sim).values(last_usage_at=NOW + DAY))
    await pass_to(shop, 2 * DAY)
    await pass_to(shop, MONTH + DAY)
    async with shop.database.read() as session:
        assert (await session.scalars(select(OrderItem.activation))).all() == [ActivationMode.FIRST_USE] * 2


async def test_what_does_not_renew_itself_ends(shop: Shop) -> None:
    await shop.buy()
    await shop.work()
    await pass_to(shop, 2 * MONTH)
    assert len(await products(shop)) == 1 and await shop.balance() == OPENING - GROSS


async def test_too_little_money_ends_it_and_is_told_once(shop: Shop) -> None:
    await shop.buy(is_renewing=True)
    await shop.work()
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(net_price=OPENING))
    await pass_to(shop, MONTH + timedelta(seconds=1))
    for _ in range(3):
        await renew(shop, (await products(shop))[0].id)

    (product,) = await products(shop)
    told = await notices(shop)
    assert (product.is_renewing, await shop.balance()) == (False, OPENING - GROSS)
    assert {(notice.key, notice.person_id) for notice in told} == {("orders.notice.renewal_funds", shop.one.profile_manager.id)}
    assert [notice.params for notice in told] == [{"line": shop.one.sims[0].msisdn, "offering": shop.offering.names["FA"]}]
    assert await shop.faults() == []


async def test_a_line_that_may_not_have_it_any_more_is_told_of_once(shop: Shop) -> None:
    await shop.buy(is_renewing=True)
    await shop.work()
    async with shop.database.write() as session:
        await session.execute(update(Sim).where(col(Sim.id) == shop.one.sims[0].id).values(status=SimStatus.SUSPENDED))
    await pass_to(shop, MONTH)

    assert {notice.key for notice in await notices(shop)} == {"orders.notice.renewal_failed"}
    assert len(await products(shop)) == 1 and await shop.balance() == OPENING - GROSS


async def test_a_plan_that_another_took_the_place_of_is_not_bought_again(shop: Shop) -> None:
    plans = [make_offering(code, category=OfferingCategory.PLAN, valid_days=30) for code in ("PLAN1", "PLAN2")]
    async with shop.database.write() as session:
        session.add_all(plans)
    await shop.buy(offering_id=plans[0].id, is_renewing=True)
    await shop.work()
    await pass_to(shop, DAY)
    await shop.buy(offering_id=plans[1].id)
    await shop.work()
    await pass_to(shop, 3 * MONTH)

    assert [product.offering_id for product in await products(shop)] == [plans[0].id, plans[1].id]


async def renew(shop: Shop, product_id: UUID) -> None:
    """The handler, called by hand."""
    await shop.handlers[RENEW](Task(1, RENEW, "renewal", {"product": product_id.hex}, 1))


async def test_many_at_once_buy_it_once(shop: Shop) -> None:
    await shop.buy(is_renewing=True)
    await shop.work()
    (product,) = await products(shop)
    shop.clock.move(MONTH - timedelta(minutes=30))

    await asyncio.gather(*(renew(shop, product.id) for _ in range(20)))
    await shop.work()

    assert (len(await products(shop)), await shop.balance()) == (2, OPENING - 2 * GROSS)
    assert await shop.faults() == []


async def test_renewals_and_purchases_for_the_same_lines_at_once_wait_for_each_other(shop: Shop) -> None:
    """Both lock lines, wallets and numbers: in one order, or some would have to give way (`StoreBusy`)."""
    places = (0, 1, 3, 4, 5)
    async with shop.database.write() as session:
        await session.execute(update(Offering).values(max_queued=50, net_price=100_000))
    for _ in range(4):
        await shop.buy(*(shop.one.sims[place].id for place in places), is_renewing=True)
    await shop.work()
    before = [product.id for place in places for product in await products(shop, place)]
    shop.clock.move(4 * MONTH - timedelta(minutes=30))

    buying = (shop.buy(*(shop.one.sims[place].id for place in reversed(places))) for _ in range(6))
    await asyncio.gather(*(renew(shop, id) for id in before), *buying)
    await shop.work()

    after = [product for place in places for product in await products(shop, place)]
    assert len(after) == len(before) * 2 + 6 * len(places)
    assert not [product for product in after if product.id in before and product.is_renewing]
    assert await shop.faults() == []


async def test_it_is_turned_on_and_off(shop: Shop) -> None:
    await shop.buy()
    await shop.work()
    (product,) = await products(shop)
    await turn(shop, product.id, True)
    await turn(shop, product.id, False)
    await pass_to(shop, MONTH - 2 * RENEWED_BEFORE)
    assert len(await products(shop)) == 1

    await turn(shop, product.id, True)
    await pass_to(shop, MONTH + timedelta(seconds=1))
    second = (await products(shop))[1]
    await turn(shop, second.id, False)
    await pass_to(shop, 3 * MONTH)
    assert len(await products(shop)) == 2


async def test_who_turns_it_on_anew_after_it_was_bought_again_gets_another(shop: Shop) -> None:
    await shop.buy(is_renewing=True)
    await shop.work()
    await pass_to(shop, MONTH - RENEWED_BEFORE + timedelta(seconds=1))
    first, second = await products(shop)
    await turn(shop, second.id, False)
    await turn(shop, first.id, True)

    await pass_to(shop, MONTH + timedelta(seconds=1))

    bought = await products(shop)
    assert [product.starts_at for product in bought] == [first.starts_at, first.ends_at, second.ends_at]
    assert [product.is_renewing for product in bought] == [False, False, True]


async def test_it_is_turned_by_who_may_spend_the_money_of_what_runs(shop: Shop) -> None:
    place = next(index for index, sim in enumerate(shop.one.sims) if sim.path.startswith(shop.one.accounts["sales"].path))
    await shop.buy(shop.one.sims[place].id)
    await shop.work()
    (product,) = await products(shop, place)
    manager = shop.one.as_account_manager().scope(Permission.ORDER_PLACE, shop.clock.now())
    stranger = shop.tenants.other.as_profile_manager().scope(Permission.ORDER_PLACE, shop.clock.now())

    with pytest.raises(NotEligible, match="pays_another"):
        await turn(shop, product.id, True, manager)
    for unseen in (product.id, uuid4()):
        with pytest.raises(NotFound):
            await turn(shop, unseen, True, stranger)
    await pass_to(shop, MONTH)
    with pytest.raises(NotEligible, match="has_ended"):
        await turn(shop, product.id, True)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_each_renewal_is_one_order_paid_once(shop: Shop, seed: int) -> None:
    """Purchases, changes of mind, dear months and several workers in any order: orders, charges and products stay one to one."""
    dice = Random(seed)
    for _ in range(25):
        match dice.choice(("buy", "turn", "price", "time", "time", "time")):
            case "buy":
                await attempt(shop.buy(shop.one.sims[dice.choice((0, 1, 3))].id, is_renewing=dice.random() < 0.7))
            case "turn":
                if some := [*await products(shop), *await products(shop, 1), *await products(shop, 3)]:
                    await attempt(turn(shop, dice.choice(some).id, dice.random() < 0.5))
            case "price":
                async with shop.database.write() as session:
                    await session.execute(update(Offering).values(net_price=dice.choice((1_000_000, 1_000_000, 500_000_000))))
            case _:
                shop.clock.move(timedelta(hours=dice.choice((1, 30, 200, 719, 720))))
        await asyncio.gather(shop.work(), shop.work())

    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem))).all()
        reasons = select(LedgerTransfer.cause_id, LedgerTransfer.reason)
        paid = [cause for cause, reason in await session.execute(reasons) if reason == LedgerReason.ORDER]
        made = (await session.scalars(select(Product.order_item_id))).all()
        told = {notice.once for notice in await notices(shop)}
        renewing = (await session.scalars(select(Product).where(col(Product.is_renewing).is_(True)))).all()
    assert {item.state for item in items} <= {OrderState.COMPLETED}
    assert sorted(paid) == sorted(item.order_id for item in items)
    assert sorted(filter(None, made)) == sorted(item.id for item in items)
    assert len(told) == len(await notices(shop))  # one manager, told once of each
    assert all(product.ends_at is None or product.ends_at > shop.clock.now() for product in renewing)
    assert await shop.faults() == []


async def attempt(doing: Awaitable[object]) -> None:
    """What may be refused."""
    with suppress(DomainError):
        await doing
