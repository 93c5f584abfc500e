"""Groups as clients ask for them: made, filled, changed and deleted within the viewer's accounts, by lists, filters and files."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from api.worker import DEEDS
from api.world import World
from auth import people
from auth.actor import Actor
from domain.groups import rules
from domain.hierarchy.present import catch_up
from domain.jobs import running, service
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.ids import Kind, decode, encode
from domain.kernel.permissions import Role
from domain.people.tables import Membership, Person
from domain.sims.tables import GroupMember
from store.outbox import Later, Task
from tests.world import NOW, Tenant, TwoTenants, ask, operator_admin

LIST = """query($organization: ID!, $search: String, $first: Int = 10, $after: String) { organization(id: $organization) {
  groups(search: $search, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node {
    id name account { name } manager { name mobile } counters { total active } sims(first: 20) { totalCount edges { node { msisdn } } } } } } } }"""
CREATE = """mutation($input: GroupCreateInput!) { groupCreate(input: $input) { __typename
  ... on GroupCreatePayload { plan { token changes { label field before after } exclusions { label line reason { code } } } group { id name } }
  ... on UserError { code field } } }"""
UPDATE = """mutation($input: GroupUpdateInput!) { groupUpdate(input: $input) { __typename
  ... on GroupUpdatePayload { plan { token changeCount } group { id name manager { name } counters { total } } job { id total } }
  ... on RowsRejected { exclusions { label reason { code } } } ... on UserError { code field } } }"""
DELETE = """mutation($input: GroupDeleteInput!) { groupDelete(input: $input) { __typename
  ... on GroupDeletePayload { deletedId plan { changes { field before after } } } ... on UserError { code } } }"""
OF_SIM = "query($id: ID!) { sim(by: { id: $id }) { groups { name } } }"
SIMS = """query($id: ID!, $group: ID!) { account(id: $id) { sims(first: 20, filter: { groupId: $group }) { totalCount edges { node { msisdn } } } } }"""
GRANT = """mutation($input: MembershipGrantInput!) { membershipGrant(input: $input) {
  ... on MembershipGrantPayload { membership { role group { name } account { name } person { name } } } ... on UserError { code field } } }"""
MOVE = "mutation($input: SimMoveInput!) { simMove(input: $input) { ... on SimMovePayload { plan { changeCount } } ... on UserError { message } } }"


async def asked(world: World, actor: Actor, document: str, **variables: Any) -> Any:
    answer = await ask(world.database, actor, document, variables, at=world.clock.now(), parts=world)
    assert answer.errors == [], answer.errors
    return answer.data


async def made(world: World, tenant: Tenant, *cards: int, account: str = "root", **given: Any) -> str:
    """A group of some cards, by the profile manager."""
    content = {"accountId": tenant.account(account), "name": "Vans", **({"add": {"ids": ids(tenant, *cards)}} if cards else {}), **given}
    done = (await asked(world, tenant.as_profile_manager(), CREATE, input=content))["groupCreate"]
    assert done["__typename"] == "GroupCreatePayload", done
    return str(done["group"]["id"])


def ids(tenant: Tenant, *cards: int) -> list[str]:
    return [encode(Kind.SIM, tenant.sims[card].id) for card in cards]


async def listed(world: World, actor: Actor, tenant: Tenant, **given: Any) -> list[Mapping[str, Any]]:
    page = (await asked(world, actor, LIST, organization=tenant.gid, **given))["organization"]["groups"]
    return [edge["node"] for edge in page["edges"]]


async def test_a_group_is_planned_made_shown_changed_and_deleted(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    actor, manager = one.as_profile_manager(), {"name": "Kaveh  Amini", "mobile": "0935 111 22 44"}
    content = {"accountId": one.account("root"), "name": " Vans ", "manager": manager, "add": {"ids": ids(one, 0, 1, 4)}}

    planned = (await asked(world, actor, CREATE, input=content | {"mode": "PLAN"}))["groupCreate"]
    assert planned["group"] is None
    assert [change["field"] for change in planned["plan"]["changes"]].count("groups") == 3
    assert await listed(world, actor, one) == []

    done = (await asked(world, actor, CREATE, input=content | {"planToken": planned["plan"]["token"]}))["groupCreate"]
    group = done["group"]["id"]
    (shown,) = await listed(world, actor, one)
    assert (shown["name"], shown["account"], shown["manager"]) == ("Vans", {"name": "Root"}, {"name": "Kaveh Amini", "mobile": "+989351112244"})
    assert (shown["counters"]["total"], shown["sims"]["totalCount"]) == (3, 3)
    assert (await asked(world, actor, OF_SIM, id=ids(one, 0)[0]))["sim"]["groups"] == [{"name": "Vans"}]
    of_account = (await asked(world, actor, SIMS, id=one.account("root"), group=group))["account"]["sims"]
    assert of_account["totalCount"] == 3

    change = {"groupId": group, "name": "Lorries", "manager": None, "add": {"ids": ids(one, 2)}, "remove": {"ids": ids(one, 0, 1)}}
    changed = (await asked(world, actor, UPDATE, input=change))["groupUpdate"]
    assert changed["group"] == {"id": group, "name": "Lorries", "manager": None, "counters": {"total": 2}}
    assert changed["job"] is None

    gone = (await asked(world, actor, DELETE, input={"groupId": group}))["groupDelete"]
    assert gone["deletedId"] == group
    assert await listed(world, actor, one) == []
    assert (await asked(world, actor, OF_SIM, id=ids(one, 2)[0]))["sim"]["groups"] == []
    assert (await asked(world, actor, DELETE, input={"groupId": group}))["groupDelete"]["code"] == "NOT_FOUND"


async def test_names_are_unique_in_an_account_and_searched_folded(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await made(world, one, name="گروه ويژه")
    same = {"accountId": one.account("root"), "name": "گروه  ویژه"}
    assert (await asked(world, one.as_profile_manager(), CREATE, input=same))["groupCreate"]["code"] == "ALREADY_EXISTS"
    await made(world, one, account="sales", name="گروه ویژه")
    assert len(await listed(world, one.as_profile_manager(), one, search="ویژه")) == 2
    assert await listed(world, one.as_profile_manager(), one, search="nothing") == []
    empty = {"accountId": one.account("root"), "name": " \t "}
    assert (await asked(world, one.as_profile_manager(), CREATE, input=empty))["groupCreate"] == {
        "__typename": "Problem", "code": "INVALID_INPUT", "field": ["name"],
    }  # fmt: skip


async def test_a_manager_of_a_part_sees_and_changes_its_own_groups_alone(world: World, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    above, own = await made(world, one, 0, 8), await made(world, one, 0, account="sales", name="Own")
    actor = one.as_account_manager()

    assert [group["name"] for group in await listed(world, actor, one)] == ["Own"]
    assert (await asked(world, actor, OF_SIM, id=ids(one, 0)[0]))["sim"]["groups"] == [{"name": "Own"}]
    for stranger in (actor, other.as_profile_manager()):
        refused = (await asked(world, stranger, UPDATE, input={"groupId": above, "name": "Mine"}))["groupUpdate"]
        assert (refused["code"], refused["field"]) == ("NOT_FOUND", ["groupId"])
        assert (await asked(world, stranger, DELETE, input={"groupId": above}))["groupDelete"]["code"] == "NOT_FOUND"
    elsewhere = {"accountId": one.account("office"), "name": "Mine"}
    assert (await asked(world, actor, CREATE, input=elsewhere))["groupCreate"]["code"] == "NOT_FOUND"

    out_of_sight = (await asked(world, actor, UPDATE, input={"groupId": own, "add": {"ids": ids(one, 8)}}))["groupUpdate"]
    assert out_of_sight["exclusions"][0]["reason"]["code"] == "NOT_FOUND"
    not_below = (await asked(world, one.as_profile_manager(), UPDATE, input={"groupId": own, "add": {"ids": ids(one, 8)}}))["groupUpdate"]
    assert not_below["exclusions"][0]["reason"]["code"] == "NOT_ELIGIBLE"
    foreign = (await asked(world, one.as_profile_manager(), UPDATE, input={"groupId": own, "add": {"ids": ids(other, 0)}}))["groupUpdate"]
    assert foreign["exclusions"][0]["reason"]["code"] == "NOT_FOUND"


async def test_a_card_that_leaves_the_accounts_leaves_the_group_at_that_instant(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    actor, group = one.as_profile_manager(), await made(world, one, 0, 1, account="sales")
    later = (NOW + timedelta(hours=2)).isoformat()
    moved = {"sims": {"ids": ids(one, 0)}, "accountId": one.account("office"), "effectiveAt": later}
    assert "message" not in (await asked(world, actor, MOVE, input=moved))["simMove"]
    assert (await listed(world, actor, one))[0]["counters"]["total"] == 2

    world.clock.move(timedelta(hours=3))  # type: ignore[attr-defined]  # the tests' clock
    await catch_up(world.database, [one.id], at=world.clock.now())
    (shown,) = await listed(world, actor, one)
    assert (shown["counters"]["total"], shown["sims"]["totalCount"]) == (1, 1)
    assert (await asked(world, actor, OF_SIM, id=ids(one, 0)[0]))["sim"]["groups"] == []
    assert (await asked(world, actor, SIMS, id=one.account("root"), group=group))["account"]["sims"]["totalCount"] == 1


async def test_many_cards_are_a_job_with_the_new_name_among_its_rows(
    world: World, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 5)
    monkeypatch.setattr(service, "CHUNK", 5)
    one = two_tenants.one
    actor, group = one.as_profile_manager(), await made(world, one, 0)
    wanted = {"groupId": group, "name": "All", "add": {"filter": {}}, "errorPolicy": "SKIP_FAILED"}

    begun = (await asked(world, actor, UPDATE, input=wanted))["groupUpdate"]
    assert begun["job"]["total"] == 13
    handler = running.handlers(world.database, world.clock, DEEDS)[service.RUN]
    for _ in range(4):
        with suppress(Later):
            await handler(Task(1, service.RUN, "job", {"job_id": decode(begun["job"]["id"]).id.hex}, 1))

    (shown,) = await listed(world, actor, one)
    assert (shown["name"], shown["sims"]["totalCount"]) == ("All", 12)
    refused = (await asked(world, actor, UPDATE, input=wanted | {"errorPolicy": "REJECT_ALL"}))["groupUpdate"]
    assert refused["__typename"] == "RowsRejected"


async def test_twenty_groups_are_as_many_as_a_card_may_be_in(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    for number in range(rules.MOST_GROUPS):
        await made(world, one, 0, name=f"Group {number}")
    content = {"accountId": one.account("root"), "name": "One more", "add": {"ids": ids(one, 0, 1)}}
    done = (await asked(world, one.as_profile_manager(), CREATE, input=content))["groupCreate"]
    assert [row["reason"]["code"] for row in done["plan"]["exclusions"]] == ["LIMIT_REACHED"]
    async with world.database.read() as session:
        members = select(GroupMember).where(col(GroupMember.group_id) == decode(done["group"]["id"]).id)
        assert [row.sim_id for row in await session.scalars(members)] == [one.sims[1].id]


async def test_naming_a_manager_shows_nobody_elses_people_and_lets_nobody_in(world: World, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    stranger = {"name": "Whoever", "mobile": other.profile_manager.mobile, "email": "mine@example.com"}
    await made(world, one, 0, manager=stranger)
    (shown,) = await listed(world, one.as_profile_manager(), one)
    assert shown["manager"] == {"name": "Whoever", "mobile": other.profile_manager.mobile}

    newcomer = {"name": "New", "mobile": "+989351119900", "email": "new@example.com"}
    await made(world, one, 1, manager=newcomer, name="Two")
    async with world.database.read() as session:
        assert await people.by_identity(session, Identity(Channel.SMS, "+989351119900"), NOW, out=Role.GROUP_MANAGER) is None
        assert await people.by_identity(session, Identity(Channel.EMAIL, "new@example.com"), NOW, out=Role.GROUP_MANAGER) is None
        assert await people.by_identity(session, Identity(Channel.EMAIL, "mine@example.com"), NOW, out=Role.GROUP_MANAGER) is None
        person = (await session.scalars(select(Person).where(col(Person.contact_mobile) == "+989351119900"))).one()
        assert (person.mobile, person.email) == (None, None)

    own = {"name": "Ignored", "mobile": one.account_manager.mobile}
    await made(world, one, 2, manager=own, name="Three")
    assert {group["manager"]["name"] for group in await listed(world, one.as_profile_manager(), one)} == {"Whoever", "New", "Omid Rad"}


async def test_the_operator_appoints_a_group_manager_for_a_time(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    group = await made(world, one, 0, account="sales")
    wanted = {"person": {"name": "Kaveh", "mobile": "+989351112244"}, "role": "GROUP_MANAGER", "organizationId": one.gid}
    assert (await asked(world, operator_admin(), GRANT, input=wanted))["membershipGrant"] == {"code": "INVALID_INPUT", "field": ["groupId"]}
    done = (await asked(world, operator_admin(), GRANT, input=wanted | {"groupId": group}))["membershipGrant"]
    assert done["membership"] == {"role": "GROUP_MANAGER", "group": {"name": "Vans"}, "account": {"name": "Sales"}, "person": {"name": "Kaveh"}}
    again = (await asked(world, operator_admin(), GRANT, input=wanted | {"groupId": group}))["membershipGrant"]
    assert again["code"] == "ALREADY_EXISTS"
    other = wanted | {"groupId": group, "organizationId": two_tenants.other.gid}
    assert (await asked(world, operator_admin(), GRANT, input=other))["membershipGrant"]["code"] == "NOT_FOUND"
    await asked(world, one.as_profile_manager(), DELETE, input={"groupId": group})
    async with world.database.read() as session:
        role = (await session.scalars(select(Membership).where(col(Membership.role) == "GROUP_MANAGER"))).one()
        assert role.valid_to == NOW


async def test_the_apps_documents_run(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    group = await made(world, one, 0, 1)
    documents = Path(__file__).parents[2] / "mobile" / "documents" / "16_groups.graphql"
    if documents.exists():
        text = documents.read_text()
        numbers = await ask(world.database, one.as_profile_manager(), text, {"id": group}, at=NOW, parts=world, operation="GroupNumbers")
        assert len(numbers.data["node"]["sims"]["edges"]) == 2
