"""Granting bundles: queues, rollover, first use, plans, and the figures kept on cards."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.bundles import queries, rules, service
from domain.bundles.queries import BucketRow, ProductRow
from domain.bundles.service import Grant
from domain.bundles.tables import Bucket, BucketStatus, ProductStatus
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.sims.tables import Sim
from store.outbox import OutboxRow
from store.session import Database
from tests.offerings import GB, make_offering, sell
from tests.world import NOW, TwoTenants

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def test_a_grant_is_usable_at_once_and_made_once(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[0], make_offering()
    await sell(database, offering)
    item = uuid7()

    first = await given(database, sim, offering, order_item_id=item)
    again = await given(database, sim, offering, order_item_id=item)

    assert first == again
    assert await remaining(database, two_tenants, sim) == [("DATA10 bundle", BucketStatus.ACTIVE, 10 * GB)]
    kept = await card(database, sim)
    assert (kept.data_remaining, kept.next_bucket_end_at) == (10 * GB, NOW + 30 * DAY)


async def test_the_same_offering_waits_behind_the_running_one(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[0], make_offering()
    await sell(database, offering)

    for _ in range(3):
        await given(database, sim, offering)

    products = await of_line(database, two_tenants, sim)
    assert [(product.status, product.valid_for.starts_at - NOW) for product in products] == [
        (ProductStatus.ACTIVE, 0 * DAY), (ProductStatus.PENDING_ACTIVE, 30 * DAY), (ProductStatus.PENDING_ACTIVE, 60 * DAY),
    ]  # fmt: skip
    assert [status for _, status, _ in await remaining(database, two_tenants, sim)] == ["ACTIVE", "QUEUED", "QUEUED"]
    assert (await card(database, sim)).data_remaining == 10 * GB


async def test_leftover_moves_to_the_next_one_once(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[0], make_offering(is_rolled_over=True)
    await sell(database, offering)
    first, second = await given(database, sim, offering), await given(database, sim, offering)
    await use(database, first, 4 * GB)

    turns = [await turned(database, second, NOW + 30 * DAY) for _ in range(2)]

    assert turns == [NOW + 60 * DAY] * 2
    assert await remaining(database, two_tenants, sim, NOW + 30 * DAY) == [("DATA10 bundle", BucketStatus.ACTIVE, 16 * GB)]
    assert (await card(database, sim)).data_remaining == 16 * GB
    assert await turned(database, second, NOW + 60 * DAY) is None
    assert (await card(database, sim)).data_remaining == 0


async def test_leftover_of_what_does_not_roll_over_is_lost(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[0], make_offering()
    await sell(database, offering)
    second = [await given(database, sim, offering) for _ in range(2)][1]

    await turned(database, second, NOW + 30 * DAY)

    assert (await card(database, sim)).data_remaining == 10 * GB


async def test_a_chosen_start_and_a_first_use(database: Database, two_tenants: TwoTenants) -> None:
    sim, later, first_use = two_tenants.one.sims[0], make_offering("LATER"), make_offering("FIRST")
    await sell(database, later, first_use)
    await traffic(database, sim, NOW - DAY)
    await given(database, sim, later, ActivationMode.LATER, activate_at=NOW + 5 * DAY)
    waiting = await given(database, sim, first_use, ActivationMode.FIRST_USE)

    assert [status for _, status, _ in await remaining(database, two_tenants, sim)] == ["QUEUED", "QUEUED"]
    assert await turned(database, waiting, NOW + HOUR) == NOW + 2 * HOUR  # traffic before the grant isn't its first use
    await traffic(database, sim, NOW + 2 * DAY)
    assert await turned(database, waiting, NOW + 2 * DAY + HOUR) == NOW + 32 * DAY
    await traffic(database, sim, NOW + 3 * DAY)
    assert await turned(database, waiting, NOW + 3 * DAY) == NOW + 32 * DAY

    assert [(name, status) for name, status, _ in await remaining(database, two_tenants, sim, NOW + 6 * DAY)] == [
        ("FIRST bundle", "ACTIVE"), ("LATER bundle", "ACTIVE"),
    ]  # fmt: skip
    assert (await card(database, sim)).next_bucket_end_at == NOW + 32 * DAY


async def test_a_new_plan_replaces_the_old_one(database: Database, two_tenants: TwoTenants) -> None:
    sim, old, new = two_tenants.one.sims[0], make_offering("OLD", category="PLAN", valid_days=None), make_offering("NEW", category="PLAN", valid_days=None)
    await sell(database, old, new)
    first = await given(database, sim, old)
    await given(database, sim, new, at=NOW + DAY)

    assert (await card(database, sim)).plan_id == new.id
    await turned(database, first, NOW + 2 * DAY)
    assert (await card(database, sim)).plan_id == new.id
    assert [name for name, *_ in await remaining(database, two_tenants, sim, NOW + 2 * DAY)] == ["NEW bundle"]


async def test_each_turn_is_planned_once(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[0], make_offering()
    await sell(database, offering)
    await given(database, sim, offering)

    async with database.read() as session:
        rows = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == service.TURN))).all()
    assert [row.run_at for row in rows] == [NOW + 30 * DAY]


async def test_somebody_elses_buckets_are_out_of_scope(database: Database, two_tenants: TwoTenants) -> None:
    offering = make_offering()
    await sell(database, offering)
    await given(database, two_tenants.other.sims[0], offering)

    scope = two_tenants.one.as_profile_manager().scope(Permission.SIM_READ, NOW)
    async with database.read() as session:
        foreign = [two_tenants.other.sims[0].id]
        assert await queries.buckets_of_sims(session, scope, foreign, locale=Locale.EN, at=NOW) == [[]]
        assert await queries.products_of_sims(session, scope, foreign) == [[]]


async def given(
    database: Database, sim: Sim, offering: Offering, activation: ActivationMode = ActivationMode.NOW, *, at: datetime = NOW, **more: Any
) -> UUID:
    async with database.write() as session:
        return await service.grant(session, Grant(sim.organization_id, sim.id, offering.id, activation, **more), at=at)


async def turned(database: Database, product_id: UUID, at: datetime) -> datetime | None:
    async with database.write() as session:
        return await service.take_turn(session, product_id, at=at)


async def use(database: Database, product_id: UUID, amount: int) -> None:
    async with database.write() as session:
        bucket = (await session.scalars(select(Bucket).where(Bucket.product_id == product_id))).one()
        bucket.remaining -= amount


async def traffic(database: Database, sim: Sim, at: datetime) -> None:
    async with database.write() as session:
        (await session.get_one(Sim, sim.id)).last_usage_at = at


async def remaining(database: Database, tenants: TwoTenants, sim: Sim, at: datetime = NOW) -> list[tuple[str, BucketStatus, int]]:
    scope = tenants.one.as_profile_manager().scope(Permission.SIM_READ, at)
    async with database.read() as session:
        (rows,) = await queries.buckets_of_sims(session, scope, [sim.id], locale=Locale.EN, at=at)
    found: list[BucketRow] = rows
    return [(row.name, rules.bucket_status(row.status, row.starts_at, row.ends_at, at), row.remaining) for row in found]


async def of_line(database: Database, tenants: TwoTenants, sim: Sim) -> list[ProductRow]:
    scope = tenants.one.as_profile_manager().scope(Permission.SIM_READ, NOW)
    async with database.read() as session:
        return (await queries.products_of_sims(session, scope, [sim.id]))[0]


async def card(database: Database, sim: Sim) -> Sim:
    async with database.read() as session:
        return await session.get_one(Sim, sim.id)
