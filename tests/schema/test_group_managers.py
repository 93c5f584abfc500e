"""A group's manager sees the cards of the group, buys for them from its account's wallet, and nothing else: not a card, not an order, not a rial."""

import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from api.worker import DEEDS
from api.world import World
from auth import people
from auth.actor import Actor, grants_of
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun
from domain.jobs import running as jobs
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.ids import Kind, decode, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import ActorRef, GroupReach, scope_at
from domain.orders.tables import Order
from domain.sims.tables import GroupMember, Sim
from domain.wallet.tables import LedgerAccount
from store import outbox
from store.session import Database
from tests.domain.orders.shop import GROSS
from tests.schema.test_groups import CREATE, GRANT, MOVE, asked, ids
from tests.schema.test_orders import Counter
from tests.world import NOW, Tenant, TwoTenants, ask, operator_admin

SEEN = """query($organization: ID!, $group: ID!) {
  viewer { organizations(first: 10) { edges { node { id } } } }
  organization(id: $organization) { name rootAccount { id } groups(first: 10) { edges { node { id } } } accounts(first: 50) { edges { node { id } } } }
  node(id: $group) { ... on Group { counters { total } sims(first: 50) { totalCount edges { node { id account { name } } } }
    account { name parent { id } children(first: 50) { edges { node { id } } } sims(first: 50) { totalCount edges { node { id } } }
      orders(first: 50) { edges { node { id } } } } } }
}"""
HIDDEN = """query($organization: ID!, $account: ID!) { account(id: $account) { name } organization(id: $organization) {
  memberships(first: 10) { edges { node { id } } } } }"""
SIM = "query($id: ID!) { node(id: $id) { ... on Sim { msisdn account { name } } } }"
ORDERS = "query($id: ID!) { node(id: $id) { ... on Group { account { orders(first: 50) { edges { node { id placedBy { label } } } } } } } }"


async def group_of(world: World, tenant: Tenant, account: str, cards: list[int], name: str = "Vans") -> UUID:
    content: dict[str, Any] = {"accountId": tenant.account(account), "name": name}
    if cards:
        content["add"] = {"ids": ids(tenant, *cards)}
    done = (await asked(world, tenant.as_profile_manager(), CREATE, input=content))["groupCreate"]
    return decode(done["group"]["id"]).id


def manager_of(tenant: Tenant, account: str, *groups: UUID) -> Actor:
    """Somebody who manages groups of an account and nothing else, signed in."""
    person = tenant.account_manager
    ref = ActorRef(person.id, person.name, person_id=person.id)
    grants = [grants_of(Role.GROUP_MANAGER, tenant.id, tenant.accounts[account].path, group_id=group) for group in groups]
    return Actor(ref, tuple(one for held in grants for one in held), session_id=uuid4(), proven_at=NOW)


async def theirs(database: Database, tenant: Tenant, account: str, group: UUID) -> set[UUID]:
    """The cards that are in a group and stand at or below its account."""
    path = tenant.accounts[account].path
    async with database.read() as session:
        put_in = set(await session.scalars(select(GroupMember.sim_id).where(GroupMember.group_id == group)))
        rows = (await session.scalars(select(Sim).where(Sim.organization_id == tenant.id))).all()
    return {sim.id for sim in rows if sim.id in put_in and sim.path.startswith(path)}


async def balances(database: Database, tenants: TwoTenants) -> dict[UUID, int]:
    async with database.read() as session:
        wallets = [id for tenant in (tenants.one, tenants.other) for id in tenant.wallets.values()]
        rows = (await session.scalars(select(LedgerAccount).where(col(LedgerAccount.id).in_(wallets)))).all()
    return {row.id: row.balance for row in rows}


