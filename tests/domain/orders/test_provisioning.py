"""Delivering: only an explicit refusal gives money back, silence never does, and nothing happens twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import func, select

from domain.audit.tables import AuditEntry
from domain.bundles.tables import Bucket, Product
from domain.catalogue.tables import ActivationMode
from domain.orders import provisioning
from domain.orders.ports import CarrierAnswer, CarrierSilent, Outcome
from domain.orders.service import PROVISION
from domain.orders.tables import OrderState
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerTransfer
from store.outbox import OutboxRow, Task
from tests.domain.orders.shop import ACCEPTED, DONE, GROSS, OPENING, REFUSED, Shop
from tests.world import NOW

S = OrderState
SECOND = timedelta(seconds=1)


async def provision(shop: Shop, item_id: UUID) -> None:
    """The handler, called by hand."""
    await shop.handlers[PROVISION](Task(1, PROVISION, "sim", {"item": item_id.hex}, 1))


async def test_a_delivered_order_is_complete_and_its_lines_have_their_buckets(shop: Shop) -> None:
    done = await shop.buy(*(sim.id for sim in shop.one.sims[:2]))
    await shop.work()

    items = await shop.items(done)
    assert (await shop.order(done)).state == S.COMPLETED
    assert {item.state for item in items} == {S.COMPLETED} and all(item.product_id for item in items)
    assert await shop.timeline(done) == [S.ACKNOWLEDGED, S.IN_PROGRESS, S.COMPLETED]
    async with shop.database.read() as session:
        buckets = (await session.scalars(select(Bucket.remaining))).all()
        assert list(buckets) == [10_000_000_000] * 2
        assert (await session.get_one(Sim, shop.one.sims[0].id)).data_remaining == 10_000_000_000
    told = min(shop.network.told, key=lambda item: item.msisdn)
    assert (told.msisdn, told.offering_code, told.order_number) == (shop.one.sims[0].msisdn, "DATA10", "SO-1405-000001")
    assert [(allowance.usage_type, allowance.amount) for allowance in told.allowances] == [("DATA", 10_000_000_000)]
    assert await shop.balance() == OPENING - 2 * GROSS


async def test_an_accepted_item_is_asked_about_by_its_id_until_its_end(shop: Shop) -> None:
    shop.network.script = [ACCEPTED, ACCEPTED, DONE]
    done = await shop.buy()
    await shop.work()
    assert [item.state for item in await shop.items(done)] == [S.IN_PROGRESS]

    await shop.work(step=SECOND)

    (item,) = await shop.items(done)
    assert item.state == S.COMPLETED
    assert ([told.item_id for told in shop.network.told], shop.network.asked) == ([item.id], [item.id, item.id])


async def test_what_waited_long_behind_others_of_its_line_is_asked_about_as_soon_as_what_did_not(shop: Shop) -> None:
    shop.network.script = [ACCEPTED, DONE, ACCEPTED, DONE]
    first, second = await shop.buy(), await shop.buy()
    await shop.work()
    shop.clock.move(timedelta(hours=1))  # the network was away meanwhile
    await shop.work(rounds=8, step=SECOND)

    assert [(await shop.order(one)).state for one in (first, second)] == [S.COMPLETED, S.COMPLETED]


async def test_a_refusal_gives_the_money_back_once(shop: Shop) -> None:
    shop.network.script = [REFUSED]
    done = await shop.buy()
    await shop.work()
    (item,) = await shop.items(done)
    for _ in range(3):
        await provision(shop, item.id)

    order = await shop.order(done)
    (item,) = await shop.items(done)
    assert (order.state, order.refunded, item.state) == (S.FAILED, GROSS, S.FAILED)
    assert item.failure == {"code": "CARRIER_FAILED", "key": "orders.refused", "params": {"reason": "NO_SUCH_LINE"}, "field": []}
    assert await shop.balance() == OPENING
    assert await shop.timeline(done) == [S.ACKNOWLEDGED, S.IN_PROGRESS, S.FAILED]
    counts = await shop.counts()
    assert (counts["Product"], await reasons(shop)) == (0, {"ADJUSTMENT": 2, "ORDER": 1, "REFUND": 1})
    assert await shop.faults() == []


async def test_a_partly_refused_order(shop: Shop) -> None:
    shop.network.refuses = {shop.one.sims[1].msisdn or ""}
    done = await shop.buy(*(sim.id for sim in (shop.one.sims[0], shop.one.sims[1], shop.one.sims[3])))
    await shop.work()

    order = await shop.order(done)
    assert (order.state, order.refunded) == (S.PARTIAL, GROSS)
    assert [item.state for item in await shop.items(done)] == [S.COMPLETED, S.FAILED, S.COMPLETED]
    assert await shop.balance() == OPENING - 2 * GROSS
    assert await shop.faults() == []


@pytest.mark.parametrize("silence", [CarrierSilent("no answer"), TimeoutError(), ConnectionResetError()])
async def test_silence_is_no_refusal_however_long_it_lasts(shop: Shop, silence: Exception) -> None:
    shop.network.script = [silence] * 40
    done = await shop.buy()
    await shop.work(rounds=40, step=timedelta(minutes=11))

    (item,) = await shop.items(done)
    assert item.state == S.IN_PROGRESS
    assert len(shop.network.asked) > 30 and len(shop.network.told) == 1
    assert await shop.balance() == OPENING - GROSS

    await shop.work(step=timedelta(minutes=11))
    assert (await shop.order(done)).state == S.COMPLETED
    assert await shop.balance() == OPENING - GROSS


async def test_a_slow_network_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(_item: object) -> CarrierAnswer:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(provisioning, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(shop.network, "provision", hangs)
    done = await shop.buy()
    await shop.work()

    assert [item.state for item in await shop.items(done)] == [S.IN_PROGRESS]


async def test_a_request_that_never_arrived_is_sent_again(shop: Shop) -> None:
    shop.network.script = [CarrierSilent("lost")]
    done = await shop.buy()
    await shop.work()
    shop.network.told.clear()

    await shop.work(step=SECOND)

    assert (await shop.order(done)).state == S.COMPLETED
    assert len(shop.network.told) == 1


async def test_killed_after_the_network_did_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await shop.buy()
    (item,) = await shop.items(done)
    finish = provisioning._finish

    async def dies(*_args: object, **_more: object) -> None:
        raise SystemExit

    monkeypatch.setattr(provisioning, "_finish", dies)
    with pytest.raises(SystemExit):
        await provision(shop, item.id)
    monkeypatch.setattr(provisioning, "_finish", finish)
    await shop.work()

    assert (len(shop.network.told), len(shop.network.asked)) == (1, 1)
    assert (await shop.order(done)).state == S.COMPLETED
    assert (await shop.counts())["Product"] == 1


async def test_killed_in_the_middle_of_granting_and_of_refunding(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.network.refuses = {shop.one.sims[1].msisdn or ""}
    done = await shop.buy(shop.one.sims[0].id, shop.one.sims[1].id)
    items = await shop.items(done)
    move_on = provisioning.move_on

    async def dies(*args: object) -> None:
        order = args[1]
        if order.state == S.IN_PROGRESS:
            raise SystemExit
        await move_on(*args)

    monkeypatch.setattr(provisioning, "move_on", dies)
    for item in items:
        with pytest.raises(SystemExit):
            await provision(shop, item.id)
    assert (await shop.counts())["Product"] == 0 and await shop.balance() == OPENING - 2 * GROSS
    monkeypatch.setattr(provisioning, "move_on", move_on)
    await shop.work(step=SECOND)

    order = await shop.order(done)
    assert (order.state, order.refunded) == (S.PARTIAL, GROSS)
    assert (await shop.counts())["Product"] == 1 and await shop.balance() == OPENING - GROSS
    assert await shop.faults() == []


async def test_delivered_twice_is_granted_once(shop: Shop) -> None:
    done = await shop.buy()
    (item,) = await shop.items(done)
    await provision(shop, item.id)
    await provision(shop, item.id)
    await shop.work()

    assert ((await shop.counts())["Product"], len(shop.network.told)) == (1, 1)


async def test_the_first_answer_counts(shop: Shop) -> None:
    """A refusal that comes after the completion changes nothing, and the other way round."""
    done = await shop.buy(shop.one.sims[0].id, shop.one.sims[1].id)
    first, second = await shop.items(done)
    await provisioning._finish(shop.database, first.id, "orderItemComplete", provisioning._complete, at=NOW)
    await provisioning._finish(shop.database, first.id, "orderItemRefund", provisioning._refused("late"), at=NOW)
    await provisioning._finish(shop.database, second.id, "orderItemRefund", provisioning._refused("early"), at=NOW)
    await provisioning._finish(shop.database, second.id, "orderItemComplete", provisioning._complete, at=NOW)

    assert [item.state for item in await shop.items(done)] == [S.COMPLETED, S.FAILED]
    assert await shop.balance() == OPENING - GROSS
    assert await shop.faults() == []


async def test_a_chosen_start_is_told_to_the_network_and_waits(shop: Shop) -> None:
    at = NOW + timedelta(days=5)
    done = await shop.buy(activation=ActivationMode.LATER, activate_at=at)
    await shop.work()

    assert shop.network.told[0].activate_at == at
    assert (await shop.order(done)).state == S.COMPLETED
    async with shop.database.read() as session:
        product = (await session.scalars(select(Product))).one()
        assert (product.starts_at, product.ends_at) == (at, at + timedelta(days=30))
        assert (await session.get_one(Sim, shop.one.sims[0].id)).data_remaining == 0
        turn = (await session.scalars(select(OutboxRow.run_at).where(OutboxRow.kind == "bundle_turn"))).one()
    assert turn == at

    shop.clock.move(timedelta(days=5))
    await shop.work()
    async with shop.database.read() as session:
        assert (await session.get_one(Sim, shop.one.sims[0].id)).data_remaining == 10_000_000_000


async def test_ends_are_in_the_audit_trail(shop: Shop) -> None:
    shop.network.refuses = {shop.one.sims[1].msisdn or ""}
    await shop.buy(shop.one.sims[0].id, shop.one.sims[1].id)
    await shop.work()

    async with shop.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.organization_id == shop.one.id))).all()
    told = {entry.action: [(change["before"], change["after"]) for change in entry.changes] for entry in entries}
    assert told["orderItemComplete"] == [("IN_PROGRESS", "COMPLETED")]
    assert told["orderItemRefund"] == [("IN_PROGRESS", "FAILED")]


async def test_a_free_item_needs_no_transfer_and_no_refund(shop: Shop) -> None:
    async with shop.database.write() as session:
        (await session.get_one(type(shop.offering), shop.offering.id)).net_price = 0
    shop.network.script = [CarrierAnswer(Outcome.REFUSED)]
    done = await shop.buy()
    await shop.work()

    order = await shop.order(done)
    assert (order.state, order.refunded) == (S.FAILED, 0)
    assert await shop.balance() == OPENING
    assert await shop.faults() == []


async def reasons(shop: Shop) -> Counter[str]:
    async with shop.database.read() as session:
        rows = await session.execute(select(LedgerTransfer.reason, func.count()).group_by(LedgerTransfer.reason))
        return Counter(dict(list(rows)))
