"""Buying through the schema: the app's own documents, the history, and what each role sees."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from api.worker import DEEDS
from api.world import World
from auth.actor import Actor
from domain.jobs import running as jobs
from domain.kernel.ids import Kind, decode, encode
from domain.orders.fulfilment import handlers
from store import outbox
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.world import Answer, TwoTenants, ask, counted_statements, operator_admin

DOCUMENTS = Path(__file__).parents[2] / "mobile" / "documents"
PLACE = (DOCUMENTS / "11_order_place.graphql").read_text()
HISTORY = (DOCUMENTS / "12_purchase_history.graphql").read_text()
DELIVERED = (Path(__file__).parents[2] / "web" / "runbooks" / "04_was_the_bundle_delivered.graphql").read_text()
GROUP = "mutation($input: GroupCreateInput!) { groupCreate(input: $input) { ... on GroupCreatePayload { group { id } } } }"
MANY = """mutation Many($input: OrderPlaceInput!) { orderPlace(input: $input) { __typename ... on UserError { code message }
  ... on OrderPlacePayload { plan { token changeCount total { gross { amount } } } order { ...Shown items(first: 2) { totalCount } } } } }
query Seen($id: ID!, $after: String) { node(id: $id) { ... on Order { ...Shown items(first: 2, after: $after) { totalCount
  pageInfo { hasNextPage endCursor } edges { node { sim { msisdn } } } } } } }
