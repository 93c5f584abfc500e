"""What processes keep in memory is never older than what the asker could have read: renames, moves and the catalogue count at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlmodel import col

from domain.accounts.tables import Account
from domain.catalogue.tables import Offering
from domain.hierarchy import service
from domain.kernel.plan import MutationMode
from domain.kernel.scope import Scope
from domain.people.tables import Person
from domain.sims.tables import Sim
from store.session import Database
from tests.desk import Desk, open_auth
from tests.domain.hierarchy.moving import done, move_account, scope_of
from tests.offerings import make_offering, sell
from tests.world import NOW, Answer, TwoTenants, ask, counted_statements

FLEET = (Path(__file__).parents[2] / "mobile/documents/05_fleet_page.graphql").read_text()
ACCOUNT = "query($id: ID!) { account(id: $id) { name depth sims(first: 50) { edges { node { plan { name } } } } } }"
RENAME = """mutation($id: ID!, $name: String!) { accountUpdate(input: { accountId: $id, name: $name, mode: APPLY }) {
  ... on AccountUpdatePayload { account { name } } } }"""


@dataclass
class House:
    """Two processes on one database, each with a memory of its own, and a plan on every card."""

    desks: list[Desk]
    tenants: TwoTenants
    plan: Offering

    def pass_on(self) -> Scope:
        """A minute later: what Sara may do to the accounts then."""
        for desk in self.desks:
            desk.wait(minutes=1)
        return scope_of(self.tenants.one.id, at=self.desks[0].at)

    async def asked(self, process: int, person: Person, account: str, *, is_remembering: bool = True) -> Answer:
        """What a process answers about an account, signed in anew; on demand without its memory."""
        desk = self.desks[process]
        actor = await desk.actor(person)
        asker = actor if is_remembering else replace(actor, revisions={})
        return await ask(desk.auth.database, asker, ACCOUNT, {"id": self.tenants.one.account(account)}, at=desk.at)


@pytest_asyncio.fixture
async def house(database: Database, database_url: str, two_tenants: TwoTenants) -> AsyncIterator[House]:
    """On each engine."""
    plan, second = make_offering("PLAN"), Database(database_url)
    await sell(database, plan)
    async with database.write() as session:
        await session.execute(update(Sim).values(plan_id=plan.id))
    yield House([Desk(open_auth(each), two_tenants) for each in (database, second)], two_tenants, plan)
    await second.close()


async def test_a_fleet_page_takes_three_statements_once_its_account_and_plans_are_known(house: House) -> None:
    desk, one, counts = house.desks[0], house.tenants.one, []
    tokens = await desk.begin(one.profile_manager)
    for _ in range(3):
        with counted_statements(desk.auth.database) as statements:
            actor = await desk.who(tokens.access_token)
            page = await ask(desk.auth.database, actor, FLEET, {"account": one.account("root"), "first": 50}, operation="Fleet")
        assert page.errors == [] and len(page.data["account"]["sims"]["edges"]) == 12
        assert {edge["node"]["plan"]["name"] for edge in page.data["account"]["sims"]["edges"]} == {"PLAN bundle"}
        counts.append(len(statements))

    assert counts == [5, 3, 3]


async def test_a_move_beyond_a_branch_is_seen_at_once_on_every_process(house: House) -> None:
    one, omid = house.tenants.one, house.tenants.one.account_manager
    for parent, codes in ((None, []), ("office", ["NOT_FOUND"]), ("sales", [])):
        if parent is not None:
            await move_account(house.desks[0].auth.database, house.pass_on(), one.accounts["field"].id, one.accounts[parent].id)
        for process in (1, 0, 1):
            assert (await house.asked(process, omid, "field")).codes == codes


async def test_a_mutation_answers_with_what_it_wrote(house: House) -> None:
    desk, one = house.desks[0], house.tenants.one
    await house.asked(0, one.profile_manager, "field")
    actor = await desk.actor(one.profile_manager)

    answer = await ask(desk.auth.database, actor, RENAME, {"id": one.account("field"), "name": "Renamed"})

    assert answer.errors == []
    assert answer.data["accountUpdate"]["account"]["name"] == "Renamed"


@pytest.mark.parametrize("seed", range(3))
async def test_memory_answers_as_the_store_does_after_any_course(house: House, seed: int) -> None:
    random, one = Random(seed), house.tenants.one
    readers = (one.profile_manager, one.account_manager, house.tenants.other.profile_manager)
    met = set()
    for step in range(25):
        scope, database = house.pass_on(), house.desks[random.randrange(2)].auth.database
        match random.choice(("rename", "plan", "move", "offering", "nothing")):
            case "rename" | "plan" as way:
                mode, id = MutationMode.APPLY if way == "rename" else MutationMode.PLAN, one.accounts[random.choice(("sales", "field"))].id
                await done(database, scope, lambda work: service.account_update(work, id, name=f"Name {step}"), mode)  # noqa: B023
            case "move":
                parent = one.accounts[random.choice(("root", "sales", "office"))].id
                async with database.read() as session:
                    field = await session.get(Account, one.accounts["field"].id)
                if field is not None and field.parent_id != parent:
                    await move_account(database, scope, field.id, parent)
            case "offering":
                async with database.write() as session:
                    names = {"EN": f"Plan {step}", "FA": "پلن"}
                    await session.execute(update(Offering).where(col(Offering.id) == house.plan.id).values(names=names))
        for process in range(2):
            reader, account = random.choice(readers), random.choice(("root", "sales", "field"))
            remembered = await house.asked(process, reader, account)
            assert remembered == await house.asked(process, reader, account, is_remembering=False)
            met.add((bool(remembered.errors), str(remembered.data)))

    assert len(met) > 10


async def test_no_reader_sees_less_than_what_was_there_when_it_began(house: House) -> None:
    """One process renames again and again while the other reads: names only ever grow, and never lag."""
    one, written, is_over = house.tenants.one, 0, False
    await done(house.desks[0].auth.database, scope_of(one.id, at=NOW), lambda work: service.account_update(work, one.accounts["field"].id, name="0"))
    tokens = await house.desks[1].begin(one.profile_manager)

    async def write() -> None:
        nonlocal written
        while not is_over:
            async with house.desks[0].auth.database.write() as session:
                await session.execute(update(Account).where(col(Account.id) == one.accounts["field"].id).values(name=str(written + 1)))
            written += 1
            await asyncio.sleep(0)

    async def read() -> list[tuple[int, int]]:
        seen = []
        for _ in range(40):
            began = written
            answer = await ask(
                house.desks[1].auth.database, await house.desks[1].who(tokens.access_token), ACCOUNT, {"id": one.account("field")}
            )
            seen.append((began, int(answer.data["account"]["name"])))
        return seen

    writing = asyncio.create_task(write())
    pairs: Any = await asyncio.gather(*(read() for _ in range(4)))
    is_over = True
    await writing

    assert written > 10
    assert all(began <= seen for pair in pairs for began, seen in pair)
