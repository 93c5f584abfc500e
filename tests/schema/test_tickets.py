"""Tickets, as both sides see and move them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.worker import handlers
from api.world import World
from auth.actor import Actor, Grant
from auth.policy import RIGHTS
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Role
from domain.kernel.scope import ActorRef, Reach
from domain.people.tables import Membership, Person
from domain.tickets.documents import TicketMessage
from domain.tickets.tables import Ticket
from store import outbox
from store.outbox import OutboxRow
from tests.world import NOW, Tenant, TwoTenants, ask, counted_statements

OPEN = """mutation TicketOpen($input: TicketOpenInput!) { ticketOpen(input: $input) {
  ... on TicketOpenPayload { plan { token changes { label field before after subject { id } } } ticket { id number state priority dueAt nextStates
    openedBy { label } about { id } messages(first: 10) { edges { node { id text by { label } } } } } }
  ... on UserError { code message field } } }"""
REPLY = """mutation TicketReply($input: TicketReplyInput!) { ticketReply(input: $input) {
  ... on TicketReplyPayload { plan { token changes { label field before after } } ticket { id state dueAt nextStates assignee { name mobile }
    messages(last: 10) { edges { node { id text by { label } } } } } }
  ... on UserError { code message field } } }"""
OWN = """query($organization: ID!, $states: [TicketState!], $first: Int) { organization(id: $organization) { tickets(states: $states, first: $first) {
  totalCount edges { node { id number title state } } } } }"""
DESK = """query($states: [TicketState!], $search: String, $first: Int, $after: String) { viewer { tickets(states: $states, search: $search, first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } edges { node { id number title state organization { name } messages(last: 3) { edges { node { text } } } } } } } }"""
NODE = """query($id: ID!) { node(id: $id) { id ... on Ticket { number state nextStates openedBy { label } messages(first: 50) { edges { node { id text by { label } } } } } } }"""


def support(person: Person | None = None) -> Actor:
    """A support person outside of any view."""
    id = person.id if person else uuid7()
    ref = ActorRef(id, person.name if person else "Reza Support", person_id=id, is_operator=True)
    return Actor(ref, (Grant(RIGHTS[Role.SUPPORT], Reach(None)),), session_id=uuid7(), proven_at=NOW, is_masked=True)


async def run(world: World, actor: Actor, document: str, at: datetime = NOW, **input: Any) -> dict[str, Any]:
    answer = await ask(world.database, actor, document, {"input": input}, at=at, parts=world)
    assert answer.errors == []
    (result,) = answer.data.values()
    return dict(result)


async def opened(world: World, actor: Actor, tenant: Tenant, *, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    """A ticket of a tenant."""
    result = await run(world, actor, OPEN, at, organizationId=tenant.gid, **{"title": "No signal", "text": "Since noon.", **more})
    ticket: dict[str, Any] = result["ticket"]
    return ticket


async def reply(world: World, actor: Actor, ticket: dict[str, Any], *, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return await run(world, actor, REPLY, at, ticketId=ticket["id"], **more)


def texts(ticket: dict[str, Any]) -> list[str]:
    return [edge["node"]["text"] for edge in ticket["messages"]["edges"]]


async def test_opening_numbers_dates_and_shows_the_message_at_once(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    about = encode(Kind.SIM, one.sims[0].id)
    first = await opened(world, one.as_profile_manager(), one, title="  No signal ", priority="HIGH", aboutId=about)
    second = await opened(world, one.as_profile_manager(), one)

    assert (first["number"], second["number"]) == ("TK-1405-00001", "TK-1405-00002")
    assert (first["state"], first["dueAt"], second["dueAt"]) == ("ACKNOWLEDGED", "2026-11-21T12:30:00Z", "2026-11-22T08:30:00Z")
    assert (first["about"], first["openedBy"], first["nextStates"]) == ({"id": about}, {"label": "Sara Karimi"}, ["CLOSED"])
    assert texts(first) == ["Since noon."]


async def test_a_plan_keeps_nothing_and_its_token_applies(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    content = {"organizationId": one.gid, "title": "No signal", "text": "Since noon."}
    planned = await run(world, one.as_profile_manager(), OPEN, mode="PLAN", **content)

    assert planned["ticket"] is None
    assert [(change["field"], change["after"]) for change in planned["plan"]["changes"]] == [
        ("state", "ACKNOWLEDGED"), ("priority", "MEDIUM"), ("messages", "Since noon."),
    ]  # fmt: skip
    async with world.database.read() as session:
        assert (await session.scalars(select(Ticket))).all() == []
        assert (await session.scalars(select(OutboxRow))).all() == []
    later = NOW + timedelta(minutes=3)
    done = await run(world, one.as_profile_manager(), OPEN, later, planToken=planned["plan"]["token"], **content)
    assert done["ticket"]["state"] == "ACKNOWLEDGED"
    stale = await run(world, one.as_profile_manager(), OPEN, later, planToken=planned["plan"]["token"], **{**content, "text": "Since nine."})
    assert stale["code"] == "PLAN_STALE"


async def test_a_ticket_lives_through_both_sides(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    manager, desk = one.as_profile_manager(), support()
    ticket = await opened(world, manager, one)

    taken = (await reply(world, desk, ticket, text="We are looking.", at=NOW + timedelta(minutes=1)))["ticket"]
    assert (taken["state"], taken["dueAt"]) == ("IN_PROGRESS", "2026-11-22T08:30:00Z")
    asked = (await reply(world, desk, ticket, text="Which phone is it?", state="PENDING", at=NOW + timedelta(minutes=2)))["ticket"]
    assert (asked["state"], asked["dueAt"]) == ("PENDING", None)
    answered = (await reply(world, manager, ticket, text="A blue one.", at=NOW + timedelta(hours=1)))["ticket"]
    assert (answered["state"], answered["dueAt"], answered["nextStates"]) == ("IN_PROGRESS", "2026-11-22T09:30:00Z", ["CLOSED"])
    refused = await reply(world, manager, ticket, state="RESOLVED")
    assert (refused["code"], refused["field"]) == ("STATE_CONFLICT", ["state"])
    resolved = (await reply(world, desk, ticket, text="Mended.", state="RESOLVED", at=NOW + timedelta(hours=2)))["ticket"]
    assert (resolved["state"], resolved["dueAt"], resolved["nextStates"]) == ("RESOLVED", None, ["IN_PROGRESS", "CLOSED"])
    late = await reply(world, manager, ticket, state="IN_PROGRESS", at=NOW + timedelta(days=8))
    assert late["code"] == "STATE_CONFLICT" and "7 days" in late["message"]
    reopened = (await reply(world, manager, ticket, text="Again!", at=NOW + timedelta(days=1)))["ticket"]
    assert reopened["state"] == "IN_PROGRESS"
    closed = (await reply(world, manager, ticket, state="CLOSED", at=NOW + timedelta(days=1, hours=1)))["ticket"]
    assert (closed["state"], closed["nextStates"]) == ("CLOSED", [])
    for actor in (manager, desk):
        assert (await reply(world, actor, ticket, text="One more thing", at=NOW + timedelta(days=2)))["code"] == "STATE_CONFLICT"
    assert texts(closed) == ["Since noon.", "We are looking.", "Which phone is it?", "A blue one.", "Mended.", "Again!"]


async def test_a_reply_has_to_say_something(world: World, two_tenants: TwoTenants) -> None:
    ticket = await opened(world, two_tenants.one.as_profile_manager(), two_tenants.one)

    for content in ({}, {"text": "  "}, {"text": "x" * 4001}):
        assert (await reply(world, two_tenants.one.as_profile_manager(), ticket, **content))["code"] == "INVALID_INPUT"


async def test_tickets_stay_with_their_company(world: World, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    ticket = await opened(world, one.as_profile_manager(), one)

    for actor in (other.as_profile_manager(), other.as_support()):
        assert (await ask(world.database, actor, NODE, {"id": ticket["id"]}, parts=world)).data["node"] is None
    refused = await reply(world, other.as_profile_manager(), ticket, text="Mine?")
    assert (refused["code"], refused["field"]) == ("NOT_FOUND", ["ticketId"])
    foreign = await run(world, other.as_profile_manager(), OPEN, organizationId=one.gid, title="x", text="y")
    assert (foreign["code"], foreign["field"]) == ("NOT_FOUND", ["organizationId"])
    about = await run(
        world, other.as_profile_manager(), OPEN, organizationId=other.gid, title="x", text="y", aboutId=encode(Kind.SIM, one.sims[0].id)
    )
    assert (about["code"], about["field"]) == ("NOT_FOUND", ["aboutId"])
    seen = await ask(world.database, other.as_profile_manager(), DESK, {"first": 10}, parts=world)
    assert seen.data["viewer"]["tickets"]["totalCount"] == 0


async def test_an_account_manager_sees_tickets_of_the_subtree(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    whole, part = one.as_profile_manager(), one.as_account_manager()
    general = await opened(world, whole, one, title="Contract")
    sales = await opened(world, whole, one, title="Sales line", aboutId=encode(Kind.SIM, one.sims[0].id))
    office = await opened(world, whole, one, title="Office line", aboutId=encode(Kind.SIM, one.sims[8].id))
    own = await opened(world, part, one, title="Own question")

    async def titles(actor: Actor) -> set[str]:
        page = (await ask(world.database, actor, OWN, {"organization": one.gid, "first": 10}, parts=world)).data["organization"]["tickets"]
        assert page["totalCount"] == len(page["edges"])
        return {edge["node"]["title"] for edge in page["edges"]}

    assert await titles(part) == {"Sales line", "Own question"}
    assert await titles(whole) == {"Contract", "Sales line", "Office line", "Own question"}
    for ticket in (general, office):
        assert (await ask(world.database, part, NODE, {"id": ticket["id"]}, parts=world)).data["node"] is None
        assert (await reply(world, part, ticket, text="?"))["code"] == "NOT_FOUND"
    for ticket in (sales, own):
        assert "ticket" in await reply(world, part, ticket, text="Please")
    refused = await run(world, part, OPEN, organizationId=one.gid, title="x", text="y", aboutId=encode(Kind.SIM, one.sims[8].id))
    assert refused["code"] == "NOT_FOUND"


async def test_the_desk_finds_tickets_of_all_customers_and_nothing_else_of_them(world: World, two_tenants: TwoTenants) -> None:
    one, other, desk = two_tenants.one, two_tenants.other, support()
    first = await opened(world, one.as_profile_manager(), one, title="قطعی اینترنت", aboutId=encode(Kind.SIM, one.sims[0].id))
    await opened(world, other.as_profile_manager(), other, title="Roaming", at=NOW + timedelta(minutes=1))

    async def found(**variables: Any) -> list[str]:
        answer = await ask(world.database, desk, DESK, {"first": 10, **variables}, parts=world)
        assert answer.errors == []
        return [edge["node"]["title"] for edge in answer.data["viewer"]["tickets"]["edges"]]

    assert await found() == ["Roaming", "قطعی اینترنت"]
    assert await found(search="اينترنت") == ["قطعی اینترنت"]
    assert await found(search="tk-1405-00001") == ["Roaming", "قطعی اینترنت"]
    assert await found(states=["CLOSED"]) == []
    node = await ask(world.database, desk, NODE, {"id": first["id"]}, parts=world)
    assert node.data["node"]["openedBy"] == {"label": "S••• K•••"}
    assert node.data["node"]["messages"]["edges"][0]["node"]["by"] == {"label": "S••• K•••"}
    about = await ask(world.database, desk, "query($id: ID!) { node(id: $id) { ... on Ticket { about { id } } } }", {"id": first["id"]}, parts=world)
    assert about.data["node"]["about"] is None and about.codes == ["FORBIDDEN"]
    customer = await ask(
        world.database, desk, "query($id: ID!) { organization(id: $id) { auditTrail(first: 1) { edges { node { id } } } } }", {"id": one.gid}, parts=world
    )
    assert customer.codes == ["FORBIDDEN"]


async def test_a_support_view_reads_and_writes_nothing(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    ticket = await opened(world, one.as_profile_manager(), one)
    node = await ask(world.database, one.as_support(), NODE, {"id": ticket["id"]}, parts=world)

    assert node.data["node"]["nextStates"] == [] and texts(node.data["node"]) == ["Since noon."]
    for document, input in ((OPEN, {"organizationId": one.gid, "title": "x", "text": "y"}), (REPLY, {"ticketId": ticket["id"], "text": "y"})):
        assert (await ask(world.database, one.as_support(), document, {"input": input}, parts=world)).codes == ["FORBIDDEN"]
    async with world.database.read() as session:
        assert len((await session.scalars(select(Ticket))).all()) == 1


async def test_only_the_operator_assigns_and_only_to_its_own(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    reza = Person(id=uuid7(), name="Reza Support", name_fold="rezasupport", mobile="+989121111111", created_at=NOW)
    async with world.database.write() as session:
        session.add(reza)
        await session.flush()
        session.add(Membership(id=uuid7(), person_id=reza.id, role=Role.SUPPORT, valid_from=NOW - timedelta(days=1)))
    ticket, gid = await opened(world, one.as_profile_manager(), one), encode(Kind.PERSON, reza.id)

    assert (await reply(world, one.as_profile_manager(), ticket, assigneeId=gid))["code"] == "NOT_ELIGIBLE"
    manager = encode(Kind.PERSON, one.profile_manager.id)
    assert (await reply(world, support(reza), ticket, assigneeId=manager))["code"] == "NOT_FOUND"
    done = await reply(world, support(reza), ticket, assigneeId=gid, state="IN_PROGRESS")

    assert done["plan"]["changes"] == [
        {"label": ticket["number"], "field": "assignee", "before": None, "after": "Reza Support"},
        {"label": ticket["number"], "field": "state", "before": "ACKNOWLEDGED", "after": "IN_PROGRESS"},
    ]
    assert done["ticket"]["assignee"]["name"] == "Reza Support"
    seen = await ask(
        world.database, one.as_profile_manager(), "query($id: ID!) { node(id: $id) { ... on Ticket { assignee { name mobile } } } }", {"id": ticket["id"]}, parts=world
    )
    assert seen.data["node"]["assignee"] == {"name": "Reza Support", "mobile": None}


async def test_a_message_is_kept_once_however_often_it_is_delivered(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    ticket = await opened(world, one.as_profile_manager(), one)
    for _ in range(2):
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test")
        async with world.database.write() as session:
            for row in await session.scalars(select(OutboxRow)):
                assert (row.kind, row.state) == ("ticket_message", "DONE")
                row.state = "READY"

    node = await ask(world.database, one.as_profile_manager(), NODE, {"id": ticket["id"]}, parts=world)
    assert texts(node.data["node"]) == ["Since noon."]


async def test_a_lost_message_is_brought_by_the_outbox(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    ticket = await opened(world, one.as_profile_manager(), one)
    await TicketMessage.find({}).delete()

    await outbox.run_once(world.database, handlers(world), world.clock, worker="test")

    node = await ask(world.database, one.as_profile_manager(), NODE, {"id": ticket["id"]}, parts=world)
    assert texts(node.data["node"]) == ["Since noon."]
    message = node.data["node"]["messages"]["edges"][0]["node"]["id"]
    found = "query($id: ID!) { node(id: $id) { ... on TicketMessage { text } } }"
    assert (await ask(world.database, one.as_profile_manager(), found, {"id": message}, parts=world)).data["node"] == {"text": "Since noon."}
    for actor in (two_tenants.other.as_profile_manager(), one.as_account_manager()):
        assert (await ask(world.database, actor, found, {"id": message}, parts=world)).data["node"] is None


async def test_an_outage_of_the_document_store_costs_the_talk_alone(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await world.documents.client.close()
    answer = await ask(
        world.database, one.as_profile_manager(), OPEN, {"input": {"organizationId": one.gid, "title": "No signal", "text": "Since noon."}}, parts=world
    )

    assert answer.data["ticketOpen"]["ticket"]["number"] == "TK-1405-00001"
    assert answer.data["ticketOpen"]["ticket"]["messages"] is None and answer.codes == ["UNAVAILABLE"]
    async with world.database.read() as session:
        assert [row.state for row in await session.scalars(select(OutboxRow))] == ["READY"]


async def test_the_trail_and_the_log_tell_of_it(world: World, two_tenants: TwoTenants) -> None:
    one, desk = two_tenants.one, support()
    ticket = await opened(world, one.as_profile_manager(), one)
    await ask(world.database, desk, NODE, {"id": ticket["id"]}, parts=world)
    await reply(world, desk, ticket, text="We are looking.")
    answer = await ask(
        world.database, one.as_profile_manager(),
        """query($id: ID!) { organization(id: $id) { auditTrail(first: 5) { edges { node { action by { label } changes { field after } } } }
          accessLog(filter: { isByOperator: true }, first: 5) { edges { node { by { label ticket { id } } subjects { __typename id } } } } } }""",
        {"id": one.gid},
    )  # fmt: skip

    replied, begun = [edge["node"] for edge in answer.data["organization"]["auditTrail"]["edges"]]
    assert (begun["action"], replied["action"], replied["by"]) == ("ticketOpen", "ticketReply", {"label": "Reza Support"})
    assert {"field": "messages", "after": "We are looking."} in replied["changes"]
    (look,) = [edge["node"] for edge in answer.data["organization"]["accessLog"]["edges"]]
    assert look == {"by": {"label": "Reza Support", "ticket": None}, "subjects": [{"__typename": "Ticket", "id": ticket["id"]}]}


@pytest.mark.parametrize("count", [1, 6])
async def test_a_page_of_tickets_with_talk_costs_constant_statements(world: World, two_tenants: TwoTenants, count: int) -> None:
    one = two_tenants.one
    for _ in range(count):
        await opened(world, one.as_profile_manager(), one)

    with counted_statements(world.database) as statements:
        answer = await ask(world.database, one.as_profile_manager(), DESK, {"first": 10}, parts=world)

    assert len(answer.data["viewer"]["tickets"]["edges"]) == count
    assert len(statements) == 3


async def test_the_other_side_is_told_by_mail_in_its_language(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    reza = Person(id=uuid7(), name="Reza Support", name_fold="rezasupport", email="reza@operator.example", locale="EN", created_at=NOW)
    async with world.database.write() as session:
        session.add(reza)
        await session.flush()
        session.add(Membership(id=uuid7(), person_id=reza.id, role=Role.SUPPORT, valid_from=NOW - timedelta(days=1)))
    ticket = await opened(world, one.as_profile_manager(), one)
    await reply(world, one.as_profile_manager(), ticket, text="Hello?")
    await reply(world, support(reza), ticket, text="We are looking.", assigneeId=encode(Kind.PERSON, reza.id))
    await reply(world, support(reza), ticket, state="PENDING")
    await reply(world, one.as_profile_manager(), ticket, text="Thank you.")
    for _ in range(4):
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test")

    assert world.inbox is not None
    mails = {mail.to: mail for mail in world.inbox.messages()}
    assert len(world.inbox.messages()) == 2 and set(mails) == {one.profile_manager.email, "reza@operator.example"}
    assert mails["reza@operator.example"].subject == "Ticket TK-1405-00001: a new message"
    assert "درخواست TK-1405-00001 «No signal»" in mails[one.profile_manager.email or ""].text
    assert not any(word in mail.text for mail in mails.values() for word in ("We are looking", "Thank you"))
