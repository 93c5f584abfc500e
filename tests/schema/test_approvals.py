"""Budgets, bands and approvals as clients ask for them: the inbox, the answer, and what support sees of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio
from sqlmodel import select

from auth.actor import Actor
from domain.approvals.rules import budget_id
from domain.approvals.spending import set_daily_budget
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Role
from domain.kernel.scope import ActorRef, Reach
from domain.people.tables import Membership
from schema.kernel.scalars import written
from store.session import Database
from tests.approvals import MONTH, appoint, set_bands, set_budget, stand_in
from tests.domain.orders.shop import GROSS, Shop
from tests.world import NOW, Answer, Tenant, TwoTenants, ask, manager

INBOX = """query Inbox($after: String) { viewer {
  approvals(first: 25, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node {
    id reason state requestedAt dueAt amount { amount currency } requestedBy { label } subject { __typename id } approvers { name }
    plan { changeCount changes { label field before after } total { gross { amount } } approvals { reason approvers { name } } } } } }
  memberships { account { name } organization { budgets(first: 10) { edges { node {
    month limit { amount } spent { amount } committed { amount } free { amount } asOf } } } } } } }"""
DECIDE = """mutation Decide($input: ApprovalDecideInput!) { approvalDecide(input: $input) {
  ... on ApprovalDecidePayload { approval { id state decidedAt decidedBy { label approval { id } } } plan { token changeCount } }
  ... on InsufficientFunds { required { amount } available { amount } }
  ... on PlanStale { plan { token changeCount } }
  ... on UserError { code message field } } }"""
PLACE = """mutation($input: OrderPlaceInput!) { orderPlace(input: $input) {
  ... on OrderPlacePayload { plan { token approvals { reason amount { amount } approvers { name } } } order { id state approval { id state } } }
  ... on BudgetExceeded { required { amount } available { amount } budget { id month } }
  ... on UserError { code message } } }"""
BANDS = """query($id: ID!) { organization(id: $id) { approvalBands { from { amount } account { name } approver { name }
  delegation { to { name } validFor { endsAt } } } budgets(first: 5) { totalCount edges { node { id month free { amount } subject {
  ... on Account { name } ... on CostCentre { code } } thresholds source } } } } }"""
SEEN = "query($id: ID!) { node(id: $id) { ... on Order { approval { state requestedBy { label } approvers { name } note } } } }"


class House:
    """A company where a second profile manager buys and the first one is asked from a million rials on."""

    def __init__(self, shop: Shop, buyer: Actor) -> None:
        self.shop, self.database, self.one, self.buyer = shop, shop.database, shop.one, buyer
        self.sara = shop.one.as_profile_manager()

    async def ask(self, document: str, actor: Actor, **variables: Any) -> Answer:
        return await ask(self.database, actor, document, variables, at=self.shop.clock.now())

    async def feed(self, actor: Actor) -> list[tuple[str, str, str]]:
        """Headlines of what somebody was told, and what to open."""
        viewer = (await self.ask("{ viewer { notifications(first: 9) { edges { node { title subject { __typename id } } } } } }", actor)).data["viewer"]
        nodes = [edge["node"] for edge in viewer["notifications"]["edges"]]
        return [(node["title"], node["subject"]["__typename"], node["subject"]["id"]) for node in nodes]

    async def place(self, actor: Actor | None = None, **changes: Any) -> Any:
        line = {"offeringId": encode(Kind.OFFERING, self.shop.offering.id), "sims": {"ids": [encode(Kind.SIM, self.one.sims[0].id)]}}
        content = {"accountId": self.one.account("root"), "lines": [line], "idempotencyKey": str(uuid4()), **changes}
        answer = await self.ask(PLACE, actor or self.buyer, input=content)
        assert answer.errors == []
        return answer.data["orderPlace"]


@pytest_asyncio.fixture
async def house(database: Database, two_tenants: TwoTenants) -> House:
    """With a budget of four such purchases."""
    shop = await Shop.opened(database, two_tenants)
    buyer = await appoint(database, shop.one, "Bahar Omidi", Role.PROFILE_MANAGER, "root")
    await set_bands(database, shop.one, "root", (1_000_000, shop.one.profile_manager.id))
    await set_budget(database, shop.one, "root", 4 * GROSS)
    return House(shop, manager(buyer, Role.PROFILE_MANAGER, Reach(shop.one.id)))


async def test_asked_shown_answered_and_followed(house: House) -> None:
    asked_sum = f"{GROSS:,}\u00a0IRR"
    planned = await house.place(mode="PLAN")
    placed = await house.place(planToken=planned["plan"]["token"])

    assert planned["plan"]["approvals"] == [{"reason": "AMOUNT", "amount": {"amount": str(GROSS)}, "approvers": [{"name": "Sara Karimi"}]}]
    assert (placed["order"]["state"], placed["order"]["approval"]["state"]) == ("HELD", "PENDING")
    viewer = (await house.ask(INBOX, house.sara)).data["viewer"]
    (edge,) = viewer["approvals"]["edges"]
    asked = edge["node"]
    assert viewer["approvals"]["totalCount"] == 1
    assert (asked["id"], asked["reason"], asked["amount"]["amount"], asked["requestedBy"]["label"], asked["subject"]) == (
        placed["order"]["approval"]["id"], "AMOUNT", str(GROSS), "Bahar Omidi", {"__typename": "Order", "id": placed["order"]["id"]},
    )  # fmt: skip
    assert [change["field"] for change in asked["plan"]["changes"]] == ["products", "held"]
    assert asked["plan"]["approvals"] == [{"reason": "AMOUNT", "approvers": [{"name": "Sara Karimi"}]}]
    (budget,) = viewer["memberships"][0]["organization"]["budgets"]["edges"] if viewer["memberships"] else (None,)
    assert budget is None or budget["node"]["committed"]["amount"] == str(GROSS)

    assert await house.feed(house.sara) == [(f"Approval asked: {asked_sum}", "Approval", asked["id"])]

    content = {"approvalId": asked["id"], "isGranted": True, "idempotencyKey": str(uuid4())}
    ahead = (await house.ask(DECIDE, house.sara, input=content | {"mode": "PLAN"})).data["approvalDecide"]
    done = (await house.ask(DECIDE, house.sara, input=content | {"planToken": ahead["plan"]["token"]})).data["approvalDecide"]
    assert (done["approval"]["state"], done["approval"]["decidedBy"]["label"]) == ("APPROVED", "Sara Karimi")
    assert await house.feed(house.buyer) == [(f"Approved: {asked_sum}", "Approval", asked["id"])]
    trail = await house.ask(
        "query($id: ID!) { organization(id: $id) { auditTrail(first: 1) { edges { node { action by { label approval { id } } } } } } }",
        house.sara, id=house.one.gid,
    )  # fmt: skip
    (entry,) = trail.data["organization"]["auditTrail"]["edges"]
    assert entry["node"] == {"action": "approvalDecide", "by": {"label": "Sara Karimi", "approval": {"id": asked["id"]}}}
    assert (await house.ask(INBOX, house.sara)).data["viewer"]["approvals"]["edges"] == []


async def test_the_inbox_is_paged_and_each_persons_own(house: House) -> None:
    for _ in range(3):
        await house.place()
    document = INBOX.replace("first: 25", "first: 2")

    first = (await house.ask(document, house.sara)).data["viewer"]["approvals"]
    second = (await house.ask(document, house.sara, after=first["pageInfo"]["endCursor"])).data["viewer"]["approvals"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (3, True, False)
    assert len({edge["node"]["id"] for edge in first["edges"] + second["edges"]}) == 3
    for other in (house.buyer, house.one.as_account_manager(), house.shop.tenants.other.as_profile_manager()):
        assert (await house.ask(document, other)).data["viewer"]["approvals"]["totalCount"] == 0


async def test_a_token_asks_but_never_answers(house: House) -> None:
    token_id = uuid7()
    token = Actor(ActorRef(token_id, "ERP", house.sara.person_id, token_id), house.buyer.grants)
    async with house.database.write() as session:
        await set_daily_budget(session, house.one.id, token_id, 2 * GROSS - 1)

    first, second = await house.place(token), await house.place(token)

    assert first["order"]["state"] == "HELD"
    assert (second["code"], second["required"], second["available"], second["budget"]) == (
        "BUDGET_EXCEEDED", {"amount": str(GROSS)}, {"amount": str(GROSS - 1)}, None,
    )  # fmt: skip
    assert "2,199,999" not in second["message"] and "1,099,999" in second["message"]
    content = {"approvalId": first["order"]["approval"]["id"], "isGranted": True, "idempotencyKey": str(uuid4())}
    own = (await house.ask(DECIDE, house.sara, input=content)).data["approvalDecide"]
    assert own["code"] == "NOT_ELIGIBLE"


async def test_over_budget_with_nobody_to_ask_names_the_budget(house: House) -> None:
    await set_budget(house.database, house.one, "root", GROSS - 1)
    async with house.database.write() as session:
        for row in (await session.scalars(select(Membership).where(Membership.person_id == house.buyer.person_id))).all():
            row.valid_to = NOW

    refused = await house.place(house.sara)

    assert (refused["code"], refused["available"]) == ("BUDGET_EXCEEDED", {"amount": str(GROSS - 1)})
    assert refused["budget"] == {"id": encode(Kind.BUDGET, budget_id(house.one.accounts["root"].id, str(MONTH))), "month": str(MONTH)}


async def test_bands_and_budgets_with_their_stand_ins(house: House) -> None:
    deputy = await appoint(house.database, house.one, "Deputy", Role.PROFILE_MANAGER, "root")
    ends = NOW + timedelta(days=14)
    await stand_in(house.database, house.sara, deputy.id, ends)

    shown = (await house.ask(BANDS, house.sara, id=house.one.gid)).data["organization"]

    assert shown["approvalBands"] == [
        {
            "from": {"amount": "1000000"}, "account": {"name": "Root"}, "approver": {"name": "Sara Karimi"},
            "delegation": {"to": {"name": "Deputy"}, "validFor": {"endsAt": written(ends)}},
        }
    ]  # fmt: skip
    (edge,) = shown["budgets"]["edges"]
    assert (edge["node"]["month"], edge["node"]["subject"], edge["node"]["thresholds"]) == (str(MONTH), {"name": "Root"}, [75, 90, 100])
    assert edge["node"]["free"] == {"amount": str(4 * GROSS)}
    below = (await house.ask(BANDS, house.one.as_account_manager(), id=house.one.gid)).data["organization"]
    assert (below["approvalBands"], below["budgets"]["totalCount"]) == ([], 0)


async def test_support_sees_names_masked_and_answers_nothing(house: House) -> None:
    placed = await house.place()
    support = house.one.as_support()

    seen = (await house.ask(SEEN, support, id=placed["order"]["id"])).data["node"]["approval"]
    assert seen == {"state": "PENDING", "requestedBy": {"label": "B••• O•••"}, "approvers": [{"name": "S••• K•••"}], "note": None}
    content = {"approvalId": placed["order"]["approval"]["id"], "isGranted": True, "idempotencyKey": str(uuid4())}
    assert (await house.ask(DECIDE, support, input=content)).codes == ["FORBIDDEN"]


async def test_somebody_elses_approval_is_not_found(house: House) -> None:
    placed = await house.place()
    stranger: Tenant = house.shop.tenants.other
    content = {"approvalId": placed["order"]["approval"]["id"], "isGranted": True, "idempotencyKey": str(uuid4())}

    answer = await house.ask(DECIDE, stranger.as_profile_manager(), input=content)
    assert answer.data["approvalDecide"]["code"] == "NOT_FOUND"
    assert (await house.ask(SEEN, stranger.as_profile_manager(), id=placed["order"]["id"])).data == {"node": None}
