"""Payments and vouchers over the schema: who may, what is shown once, and what a plan says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.workshop import Workshop
from auth.actor import Actor
from domain.payments.tables import Payment
from domain.wallet.tables import LedgerAccount
from store.models import table_of
from tests.world import NOW, Answer, TwoTenants, ask, counted_statements, operator_admin

TOP_UP = """
mutation($input: WalletTopUpInput!) { walletTopUp(input: $input) { __typename
  ... on WalletTopUpPayload { plan { token changes { label field before after money { amount } subject { __typename } } }
    payment { id state method amount { amount } externalReference redirectUrl picture { fileName } refundOf { id } bill { id } } }
  ... on LimitReached { maximum { amount unit } retryAt } ... on UserError { code message field } } }
"""
VOUCHERS = """
mutation($input: VoucherBatchCreateInput!) { voucherBatchCreate(input: $input) { __typename
  ... on VoucherBatchCreatePayload { plan { token changeCount } batch { id count amount { amount } activation validMonths redeemedCount } codes }
  ... on UserError { code message field } } }
"""
RESOLVE = """
mutation($input: PaymentResolveInput!) { paymentResolve(input: $input) { __typename
  ... on PaymentResolvePayload { payment { state failure { code message } } } ... on UserError { code message field } } }
"""
REFUND = """
mutation($input: PaymentRefundInput!) { paymentRefund(input: $input) { __typename
  ... on PaymentRefundPayload { payment { state amount { amount } refundOf { number } } }
  ... on InsufficientFunds { required { amount } available { amount } } ... on UserError { code message field } } }
