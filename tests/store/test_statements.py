"""Prepared statements: the same rows on both engines, each value given at each run."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Integer, Select, bindparam, func
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.catalogue.tables import Offering, VatRate
from domain.sims.tables import Sim
from store.session import Database
from store.statements import Prepared, among, changed
from tests.offerings import make_offering, sell
from tests.world import NOW, TwoTenants, counted_statements

BY_IDS = Prepared(select(Sim.id, Sim.status_since, Sim.debt, Sim.msisdn).where(among(col(Sim.id), "ids")))
EPOCH = datetime.fromtimestamp(0, UTC)


async def test_one_text_serves_any_number_of_values(database: Database, two_tenants: TwoTenants) -> None:
    sims = two_tenants.one.sims

    with counted_statements(database) as statements:
        async with database.read() as session:
            found = [await session.rows(BY_IDS, ids=[sim.id for sim in sims[:count]]) for count in (0, 1, 12)]

    assert [{tuple(row) for row in rows} for rows in found] == [
        {(sim.id, sim.status_since, sim.debt, sim.msisdn) for sim in sims[:count]} for count in (0, 1, 12)
    ]
    assert len(set(statements)) == 1 and len(statements) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_among_is_answered_by_the_index(database: Database) -> None:
    """On SQLite, whose booleans are numbers, a condition compared with 1 would look at every row."""
    text = str(BY_IDS.select.compile(dialect=database.engines[0].dialect))

    async with database.read() as session:
        connection = await session.connection()
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ('["00"]',))).all()

    assert any("SEARCH sims USING INDEX" in row[3] for row in plan)


async def test_every_type_reads_as_its_column_promises(database: Database) -> None:
    offering = make_offering()
    await sell(database, offering)
    statement = Prepared(
        select(Offering.id, Offering.names, Offering.net_price, Offering.is_rolled_over, Offering.valid_from, Offering.valid_to, VatRate.rate)
        .join(VatRate, col(VatRate.valid_from) <= col(Offering.valid_from))
        .where(Offering.id == bindparam("id"))
        .order_by(col(VatRate.valid_from).desc())
        .limit(bindparam("most", type_=Integer))
    )

    async with database.read() as session:
        ((id, names, price, is_rolled_over, valid_from, valid_to, rate),) = await session.rows(statement, id=offering.id, most=1)

    assert isinstance(names, dict)
    assert isinstance(id, UUID) and id == offering.id
    assert names == offering.names and price == offering.net_price and is_rolled_over is False
    assert valid_from == offering.valid_from and valid_from.tzinfo is UTC and valid_to is None
    assert isinstance(rate, Decimal)


async def test_a_value_that_was_forgotten_is_an_error_not_a_guess(database: Database, two_tenants: TwoTenants) -> None:
    statement = Prepared(select(Account.id).where(Account.organization_id == bindparam("organization_id"), Account.depth >= bindparam("d")))

    async with database.read() as session:
        with pytest.raises(Exception, match="organization_id"):
            await session.rows(statement, d=0)


async def test_values_of_a_statement_its_constants_and_its_changes_stay_apart(database: Database, two_tenants: TwoTenants) -> None:
    def since(statement: Select[Any], at: datetime) -> Select[Any]:
        return statement.where(func.coalesce(col(Sim.last_usage_at), EPOCH) < at)

    mine = Prepared(select(Sim.id).where(Sim.organization_id == bindparam("organization_id")))(organization_id=two_tenants.one.id)
    long_ago, now = (changed(mine, since, at) for at in (EPOCH, NOW))

    async with database.read() as session:
        counts = [len(await session.rows(statement)) for statement in (mine, long_ago, now)]
        other = await session.rows(now, organization_id=two_tenants.other.id)

    assert counts == [12, 0, 12] and changed(mine, since, NOW).prepared is now.prepared  # type: ignore[union-attr]
    assert {row[0] for row in other} == {sim.id for sim in two_tenants.other.sims}


async def test_a_list_of_values_that_would_be_another_statement_each_time_is_refused() -> None:
    with pytest.raises(TypeError, match="among"):
        _ = Prepared(select(Sim.id).where(col(Sim.id).in_([UUID(int=1)]))).driven


async def test_a_prepared_statement_inside_a_transaction_sees_what_it_wrote(database: Database, two_tenants: TwoTenants) -> None:
    statement, one = Prepared(select(Organization.name).where(Organization.id == bindparam("id"))), two_tenants.one

    async with database.write() as session:
        organization = await session.get_one(Organization, one.id)
        organization.name = "Renamed"
        inside = await session.rows(statement, id=one.id)
        async with database.read() as reading:
            outside = await reading.rows(statement, id=one.id)
    async with database.read() as reading:
        afterwards = await reading.rows(statement, id=one.id)

    assert [rows[0][0] for rows in (inside, outside, afterwards)] == ["Renamed", "Arya Trading", "Renamed"]


def test_naive_times_are_refused_by_the_driver_too() -> None:
    statement = Prepared(select(Sim.id).where(Sim.status_since < bindparam("at")))

    with pytest.raises(ValueError, match="naive"):
        statement.driven.arguments({"at": NOW.replace(tzinfo=None) + timedelta()})
