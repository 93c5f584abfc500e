"""Agreeing terms, deposits, finding the overdue, and the worker's own rounds."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from domain.accounts.tables import Account
from domain.audit.writing import Command, Done, Service, carry_out
from domain.billing import rounds, rules, terms
from domain.billing.states import NEXT, BillState
from domain.billing.tables import Bill, BillingTerms, BillRun
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InsufficientFunds, InvalidInput, NotEligible, StateConflict
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.wallet.proof import prove
from store.session import Database
from tests.bills import issue_bill
from tests.domain.billing.companies import MONTHS, bill, draw_company, set_rates, wish_for
from tests.world import NOW, TwoTenants, ask


async def carried(database: Database, service: Service) -> Done:
    """What a service does as the system."""
    scope = system_scope(Permission.BILL_READ, NOW)
    return await carry_out(database, scope, Command("billingTerms", MutationMode.APPLY, ""), service, at=NOW)


async def test_bills_go_above_only_where_somebody_takes_them(database: Database, two_tenants: TwoTenants) -> None:
    sales, root = (two_tenants.one.accounts[name].id for name in ("sales", "root"))

    done = await carried(database, lambda work: terms.account_update(work, sales, name=None, is_billed_here=False))

    assert [(change.field, change.before, change.after) for change in done.plan.changes] == [("isBilledHere", "True", "False")]
    with pytest.raises(NotEligible):
        await carried(database, lambda work: terms.account_update(work, root, name=None, is_billed_here=False))
    with pytest.raises(InvalidInput):
        await carried(database, lambda work: terms.account_update(work, sales, name=None, is_billed_here=False))
    async with database.read() as session:
        assert [(row.account_id, row.is_billed_here) for row in await session.scalars(select(BillingTerms))] == [(sales, False)]


async def test_a_deposit_is_taken_and_released_but_not_more(database: Database, two_tenants: TwoTenants) -> None:
    root = two_tenants.one.accounts["root"].id

    await carried(database, lambda work: terms.deposit(work, root, 900))
    await carried(database, lambda work: terms.deposit(work, root, -400))

    with pytest.raises(InsufficientFunds):
        await carried(database, lambda work: terms.deposit(work, root, -501))
    asked = "query($a: ID!) { account(id: $a) { postpaid { deposit { amount } isBilledHere dueDays } } }"
    answer = await ask(database, two_tenants.one.as_profile_manager(), asked, {"a": two_tenants.one.account("root")})
    assert answer.data["account"]["postpaid"] == {"deposit": {"amount": "500"}, "isBilledHere": True, "dueDays": 28}
    async with database.read() as session:
        assert not await prove(session)


async def test_more_credit_is_not_taken_back_than_is_free(database: Database, two_tenants: TwoTenants) -> None:
    root = two_tenants.one.accounts["root"].id

    await carried(database, lambda work: terms.agree_some(work, root, credit_limit=5_000, cycle_months=2))

    with pytest.raises(InvalidInput):
        await carried(database, lambda work: terms.agree_some(work, root, cycle_months=3))
    with pytest.raises(InvalidInput):
        await carried(database, lambda work: terms.agree_some(work, root, credit_limit=5_000))


async def test_accounts_with_overdue_bills_are_found(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    issued = await issue_bill(database, one.accounts["sales"], one.sims[0], month=JalaliMonth(1405, 5))
    async with database.write() as session:
        due = await session.get_one(Bill, issued.id)
        (await session.get_one(Account, one.accounts["sales"].id)).overdue_from = due.due_at
    asked = """query($o: ID!, $is: Boolean) { viewer { organizations(filter: {isOverdue: $is}, first: 5) { totalCount } }
        organization(id: $o) { accounts(filter: {isOverdue: $is}, first: 9) { edges { node { name } } } } }"""

    late, timely = [await ask(database, one.as_profile_manager(), asked, {"o": one.gid, "is": which}) for which in (True, False)]

    assert [edge["node"]["name"] for edge in late.data["organization"]["accounts"]["edges"]] == ["Sales"]
    assert len(timely.data["organization"]["accounts"]["edges"]) == 3
    assert (late.data["viewer"]["organizations"]["totalCount"], timely.data["viewer"]["organizations"]["totalCount"]) == (1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_worker_bills_some_hours_after_the_month(database: Database, documents: Any) -> None:
    company = await draw_company(database, Random(4))
    await bill(database, wish_for(company, MONTHS[0], timedelta(hours=1)))
    end = MONTHS[1].ends_at

    assert await rounds.make_round(database, company.id, at=end + rounds.BILLED_AFTER - timedelta(minutes=1))
    before = await months(database)
    while not await rounds.make_round(database, company.id, at=end + rounds.BILLED_AFTER):
        pass

    assert before == {str(MONTHS[0])}
    assert await months(database) == {str(MONTHS[0]), str(MONTHS[1])}


async def months(database: Database) -> set[str]:
    """Which months were billed to the end."""
    async with database.read() as session:
        return {run.month for run in await session.scalars(select(BillRun)) if run.finished_at is not None}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_month_that_is_not_over_has_no_bills(database: Database, documents: Any) -> None:
    await set_rates(database)
    company = await draw_company(database, Random(1))

    with pytest.raises(StateConflict):
        await bill(database, wish_for(company, MONTHS[0], timedelta(seconds=-1)))


def test_bills_move_as_the_table_says() -> None:
    for state in BillState:
        for to in BillState:
            if to in NEXT[state]:
                assert rules.move(state, to) is to
            else:
                with pytest.raises(StateConflict):
                    rules.move(state, to)


def test_parts_of_a_month_cost_what_the_month_costs() -> None:
    month = JalaliMonth(1405, 7)

    for price in (0, 1, 310_000, 999_999):
        assert sum(rules.fee(price, month, day, 1) for day in range(month.days)) == price
