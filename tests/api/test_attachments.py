"""Files of requests over HTTP: sent, attached once, and downloaded by both sides of the request and by nobody else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from api.worker import handlers
from api.workshop import Workshop
from domain.files.tables import File, Purpose
from domain.kernel.ids import Kind, encode
from domain.kernel.permissions import Role
from domain.people.tables import Person
from domain.tickets.documents import TicketMessage
from store import outbox
from tests.desk import Desk
from tests.world import TwoTenants, counted_statements

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SHOWN = "id nextStates messages(first: 10) { edges { node { text attachments { id fileName mediaType url } } } }"
OPEN = f"""mutation($input: TicketOpenInput!) {{ ticketOpen(input: $input) {{ ... on TicketOpenPayload {{
  plan {{ token changes {{ field after }} }} ticket {{ {SHOWN} }} }} ... on UserError {{ code message field }} }} }}"""
REPLY = f"""mutation($input: TicketReplyInput!) {{ ticketReply(input: $input) {{ ... on TicketReplyPayload {{ ticket {{ {SHOWN} }} }}
  ... on UserError {{ code message field }} }} }}"""
SEEN = f"query($id: ID!) {{ node(id: $id) {{ ... on Ticket {{ {SHOWN} }} }} }}"
FILE = "query($id: ID!) { node(id: $id) { ... on Document { fileName } } }"


class Office:
    """People signed in over HTTP."""

    def __init__(self, world: Workshop, http: httpx.AsyncClient, desk: Desk) -> None:
        self.world, self.http, self.desk = world, http, desk

    async def token(self, person: Person) -> str:
        return (await self.desk.begin(person)).access_token

    async def upload(self, token: str, name: str = "letter.pdf", organization: str | None = None) -> str:
        answer = await self.http.post(
            "/uploads", params={"fileName": name, **({"organizationId": organization} if organization else {})}, content=PDF,
            headers={"authorization": f"Bearer {token}", "content-type": "application/pdf"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        return str(answer.json()["uploadId"])

    async def ask(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        answer = await self.http.post("/graphql", json={"query": document, "variables": variables}, headers={"authorization": f"Bearer {token}"})
        told: dict[str, Any] = answer.json()
        return told

    async def opened(self, token: str, **more: Any) -> Any:
        content = {"organizationId": self.desk.tenant.gid, "title": "Bill", "text": "See the letter.", **more}
        return (await self.ask(token, OPEN, input=content))["data"]["ticketOpen"]

    async def purposes(self) -> list[str]:
        async with self.world.database.read() as session:
            return list((await session.scalars(select(File.purpose))).all())


@pytest_asyncio.fixture
async def office(world: Workshop, http: httpx.AsyncClient, two_tenants: TwoTenants) -> AsyncIterator[Office]:
    yield Office(world, http, Desk(world.auth, two_tenants))


def attached(ticket: dict[str, Any]) -> list[list[str]]:
    return [[file["fileName"] for file in edge["node"]["attachments"]] for edge in ticket["messages"]["edges"]]


async def test_both_sides_download_what_is_attached(office: Office) -> None:
    manager = await office.token(office.desk.manager)
    support = await office.token(await office.desk.hire(Role.SUPPORT))

    opened = await office.opened(manager, uploadIds=[await office.upload(manager), await office.upload(manager, "second.pdf")])
    ticket = opened["ticket"]

    assert [change["after"] for change in opened["plan"]["changes"] if change["field"] == "messages.attachments"] == ["letter.pdf", "second.pdf"]
    assert attached(ticket) == [["letter.pdf", "second.pdf"]]
    office.world.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    alone = (await office.ask(manager, REPLY, input={"ticketId": ticket["id"], "uploadIds": [await office.upload(manager, "more.pdf")]}))["data"]
    assert attached(alone["ticketReply"]["ticket"]) == [["letter.pdf", "second.pdf"], ["more.pdf"]]
    for token in (manager, support):
        seen = (await office.ask(token, SEEN, id=ticket["id"]))["data"]["node"]
        file = seen["messages"]["edges"][0]["node"]["attachments"][0]
        answer = await office.http.get(file["url"])
        assert (answer.status_code, answer.content) == (200, PDF)
        assert (await office.ask(token, FILE, id=file["id"]))["data"]["node"] == {"fileName": "letter.pdf"}


async def test_the_desk_answers_with_a_file(office: Office) -> None:
    manager = await office.token(office.desk.manager)
    support = await office.token(await office.desk.hire(Role.SUPPORT))
    ticket = (await office.opened(manager))["ticket"]
    office.world.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    upload = await office.upload(support, "answer.pdf", office.desk.tenant.gid)

    done = (await office.ask(support, REPLY, input={"ticketId": ticket["id"], "text": "Here it is.", "uploadIds": [upload]}))["data"]["ticketReply"]

    assert attached(done["ticket"]) == [[], ["answer.pdf"]]
    seen = (await office.ask(manager, SEEN, id=ticket["id"]))["data"]["node"]
    assert (await office.http.get(seen["messages"]["edges"][1]["node"]["attachments"][0]["url"])).content == PDF


async def test_nobody_else_gets_it(office: Office) -> None:
    manager, desk = await office.token(office.desk.manager), office.desk
    ticket = (await office.opened(manager, uploadIds=[await office.upload(manager)]))["ticket"]
    file = ticket["messages"]["edges"][0]["node"]["attachments"][0]

    for person in (desk.tenants.other.profile_manager, desk.tenant.account_manager):
        token = await office.token(person)
        assert (await office.ask(token, SEEN, id=ticket["id"]))["data"]["node"] is None
        assert (await office.ask(token, FILE, id=file["id"]))["data"]["node"] is None


async def test_an_upload_is_attached_once_by_its_sender_and_a_plan_leaves_it(office: Office) -> None:
    manager, colleague = await office.token(office.desk.manager), await office.token(office.desk.tenant.account_manager)
    upload = await office.upload(manager)

    planned = await office.opened(manager, uploadIds=[upload], mode="PLAN")
    assert planned["ticket"] is None and await office.purposes() == [Purpose.UPLOAD]
    assert (await office.opened(colleague, uploadIds=[upload]))["field"] == ["uploadIds"]
    for foreign in (encode(Kind.SIM, office.desk.tenant.sims[0].id), "x"):
        assert (await office.opened(manager, uploadIds=[foreign]))["code"] == "NOT_FOUND"
    assert (await office.opened(manager, uploadIds=[upload] * 11))["code"] == "INVALID_INPUT"
    assert await office.purposes() == [Purpose.UPLOAD]
    done = await office.opened(manager, uploadIds=[upload], planToken=planned["plan"]["token"])
    assert attached(done["ticket"]) == [["letter.pdf"]] and await office.purposes() == [Purpose.ATTACHMENT]
    assert (await office.opened(manager, uploadIds=[upload]))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lost_message_comes_back_with_its_files(office: Office) -> None:
    manager = await office.token(office.desk.manager)
    ticket = (await office.opened(manager, uploadIds=[await office.upload(manager)]))["ticket"]
    await TicketMessage.find({}).delete()

    await outbox.run_once(office.world.database, handlers(office.world), office.world.clock, worker="test")

    assert attached((await office.ask(manager, SEEN, id=ticket["id"]))["data"]["node"]) == [["letter.pdf"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_talk_with_files_takes_as_many_statements_however_many_there_are(office: Office) -> None:
    manager, counts = await office.token(office.desk.manager), []
    ticket = (await office.opened(manager, uploadIds=[await office.upload(manager)]))["ticket"]
    for _ in range(3):
        with counted_statements(office.world.database) as statements:
            seen = (await office.ask(manager, SEEN, id=ticket["id"]))["data"]["node"]
        counts.append((len(statements), sum(map(len, attached(seen)))))
        uploads = [await office.upload(manager, f"{number}.pdf") for number in range(4)]
        await office.ask(manager, REPLY, input={"ticketId": ticket["id"], "uploadIds": uploads})

    assert [files for _, files in counts] == [1, 5, 9] and len({statements for statements, _ in counts[1:]}) == 1
    assert counts[-1][0] <= counts[0][0]
