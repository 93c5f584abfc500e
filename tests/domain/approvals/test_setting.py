"""Setting budgets, bands and stand-ins: what holds from when, for whom, and what is refused."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from auth.policy import RIGHTS
from domain.accounts.tables import CostCentre
from domain.approvals import budgets, queries
from domain.approvals.rules import DECIDERS
from domain.approvals.tables import ApprovalDelegation
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from store.session import Database
from tests.approvals import MONTH, appoint, budget_of, set_bands, set_budget, stand_in
from tests.world import NOW, TwoTenants


def test_who_decides_is_who_holds_the_right() -> None:
    assert {role for role in Role if Permission.APPROVAL_DECIDE in RIGHTS[role]} == DECIDERS


async def test_a_budget_holds_for_its_month_and_is_inherited(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await set_budget(database, one, "sales", 10_000_000)
    await set_budget(database, one, "root", 50_000_000, month=MONTH.plus(2))

    scope, window = one.as_profile_manager().scope(Permission.BUDGET_READ, NOW), Window.of(10, None, None, None)
    async with database.read() as session:
        shown = {month: (await budgets.budgets_page(session, scope, one.id, MONTH.plus(month), window)).rows for month in range(-1, 3)}
        counted = await budgets.budgets_count(session, scope, one.id, MONTH.plus(2))
    assert shown[-1] == []
    assert [(row.subject.id, row.month, row.limit) for row in shown[1]] == [(one.accounts["sales"].id, MONTH.plus(1), Money(10_000_000))]
    assert [row.subject.id for row in shown[2]] == [one.accounts["root"].id, one.accounts["sales"].id]
    assert counted == 2


async def test_a_manager_sees_and_sets_only_the_budgets_below(database: Database, two_tenants: TwoTenants) -> None:
    one, below = two_tenants.one, two_tenants.one.as_account_manager()
    await set_budget(database, one, "root", 50_000_000)
    await set_budget(database, one, "field", 1_000_000, actor=below)

    with pytest.raises(NotFound):
        await set_budget(database, one, "root", 1, actor=below)
    with pytest.raises(NotFound):
        await set_budget(database, one, "root", 1, actor=two_tenants.other.as_profile_manager())
    async with database.read() as session:
        rows = (await budgets.budgets_page(session, below.scope(Permission.BUDGET_READ, NOW), one.id, MONTH, Window.of(10, None, None, None))).rows
    assert [row.subject.id for row in rows] == [one.accounts["field"].id]


async def test_a_cost_centres_budget_is_the_whole_companys(database: Database, two_tenants: TwoTenants) -> None:
    one, centre = two_tenants.one, CostCentre(id=uuid7(), organization_id=two_tenants.one.id, code="CC-1", name="Trade fair")
    async with database.write() as session:
        session.add(centre)

    await set_budget(database, one, Ref(Kind.COST_CENTRE, centre.id), 5_000_000)

    with pytest.raises(NotFound):
        await set_budget(database, one, Ref(Kind.COST_CENTRE, centre.id), 1, actor=one.as_account_manager())
    made = await budget_of(database, centre.id)
    assert made is not None and made.amount == 5_000_000


async def test_a_later_month_that_was_set_stays(database: Database, two_tenants: TwoTenants) -> None:
    one, sales = two_tenants.one, two_tenants.one.accounts["sales"].id
    await set_budget(database, one, "sales", 10, month=MONTH.plus(1))
    await set_budget(database, one, "sales", 5)
    removed = await set_budget(database, one, "sales", None)

    assert removed.result == {}
    assert [change.field for change in removed.plan.changes] == ["limit"]
    now, later = await budget_of(database, sales), await budget_of(database, sales, MONTH.plus(1))
    assert now is not None and later is not None
    assert (now.amount, later.amount) == (None, 10)


@pytest.mark.parametrize(
    ("month", "limit", "thresholds"),
    [(MONTH.plus(-1), 5, [75]), (MONTH, -1, [75]), (MONTH, 5, [90, 75]), (MONTH, 5, [75, 75]), (MONTH, 5, [0]), (MONTH, 5, [1, 2, 3, 4, 5, 6])],
)
async def test_bounds_of_budgets(database: Database, two_tenants: TwoTenants, month: object, limit: int, thresholds: list[int]) -> None:
    with pytest.raises(InvalidInput):
        await set_budget(database, two_tenants.one, "root", limit, month=month, thresholds=thresholds)  # type: ignore[arg-type]


async def test_a_plan_of_a_budget_leaves_none(database: Database, two_tenants: TwoTenants) -> None:
    planned = await set_budget(database, two_tenants.one, "root", 5, mode=MutationMode.PLAN)

    assert [(change.label, change.field, change.after) for change in planned.plan.changes] == [
        (f"A-1 {MONTH}", "limit", "5"), (f"A-1 {MONTH}", "thresholds", "75 %, 90 %, 100 %"),
    ]  # fmt: skip
    assert await budget_of(database, two_tenants.one.accounts["root"].id) is None


async def test_bands_are_replaced_whole_and_say_so(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    sara, omid = one.profile_manager.id, one.account_manager.id
    await set_bands(database, one, "sales", (10, omid), (100, sara))
    changed = await set_bands(database, one, "sales", (10, sara), (1000, sara))

    assert [(change.label, change.before, change.after) for change in changed.plan.changes] == [
        ("A-2 ≥ 10", "Omid Rad", "Sara Karimi"), ("A-2 ≥ 100", "Sara Karimi", None), ("A-2 ≥ 1000", None, "Sara Karimi"),
    ]  # fmt: skip
    async with database.read() as session:
        rows = await queries.bands_of_organization(session, one.as_account_manager().scope(Permission.BUDGET_READ, NOW), one.id)
    assert [(row.from_amount.minor, row.approver_id) for row in rows] == [(10, sara), (1000, sara)]


async def test_an_approver_manages_the_account(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    gone = await appoint(database, one, "Gone", Role.ACCOUNT_MANAGER, "root", at=NOW - timedelta(days=2), until=NOW)

    for account, person_id in (("root", one.account_manager.id), ("sales", two_tenants.other.profile_manager.id), ("root", gone.id)):
        with pytest.raises(NotEligible):
            await set_bands(database, one, account, (10, person_id))
    with pytest.raises(InvalidInput):
        await set_bands(database, one, "root", (10, one.profile_manager.id), (10, one.profile_manager.id))


async def test_a_stand_in_has_an_end_and_at_least_the_same_places(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    sara, omid = one.as_profile_manager(), one.as_account_manager()
    deputy = await appoint(database, one, "Deputy", Role.PROFILE_MANAGER, "root")
    aside = await appoint(database, one, "Aside", Role.ACCOUNT_MANAGER, "office")

    await stand_in(database, omid, deputy.id, NOW + timedelta(days=10))
    await stand_in(database, omid, one.profile_manager.id, NOW + timedelta(days=5))

    for ends in (None, NOW, NOW + timedelta(days=400)):
        with pytest.raises(InvalidInput):
            await stand_in(database, omid, deputy.id, ends)
    for giver, to, error in ((sara, omid.person_id, NotEligible), (omid, aside.id, NotEligible), (omid, two_tenants.other.profile_manager.id, NotFound)):
        with pytest.raises(error):
            await stand_in(database, giver, to, NOW + timedelta(days=1))
    async with database.read() as session:
        held = (await session.scalars(select(ApprovalDelegation).order_by(col(ApprovalDelegation.id)))).all()
    assert [(row.to_person_id, row.valid_to - NOW) for row in held] == [
        (deputy.id, timedelta(0)), (one.profile_manager.id, timedelta(days=5)),
    ]  # fmt: skip

    await stand_in(database, omid, omid.person_id, None, at=NOW + timedelta(days=1))
    async with database.read() as session:
        assert (await queries.authority(session, one.id, at=NOW + timedelta(days=1))).stand_ins == []


async def test_setting_at_once_comes_one_after_the_other(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    sara, omid = one.profile_manager.id, one.as_account_manager()

    await asyncio.gather(
        *(set_budget(database, one, "sales", 10 + turn) for turn in range(8)),
        *(set_bands(database, one, "sales", (10, sara), (100 + turn, sara)) for turn in range(8)),
        *(stand_in(database, omid, sara, NOW + timedelta(days=1 + turn)) for turn in range(8)),
    )

    async with database.read() as session:
        scope = one.as_profile_manager().scope(Permission.BUDGET_READ, NOW)
        bands = await queries.bands_of_organization(session, scope, one.id)
        held = (await session.scalars(select(ApprovalDelegation).where(col(ApprovalDelegation.valid_to) > NOW))).all()
        assert await budgets.budgets_count(session, scope, one.id, MONTH) == 1
    assert (len(bands), len(held)) == (2, 1)
