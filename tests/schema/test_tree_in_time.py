"""The tree in time through the schema: moves by mutation, sight at the very instant, the past as of any date, cards that left."""

from datetime import datetime, timedelta
from typing import Any

from api.world import World
from auth.actor import Actor
from domain.kernel.ids import Kind, encode
from domain.kernel.permissions import Role
from domain.kernel.scope import Reach
from domain.usage.documents import UsageRecord
from schema.kernel.scalars import written
from tests.desk import Desk
from tests.domain.hierarchy.moving import move_account, move_sims, scope_of
from tests.usage import usage
from tests.world import NOW, Answer, Tenant, TwoTenants, ask, counted_statements, manager

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOVE = """mutation($input: AccountMoveInput!) { accountMove(input: $input) { __typename
  ... on AccountMovePayload { account { depth kind parent { name } } plan { changes { field before after } } }
  ... on UserError { code message field } } }"""
TREE = """query($id: ID!, $asOf: DateTime) { organization(id: $id) {
  rootAccount(asOf: $asOf) { name }
  accounts(asOf: $asOf, first: 100) { totalCount edges { node {
    name depth(asOf: $asOf) parent(asOf: $asOf) { name } counters(asOf: $asOf) { total blocked }
    children(asOf: $asOf, first: 50) { edges { node { name } } }
    sims(asOf: $asOf, first: 50) { totalCount edges { node { msisdn account(asOf: $asOf) { name } } } } } } } } }"""


async def tree(world: World, tenant: Tenant, actor: Actor, *, at: datetime = NOW, as_of: datetime | None = None) -> dict[str, Any]:
    """Accounts by name as an actor sees them."""
    variables = {"id": tenant.gid, "asOf": written(as_of) if as_of else None}
    answer = await ask(world.database, actor, TREE, variables, at=at, parts=world)
    assert answer.errors == []
    rows = [edge["node"] for edge in answer.data["organization"]["accounts"]["edges"]]
    assert answer.data["organization"]["accounts"]["totalCount"] == len(rows)
    for row in rows:
        assert row["sims"]["totalCount"] == len(row["sims"]["edges"])
    return {
        row["name"]: (
            row["depth"], row["parent"] and row["parent"]["name"], row["counters"]["total"], row["sims"]["totalCount"],
            [edge["node"]["name"] for edge in row["children"]["edges"]],
        )
        for row in rows
    }  # fmt: skip


