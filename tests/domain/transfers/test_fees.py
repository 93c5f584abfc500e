"""Moving money inside a company isn't spending, what it costs is: of the budgets of whoever pays, once, and never beyond them."""

import asyncio

import pytest
from sqlalchemy import update

from domain.accounts.tables import CostCentre
from domain.kernel.errors import BudgetExceeded, DomainError
from domain.kernel.ids import Kind, Ref, uuid7
from domain.sims.tables import Sim
from store.session import Database
from tests.approvals import budget_of, set_budget
from tests.ledger import faults
from tests.transfers import balance, choose, insistently, move, prepaid
from tests.world import TwoTenants


async def test_what_is_moved_is_not_spent_and_its_fee_is(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    centre = CostCentre(id=uuid7(), organization_id=tenant.id, code="CC-1", name="Trade fair")
    await choose(database, tenant, "irancell", fee=100)
    rich, poor = await prepaid(database, tenant, 1_000_000, 0)
    async with database.write() as session:
        session.add(centre)
        await session.flush()
        await session.execute(update(Sim).where(Sim.id == rich).values(cost_centre_id=centre.id))
    subjects = [Ref(Kind.ACCOUNT, tenant.accounts["root"].id), Ref(Kind.COST_CENTRE, centre.id)]
    for subject in subjects:
        await set_budget(database, tenant, subject, 250)

    for _ in range(2):
        await move(database, tenant, rich, poor, 10_000)
    with pytest.raises(BudgetExceeded) as refusal:
        await move(database, tenant, rich, poor, 10_000)

    assert (refusal.value.required.minor, refusal.value.available.minor, "reference" in refusal.value.params) == (100, 50, True)
    assert (await balance(database, rich), await balance(database, poor)) == (979_800, 20_000)
    rows = [await budget_of(database, subject.id) for subject in subjects]
    assert [row and row.spent for row in rows] == [200, 200]


async def test_without_a_fee_a_budget_of_nothing_moves_money(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await choose(database, tenant, "irancell", fee=0)
    await set_budget(database, tenant, "root", 0)
    rich, poor = await prepaid(database, tenant, 1_000_000, 0)

    await move(database, tenant, rich, poor, 10_000)

    assert await balance(database, poor) == 10_000


async def test_fees_at_once_pass_no_budget(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await choose(database, tenant, "irancell", fee=100)
    await set_budget(database, tenant, "root", 750)
    rich, poor = await prepaid(database, tenant, 1_000_000, 0)

    answers = await asyncio.gather(*(insistently(database, tenant, rich, poor, 5_000) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 7
    assert all(isinstance(answer, DomainError) for answer in answers if isinstance(answer, BaseException))
    row = await budget_of(database, tenant.accounts["root"].id)
    assert row is not None and row.spent == 700
    assert await faults(database) == []
