"""Placing orders: what a plan says, what applying does, and that it is done once."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.audit import chain
from domain.catalogue.tables import ActivationMode
from domain.kernel.errors import AlreadyExists, IdempotencyConflict, InsufficientFunds, InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.kernel.plan import Change, MutationMode, PlanStale, RowsRejected
from domain.orders.tables import OrderState
from domain.sims.tables import Sim
from store.session import Database
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.offerings import make_offering
from tests.world import NOW, counted_statements, make_sim

PLAN = MutationMode.PLAN
ACTIVE = (0, 1, 3, 4, 5, 7, 8, 9, 11)


def ids(shop: Shop, *places: int) -> list[object]:
    return [shop.one.sims[place].id for place in places]


async def test_an_order_is_paid_numbered_and_taken(shop: Shop) -> None:
    done = await shop.buy(*ids(shop, 0, 1), memo="spring", purchase_order_number="PO-7", receipt_emails=["books@x.example"])

    order, items = await shop.order(done), await shop.items(done)
    assert (order.number, order.state) == ("SO-1405-000001", OrderState.ACKNOWLEDGED)
    assert (order.net, order.vat, order.vat_rate, order.refunded) == (2_000_000, 200_000, 10, 0)
    assert (order.memo, order.purchase_order_number) == ("spring", "PO-7")
    assert order.receipt_emails == ["s0@example.com", "books@x.example"]
    assert [(item.sim_id, item.position, item.state, item.net + item.vat) for item in items] == [
        (shop.one.sims[0].id, 0, "ACKNOWLEDGED", GROSS), (shop.one.sims[1].id, 1, "ACKNOWLEDGED", GROSS),
    ]  # fmt: skip
    assert all(item.transfer_id for item in items)
    assert await shop.balance() == OPENING - 2 * GROSS
    assert (await shop.order(await shop.buy())).number == "SO-1405-000002"
    assert await shop.faults() == []


async def test_a_plan_shows_each_line_the_wallet_and_the_total(shop: Shop) -> None:
    done = await shop.buy(*ids(shop, 0, 2), mode=PLAN, skip=True)

    sim, wallet = shop.one.sims[0], shop.one.wallets["root"]
    assert done.result is None
    assert done.plan.changes == [
        Change(Ref(Kind.SIM, sim.id), sim.msisdn or "", "products", None, "DATA10 bundle", Money(GROSS)),
        Change(Ref(Kind.WALLET, wallet), "A-1", "balance", str(OPENING), str(OPENING - GROSS), Money(-GROSS)),
    ]
    (left_out,) = done.plan.exclusions
    assert (left_out.label, left_out.reason.message_key) == (shop.one.sims[2].msisdn, "orders.barred")
    assert done.plan.total is not None
    assert (done.plan.total.net.minor, done.plan.total.vat.minor, done.plan.total.gross.minor) == (1_000_000, 100_000, GROSS)


async def test_a_plan_changes_no_row(shop: Shop) -> None:
    before = await shop.counts()
    await shop.buy(*ids(shop, 0, 1, 2), mode=PLAN, skip=True)

    assert await shop.counts() == before
    assert await shop.balance() == OPENING


async def test_what_was_planned_is_what_is_done(shop: Shop) -> None:
    places, activation = (0, 2, 4, 6, 10), ActivationMode.FIRST_USE
    planned = await shop.buy(*ids(shop, *places), mode=PLAN, skip=True, activation=activation)
    done = await shop.buy(*ids(shop, *places), skip=True, activation=activation, plan_token=planned.plan.token)

    assert (done.plan.changes, done.plan.exclusions, done.plan.total) == (
        planned.plan.changes, planned.plan.exclusions, planned.plan.total,
    )  # fmt: skip
    assert [item.sim_id for item in await shop.items(done)] == ids(shop, 0, 4, 6)


async def test_a_stale_plan_is_not_done(shop: Shop) -> None:
    planned = await shop.buy(mode=PLAN)
    async with shop.database.write() as session:
        offering = await session.get_one(type(shop.offering), shop.offering.id)
        offering.net_price += 1

    with pytest.raises(PlanStale) as caught:
        await shop.buy(plan_token=planned.plan.token)

    assert caught.value.plan.total is not None and caught.value.plan.total.net.minor == 1_000_001
    assert await shop.balance() == OPENING


async def test_one_bad_row_rejects_all_unless_it_may_be_skipped(shop: Shop) -> None:
    foreign = shop.tenants.other.sims[0].id
    before = await shop.counts()
    with pytest.raises(RowsRejected) as caught:
        await shop.buy(shop.one.sims[0].id, shop.one.sims[2].id, foreign)
    assert [exclusion.reason.code.value for exclusion in caught.value.exclusions] == ["STATE_CONFLICT", "NOT_FOUND"]
    assert await shop.counts() == before

    done = await shop.buy(shop.one.sims[0].id, shop.one.sims[2].id, foreign, skip=True)
    assert len(await shop.items(done)) == 1
    assert await shop.balance() == OPENING - GROSS


async def test_nothing_left_to_do_fails_under_both_policies(shop: Shop) -> None:
    with pytest.raises(RowsRejected):
        await shop.buy(*ids(shop, 2), skip=True)
    assert (await shop.buy(*ids(shop, 2), skip=True, mode=PLAN)).plan.changes == []


async def test_somebody_elses_account_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        await shop.buy(account_id=shop.tenants.other.accounts["root"].id)
    assert caught.value.field == ("accountId",)
    with pytest.raises(NotFound):
        await shop.buy(account_id=uuid4())
    assert await shop.balance() == OPENING


async def test_an_account_manager_buys_inside_the_subtree_only(shop: Shop) -> None:
    manager = shop.one.as_account_manager()
    with pytest.raises(NotFound):
        await shop.buy(actor=manager)  # the top account pays: out of reach
    free = make_offering("FREE", net_price=0)
    await add(shop.database, free)

    plan = (await shop.buy(*ids(shop, 0, 8), actor=manager, account_id=shop.one.accounts["sales"].id, offering_id=free.id, mode=PLAN)).plan

    assert [(change.subject, change.field) for change in plan.changes] == [(Ref(Kind.SIM, shop.one.sims[0].id), "products")]
    assert [exclusion.reason.code.value for exclusion in plan.exclusions] == ["NOT_FOUND"]


async def test_too_little_money_buys_nothing(shop: Shop) -> None:
    dear = make_offering("DEAR", net_price=OPENING)
    await add(shop.database, dear)
    with pytest.raises(InsufficientFunds) as caught:
        await shop.buy(offering_id=dear.id)

    assert (caught.value.required.minor, caught.value.available.minor) == (220_000_000, OPENING)
    assert (await shop.counts())["Order"] == 0


async def test_what_is_on_the_way_counts_for_the_queue(shop: Shop) -> None:
    for _ in range(3):
        await shop.buy()
    with pytest.raises(RowsRejected) as caught:
        await shop.buy()
    assert caught.value.exclusions[0].reason.message_key == "orders.queue_full"

    await shop.work()
    with pytest.raises(RowsRejected):
        await shop.buy()


async def test_earlier_lines_of_the_same_order_count_for_the_queue(shop: Shop) -> None:
    line = shop.request().lines[0]
    with pytest.raises(RowsRejected) as caught:
        await shop.buy(lines=[line] * 4)
    assert len(caught.value.exclusions) == 1
    assert len(await shop.items(await shop.buy(lines=[line] * 3))) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"memo": "x" * 501},
        {"memo": " "},
        {"external_reference": "x" * 65},
        {"purchase_order_number": ""},
        {"receipt_emails": [f"{place}@x.example" for place in range(5)]},
        {"activation": ActivationMode.LATER},
        {"activation": ActivationMode.LATER, "activate_at": NOW + timedelta(days=12)},
    ],
)
async def test_bounds_of_a_request(shop: Shop, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        await shop.buy(**changes)
    assert await shop.balance() == OPENING


async def test_more_than_100_targets(shop: Shop) -> None:
    with pytest.raises(InvalidInput) as caught:
        await shop.buy(*(uuid4() for _ in range(101)))
    assert caught.value.message_key == "orders.targets"


async def test_an_activation_that_the_offering_has_not(shop: Shop) -> None:
    only_now = make_offering("ONLYNOW", activations=["NOW"])
    await add(shop.database, only_now)
    with pytest.raises(NotEligible):
        await shop.buy(offering_id=only_now.id, activation=ActivationMode.FIRST_USE)


async def test_the_clients_own_reference_is_unique_in_the_organization(shop: Shop) -> None:
    await shop.buy(external_reference="ERP-1")
    with pytest.raises(AlreadyExists) as caught:
        await shop.buy(external_reference="ERP-1")
    assert caught.value.field == ("externalReference",)
    assert await shop.balance() == OPENING - GROSS

    other = shop.tenants.other
    done = await shop.buy(
        other.sims[0].id, actor=other.as_profile_manager(), account_id=other.accounts["root"].id, external_reference="ERP-1"
    )
    assert (await shop.order(done)).organization_id == other.id


async def test_the_same_key_is_one_order_however_often_at_once(shop: Shop) -> None:
    key = uuid4()
    done = await asyncio.gather(*(shop.buy(*ids(shop, 0, 1), key=key) for _ in range(50)))

    assert {str(each.result) for each in done} == {str(done[0].result)}
    assert sum(not each.is_replay for each in done) == 1
    assert (await shop.counts())["Order"] == 1
    assert await shop.balance() == OPENING - 2 * GROSS
    with pytest.raises(IdempotencyConflict):
        await shop.buy(*ids(shop, 0), key=key)
    assert await shop.faults() == []


async def test_100_lines_take_a_handful_of_statements(shop: Shop) -> None:
    cards = [make_sim(shop.one.id, shop.one.accounts["office"], 7000 + place, place + 20, NOW) for place in range(100)]
    async with shop.database.write() as session:
        session.add_all(cards)

    with counted_statements(shop.database) as few:
        await shop.buy(*ids(shop, *ACTIVE[:2]))
    with counted_statements(shop.database) as many:
        done = await shop.buy(*(card.id for card in cards))

    assert len(await shop.items(done)) == 100
    assert len(many) == len(few)
    assert len(many) == 30


async def test_buying_is_in_the_audit_chain(shop: Shop) -> None:
    await shop.buy(*ids(shop, 0, 1))
    await shop.work()

    async with shop.database.read() as session:
        assert await chain.first_broken(session, shop.one.id) is None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.integers(0, 11), min_size=1, max_size=12, unique=True),
    activation=st.sampled_from([ActivationMode.NOW, ActivationMode.FIRST_USE]),
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_applying_a_fresh_plan_does_exactly_what_it_says(shop: Shop, places: list[int], activation: ActivationMode) -> None:
    chosen = ids(shop, *places)
    planned = await shop.buy(*chosen, mode=PLAN, skip=True, activation=activation)
    before = await shop.balance()
    if not planned.plan.changes:
        with pytest.raises(RowsRejected):
            await shop.buy(*chosen, skip=True, activation=activation, plan_token=planned.plan.token)
        return

    done = await shop.buy(*chosen, skip=True, activation=activation, plan_token=planned.plan.token)

    assert planned.plan.total is not None
    assert before - await shop.balance() == planned.plan.total.gross.minor
    sold = Counter(change.subject.id for change in planned.plan.changes if change.field == "products" and change.subject)
    assert Counter(item.sim_id for item in await shop.items(done)) == sold


async def test_a_card_without_a_number_and_a_dead_one(shop: Shop) -> None:
    async with shop.database.write() as session:
        (await session.get_one(Sim, shop.one.sims[0].id)).msisdn = None
        (await session.get_one(Sim, shop.one.sims[1].id)).status = "TERMINATED"

    plan = (await shop.buy(*ids(shop, 0, 1), mode=PLAN)).plan

    assert [(exclusion.label, exclusion.reason.message_key) for exclusion in plan.exclusions] == [
        (shop.one.sims[0].iccid, "orders.no_number"), (shop.one.sims[1].msisdn, "orders.terminated"),
    ]  # fmt: skip


async def add(database: Database, offering: object) -> None:
    async with database.write() as session:
        session.add(offering)