fragment Shown on Order { id state job { id kind state total succeeded } }"""


class Counter:
    """A shop with its counter: the schema over the world."""

    def __init__(self, world: World, shop: Shop) -> None:
        self.world, self.shop, self.one = world, shop, shop.one
        self.handlers = handlers(world.database, shop.network, shop.post, shop.press, world.clock)
        self.buyer = self.one.as_profile_manager()

    @classmethod
    async def opened(cls, world: World, tenants: TwoTenants) -> "Counter":
        return cls(world, await Shop.opened(world.database, tenants))

    def content(self, *places: int, **more: Any) -> dict[str, Any]:
        line = {
            "offeringId": encode(Kind.OFFERING, self.shop.offering.id),
            "sims": {"ids": [encode(Kind.SIM, self.one.sims[place].id) for place in places]},
        }
        return {"accountId": self.one.account("root"), "lines": [line], "idempotencyKey": str(uuid4())} | more

    async def ask(self, document: str, variables: dict[str, Any], actor: Actor | None = None, *, at: Any = None, operation: str | None = None) -> Answer:
        return await ask(
            self.world.database, actor or self.buyer, document, variables, at=at or self.world.clock.now(), parts=self.world,
            operation=operation,
        )  # fmt: skip

    async def place(self, *places: int, actor: Actor | None = None, **more: Any) -> dict[str, Any]:
        answer = await self.ask(PLACE, {"input": self.content(*places, **more)}, actor, operation="OrderPlace")
        assert answer.errors == []
        result: dict[str, Any] = answer.data["orderPlace"]
        return result

    async def work(self) -> None:
        while await outbox.run_once(self.world.database, self.handlers, self.world.clock, worker="test"):
            pass

    async def history(self, actor: Actor | None = None, *, account: str = "root", **filter: Any) -> list[dict[str, Any]]:
        answer = await self.ask(HISTORY, {"account": self.one.account(account), "filter": filter or None}, actor)
        assert answer.errors == []
        orders = answer.data["account"]["orders"]
        assert orders["totalCount"] == len(orders["edges"])
        return [edge["node"] for edge in orders["edges"]]


async def test_the_apps_document_plans_buys_and_follows(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    content = counter.content(0, 2, errorPolicy="SKIP_FAILED", receiptEmails=["books@x.example"])

    planned = (await counter.ask(PLACE, {"input": content | {"mode": "PLAN"}}, operation="OrderPlace")).data["orderPlace"]
    placed = (
        await counter.ask(PLACE, {"input": content | {"planToken": planned["plan"]["token"]}}, operation="OrderPlace")
    ).data["orderPlace"]

    assert planned["order"] is None
    assert planned["plan"]["total"] == {
        "net": {"amount": "1000000"}, "vat": {"amount": "100000"}, "vatRate": "10", "gross": {"amount": "1100000", "currency": "IRR"},
    }  # fmt: skip
    assert [(change["field"], change["after"]) for change in planned["plan"]["changes"]] == [
        ("products", "DATA10 bundle"), ("balance", str(OPENING - GROSS)),
    ]  # fmt: skip
    assert planned["plan"]["exclusions"] == [
        {"label": counter.one.sims[2].msisdn, "reason": {"code": "STATE_CONFLICT", "message": "This SIM card is barred."}}
    ]
    order = placed["order"]
    assert (order["number"], order["state"], order["receipt"]) == ("SO-1405-000001", "ACKNOWLEDGED", None)
    assert order["receiptEmails"] == ["s0@example.com", "books@x.example"]
    assert order["items"]["edges"][0]["node"]["offering"] == {"name": "DATA10 bundle"}
    assert order["timeline"] == [{"state": "ACKNOWLEDGED", "at": "2026-11-21T08:30:00Z", "by": {"label": "Sara Karimi"}}]

    await counter.work()
    after = (await counter.ask(PLACE, {"id": order["id"]}, operation="OrderProgress")).data["node"]

    assert [step["state"] for step in after["timeline"]] == ["ACKNOWLEDGED", "IN_PROGRESS", "COMPLETED"]
    assert after["timeline"][2]["by"] == {"label": "Simurgh"}
    assert after["receipt"]["fileName"] == "receipt-SO-1405-000001.pdf"
    assert after["receipt"]["url"].startswith(f"{world.auth.issuer}/files/")
    assert after["receipt"]["urlExpiresAt"] == "2026-11-21T08:40:00Z"


async def test_failures_of_buying(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    key = str(uuid4())

    rejected = await counter.place(0, 2)
    foreign = await counter.place(0, accountId=two_tenants.other.account("root"))
    await counter.place(0, idempotencyKey=key)
    conflict = await counter.place(1, idempotencyKey=key)
    late = await counter.place(0, planToken="0" * 64)

    assert (rejected["__typename"], rejected["exclusionCount"], rejected["message"]) == ("RowsRejected", 1, "1 row can't be done; nothing was done.")
    assert (foreign["__typename"], foreign["code"], foreign["field"]) == ("Problem", "NOT_FOUND", ["accountId"])
    assert (conflict["__typename"], conflict["firstUsedAt"]) == ("IdempotencyConflict", "2026-11-21T08:30:00Z")
    assert (late["__typename"], late["plan"]["changeCount"]) == ("PlanStale", 2)


async def test_too_little_money(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    poor = await counter.place(0, accountId=counter.one.account("sales"), actor=counter.one.as_account_manager())

    assert poor["__typename"] == "InsufficientFunds"
    assert (poor["required"], poor["available"]) == ({"amount": str(GROSS)}, {"amount": "0"})


async def test_a_group_is_sold_to_by_a_job_that_the_order_tells_of(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    ids = [encode(Kind.SIM, counter.one.sims[place].id) for place in (0, 1, 4)]
    made = {"accountId": counter.one.account("root"), "name": "Vans", "add": {"ids": ids}}
    group = (await counter.ask(GROUP, {"input": made})).data["groupCreate"]["group"]["id"]
    content = counter.content(0)
    content["lines"][0] |= {"sims": {"groupId": group}, "isRenewing": True}

    planned = (await counter.ask(MANY, {"input": content | {"mode": "PLAN"}}, operation="Many")).data["orderPlace"]
    assert (planned["plan"]["changeCount"], planned["plan"]["total"]) == (3, {"gross": {"amount": str(3 * GROSS)}})
    placed = (await counter.ask(MANY, {"input": content | {"planToken": planned["plan"]["token"]}}, operation="Many")).data["orderPlace"]["order"]
    assert (placed["state"], placed["job"]["kind"], placed["job"]["total"], placed["items"]["totalCount"]) == ("ACKNOWLEDGED", "ORDER", 3, 0)

    run = jobs.handlers(world.database, world.clock, DEEDS)["jobs.run"]
    await run(outbox.Task(1, "jobs.run", "job", {"job_id": decode(placed["job"]["id"]).id.hex}, 1))
    seen = (await counter.ask(MANY, {"id": placed["id"]}, operation="Seen")).data["node"]
    assert (seen["job"]["state"], seen["job"]["succeeded"], seen["items"]["totalCount"]) == ("FINISHED", 3, 3)
    page = seen["items"]["pageInfo"]
    assert (page["hasNextPage"], len(seen["items"]["edges"])) == (True, 2)
    rest = (await counter.ask(MANY, {"id": placed["id"], "after": page["endCursor"]}, operation="Seen")).data["node"]["items"]["edges"]
    assert len({edge["node"]["sim"]["msisdn"] for edge in seen["items"]["edges"] + rest}) == 3

    foreign = counter.content(0, accountId=two_tenants.other.account("root"))
    foreign["lines"][0]["sims"] = {"groupId": group}
    stranger = await counter.ask(MANY, {"input": foreign}, two_tenants.other.as_profile_manager(), operation="Many")
    assert stranger.data["orderPlace"]["code"] == "NOT_FOUND"


async def test_nobody_buys_without_the_right(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    before = await counter.shop.counts()
    for actor in (counter.one.as_support(), operator_admin()):
        answer = await counter.ask(PLACE, {"input": counter.content(0)}, actor, operation="OrderPlace")
        assert answer.codes == ["FORBIDDEN"]
    assert await counter.shop.counts() == before


async def test_history_shows_the_last_15_days_unless_asked_for_more(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    for _ in range(3):
        await counter.place(0)
        world.clock.move(timedelta(days=8))  # type: ignore[attr-defined]

    assert [order["number"] for order in await counter.history()] == ["SO-1405-000003"]
    world.clock.move(timedelta(days=-1, seconds=1))  # type: ignore[attr-defined]
    assert [order["number"] for order in await counter.history()] == ["SO-1405-000003"]
    world.clock.move(timedelta(seconds=-1))  # type: ignore[attr-defined]
    assert [order["number"] for order in await counter.history()] == ["SO-1405-000003", "SO-1405-000002"]
    assert len(await counter.history(placed={})) == 3
    ended = await counter.history(placed={"startsAt": "2026-11-21T08:30:00Z", "endsAt": "2026-11-29T08:30:00Z"})
    assert [order["number"] for order in ended] == ["SO-1405-000001"]


async def test_history_can_be_filtered(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    counter.shop.network.refuses = {counter.one.sims[1].msisdn or ""}
    await counter.place(0, purchaseOrderNumber="PO-7")
    await counter.place(1, externalReference="ERP-9")
    await counter.work()
    one = [order["number"] for order in await counter.history()]

    async def found(**filter: Any) -> list[str]:
        return [order["number"] for order in await counter.history(**filter)]

    assert one == ["SO-1405-000002", "SO-1405-000001"]
    assert await found(states=["FAILED"]) == ["SO-1405-000002"]
    assert await found(simId=encode(Kind.SIM, counter.one.sims[0].id)) == ["SO-1405-000001"]
    assert await found(reference="PO-7") == await found(reference="SO-1405-000001") == ["SO-1405-000001"]
    assert await found(reference="ERP-9") == ["SO-1405-000002"]
    assert await found(placedById=encode(Kind.PERSON, counter.one.profile_manager.id)) == one
    assert await found(placedById=encode(Kind.PERSON, counter.one.account_manager.id)) == []


async def test_tenants_and_subtrees_never_meet(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    placed = await counter.place(0)
    await counter.work()
    order = placed["order"]
    item = order["items"]["edges"][0]["node"]["id"]
    document = await receipt_id(counter, order["id"])
    look = "query($id: ID!) { node(id: $id) { id } }"

    for actor in (two_tenants.other.as_profile_manager(), counter.one.as_account_manager()):
        for id in (order["id"], item, document):
            assert (await counter.ask(look, {"id": id}, actor)).data["node"] is None
        assert (await counter.ask(DELIVERED, {"reference": order["number"]}, actor)).codes == ["NOT_FOUND"]
    for id in (order["id"], item, document):
        assert (await counter.ask(look, {"id": id})).data["node"] == {"id": id}
    assert await counter.history(counter.one.as_account_manager(), account="sales") == []


async def test_an_order_by_either_reference_with_its_movements(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    counter.shop.network.refuses = {counter.one.sims[1].msisdn or ""}
    await counter.place(0, 1, externalReference="ERP-1")
    await counter.work()

    answers = [await counter.ask(DELIVERED, {"reference": reference}) for reference in ("SO-1405-000001", "ERP-1")]

    assert answers[0] == answers[1] and answers[0].errors == []
    order = answers[0].data["order"]
    assert (order["state"], order["refunded"]) == ("PARTIAL", {"amount": str(GROSS)})
    nodes = [edge["node"] for edge in order["items"]["edges"]]
    assert nodes[0]["product"]["buckets"][0]["remaining"] == {"amount": "10000000000", "unit": "BYTE"}
    assert nodes[1]["failure"] == {
        "code": "CARRIER_FAILED",
        "message": "The network refused this order (NO_SUCH_LINE). Its price went back to the wallet.",
    }
    assert [transfer["reason"] for transfer in order["transfers"]] == ["ORDER", "ORDER", "REFUND"]
    assert all(sum(int(entry["amount"]["amount"]) for entry in transfer["entries"]) == 0 for transfer in order["transfers"])


async def test_support_sees_addresses_masked_and_gets_no_file(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    placed = await counter.place(0, receiptEmails=["books@x.example"])
    await counter.work()
    support, document = counter.one.as_support(), "query($id: ID!) { node(id: $id) { ... on Order { receiptEmails placedBy { label } receipt { %s } } } }"

    seen = await counter.ask(document % "fileName createdAt", {"id": placed["order"]["id"]}, support)
    refused = await counter.ask(document % "url", {"id": placed["order"]["id"]}, support)

    assert seen.data["node"]["receiptEmails"] == ["s•••@•••.com", "b•••@•••.example"]
    assert seen.data["node"]["placedBy"] == {"label": "S••• K•••"}
    assert seen.data["node"]["receipt"] == {"fileName": "receipt-SO-1405-000001.pdf", "createdAt": "2026-11-21T08:30:00Z"}
    assert (refused.codes, refused.data["node"]["receipt"]) == (["FORBIDDEN"], None)


async def test_pages_of_history_and_items_take_as_many_statements_whatever_their_size(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    for places in ((0, 1, 3), (4,), (5, 7)):
        await counter.place(*places)
    await counter.work()
    document = """query($account: ID!, $first: Int!) { account(id: $account) { orders(first: $first) { edges { node {
      number account { name } receipt { fileName } timeline { state } transfers { reason }
      items(first: 2) { totalCount pageInfo { hasNextPage } edges { node { offering { name } sim { msisdn } product { status } } } } } } } } }"""

    counts = []
    for first in (1, 3):
        with counted_statements(world.database) as statements:
            answer = await counter.ask(document, {"account": counter.one.account("root"), "first": first})
        assert answer.errors == []
        counts.append(len(statements))
    orders = [edge["node"] for edge in answer.data["account"]["orders"]["edges"]]

    assert counts[0] == counts[1] == 9
    assert [order["items"]["totalCount"] for order in orders] == [2, 1, 3]
    assert [order["items"]["pageInfo"]["hasNextPage"] for order in orders] == [False, False, True]


async def test_items_are_paged_both_ways(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    placed = await counter.place(0, 1, 3, 4, 5)
    document = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $states: [OrderState!]) { node(id: $id) { ... on Order {
      items(first: $first, after: $after, last: $last, before: $before, states: $states) {
        pageInfo { hasNextPage hasPreviousPage endCursor startCursor } edges { node { sim { msisdn } } } } } } }"""

    async def page(**window: Any) -> tuple[list[int], dict[str, Any]]:
        answer = await counter.ask(document, {"id": placed["order"]["id"]} | window)
        assert answer.errors == []
        items = answer.data["node"]["items"]
        numbers = [sim.msisdn for sim in counter.one.sims]
        return [numbers.index(edge["node"]["sim"]["msisdn"]) for edge in items["edges"]], items["pageInfo"]

    first, info = await page(first=2)
    second, more = await page(first=2, after=info["endCursor"])
    back, begin = await page(last=2, before=more["startCursor"])
    last, end = await page(last=2)

    assert (first, second, back, last) == ([0, 1], [3, 4], [0, 1], [4, 5])
    assert (info["hasNextPage"], info["hasPreviousPage"], more["hasPreviousPage"]) == (True, False, True)
    assert (begin["hasPreviousPage"], begin["hasNextPage"], end["hasNextPage"], end["hasPreviousPage"]) == (False, True, False, True)
    assert await page(first=5, states=["COMPLETED"]) == ([], {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None, "startCursor": None})
    assert (await counter.ask(document, {"id": placed["order"]["id"], "first": 1, "after": "nonsense"})).codes == ["INVALID_INPUT"]