"""
BATCHES = "{ voucherBatches(first: 5) { totalCount edges { node { id redeemedCount } } } }"
PAYMENTS = """query($id: ID!, $states: [PaymentState!]) { node(id: $id) { ... on Wallet { payments(states: $states, first: 50) {
  totalCount pageInfo { hasNextPage } edges { node { number state by { label } redirectUrl wallet { id } refundOf { number } transfer { id } failure { code } } } } } } }"""


async def did(world: Workshop, actor: Actor, document: str, **content: Any) -> Any:
    wanted = {"idempotencyKey": str(uuid4()), **content}
    answer = await ask(world.database, actor, document, {"input": wanted}, parts=world)
    assert answer.errors == [], answer.errors
    (result,) = answer.data.values()
    return result


def slip(reference: str = "4711") -> dict[str, Any]:
    return {"offline": {"reference": reference, "paidOn": NOW.date().isoformat()}}


async def test_vouchers_are_shown_once_and_fill_wallets(world: Workshop, two_tenants: TwoTenants) -> None:
    wish = {"count": 3, "amount": {"amount": "500000"}, "idempotencyKey": str(uuid4())}
    planned = await did(world, operator_admin(), VOUCHERS, **wish, mode="PLAN")
    assert (planned["batch"], planned["codes"], planned["plan"]["changeCount"]) == (None, [], 1)
    maker = operator_admin()
    made = await did(world, maker, VOUCHERS, **wish)
    again = await did(world, maker, VOUCHERS, **wish)

    assert len(set(made["codes"])) == 3
    assert made["batch"] | {"id": ""} == {
        "id": "", "count": 3, "amount": {"amount": "500000"}, "activation": "FIRST_USE", "validMonths": 6, "redeemedCount": 0,
    }  # fmt: skip
    assert (again["batch"], again["codes"]) == (made["batch"], [])

    manager, content = two_tenants.one.as_profile_manager(), {"walletId": two_tenants.one.wallet("root"), "method": {"voucherCode": made["codes"][0]}}
    looked = await did(world, manager, TOP_UP, **content, mode="PLAN")
    assert [(change["field"], change["after"], change["money"]["amount"], change["subject"]) for change in looked["plan"]["changes"]] == [
        ("payments", "VOUCHER", "500000", {"__typename": "Wallet"}), ("balance", "500000", "500000", {"__typename": "Wallet"}),
    ]  # fmt: skip
    key = str(uuid4())
    done = await did(world, manager, TOP_UP, **content, idempotencyKey=key, planToken=looked["plan"]["token"])
    assert (done["payment"]["state"], done["payment"]["method"], done["payment"]["amount"]) == ("SETTLED", "VOUCHER", {"amount": "500000"})
    assert (await did(world, manager, TOP_UP, **content, idempotencyKey=key))["payment"]["id"] == done["payment"]["id"]
    assert (await did(world, manager, TOP_UP, **content))["code"] == "STATE_CONFLICT"
    counted = await ask(world.database, operator_admin(), BATCHES, parts=world)
    assert counted.data["voucherBatches"] == {"totalCount": 1, "edges": [{"node": {"id": made["batch"]["id"], "redeemedCount": 1}}]}


async def test_vouchers_take_a_fresh_proof_and_the_operators_right(world: Workshop, two_tenants: TwoTenants) -> None:
    stale = replace(operator_admin(), proven_at=NOW - timedelta(minutes=6))
    for mode in ("PLAN", "APPLY"):
        assert (await did(world, stale, VOUCHERS, count=1, amount={"amount": "1"}, mode=mode))["__typename"] == "StepUpRequired"
    for actor in (two_tenants.one.as_profile_manager(), two_tenants.one.as_support()):
        assert (await ask(world.database, actor, BATCHES, parts=world)).codes == ["FORBIDDEN"]


async def test_a_ceiling_is_told_before_anybody_is_sent_to_pay(world: Workshop, two_tenants: TwoTenants) -> None:
    async with world.database.write() as session:
        await session.execute(update(LedgerAccount).where(col(LedgerAccount.id) == two_tenants.one.wallets["root"]).values(ceiling=999))
    content = {
        "walletId": two_tenants.one.wallet("root"), "amount": {"amount": "1000"}, "method": {"gatewayReturnUrl": "https://company.example/"},
    }  # fmt: skip

    refused = await did(world, two_tenants.one.as_profile_manager(), TOP_UP, **content)

    assert (refused["__typename"], refused["maximum"], refused["field"]) == ("LimitReached", {"amount": "999", "unit": "RIAL"}, ["amount"])


async def test_wrong_codes_close_the_door(world: Workshop, two_tenants: TwoTenants) -> None:
    content = {"walletId": two_tenants.one.wallet("root"), "method": {"voucherCode": "1111-2222-3333-4444"}}
    manager = two_tenants.one.as_profile_manager()
    for mode in ("APPLY", "PLAN", "APPLY", "PLAN", "APPLY"):
        told = await did(world, manager, TOP_UP, **content, mode=mode)
        assert (told["code"], told["field"]) == ("INVALID_INPUT", ["method", "voucherCode"])

    closed = await did(world, manager, TOP_UP, **content)

    assert (closed["__typename"], closed["retryAt"]) == ("LimitReached", "2026-11-21T09:30:00Z")
    assert (await did(world, two_tenants.other.as_profile_manager(), TOP_UP, **content))["code"] == "NOT_FOUND"


async def test_a_slip_is_confirmed_by_the_operator_alone_and_given_back(world: Workshop, two_tenants: TwoTenants) -> None:
    manager, wallet = two_tenants.one.as_profile_manager(), two_tenants.one.wallet("sales")
    begun = (await did(world, manager, TOP_UP, walletId=wallet, amount={"amount": "900000"}, method=slip()))["payment"]
    assert (begun["state"], begun["method"], begun["externalReference"], begun["redirectUrl"]) == ("CREATED", "BANK_SLIP", "4711", None)
    words = {"paymentId": begun["id"], "isReceived": True, "idempotencyKey": str(uuid4())}
    for actor in (manager, two_tenants.one.as_support()):
        assert (await ask(world.database, actor, RESOLVE, {"input": words}, parts=world)).codes == ["FORBIDDEN"]

    assert (await did(world, operator_admin(), RESOLVE, **words))["payment"] == {"state": "SETTLED", "failure": None}

    refused = await did(world, operator_admin(), REFUND, paymentId=begun["id"])
    assert (refused["code"], refused["field"]) == ("NOT_ELIGIBLE", ["isToWallet"])
    back = await did(world, operator_admin(), REFUND, paymentId=begun["id"], isToWallet=False, amount={"amount": "400000"})
    assert back["payment"] == {"state": "CREATED", "amount": {"amount": "400000"}, "refundOf": {"number": "PY-1405-000001"}}
    too_much = await did(world, operator_admin(), REFUND, paymentId=begun["id"], isToWallet=False, amount={"amount": "500001"})
    assert too_much["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("reach", ["profile manager", "account manager", "support"])
async def test_payments_of_a_wallet_are_paged_for_whoever_sees_it(world: Workshop, two_tenants: TwoTenants, reach: str) -> None:
    manager, wallet = two_tenants.one.as_profile_manager(), two_tenants.one.wallet("sales")
    for number in range(3):
        await did(world, manager, TOP_UP, walletId=wallet, amount={"amount": "900000"}, method=slip(str(number)))
    page = {"gatewayReturnUrl": "https://company.example/"}
    await did(world, manager, TOP_UP, walletId=wallet, amount={"amount": "900000"}, method=page)
    actor = {
        "profile manager": manager, "account manager": two_tenants.one.as_account_manager(), "support": two_tenants.one.as_support(),
    }[reach]  # fmt: skip

    async def shown(**variables: Any) -> Answer:
        return await ask(world.database, actor, PAYMENTS, {"id": wallet, **variables}, parts=world)

    with counted_statements(world.database) as few:
        found = (await shown()).data["node"]["payments"]
    assert found["totalCount"] == 4
    numbers = [edge["node"]["number"] for edge in found["edges"]]
    assert numbers == [f"PY-1405-{number:06}" for number in (4, 3, 2, 1)]
    links = [edge["node"]["redirectUrl"] for edge in found["edges"]]
    assert (links[0] is None) == (reach == "support") and links[1:] == [None] * 3
    assert (await shown(states=["SETTLED"])).data["node"]["payments"]["totalCount"] == 0
    assert len(few) <= 5
    other = await ask(world.database, two_tenants.other.as_profile_manager(), PAYMENTS, {"id": wallet}, parts=world)
    assert other.data["node"] is None


async def test_a_payment_keeps_the_place_of_its_time(world: Workshop, two_tenants: TwoTenants) -> None:
    wallet = two_tenants.one.wallet("office")
    begun = await did(world, two_tenants.one.as_profile_manager(), TOP_UP, walletId=wallet, amount={"amount": "1"}, method=slip())

    async with world.database.read() as session:
        (payment,) = (await session.scalars(table_of(Payment).select().with_only_columns(Payment.path))).all()
    assert payment == two_tenants.one.accounts["office"].path
    looked = await ask(world.database, two_tenants.one.as_account_manager(), "query($id: ID!) { node(id: $id) { id } }", {"id": begun["payment"]["id"]}, parts=world)
    assert looked.data["node"] is None
