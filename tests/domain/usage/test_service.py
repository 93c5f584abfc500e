"""Taking usage records in: once each, and the card's last traffic only moves forward."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain.sims.tables import Sim
from domain.usage import service
from domain.usage.documents import UsageRecord
from store.session import Database
from tests.usage import hourly, usage
from tests.world import NOW, TwoTenants


async def last_usage(database: Database) -> dict[Any, Any]:
    async with database.read() as session:
        return dict((await session.execute(select(Sim.id, Sim.last_usage_at).where(Sim.last_usage_at.is_not(None)))).all())


async def test_records_come_in_once(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    first, second = two_tenants.one.sims[:2]
    batch = [*hourly(first, 1_100), *hourly(second, 3)]

    assert await service.record(database, batch) == 1_103
    assert await service.record(database, iter([*batch[:5], usage(second, at=NOW - timedelta(days=200))])) == 1

    assert await UsageRecord.find_all().count() == 1_104
    assert await last_usage(database) == {first.id: NOW, second.id: NOW}


async def test_last_traffic_only_moves_forward(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    card = two_tenants.one.sims[0]
    for days, expected in ((2, 2), (5, 2), (1, 1)):
        await service.record(database, [usage(card, at=NOW - timedelta(days=days))])

        assert await last_usage(database) == {card.id: NOW - timedelta(days=expected)}


async def test_nothing_comes_of_nothing(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    assert await service.record(database, []) == 0
    assert await last_usage(database) == {}
