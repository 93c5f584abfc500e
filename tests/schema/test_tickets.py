"""Tickets, as both sides see and move them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import select

from api.worker import handlers
from api.world import World
from auth.actor import Actor, Grant
from auth.policy import RIGHTS
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Role
from domain.kernel.scope import ActorRef, Reach
from domain.people.tables import Membership, Person
from domain.tickets import rounds
from domain.tickets.documents import TicketMessage
from domain.tickets.tables import Ticket
from store import outbox
from store.outbox import OutboxRow
from tests.world import NOW, MovableClock, Tenant, TwoTenants, ask, counted_statements

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
    assert late["code"] == "STATE_CONFLICT" and "5 working days" in late["message"]
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
                assert (row.kind, row.state) in {("ticket_message", "DONE"), ("ticket_notice", "DONE")}
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
        assert {(row.kind, row.state) for row in await session.scalars(select(OutboxRow))} == {("ticket_message", "READY"), ("ticket_notice", "READY")}


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


async def hired(world: World, *, locale: str = "EN", email: str | None = "reza@operator.example") -> Person:
    """Somebody of support's."""
    reza = Person(id=uuid7(), name="Reza Support", name_fold="rezasupport", email=email, mobile=f"+98912{hash(email) % 10**7:07}", locale=locale, created_at=NOW)
    async with world.database.write() as session:
        session.add(reza)
        await session.flush()
        session.add(Membership(id=uuid7(), person_id=reza.id, role=Role.SUPPORT, valid_from=NOW - timedelta(days=1)))
    return reza


async def delivered(world: World, *, again: bool = False, at: datetime = NOW) -> list[Any]:
    """Everything in the inbox once the outbox is empty, the oldest first; `again` has the outbox deliver all of it twice."""
    if again:
        async with world.database.write() as session:
            await session.execute(update(OutboxRow).values(state="READY"))
    while await outbox.run_once(world.database, handlers(world), MovableClock(at), worker="test"):
        pass
    assert world.inbox is not None
    return world.inbox.messages()[::-1]


async def test_each_state_is_told_once_in_the_readers_language(world: World, two_tenants: TwoTenants) -> None:
    one, reza = two_tenants.one, await hired(world)
    manager, desk = one.as_profile_manager(), support(reza)
    ticket = await opened(world, manager, one)
    await reply(world, manager, ticket, text="Hello?")  # nobody works on it yet
    await reply(world, desk, ticket, text="We are looking.", assigneeId=encode(Kind.PERSON, reza.id))
    await reply(world, desk, ticket, text="Still looking.")
    await reply(world, desk, ticket, state="PENDING", text="Which phone?")
    await reply(world, manager, ticket, text="Thank you.")
    await reply(world, desk, ticket, state="RESOLVED")
    await reply(world, manager, ticket, state="CLOSED")

    await delivered(world)
    mails = await delivered(world, again=True)

    to_opener = [mail.subject for mail in mails if mail.to == one.profile_manager.email]
    to_desk = [mail.subject for mail in mails if mail.to == "reza@operator.example"]
    told = [f"درخواست TK-1405-00001: {news}" for news in ("ثبت شد", "در دست بررسی", "پیام تازه", "در انتظار شما", "پاسخ داده شد")]
    assert sorted(to_opener) == sorted(told)
    assert sorted(to_desk) == [f"Ticket TK-1405-00001: {news}" for news in ("closed", "in progress")]
    assert len(mails) == len(to_opener) + len(to_desk)
    assert any("تا ۱ آذر ۱۴۰۵، ۱۲:۰۰ پاسخ می‌دهیم" in mail.text for mail in mails)
    assert any("تا ۵ آذر ۱۴۰۵، ۱۳:۰۰ در سیمرغ بنویسید" in mail.text for mail in mails)
    assert not any(word in mail.text for mail in mails for word in ("We are looking", "Thank you", "Which phone"))


