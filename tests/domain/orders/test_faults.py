"""Workers die between claim and settle while clients retry the same key: nobody pays for nothing, nobody gets something for nothing.

A death is an exception that no handler catches, thrown at a chosen SQL statement or call to the network: what was not committed is gone,
as with `kill -9`, and the leases of the dead worker run out.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from domain.audit.writing import Done
from domain.bundles.tables import Product
from domain.kernel.plan import RowsRejected
from domain.orders.ports import CarrierAnswer, CarrierSilent, Outcome, Provision
from domain.orders.tables import OrderItem, OrderState
from domain.wallet.tables import LedgerTransfer
from store import outbox
from store.outbox import LEASE, OutboxRow
from store.session import Database
from tests.domain.orders.shop import GROSS, OPENING, Shop

LIVES = 12
ACTIVE = (0, 1, 3, 4, 5, 7, 8, 9, 11)


class Killed(BaseException):
    """The process is gone."""


class Death:
    """Kills whoever runs the n-th SQL statement from now; later ones too, until somebody is born again."""

    def __init__(self, database: Database) -> None:
        self.left: int | None = None
        self.count = 0
        for engine in database.engines:
            event.listen(engine.sync_engine, "before_cursor_execute", self._executed)

    def _executed(self, *_args: object) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.count += 1
            raise Killed


class Moody:
    """A network that refuses every fifth line, is often silent, and remembers what it was told."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.known = dice, dict[UUID, CarrierAnswer]()

    async def provision(self, item: Provision) -> CarrierAnswer:
        if self.dice.random() < 0.2:
            raise CarrierSilent("lost on the way")
        outcome = Outcome.REFUSED if len(self.known) % 5 == 0 else Outcome.COMPLETED
        self.known.setdefault(item.item_id, CarrierAnswer(outcome, "NO"))
        if self.dice.random() < 0.3:
            raise CarrierSilent("answer lost")
        return self.known[item.item_id]

    async def progress(self, item_id: UUID) -> CarrierAnswer:
        if self.dice.random() < 0.3:
            raise CarrierSilent("no answer")
        return self.known.get(item_id, CarrierAnswer(Outcome.UNKNOWN))


@pytest.mark.parametrize("seed", [1405, 2026])
async def test_nobody_pays_for_nothing_and_nobody_gets_something_for_nothing(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    network = Moody(dice)
    shop.network.provision, shop.network.progress = network.provision, network.progress  # type: ignore[method-assign]
    death = Death(shop.database)
    keys = [(uuid4(), [shop.one.sims[place].id for place in dice.sample(ACTIVE, 3)]) for _ in range(LIVES)]

    for key, cards in keys:
        death.left = dice.randrange(5, 120)
        for _ in range(3):  # the client retries, whatever becomes of the server
            await lived(shop.buy(*cards, key=key, skip=True))
            await lived(shop.work(rounds=4))
        death.left = None
        shop.clock.move(LEASE + timedelta(seconds=1))
    for _ in range(20):  # as often as it takes a network that is silent one time in three
        shop.clock.move(LEASE + timedelta(minutes=11))
        await shop.work(rounds=30)

    async with shop.database.read() as session:
        items = (await session.scalars(select(OrderItem))).all()
        products = Counter((await session.scalars(select(Product.order_item_id))).all())
        moved = Counter((await session.execute(select(LedgerTransfer.reason))).scalars().all())
    granted = {item.id for item in items if item.state == OrderState.COMPLETED}
    failed = {item.id for item in items if item.state == OrderState.FAILED}
    assert death.count > LIVES
    assert granted and failed
    assert len(granted) + len(failed) == len(items)
    assert products == Counter(granted)
    assert (moved["ORDER"], moved["REFUND"]) == (len(items), len(failed))
    assert await shop.balance() == OPENING - len(granted) * GROSS
    assert await shop.faults() == []


async def test_two_workers_at_once_do_nothing_twice(shop: Shop) -> None:
    done = await shop.buy(*(shop.one.sims[place].id for place in ACTIVE))

    async def worker(name: str) -> None:
        for _ in range(20):
            await outbox.run_once(shop.database, shop.handlers, shop.clock, worker=name)

    await asyncio.gather(*(worker(name) for name in "abc"))

    assert (await shop.order(done)).state == OrderState.COMPLETED
    assert Counter(item.item_id for item in shop.network.told) == Counter(item.id for item in await shop.items(done))
    assert (await shop.counts())["Product"] == len(ACTIVE)


async def test_orders_and_deliveries_at_once_never_wait_in_a_ring(shop: Shop) -> None:
    """Orders over the same lines in any order, refusals and grants between them, all at the same time."""
    dice = random.Random(7)
    shop.network.refuses = {shop.one.sims[1].msisdn or "", shop.one.sims[4].msisdn or ""}

    async def buys() -> list[Done]:
        placed = []
        for _ in range(4):
            cards = [shop.one.sims[place].id for place in dice.sample(ACTIVE, 5)]
            with suppress(RowsRejected):
                placed.append(await shop.buy(*cards, skip=True))
        return placed

    async def works(name: str) -> list[Done]:
        for _ in range(40):
            await outbox.run_once(shop.database, shop.handlers, shop.clock, worker=name)
        return []

    done = [each for placed in await asyncio.gather(*(buys() for _ in range(6)), works("a"), works("b")) for each in placed]
    await shop.work()

    granted = failed = 0
    for each in done:
        items = await shop.items(each)
        granted += sum(item.state == OrderState.COMPLETED for item in items)
        failed += sum(item.state == OrderState.FAILED for item in items)
        assert {item.state for item in items} <= {OrderState.COMPLETED, OrderState.FAILED}
    assert granted and failed
    assert (await shop.counts())["Product"] == granted
    assert await shop.balance() == OPENING - granted * GROSS
    assert await shop.faults() == []
    async with shop.database.read() as session:
        per_line = Counter((await session.scalars(select(Product.sim_id))).all())
        assert not (await session.scalars(select(OutboxRow).where(OutboxRow.state == "DEAD"))).all()
    assert max(per_line.values()) == 3  # one runs, two wait


async def lived(life: Awaitable[object]) -> None:
    """Runs until the end, or until death; that nothing was left to sell is an answer too."""
    with suppress(Killed, RowsRejected):
        await life