async def test_a_move_by_mutation_is_told_in_the_reader_s_language(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one

    async def moved(account: str, under: str, **more: Any) -> Any:
        content = {"accountId": one.account(account), "parentId": one.account(under), **more}
        return (await ask(world.database, one.as_profile_manager(), MOVE, {"input": content}, parts=world)).data["accountMove"]

    refused, done = await moved("sales", "field"), await moved("sales", "office")

    assert (refused["code"], refused["field"]) == ("NOT_ELIGIBLE", ["parentId"])
    assert "below the one that moves" in refused["message"]
    assert done["account"] == {"depth": 2, "kind": "SUB", "parent": {"name": "Office"}}
    assert done["plan"]["changes"] == [{"field": "parent", "before": "A-1 Root", "after": "A-4 Office"}]
    assert (await moved("field", "root", effectiveAt=written(NOW - 40 * DAY)))["code"] == "INVALID_INPUT"


async def test_the_tree_as_of_any_date(world: World, two_tenants: TwoTenants) -> None:
    one, boss, later = two_tenants.one, two_tenants.one.as_profile_manager(), NOW + DAY
    before = await tree(world, one, boss)
    await move_account(world.database, scope_of(one.id, at=NOW), one.accounts["field"].id, one.accounts["office"].id)
    await move_sims(world.database, scope_of(one.id, at=NOW + HOUR), [one.sims[0].id], one.accounts["field"].id, later)

    assert before == {
        "Root": (0, None, 12, 12, ["Sales", "Office"]), "Sales": (1, "Root", 8, 8, ["Field"]), "Field": (2, "Sales", 4, 4, []),
        "Office": (1, "Root", 4, 4, []),
    }  # fmt: skip
    assert await tree(world, one, boss, at=later, as_of=NOW - HOUR) == before
    now = await tree(world, one, boss, at=NOW + HOUR)
    assert (now["Sales"], now["Field"], now["Office"]) == (
        (1, "Root", 4, 4, []), (2, "Office", 4, 4, []), (1, "Root", 8, 8, ["Field"])
    )  # fmt: skip
    planned = await tree(world, one, boss, at=NOW + HOUR, as_of=later)
    assert (planned["Sales"][2:4], planned["Field"][2:4], planned["Office"][2:4]) == ((3, 3), (5, 5), (9, 9))


async def test_each_manager_sees_the_past_they_had_part_in(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    sales = one.as_account_manager()
    office = manager(one.profile_manager, Role.ACCOUNT_MANAGER, Reach(one.id, one.accounts["office"].path))
    await move_account(world.database, scope_of(one.id, at=NOW), one.accounts["field"].id, one.accounts["office"].id)
    moved = one.accounts["office"].path + one.accounts["field"].path[-5:]
    field = Actor(
        sales.ref, tuple(grant for place in (moved, one.accounts["field"].path) for grant in manager(
            one.account_manager, Role.ACCOUNT_MANAGER, Reach(one.id, place)
        ).grants), session_id=sales.session_id, proven_at=NOW,
    )  # fmt: skip

    assert await tree(world, one, sales, at=NOW + HOUR) == {"Sales": (1, None, 4, 4, [])}
    assert await tree(world, one, sales, at=NOW + HOUR, as_of=NOW - HOUR) == {
        "Sales": (1, None, 8, 4, ["Field"]), "Field": (2, "Sales", 4, 0, [])  # its cards left with it: counted, but shown no more
    }  # fmt: skip
    assert await tree(world, one, office, at=NOW + HOUR, as_of=NOW - HOUR) == {"Office": (1, None, 4, 4, [])}
    assert await tree(world, one, field, at=NOW + HOUR, as_of=NOW - HOUR) == {"Field": (2, None, 4, 4, [])}


async def test_a_record_names_the_card_that_left_and_tells_nothing_of_its_present(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    card = one.sims[4]
    record = usage(card, at=NOW - HOUR)
    await UsageRecord.insert_many([record])
    await move_sims(world.database, scope_of(one.id, at=NOW), [card.id], one.accounts["office"].id)

    async def seen(selection: str) -> Answer:
        document = f"""query($id: ID!) {{ account(id: $id) {{ usage(first: 5) {{ edges {{ node {{ sim {{ {selection} }} }} }} }} }} }}"""
        return await ask(world.database, one.as_account_manager(), document, {"id": one.account("sales")}, at=NOW + HOUR, parts=world)

    named = await seen("id msisdn iccid holder { name } figures { asOf } tags viewerCan buckets { name } placements { account { name } }")
    asked = await seen("id status")
    direct = await ask(
        world.database, one.as_account_manager(), "query($id: ID!) { sim(by: { id: $id }) { msisdn } node(id: $id) { id } }",
        {"id": encode(Kind.SIM, card.id)}, at=NOW + HOUR, parts=world,
    )  # fmt: skip
    boss = await ask(
        world.database, one.as_profile_manager(), "query($id: ID!, $at: DateTime!) { sim(by: { id: $id }) { account { name } then: account(asOf: $at) { name } placements { account { name } } } }",
        {"id": encode(Kind.SIM, card.id), "at": written(NOW - HOUR)}, at=NOW + HOUR, parts=world,
    )  # fmt: skip

    assert named.errors == []
    assert named.data["account"]["usage"]["edges"][0]["node"]["sim"] == {
        "id": encode(Kind.SIM, card.id), "msisdn": card.msisdn, "iccid": card.iccid, "holder": None, "figures": None, "tags": [],
        "viewerCan": [], "buckets": [], "placements": [{"account": {"name": "Field"}}],
    }  # fmt: skip
    assert asked.codes == ["NOT_FOUND"]
    assert (direct.codes, direct.data["node"]) == (["NOT_FOUND"], None)
    assert boss.data["sim"] == {
        "account": {"name": "Office"}, "then": {"name": "Field"}, "placements": [{"account": {"name": "Office"}}, {"account": {"name": "Field"}}]
    }  # fmt: skip


async def test_sight_is_lost_and_gained_at_the_very_instant(desk: Desk) -> None:
    one, at = desk.tenant, desk.at
    tokens = await desk.begin(one.account_manager)
    document = "query($id: ID!) { sim(by: { id: $id }) { msisdn account { name } } }"
    left, came = encode(Kind.SIM, one.sims[0].id), encode(Kind.SIM, one.sims[8].id)
    scope = scope_of(one.id, at=at)
    await move_sims(desk.auth.database, scope, [one.sims[0].id], one.accounts["office"].id, at + HOUR)
    await move_sims(desk.auth.database, scope, [one.sims[8].id], one.accounts["field"].id, at + HOUR)

    async def seen() -> list[bool]:
        actor = await desk.who(tokens.access_token)
        return [not (await ask(desk.auth.database, actor, document, {"id": id}, at=desk.at)).errors for id in (left, came)]

    desk.wait(seconds=1)
    early = await seen()
    with counted_statements(desk.auth.database) as usual:
        await desk.who(tokens.access_token)
    desk.wait(minutes=9)
    tokens = await desk.begin(one.account_manager)
    desk.wait(seconds=50 * 60 + 58, microseconds=999_999)
    tokens = await desk.begin(one.account_manager)
    last = await seen()
    desk.wait(microseconds=1)
    then = await seen()
    with counted_statements(desk.auth.database) as again:
        await desk.who(tokens.access_token)

    assert (early, last, then) == ([True, False], [True, False], [False, True])
    assert len(usual) == len(again) == 1


async def test_lists_as_of_a_date_take_as_many_statements_whatever_their_size(world: World, two_tenants: TwoTenants) -> None:
    one, counts = two_tenants.one, []
    await move_account(world.database, scope_of(one.id, at=NOW), one.accounts["field"].id, one.accounts["office"].id)
    document = """query($id: ID!, $asOf: DateTime, $first: Int!) { organization(id: $id) { accounts(asOf: $asOf, first: $first) { edges { node {
      name depth(asOf: $asOf) parent(asOf: $asOf) { name } counters(asOf: $asOf) { total } } } } } }"""
    for as_of in (None, NOW - HOUR):
        for first in (2, 4):
            variables = {"id": one.gid, "asOf": written(as_of) if as_of else None, "first": first}
            with counted_statements(world.database) as statements:
                answer = await ask(world.database, one.as_account_manager(), document, variables, at=NOW + HOUR, parts=world)
            assert answer.errors == []
            counts.append(len(statements))

    assert counts == [4, 4, 6, 6]