async def test_who_has_no_address_gets_an_sms_and_a_plan_tells_nobody(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    async with world.database.write() as session:
        await session.execute(update(Person).where(Person.id == one.profile_manager.id).values(email=None, locale="RU"))
    content = {"organizationId": one.gid, "title": "No signal", "text": "Since noon."}
    await run(world, one.as_profile_manager(), OPEN, mode="PLAN", **content)
    assert await delivered(world) == []
    await run(world, one.as_profile_manager(), OPEN, **content)

    (sms,) = await delivered(world)

    assert (sms.to, sms.text) == (one.profile_manager.mobile, "Simurgh: обращение TK-1405-00001: принято")


async def test_overdue_answers_are_told_once_to_whoever_owes_them(world: World, two_tenants: TwoTenants) -> None:
    one, reza = two_tenants.one, await hired(world)
    vera = await hired(world, locale="BG", email="vera@operator.example")
    manager = one.as_profile_manager()
    await opened(world, manager, one, title="Nobody's", aboutId=encode(Kind.SIM, one.sims[0].id), priority="HIGH")
    taken = await opened(world, manager, one, title="Vera's", priority="HIGH")
    await reply(world, support(vera), taken, assigneeId=encode(Kind.PERSON, vera.id))
    await opened(world, manager, one, title="Not yet", priority="LOW")
    before, due = len(await delivered(world)), NOW + timedelta(hours=4)

    assert await rounds.tell_late(world.database, at=due - timedelta(seconds=1)) == 0
    assert await rounds.tell_late(world.database, at=due) == 2
    assert await rounds.tell_late(world.database, at=due) == 0
    mails = {mail.to: mail for mail in (await delivered(world, at=due))[before:]}

    assert {to: mail.subject for to, mail in mails.items()} == {
        "reza@operator.example": "1 ticket is overdue", "vera@operator.example": "2 заявки са просрочени",
    }  # fmt: skip
    assert "TK-1405-00001 · Lines and network · Nobody's" in mails[str(reza.email)].text and "Vera's" not in mails[str(reza.email)].text
    await reply(world, manager, taken, text="Hello?", at=due)
    assert await rounds.tell_late(world.database, at=due + timedelta(hours=2)) == 0
    assert await rounds.tell_late(world.database, at=due + timedelta(days=4)) == 2  # the new deadline, and the one of low priority


async def test_what_was_answered_closes_by_itself_once(world: World, two_tenants: TwoTenants) -> None:
    one, desk = two_tenants.one, support()
    manager = one.as_profile_manager()
    ticket, other = await opened(world, manager, one), await opened(world, manager, one)
    for each in (ticket, other):
        await reply(world, desk, each, text="Mended.", state="RESOLVED")
    closes = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    await reply(world, manager, other, text="No.", at=closes - timedelta(minutes=1))
    before = len(await delivered(world))

    assert await rounds.close_answered(world.database, at=closes - timedelta(seconds=1)) == 0
    assert await rounds.close_answered(world.database, at=closes) == 1
    assert await rounds.close_answered(world.database, at=closes) == 0

    async def state_of(each: dict[str, Any]) -> str:
        return str((await ask(world.database, manager, NODE, {"id": each["id"]}, parts=world)).data["node"]["state"])

    assert (await state_of(ticket), await state_of(other)) == ("CLOSED", "IN_PROGRESS")
    (told,) = (await delivered(world, at=closes))[before:]
    assert told.subject == "درخواست TK-1405-00001: بسته شد"
    trail = await ask(
        world.database, manager,
        "query($id: ID!) { organization(id: $id) { auditTrail(first: 1) { edges { node { action by { label } changes { field before after } } } } } }",
        {"id": one.gid},
    )  # fmt: skip
    assert trail.data["organization"]["auditTrail"]["edges"][0]["node"] == {
        "action": "ticketClose", "by": {"label": "Simurgh"}, "changes": [{"field": "state", "before": "RESOLVED", "after": "CLOSED"}],
    }  # fmt: skip


async def test_many_workers_close_and_tell_once(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await hired(world)
    ticket = await opened(world, one.as_profile_manager(), one)
    await reply(world, support(), ticket, text="Mended.", state="RESOLVED")
    await opened(world, one.as_profile_manager(), one)
    before, at = len(await delivered(world)), NOW + timedelta(days=30)

    await asyncio.gather(*(deed(world.database, at=at) for deed in (rounds.close_answered, rounds.tell_late) for _ in range(5)))

    news = sorted(str(mail.subject) for mail in (await delivered(world, at=at))[before:])
    assert news == ["1 ticket is overdue", "درخواست TK-1405-00001: بسته شد"]


async def test_rounds_come_again_and_are_scheduled_once(world: World) -> None:
    for _ in range(2):
        await outbox.begin_rounds(world.database, rounds.handlers(world.database, world.mailer, world.clock), at=NOW)
    for _ in range(2):
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test")

    async with world.database.read() as session:
        (row,) = (await session.scalars(select(OutboxRow))).all()
    assert (row.kind, row.state, row.run_at) == ("ticket_round", "READY", NOW + rounds.EVERY)


async def test_a_search_finds_number_subject_department_and_words_in_scope(world: World, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    ticket = await opened(world, one.as_profile_manager(), one, title="Rechnung", text="نمی‌توانم كارت ۱۲ را ببینم", aboutId=encode(Kind.SIM, one.sims[8].id))
    await reply(world, support(), ticket, text="It is the antenna.")
    await opened(world, other.as_profile_manager(), other, title="Antenna")

    async def found(actor: Actor, search: str) -> int:
        answer = await ask(world.database, actor, DESK, {"first": 10, "search": search}, parts=world)
        page = answer.data["viewer"]["tickets"]
        assert page["totalCount"] == len(page["edges"])
        return len(page["edges"])

    for words in ("rechnung", "کارت 12", "Antenna", "tk-1405-00001", "خط و شبکه", "Линии"):
        assert await found(one.as_profile_manager(), words) == 1
        assert await found(one.as_account_manager(), words) == 0  # a card of the office
    assert (await found(support(), "antenna"), await found(support(), "lines and network"), await found(support(), "nothing such")) == (2, 1, 0)