def nodes(connection: Any) -> set[str]:
    return {edge["node"]["id"] for edge in connection["edges"]}


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_in_a_group_its_manager_neither_sees_nor_spends_outside(world: World, two_tenants: TwoTenants, seed: int) -> None:
    chance, counter = random.Random(seed), await Counter.opened(world, two_tenants)
    one, database = two_tenants.one, world.database
    account = ("root", "sales", "root", "sales", "root")[seed]
    below = [place for place, sim in enumerate(one.sims) if sim.path.startswith(one.accounts[account].path)]
    group = await group_of(world, one, account, chance.sample(below, chance.randrange(1, 6)))
    await group_of(world, one, "root", chance.sample(range(12), 5), "Others")
    moved = {"sims": {"ids": ids(one, *chance.sample(range(12), 3))}, "accountId": one.account("office")}
    await ask(database, one.as_profile_manager(), MOVE, {"input": moved}, at=world.clock.now(), parts=world)
    await counter.place(chance.choice([0, 4, 8]))  # the company's own purchase, which is none of the group's
    manager, mine = manager_of(one, account, group), await theirs(database, one, account, group)
    shown = {encode(Kind.SIM, id) for id in mine}

    seen = await asked(world, manager, SEEN, organization=one.gid, group=encode(Kind.GROUP, group))
    hidden = await ask(database, manager, HIDDEN, {"organization": one.gid, "account": one.account("root")}, at=NOW, parts=world)
    assert hidden.data is None or nodes(hidden.data["organization"]["memberships"]) == set()
    assert account == "root" or hidden.data is None or hidden.data["account"] is None
    (company,) = seen["viewer"]["organizations"]["edges"]
    whole = seen["node"]["account"]
    assert (company["node"]["id"], nodes(whole["sims"]), whole["sims"]["totalCount"]) == (one.gid, shown, len(shown))
    assert not whole["parent"] and not whole["children"]["edges"] and not whole["orders"]["edges"]
    assert nodes(seen["organization"]["groups"]) == {encode(Kind.GROUP, group)}
    assert not seen["organization"]["accounts"]["edges"] and seen["organization"]["rootAccount"]["id"] == one.account(account)
    assert (nodes(seen["node"]["sims"]), seen["node"]["sims"]["totalCount"], seen["node"]["counters"]["total"]) == (shown, len(shown), len(shown))
    for sim in (*one.sims, *two_tenants.other.sims):
        found = (await asked(world, manager, SIM, id=encode(Kind.SIM, sim.id)))["node"]
        assert (found is not None) == (sim.id in mine), sim.msisdn

    bought: set[str] = set()
    for _ in range(8):
        cards, payer = chance.sample(range(12), chance.choice((1, 1, 2))), chance.choice((account, account, "root", "sales", "office"))
        before = await balances(database, two_tenants)
        done = await counter.place(*cards, actor=manager, accountId=one.account(payer))
        spent = {id: before[id] - now for id, now in (await balances(database, two_tenants)).items() if now != before[id]}
        wanted = {one.sims[card].id for card in cards}
        is_allowed = payer == account and wanted <= mine and all(one.sims[card].status == "ACTIVE" for card in cards)
        assert is_allowed or done["__typename"] != "OrderPlacePayload", (payer, cards)
        if is_allowed and done["__typename"] == "OrderPlacePayload":
            assert spent == {one.wallets[account]: GROSS * len(cards)}
            bought.add(done["order"]["id"])
        else:
            assert spent == {}
    answer = await asked(world, manager, ORDERS, id=encode(Kind.GROUP, group))
    assert nodes(answer["node"]["account"]["orders"]) == bought


