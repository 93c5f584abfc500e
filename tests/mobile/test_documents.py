"""The app's documents against the server's schema, and the in-memory company against the documents."""

import hashlib
import json
import pathlib

import httpx
import pytest
from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from mobile.demo import CODE, PASSWORD, DemoServer
from mobile.gateway.documents import FOLDER, document
from tests.mobile.shape import differences

SNAPSHOT = pathlib.Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
DOCUMENTS = sorted(FOLDER.glob("*.graphql"))
SIMS = {"ids": ["sim-0", "sim-2"]}
BLOCK = {"sims": SIMS, "reason": "LOST", "mode": "PLAN", "idempotencyKey": "9b1f6c1e-0000-4000-8000-000000000001"}
ORDER = {
    "accountId": "account-group",
    "lines": [{"offeringId": "offering-data10", "sims": SIMS}],
    "mode": "APPLY",
    "idempotencyKey": "9b1f6c1e-0000-4000-8000-000000000002",
}
KEY = {"idempotencyKey": "9b1f6c1e-0000-4000-8000-000000000003", "mode": "APPLY"}
TOP_UP = {"walletId": "wallet-1", "amount": {"amount": "1000000"}, "method": {"gatewayReturnUrl": "https://care.example/"}} | KEY
TRANSFER = {"fromWalletId": "wallet-1", "toWalletId": "wallet-account-qom", "amount": {"amount": "1000000"}, "idempotencyKey": "move", "mode": "APPLY"}
PAY = {"billId": "bill-1405-07", "method": {"walletId": "wallet-1"}, "idempotencyKey": "pay", "mode": "APPLY"}
DISPUTE = {"billId": "bill-1405-07", "lineIds": ["line-1405-07-0-DATA"], "reason": "Not ours", "mode": "APPLY"}
RULE = {"autoPay": {"isCurrentCycle": False, "dayOfMonth": 5, "threshold": {"amount": "1000"}}}
SPAN = {"startsAt": "2026-11-09T00:00:00+03:30", "endsAt": "2026-11-16T00:00:00+03:30"}
ANSWER = {"approvalId": "approval-1", "isGranted": True, "idempotencyKey": "answer", "mode": "APPLY"}
PROOF = {"otp": {"challengeId": "challenge", "code": CODE}}
WRONG = {"otp": {"challengeId": "challenge", "code": "111111"}}
CALLS: list[tuple[str, dict[str, object]]] = [
    ("OtpRequest", {"input": {"identity": "09350001000", "channel": "SMS"}}),
    ("SessionCreate", {"input": {"proof": WRONG}}),
    ("SessionCreate", {"input": {"proof": PROOF}}),
    ("SessionRefresh", {"input": {"refreshToken": "refresh-1"}}),
    ("Sessions", {}),
    ("Home", {}),
    ("AccountTree", {"organization": "organization-1"}),
    ("Fleet", {"account": "account-group", "first": 20}),
    ("FleetCount", {"account": "account-group"}),
    ("SimDetail", {"by": {"id": "sim-0"}}),
    ("SimDetail", {"by": {"id": "sim-2"}}),
    ("SimApns", {"id": "sim-0"}),
    ("PukReveal", {"input": {"simId": "sim-0", "reason": "locked"}}),
    ("StepUp", {"input": {"proof": WRONG}}),
    ("StepUp", {"input": {"proof": PROOF}}),
    ("PukReveal", {"input": {"simId": "sim-0", "reason": "locked"}}),
    ("SimBlock", {"input": BLOCK}),
    ("SimUnblock", {"input": {key: value for key, value in BLOCK.items() if key != "reason"}}),
    ("SimBlock", {"input": BLOCK | {"sims": {"filter": {"hasDebt": True}}, "mode": "APPLY", "barring": "ALL"}}),
    ("Job", {"id": "job-0"}),
    ("Jobs", {}),
    ("SimMove", {"input": {"sims": SIMS, "accountId": "account-north", "mode": "PLAN"}}),
    ("SimUpdate", {"input": {"sims": SIMS, "holder": None, "costCentreCode": "S-14", "addTags": ["5G"], "mode": "PLAN"}}),
    ("SimUpdate", {"input": {"sims": SIMS, "holder": None, "costCentreCode": None, "removeTags": ["VIP"], "mode": "APPLY"}}),
    ("SimDetail", {"by": {"id": "sim-0"}}),
    ("JobCancel", {"input": {"jobId": "job-0", "mode": "PLAN"}}),
    ("JobCancel", {"input": {"jobId": "job-0", "mode": "APPLY"}}),
    ("Catalogue", {}),
    ("OrderPlace", {"input": ORDER}),
    ("OrderProgress", {"id": "order-SMG-4182"}),
    ("PurchaseHistory", {"account": "account-group"}),
    ("Wallet", {"account": "account-group"}),
    ("WalletEntries", {"account": "account-group", "reasons": ["ORDER"]}),
    ("WalletStatement", {"account": "account-group", "posted": {"startsAt": "2026-10-22T00:00:00+03:30", "endsAt": "2026-11-21T00:00:00+03:30"}}),
    ("Movement", {"id": "transfer-3"}),
    ("Movement", {"id": "transfer-4"}),
    ("Movement", {"id": "transfer-0"}),
    ("WalletTopUp", {"input": TOP_UP | {"mode": "PLAN"}}),
    ("WalletTopUp", {"input": TOP_UP | {"amount": {"amount": "9000000000"}}}),
    ("WalletTopUp", {"input": TOP_UP | {"method": {"voucherCode": "wrong"}}}),
    ("WalletTopUp", {"input": TOP_UP}),
    ("Payment", {"id": "payment-PAY-5109"}),
    ("WalletTransfer", {"input": TRANSFER | {"mode": "PLAN"}}),
    ("WalletTransfer", {"input": TRANSFER}),
    ("Bills", {"account": "account-group"}),
    ("BillDetail", {"id": "bill-1405-07"}),
    ("BillDetail", {"id": "bill-1405-04"}),
    ("BillDetail", {"id": "bill-1405-08"}),
    ("BillLines", {"id": "bill-1405-07", "filter": {"service": "DATA"}}),
    ("BillLineUsage", {"line": "line-1405-07-0-DATA"}),
    ("BillLineUsage", {"line": "line-1405-07-1-ONE_OFF"}),
    ("BillCompare", {"id": "bill-1405-07", "with": "bill-1405-06"}),
    ("BillPay", {"input": PAY | {"mode": "PLAN"}}),
    ("BillPay", {"input": PAY}),
    ("BillDispute", {"input": DISPUTE | {"mode": "PLAN"}}),
    ("BillDispute", {"input": DISPUTE}),
    ("Groups", {"organization": "organization-1"}),
    ("GroupNumbers", {"id": "group-drivers"}),
    ("PolicyRuns", {"id": "policy-0"}),
    ("GroupCreate", {"input": {"accountId": "account-group", "name": "New", "mode": "PLAN"}}),
    ("GroupUpdate", {"input": {"groupId": "group-heads", "name": "Heads", "manager": None, "mode": "APPLY"}}),
    ("GroupDelete", {"input": {"groupId": "group-heads", "mode": "APPLY"}}),
    ("PolicySave", {"input": {"groupId": "group-drivers", "rule": RULE, "walletId": "wallet-1", "mode": "APPLY"}}),
    ("PolicyDelete", {"input": {"policyId": "policy-1", "mode": "APPLY"}}),
    ("Inbox", {}),
    ("Decide", {"input": ANSWER | {"mode": "PLAN"}}),
    ("Decide", {"input": ANSWER}),
    ("ApprovalDelegate", {"input": {"toPersonId": "person-maryam", "validFor": SPAN, "mode": "APPLY"}}),
    ("BudgetSet", {"input": {"subjectId": "account-sales", "month": "1405-08", "limit": {"amount": "1000"}, "mode": "APPLY"}}),
    ("TicketOpen", {"input": {"organizationId": "organization-1", "title": "Late", "text": "Late", "priority": "HIGH"}}),
    ("Tickets", {"organization": "organization-1"}),
    ("Ticket", {"id": "ticket-TK-1405-00042"}),
    ("TicketReply", {"input": {"ticketId": "ticket-TK-1405-00042", "text": "More"}}),
    ("TicketReply", {"input": {"ticketId": "ticket-TK-1405-00042", "state": "CLOSED"}}),
    ("TicketReply", {"input": {"ticketId": "ticket-TK-1405-00042", "text": "Again"}}),
    ("Help", {"locale": "EN"}),
    ("Incidents", {}),
    ("WhoDidWhat", {"organization": "organization-1"}),
    ("SessionRevoke", {"input": {"sessionIds": None}}),
    ("PasswordSet", {"input": {"proof": WRONG["otp"], "password": PASSWORD}}),
    ("PasswordSet", {"input": {"proof": PROOF["otp"], "password": "password1405"}}),
    ("PasswordSet", {"input": {"proof": PROOF["otp"], "password": PASSWORD}}),
    ("SessionCreate", {"input": {"proof": {"password": {"identity": "09350001000", "password": "not it"}}}}),
    ("SessionCreate", {"input": {"proof": {"password": {"identity": "09350001000", "password": PASSWORD}}}}),
    ("ViewerUpdate", {"input": {"locale": "EN"}}),
    ("Members", {"organization": "organization-1"}),
]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SNAPSHOT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_each_document_is_valid_against_the_snapshot(schema: GraphQLSchema, path: pathlib.Path) -> None:
    assert validate(schema, parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_each_operation_is_found_by_its_name_and_named_by_the_hash_of_its_file(path: pathlib.Path) -> None:
    names = _names(path)

    assert names
    for name in names:
        assert document(name).text.encode() == path.read_bytes()
        assert document(name).id == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


async def test_the_in_memory_company_answers_in_the_documents_shape(schema: GraphQLSchema) -> None:
    company = DemoServer()
    company.ask_for_approvals()
    async with httpx.AsyncClient(transport=company) as client:
        for name, variables in CALLS:
            body = {"operationName": name, "documentId": document(name).id, "variables": variables}
            headers = {"authorization": f"Bearer {company.access}"}
            answer = (await client.post("https://care.example/graphql", content=json.dumps(body), headers=headers)).json()

            assert differences(schema, alone(name), answer["data"]) == [], name

    operations = {name for path in DOCUMENTS for name in _names(path)}
    assert {name for name, _ in CALLS} == operations


def alone(name: str) -> DocumentNode:
    """The operation of that name with the fragments of its file."""
    parts = parse(document(name).text).definitions
    return DocumentNode(
        definitions=tuple(
            part
            for part in parts
            if isinstance(part, FragmentDefinitionNode) or (isinstance(part, OperationDefinitionNode) and part.name and part.name.value == name)
        )
    )


def _names(path: pathlib.Path) -> list[str]:
    definitions = parse(path.read_text(encoding="utf-8")).definitions
    return [one.name.value for one in definitions if isinstance(one, OperationDefinitionNode) and one.name]
