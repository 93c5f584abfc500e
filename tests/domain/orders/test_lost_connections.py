"""PostgreSQL ends connections while clients buy and retry the same key: nobody pays for nothing, nobody gets something for nothing."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import select

from domain.bundles.tables import Product
from domain.orders.tables import Order, OrderItem, OrderState
from domain.wallet.tables import LedgerTransfer
from store.faults import StoreBusy, StoreLost
from store.outbox import LEASE, run_forever
from tests.domain.orders.shop import GROSS, OPENING, Shop

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
PURCHASES, DEATHS = 2, 12
ACTIVE = (0, 1, 3, 4, 5, 7, 8, 9, 11)


async def test_ended_backends_lose_and_double_nothing(shop: Shop, database_url: str) -> None:
    dice, killer, lost = random.Random(1405), create_async_engine(database_url), 0
    keys = []

    async def buyer(place: int) -> None:
        nonlocal lost
        for _ in range(PURCHASES):
            key = uuid4()
            keys.append(key)
            while True:
                try:
                    await shop.buy(shop.one.sims[place].id, key=key)
                    break
                except (StoreLost, StoreBusy):
                    lost += 1
                    await asyncio.sleep(0.01)

    async def deaths() -> int:
        ended = 0
        while ended < DEATHS:
            await asyncio.sleep(dice.uniform(0.005, 0.08))
            async with killer.connect() as connection:
                others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
                pids = (await connection.execute(text(others))).scalars().all()
                if pids:
                    await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": dice.choice(pids)})
                    ended += 1
        return ended

    worker = asyncio.create_task(run_forever(shop.database, shop.handlers, shop.clock, pause=0.01))
    ending = asyncio.create_task(deaths())
    await asyncio.gather(*(buyer(place) for place in ACTIVE))
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
    assert not worker.done()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    for _ in range(20):
        shop.clock.move(LEASE + timedelta(minutes=11))
        await shop.work()
    await killer.dispose()

    async with shop.database.read() as session:
        orders = (await session.scalars(select(Order))).all()
        items = (await session.scalars(select(OrderItem))).all()
        products = Counter((await session.scalars(select(Product.order_item_id))).all())
        moved = Counter((await session.execute(select(LedgerTransfer.reason))).scalars().all())
    assert lost > 0
    assert len(orders) == len(items) == len(keys) == len(ACTIVE) * PURCHASES
    assert {item.state for item in items} == {OrderState.COMPLETED}
    assert products == Counter(item.id for item in items)
    assert (moved["ORDER"], moved["REFUND"]) == (len(items), 0)
    assert await shop.balance() == OPENING - len(items) * GROSS
    assert await shop.faults() == []