async def test_what_a_manager_buys_names_the_group(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    one = two_tenants.one
    group = await group_of(world, one, "root", [0, 1])
    manager = manager_of(one, "root", group)

    placed = await counter.place(0, actor=manager)
    await counter.work()

    assert placed["__typename"] == "OrderPlacePayload" and placed["order"]["placedBy"]["label"] == "Omid Rad"
    assert [made.buyer_name for made in counter.shop.press.printed] == ["Omid Rad (manager of the group “Vans”)"]
    assert (await counter.place(0, 4, actor=manager))["__typename"] == "RowsRejected"


async def test_a_whole_group_is_bought_for_by_a_job_that_reaches_no_further(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    one, database = two_tenants.one, world.database
    group = await group_of(world, one, "root", [0, 4, 8])
    manager = manager_of(one, "root", group)
    content = counter.content(0)
    content["lines"][0]["sims"] = {"groupId": encode(Kind.GROUP, group)}

    answer = await counter.ask(
        """mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { __typename ... on UserError { code message }
          ... on OrderPlacePayload { order { id } plan { changeCount } } } }""",
        {"input": content}, manager,
    )  # fmt: skip
    assert answer.errors == [] and answer.data["orderPlace"]["__typename"] == "OrderPlacePayload", answer.data
    async with database.write() as session:  # a card that leaves the group meanwhile isn't bought for
        row = (await session.scalars(select(GroupMember).where(GroupMember.sim_id == one.sims[4].id))).one()
        await session.delete(row)
    async with database.read() as session:
        order = (await session.scalars(select(Order))).one()
    assert order.group_id == group and order.job_id is not None
    run = jobs.handlers(database, world.clock, DEEDS)["jobs.run"]
    await run(outbox.Task(1, "jobs.run", "job", {"job_id": order.job_id.hex}, 1))
    items = await asked(world, manager, "query($id: ID!) { node(id: $id) { ... on Order { items(first: 9) { edges { node { id sim { id } } } } } } }", id=encode(Kind.ORDER, order.id))
    assert {edge["node"]["sim"]["id"] for edge in items["node"]["items"]["edges"]} == set(ids(one, 0, 8))


async def test_a_manager_sees_what_the_groups_policies_did_and_no_others(world: World, two_tenants: TwoTenants) -> None:
    one, seen = two_tenants.one, "id policies { id runs(first: 5) { edges { node { id amount { amount } } } } }"
    mine, others = await group_of(world, one, "root", [0]), await group_of(world, one, "root", [0, 4], "Others")
    rows: dict[UUID, UUID] = {}
    async with world.database.write() as session:
        for group in (mine, others):
            policy = PaymentPolicy(
                id=uuid7(), organization_id=one.id, group_id=group, wallet_id=one.wallets["root"], is_active=True, notify_emails=[],
                day_of_month=5, created_at=NOW,
            )  # fmt: skip
            session.add(policy)
            await session.flush()
            run = PaymentPolicyRun(
                id=uuid7(), organization_id=one.id, path=one.sims[0].path, policy_id=policy.id, sim_id=one.sims[0].id, occasion=group.hex,
                at=NOW, amount=7,
            )  # fmt: skip
            session.add(run)
            rows[group] = run.id
    manager, document = manager_of(one, "root", mine), f"query($id: ID!) {{ node(id: $id) {{ ... on Group {{ {seen} }} }} }}"

    (policy_seen,) = (await asked(world, manager, document, id=encode(Kind.GROUP, mine)))["node"]["policies"]
    assert [edge["node"]["id"] for edge in policy_seen["runs"]["edges"]] == [encode(Kind.PAYMENT_POLICY_RUN, rows[mine])]
    assert (await asked(world, manager, document, id=encode(Kind.GROUP, others)))["node"] is None
    run_seen = "query($id: ID!) { node(id: $id) { id } }"
    for group, is_seen in ((mine, True), (others, False)):
        found = (await asked(world, manager, run_seen, id=encode(Kind.PAYMENT_POLICY_RUN, rows[group])))["node"]
        assert (found is not None) == is_seen


async def test_one_order_is_for_one_group(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    one = two_tenants.one
    first, second = await group_of(world, one, "root", [0, 4], "First"), await group_of(world, one, "root", [8], "Second")
    manager = manager_of(one, "root", first, second)

    assert (await counter.place(0, 4, actor=manager))["__typename"] == "OrderPlacePayload"
    refused = await counter.place(0, 8, actor=manager)
    assert (refused["__typename"], refused["code"]) == ("Problem", "NOT_ELIGIBLE")


async def test_a_manager_signs_in_only_where_the_operator_lets_them(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    group = await group_of(world, one, "sales", [0])
    wanted = {
        "person": {"name": "Kaveh", "mobile": "+989351112244"}, "role": "GROUP_MANAGER", "organizationId": one.gid,
        "groupId": encode(Kind.GROUP, group),
    }  # fmt: skip
    await asked(world, operator_admin(), GRANT, input=wanted)
    async with world.database.read() as session:
        identity = Identity(Channel.SMS, "+989351112244")
        assert await people.by_identity(session, identity, NOW, out=Role.GROUP_MANAGER) is None
        known = await people.by_identity(session, identity, NOW, out="")
        assert known is not None and known.name == "Kaveh" and not known.is_staff


def test_a_scope_of_groups_covers_no_place_and_is_written_down_as_it_is() -> None:
    organization_id, group_id = uuid4(), uuid4()
    scope = scope_at(ActorRef(uuid4(), "X"), Permission.SIM_READ, organization_id, ["a.b.", f"a.c.@{group_id.hex}"], NOW)

    assert scope.groups == (GroupReach(organization_id, "a.c.", group_id),)
    assert scope.places(organization_id) == ["a.b.", f"a.c.@{group_id.hex}"] and scope.places(uuid4()) == []
    assert [scope.covers(organization_id, path) for path in ("a.", "a.b.d.", "a.c.", "a.c.d.")] == [False, True, False, False]
    assert [scope.names(organization_id, path) for path in ("a.", "a.b.d.", "a.c.", "a.c.d.")] == [False, True, True, True]
    assert not scope.names(uuid4(), "a.c.")
    assert scope.within(organization_id, "a.").groups == scope.groups
    assert scope.within(organization_id, "a.c.d.").groups == (GroupReach(organization_id, "a.c.d.", group_id),)
    assert scope.within(organization_id, "a.d.").places(organization_id) == []
    assert scope.paid_by(organization_id, "a.c.").reach == () and not scope.paid_by(organization_id, "a.c.d.").groups
