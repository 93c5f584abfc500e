"""What hangs on bills, over the schema: why two differ, their files, payments and disputes."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from api.world import World
from domain.billing.papers import PAPERS, papers_handler
from domain.billing.seller import Seller
from domain.kernel.ids import Kind, encode
from store.outbox import Task
from store.session import Database
from tests.bills import MONTH, issue_bill
from tests.domain.billing.debts import owed
from tests.ledger import adjust
from tests.press import Scribe
from tests.world import MovableClock, TwoTenants, ask, operator_admin

COMPARE = """query($id: ID!, $with: ID!, $first: Int = 10, $after: String) { node(id: $id) { ... on Bill { comparison(withId: $with) {
  bill { id month } other { id month } difference { amount }
  causes { kind service amount { amount } details(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { sim { msisdn } amount { amount } line { id description } otherLine { id } } } } }
} } } }"""
DETAIL = """query($id: ID!) { node(id: $id) { ... on Bill {
  taxNumber documents { mediaType fileName url } payments { number state amount { amount } bill { id } }
  disputes { id state reason amount { amount } credited { amount } lines { id } ticket { number } } } } }"""
PAY = """mutation($input: BillPayInput!) { billPay(input: $input) { __typename
  ... on BillPayPayload { payment { state amount { amount } bill { state amountDue { amount } } } }
  ... on UserError { code field message } } }"""
DISPUTE = """mutation($input: BillDisputeInput!) { billDispute(input: $input) { __typename
  ... on BillDisputePayload { dispute { id state amount { amount } ticket { title messages(first: 5) { edges { node { text } } } } } }
  ... on UserError { code field message } } }"""
RESOLVE = """mutation($input: BillDisputeResolveInput!) { billDisputeResolve(input: $input) { __typename
  ... on BillDisputeResolvePayload { dispute { state credited { amount } } } ... on UserError { code field message } } }"""


def bill_id(id: Any) -> str:
    return encode(Kind.BILL, id)


async def test_causes_sum_to_the_difference_and_lead_to_both_lines(database: Database, two_tenants: TwoTenants) -> None:
    root, sims, manager = two_tenants.one.accounts["root"], two_tenants.one.sims, two_tenants.one.as_profile_manager()
    older = await issue_bill(database, root, sims[0], month=MONTH.plus(-1), net=(100_000, 35_500))
    newer = await issue_bill(database, root, sims[0], net=(120_000, 35_500, 7_000))

    answer = await ask(database, manager, COMPARE, {"id": bill_id(newer.id), "with": bill_id(older.id)})

    assert answer.errors == []
    told = answer.data["node"]["comparison"]
    assert (told["bill"]["id"], told["other"]["month"]) == (bill_id(newer.id), str(MONTH.plus(-1)))
    assert Decimal(told["difference"]["amount"]) == 29_700
    assert [(cause["kind"], cause["service"], int(cause["amount"]["amount"])) for cause in told["causes"]] == [
        ("VOLUME", "VOICE", 7_700), ("PRICE", "VOICE", 22_000),
    ]  # fmt: skip
    (edge,) = told["causes"][1]["details"]["edges"]
    assert edge["node"]["sim"]["msisdn"] == sims[0].msisdn
    assert edge["node"]["line"]["id"] == encode(Kind.BILL_LINE, newer.line_ids[0])
    assert edge["node"]["otherLine"]["id"] == encode(Kind.BILL_LINE, older.line_ids[0])


async def test_details_come_in_pages(database: Database, two_tenants: TwoTenants) -> None:
    root, sims, manager = two_tenants.one.accounts["root"], two_tenants.one.sims, two_tenants.one.as_profile_manager()
    older = await issue_bill(database, root, sims[0], month=MONTH.plus(-1), net=(1,))
    newer = await issue_bill(database, root, sims[0], net=tuple(range(1_000, 17_000, 1_000)))
    seen: list[int] = []
    after = None

    for _ in range(4):
        variables = {"id": bill_id(newer.id), "with": bill_id(older.id), "first": 3, "after": after}
        (*_, cause) = (await ask(database, manager, COMPARE, variables)).data["node"]["comparison"]["causes"]
        details = next(one["details"] for one in [cause] if one["details"]["totalCount"] >= 1)
        seen += [int(edge["node"]["amount"]["amount"]) for edge in details["edges"]]
        after = details["pageInfo"]["endCursor"]
        if not details["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) == details["totalCount"]
    assert seen == sorted(seen, key=abs, reverse=True)


async def test_another_account_s_bill_or_a_foreign_one_is_not_compared_with(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    mine = await issue_bill(database, one.accounts["root"], one.sims[0])
    below = await issue_bill(database, one.accounts["sales"], one.sims[0])
    foreign = await issue_bill(database, other.accounts["root"], other.sims[0])

    for id in (bill_id(below.id), bill_id(foreign.id), one.account("root"), "nothing"):
        answer = await ask(database, one.as_profile_manager(), COMPARE, {"id": bill_id(mine.id), "with": id})
        assert (answer.errors, answer.data["node"]) == ([], {"comparison": None})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_files_payments_and_disputes_hang_on_a_bill(world: World, two_tenants: TwoTenants) -> None:
    database, one = world.database, two_tenants.one
    bill, manager = await owed(database, one.accounts["root"], one.sims[0]), one.as_profile_manager()
    await adjust(database, one.wallets["root"], 100_000)
    task = Task(1, PAPERS, "", {"bill": bill.id.hex}, 1)
    await papers_handler(database, Scribe(), MovableClock(), Seller("Simurgh", memory_id="A11216"))(task)

    way = {"billId": bill_id(bill.id), "method": {"walletId": one.wallet("root")}, "idempotencyKey": str(uuid4())}
    paid = await ask(database, manager, PAY, {"input": {**way, "amount": {"amount": "71050"}}}, parts=world)
    assert paid.data["billPay"]["payment"] == {
        "state": "SETTLED", "amount": {"amount": "71050"}, "bill": {"state": "PARTIALLY_PAID", "amountDue": {"amount": "100000"}},
    }  # fmt: skip
    objection = {"billId": bill_id(bill.id), "lineIds": [encode(Kind.BILL_LINE, bill.line_ids[1])], "reason": "Not mine."}
    opened = (await ask(database, manager, DISPUTE, {"input": objection}, parts=world)).data["billDispute"]["dispute"]
    assert (opened["state"], opened["amount"]["amount"]) == ("OPEN", "39050")
    assert [edge["node"]["text"] for edge in opened["ticket"]["messages"]["edges"]] == ["Not mine."]
    decision = {"disputeId": opened["id"], "credit": {"amount": "35500"}, "note": "Indeed.", "idempotencyKey": str(uuid4())}
    granted = await ask(database, operator_admin(), RESOLVE, {"input": decision}, parts=world)
    assert granted.data["billDisputeResolve"]["dispute"] == {"state": "GRANTED", "credited": {"amount": "39050"}}

    told = (await ask(database, manager, DETAIL, {"id": bill_id(bill.id)}, parts=world)).data["node"]
    assert len(told["taxNumber"]) == 22
    assert [document["fileName"].rpartition(".")[2] for document in told["documents"]] == ["pdf", "csv", "xlsx"]
    assert all(document["url"].startswith("http") for document in told["documents"])
    assert [payment["bill"]["id"] for payment in told["payments"]] == [bill_id(bill.id)]
    (dispute,) = told["disputes"]
    assert (dispute["state"], dispute["lines"], dispute["reason"]) == ("GRANTED", [{"id": objection["lineIds"][0]}], "Not mine.")

    refused = await ask(database, manager, RESOLVE, {"input": decision}, parts=world)
    assert refused.codes == ["FORBIDDEN"]
    again = await ask(database, manager, DISPUTE, {"input": objection}, parts=world)
    assert again.data["billDispute"]["code"] == "ALREADY_EXISTS"
    most = {**way, "amount": {"amount": "60951"}, "idempotencyKey": str(uuid4())}
    much = await ask(database, manager, PAY, {"input": most}, parts=world)
    assert (much.data["billPay"]["code"], "60,950" in much.data["billPay"]["message"]) == ("INVALID_INPUT", True)
