"""Transfers on the wire: moved or refused with a reference, and what is left of the policy's windows."""

from typing import Any
from uuid import UUID, uuid4

from domain.kernel.ids import Kind, encode
from domain.wallet.tables import LedgerReason
from store.session import Database
from tests.transfers import balance, choose, fill, move, prepaid
from tests.world import TwoTenants, ask

TRANSFER = """mutation($input: WalletTransferInput!) { walletTransfer(input: $input) { __typename
  ... on WalletTransferPayload { plan { token total { gross { amount } } changes { label field before after money { amount } } }
    transfer { reason memo entries { kind amount { amount } wallet { owner { __typename ... on Sim { msisdn } ... on Account { number } } } } } }
  ... on InsufficientFunds { required { amount } available { amount } }
  ... on LimitReached { maximum { amount unit } retryAt }
  ... on UserError { code message field } } }"""
SIM = """query($id: ID!) { sim(by: {id: $id}) { figures { balance { amount } asOf source } wallet { id source owner { ... on Sim { msisdn } }
  balance { amount } available { amount } lots { remaining { amount } createdAt expiresAt }
  transferPolicy { denominations { amount } fee { amount } isFeePaidBySender minimumRemaining { amount }
    windows { days countLeft amountLeft { amount } } isValidityExtended }
  entries(first: 5) { edges { node { amount { amount } transfer { reason } } } } } } }"""


def wallet(id: UUID) -> str:
    return encode(Kind.WALLET, id)


def asked(source: UUID, target: UUID, amount: int, **more: Any) -> dict[str, Any]:
    return {"input": {"fromWalletId": wallet(source), "toWalletId": wallet(target), "amount": {"amount": str(amount)}, "idempotencyKey": str(uuid4()), **more}}


async def test_a_transfer_is_planned_then_done(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_profile_manager()
    await choose(database, tenant, "mobi_uz")
    rich, poor = await prepaid(database, tenant, 100_000, 0)
    wanted = asked(rich, poor, 5_000, memo=" for December ")

    planned = (await ask(database, viewer, TRANSFER, {"input": {**wanted["input"], "mode": "PLAN"}})).data["walletTransfer"]
    done = (await ask(database, viewer, TRANSFER, {"input": {**wanted["input"], "planToken": planned["plan"]["token"]}})).data["walletTransfer"]
    again = (await ask(database, viewer, TRANSFER, wanted)).data["walletTransfer"]

    assert planned["transfer"] is None and planned["plan"]["total"]["gross"]["amount"] == "200"
    assert planned["plan"]["changes"] == done["plan"]["changes"]
    assert [(change["field"], change["before"], change["after"]) for change in done["plan"]["changes"]] == [
        ("balance", "100000", "94800"), ("balance", "0", "5000"),
    ]  # fmt: skip
    assert (done["transfer"]["reason"], done["transfer"]["memo"]) == ("TRANSFER", "for December")
    sides = [(side["amount"]["amount"], side["wallet"]["owner"]["msisdn"]) for side in done["transfer"]["entries"]]
    assert sides == [("-5000", tenant.sims[0].msisdn), ("5000", tenant.sims[1].msisdn)]
    assert again == done | {"plan": done["plan"]}
    assert await balance(database, poor) == 5_000


async def test_a_refusal_has_a_reference(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_profile_manager()
    await choose(database, tenant, "irancell", sent=[{"days": 1, "count": 1}])
    rich, poor = await prepaid(database, tenant, 20_000, 0)
    await move(database, tenant, rich, poor, 5_000)

    reached = (await ask(database, viewer, TRANSFER, asked(rich, poor, 5_000))).data["walletTransfer"]
    short = (await ask(database, viewer, TRANSFER, asked(poor, rich, 6_000))).data["walletTransfer"]
    odd = (await ask(database, viewer, TRANSFER, asked(rich, poor, 500))).data["walletTransfer"]

    assert (reached["__typename"], reached["maximum"], reached["retryAt"]) == (
        "LimitReached", {"amount": "1", "unit": "MESSAGE"}, "2026-11-22T08:30:00Z",
    )  # fmt: skip
    assert (short["__typename"], short["required"]["amount"], short["available"]["amount"]) == ("InsufficientFunds", "6000", "5000")
    assert (odd["code"], odd["field"]) == ("NOT_ELIGIBLE", ["amount"])
    assert all("(reference T-" in answer["message"] for answer in (reached, short, odd))


async def test_money_beyond_ones_accounts_is_not_found(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    inside, beyond = await prepaid(database, tenant, 50_000, first=0) + await prepaid(database, tenant, 50_000, first=7)
    for source, target, field in ((inside, beyond, "toWalletId"), (beyond, inside, "fromWalletId")):

        answer = (await ask(database, tenant.as_account_manager(), TRANSFER, asked(source, target, 5_000))).data["walletTransfer"]

        assert (answer["code"], answer["field"]) == ("NOT_FOUND", [field])
    assert await balance(database, inside) is None and await balance(database, beyond) is None


async def test_a_lines_wallet_shows_what_the_network_told_until_money_moves(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_profile_manager()
    rich, poor = await prepaid(database, tenant, 100_000, 0)
    here = {"id": encode(Kind.SIM, rich)}

    before = (await ask(database, viewer, SIM, here)).data["sim"]
    await move(database, tenant, rich, poor, 20_000)
    await fill(database, tenant, rich, 3_000, LedgerReason.TOP_UP)
    after = (await ask(database, viewer, SIM, here)).data["sim"]

    assert (before["figures"]["balance"]["amount"], before["figures"]["source"]) == ("100000", "CARRIER")
    assert (before["wallet"]["balance"]["amount"], before["wallet"]["source"], before["wallet"]["entries"]["edges"]) == ("100000", "CARRIER", [])
    assert (after["figures"]["balance"]["amount"], after["figures"]["source"], after["figures"]["asOf"]) == ("83000", "LEDGER", "2026-11-21T08:30:00Z")
    assert (after["wallet"]["balance"]["amount"], after["wallet"]["source"], after["wallet"]["id"]) == ("83000", "LEDGER", wallet(rich))
    moved = [(edge["node"]["amount"]["amount"], edge["node"]["transfer"]["reason"]) for edge in after["wallet"]["entries"]["edges"]]
    assert moved == [("3000", "TOP_UP"), ("-20000", "TRANSFER"), ("100000", "ADJUSTMENT")]
    assert after["wallet"]["transferPolicy"]["minimumRemaining"] == {"amount": "10000"}
    windows = [(window["days"], window["countLeft"], window["amountLeft"]["amount"]) for window in after["wallet"]["transferPolicy"]["windows"]]
    assert windows == [(1, 4, "2980000"), (7, 14, "9980000"), (30, 29, "19980000")]
    assert after["wallet"]["lots"] == []


async def test_no_policy_where_nothing_may_leave(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_profile_manager()
    (line,) = await prepaid(database, tenant, 100_000)
    await choose(database, tenant, "closed", is_allowed=False)
    document = "query($a: ID!, $s: ID!) { account(id: $a) { wallet { transferPolicy { windows { days } } } } sim(by: {id: $s}) { wallet { transferPolicy { windows { days } } } } }"

    answer = await ask(database, viewer, document, {"a": tenant.account("root"), "s": encode(Kind.SIM, line)})
    postpaid = await ask(database, viewer, SIM, {"id": encode(Kind.SIM, tenant.sims[1].id)})

    assert answer.data["account"]["wallet"]["transferPolicy"] == {"windows": []}
    assert answer.data["sim"]["wallet"] == {"transferPolicy": None}
    assert postpaid.data["sim"]["wallet"] is None
