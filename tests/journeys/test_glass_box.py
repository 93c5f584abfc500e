"""Support helps behind glass (D5, D10): a ticket, a view with a reason, runbooks, and the customer who reads all of it."""

from pathlib import Path
from typing import Any

import httpx

from api.world import World
from domain.kernel.ids import Kind, encode
from domain.kernel.permissions import Role
from tests.desk import Desk
from tests.world import TwoTenants

ROOT = Path(__file__).parents[2]
TICKETS = (ROOT / "mobile/documents/23_tickets.graphql").read_text()
AUDIT = (ROOT / "mobile/documents/25_audit.graphql").read_text()
VIEW = (ROOT / "web/src/documents/support_session_open.graphql").read_text()
DESK = (ROOT / "web/src/documents/support_tickets.graphql").read_text()
REPLY = """mutation TicketReply($input: TicketReplyInput!) { ticketReply(input: $input) {
  ... on TicketReplyPayload { ticket { state } } ... on UserError { code message } } }"""
REASON = "Two lines have no data since noon"


class Client:
    """Somebody at the endpoint, with a bearer token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http, self.token = http, token

    async def __call__(self, document: str, operation: str | None = None, **variables: Any) -> Any:
        body = {"query": document, "variables": variables, "operationName": operation}
        answer = (await self.http.post("/graphql", json=body, headers={"authorization": f"Bearer {self.token}"})).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def codes(self, document: str, **variables: Any) -> list[str]:
        """The codes of a refused request."""
        answer = await self.http.post("/graphql", json={"query": document, "variables": variables}, headers={"authorization": f"Bearer {self.token}"})
        return [error["extensions"]["code"] for error in answer.json()["errors"]]


async def people(http: httpx.AsyncClient, world: World, tenants: TwoTenants) -> tuple[Client, Client]:
    """The company's profile manager and a support person, signed in."""
    desk = Desk(world.auth, tenants, world.clock.now())
    manager = await desk.begin(tenants.one.profile_manager)
    support = await desk.begin(await desk.hire(Role.SUPPORT))
    return Client(http, manager.access_token), Client(http, support.access_token)


async def view_of(support: Client, ticket: str) -> Client:
    """A view of the ticket's company."""
    opened = await support(VIEW, input={"ticketId": ticket, "reason": REASON})
    return Client(support.http, opened["supportSessionOpen"]["tokens"]["accessToken"])


async def test_the_customer_sees_who_looked_why_and_at_what(http: httpx.AsyncClient, world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    manager, support = await people(http, world, two_tenants)
    content = {"organizationId": one.gid, "title": "No data", "text": "Two lines.", "priority": "HIGH"}
    ticket = (await manager(TICKETS, "TicketOpen", input=content))["ticketOpen"]["ticket"]

    (found,) = [edge["node"] for edge in (await support(DESK, search=ticket["number"]))["viewer"]["tickets"]["edges"]]
    assert (found["id"], found["organization"]["name"]) == (ticket["id"], "Arya Trading")
    assert await support.codes("query($id: ID!) { account(id: $id) { name } }", id=one.account("root")) == ["FORBIDDEN"]

    view = await view_of(support, ticket["id"])
    number = one.sims[2].msisdn
    for name in ("01_why_is_the_line_dead", "08_puk_locked"):
        sim = (await view((ROOT / f"web/runbooks/{name}.graphql").read_text(), msisdn=number))["sim"]
        assert sim["status"] == "BLOCKED"
    managers = sim["account"]["organization"]["memberships"]["edges"]
    assert {edge["node"]["person"]["name"] for edge in managers} == {"S••• K•••", "O••• R•••"}
    found = await view((ROOT / "web/runbooks/09_manager_cannot_sign_in.graphql").read_text(), search="Arya")
    (company,) = [edge["node"] for edge in found["viewer"]["organizations"]["edges"]]
    assert {edge["node"]["person"]["mobile"][-5:] for edge in company["memberships"]["edges"]} == {"•••00", "•••01"}

    told = (await manager(AUDIT, organization=one.gid))["organization"]
    assert [shown["ticket"] for shown in told["supportViews"]] == [{"number": ticket["number"], "title": "No data"}]
    looks = [edge["node"] for edge in told["accessLog"]["edges"]]
    by_view = [look for look in looks if look["by"]["ticket"]]
    assert {look["operation"] for look in by_view} == {"WhyDead", "PukLocked", "ManagerScope"}
    for look in by_view:
        assert (look["reason"], look["by"]["ticket"]) == (REASON, {"number": ticket["number"]})
        if look["operation"] != "ManagerScope":
            assert look["subjects"][0] == {"__typename": "Sim", "id": encode(Kind.SIM, one.sims[2].id)}
    opened = next(edge["node"] for edge in told["auditTrail"]["edges"] if edge["node"]["action"] == "supportSessionOpen")
    assert (opened["reason"], opened["by"]["label"]) == (REASON, "Support Person")


async def test_the_view_ends_with_its_ticket(http: httpx.AsyncClient, world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    manager, support = await people(http, world, two_tenants)
    content = {"organizationId": one.gid, "title": "No data", "text": "Two lines."}
    ticket = (await manager(TICKETS, "TicketOpen", input=content))["ticketOpen"]["ticket"]
    view = await view_of(support, ticket["id"])
    look = "query($id: ID!) { sim(by: { id: $id }) { status } }"
    assert (await view(look, id=encode(Kind.SIM, one.sims[0].id)))["sim"] == {"status": "ACTIVE"}

    assert (await manager(REPLY, input={"ticketId": ticket["id"], "state": "CLOSED"}))["ticketReply"] == {"ticket": {"state": "CLOSED"}}

    assert await view.codes(look, id=encode(Kind.SIM, one.sims[0].id)) == ["UNAUTHENTICATED"]
    assert (await manager(AUDIT, organization=one.gid))["organization"]["supportViews"] == []
    refused = await support(VIEW, input={"ticketId": ticket["id"], "reason": REASON})
    assert refused["supportSessionOpen"]["code"] == "STATE_CONFLICT"


async def test_nothing_is_shown_to_support_while_looks_cant_be_logged(http: httpx.AsyncClient, world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    manager, support = await people(http, world, two_tenants)
    content = {"organizationId": one.gid, "title": "No data", "text": "Two lines."}
    ticket = (await manager(TICKETS, "TicketOpen", input=content))["ticketOpen"]["ticket"]
    view = await view_of(support, ticket["id"])
    await world.documents.client.close()
    fleet = "query($id: ID!) { account(id: $id) { sims(first: 5) { edges { node { msisdn } } } } }"

    answer = await http.post("/graphql", json={"query": fleet, "variables": {"id": one.account("root")}}, headers={"authorization": f"Bearer {view.token}"})

    assert answer.json()["data"] is None and one.sims[0].msisdn not in answer.text
    assert await view.codes(fleet, id=one.account("root")) == ["UNAVAILABLE"]
    assert len((await manager(fleet, id=one.account("root")))["account"]["sims"]["edges"]) == 5