async def test_a_receipt_is_mailed_again(world: World, two_tenants: TwoTenants) -> None:
    counter = await Counter.opened(world, two_tenants)
    placed = await counter.place(0)
    await counter.work()
    document = """mutation($input: OrderReceiptSendInput!) { orderReceiptSend(input: $input) { __typename
      ... on OrderReceiptSendPayload { plan { changes { field after } } order { number } } ... on UserError { code field } } }"""
    content = {"orderId": placed["order"]["id"], "emails": ["Late@X.example"]}

    sent = await counter.ask(document, {"input": content})
    strange = await counter.ask(document, {"input": content}, two_tenants.other.as_profile_manager())
    await counter.work()

    assert sent.data["orderReceiptSend"] == {
        "__typename": "OrderReceiptSendPayload", "plan": {"changes": [{"field": "receipt", "after": "late@x.example"}]},
        "order": {"number": "SO-1405-000001"},
    }  # fmt: skip
    assert strange.data["orderReceiptSend"] == {"__typename": "Problem", "code": "NOT_FOUND", "field": ["orderId"]}
    assert [mail.to for mail in counter.shop.post.sent.values()] == ["s0@example.com", "late@x.example"]


async def receipt_id(counter: Counter, order: str) -> str:
    answer = await counter.ask("query($id: ID!) { node(id: $id) { ... on Order { receipt { id } } } }", {"id": order})
    id: str = answer.data["node"]["receipt"]["id"]
    return id

