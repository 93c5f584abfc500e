"""Wallets on the wire: what is there, what moved, who may see it, and correcting one."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from auth.actor import Actor
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.permissions import Permission
from schema.kernel.scalars import written
from store.session import Database
from tests.ledger import PRICE, adjust, faults, pay, refund
from tests.world import NOW, TwoTenants, ask, counted_statements, operator_admin

WALLET = """query($account: ID!, $posted: PeriodInput, $reasons: [LedgerReason!], $first: Int, $after: String) { account(id: $account) { wallet {
  id asOf source balance { ...M } held { ...M } available { ...M } floor { ...M } ceiling { ...M }
  entries(posted: $posted, reasons: $reasons, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id amount { ...M } balanceAfter { ...M } transfer { id postedAt reason memo by { label } cause { __typename id } } } }
  } } } } fragment M on Money { amount currency }"""
TREE = """query($organization: ID!) { organization(id: $organization) {
  accounts(first: 10) { edges { node { name wallet { available { amount } } } } } } }"""
TRANSFER = """query($id: ID!) { node(id: $id) { ... on LedgerTransfer { reason memo by { label } reverses { id }
  entries { kind amount { amount } balanceAfter { amount } wallet { id } transfer { id } } } } }"""
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
ADJUST = """mutation($input: WalletAdjustInput!) { walletAdjust(input: $input) { __typename
  ... on WalletAdjustPayload { plan { token changes { subject { id } label field before after money { amount } } total { gross { amount } } }
    transfer { id reason memo by { label } entries { kind amount { amount } } } }
  ... on InsufficientFunds { required { amount } available { amount } }
  ... on UserError { code message field } } }"""


def edges(answer: Any) -> list[Any]:
    assert answer.errors == []
    return [edge["node"] for edge in answer.data["account"]["wallet"]["entries"]["edges"]]


async def test_a_wallet_and_its_movements_newest_first(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    transfers = await pay(database, tenant.accounts["root"], [PRICE, PRICE])
    undone = await refund(database, transfers[0])

    answer = await ask(database, tenant.as_profile_manager(), WALLET, {"account": tenant.account("root"), "first": 10})

    movements = edges(answer)
    wallet = answer.data["account"]["wallet"]
    assert (wallet["id"], wallet["asOf"], wallet["source"]) == (tenant.wallet("root"), written(NOW), "LEDGER")
    figures = {name: wallet[name] and wallet[name]["amount"] for name in ("balance", "held", "available", "floor", "ceiling")}
    assert figures == {"balance": "724994", "held": "0", "available": "724994", "floor": "0", "ceiling": None}
    assert [(row["transfer"]["reason"], row["amount"]["amount"], row["balanceAfter"]["amount"]) for row in movements] == [
        ("REFUND", "275006", "724994"), ("ORDER", "-275006", "449988"), ("ORDER", "-275006", "724994"), ("ADJUSTMENT", "1000000", "1000000"),
    ]  # fmt: skip
    assert movements[0]["transfer"]["id"] == encode(Kind.LEDGER_TRANSFER, undone)
    assert [row["transfer"]["by"]["label"] for row in movements] == ["Simurgh", "Operator", "Operator", "Operator"]


async def test_movements_by_page_by_reason_and_by_time(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_profile_manager()
    for _ in range(3):
        await adjust(database, tenant.wallets["root"], 1_000_000)
        await pay(database, tenant.accounts["root"], [PRICE])
    here = {"account": tenant.account("root"), "first": 4}

    first = await ask(database, viewer, WALLET, here)
    info = first.data["account"]["wallet"]["entries"]["pageInfo"]
    rest = await ask(database, viewer, WALLET, here | {"after": info["endCursor"]})
    orders = await ask(database, viewer, WALLET, here | {"reasons": ["ORDER"]})
    later = await ask(database, viewer, WALLET, here | {"posted": {"startsAt": written(NOW + timedelta(seconds=1))}})
    earlier = await ask(database, viewer, WALLET, here | {"posted": {"endsAt": written(NOW)}})

    assert info["hasNextPage"] and not rest.data["account"]["wallet"]["entries"]["pageInfo"]["hasNextPage"]
    assert len(edges(first)) == 4 and len(edges(rest)) == 2
    assert len({row["id"] for row in edges(first) + edges(rest)}) == 6
    assert [row["amount"]["amount"] for row in edges(orders)] == ["-275006"] * 3
    assert edges(later) == edges(earlier) == []


async def test_a_page_of_movements_costs_the_same_however_long(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 90_000_000)
    await pay(database, tenant.accounts["root"], [PRICE] * 60)
    counts = []

    for first in (2, 50):
        with counted_statements(database) as statements:
            answer = await ask(database, tenant.as_profile_manager(), WALLET, {"account": tenant.account("root"), "first": first})
        assert len(edges(answer)) == first
        counts.append(len(statements))

    assert counts == [6, 6]  # the same, however many


async def test_the_wallets_of_a_tree_are_read_at_once(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["office"], 7)

    with counted_statements(database) as statements:
        answer = await ask(database, tenant.as_profile_manager(), TREE, {"organization": tenant.gid})

    nodes = [edge["node"] for edge in answer.data["organization"]["accounts"]["edges"]]
    available = {node["name"]: node["wallet"] and node["wallet"]["available"]["amount"] for node in nodes}
    assert available == {"Root": "0", "Sales": "0", "Field": None, "Office": "7"}
    assert len(statements) == 3


async def test_a_statement_adds_up(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    await pay(database, tenant.accounts["root"], [PRICE])
    document = """query($account: ID!, $posted: PeriodInput!) { account(id: $account) { wallet { statement(posted: $posted) {
      opening { amount } credits { amount } debits { amount } closing { amount } entryCount } } } }"""

    async def statement(**posted: str) -> list[Any]:
        answer = await ask(database, tenant.as_profile_manager(), document, {"account": tenant.account("root"), "posted": posted})
        assert answer.errors == []
        row = answer.data["account"]["wallet"]["statement"]
        return [value if name == "entryCount" else int(value["amount"]) for name, value in row.items()]

    assert await statement() == [0, 1_000_000, 275_006, 724_994, 2]
    assert await statement(startsAt=written(NOW), endsAt=written(NOW + timedelta(days=1))) == [0, 1_000_000, 275_006, 724_994, 2]
    assert await statement(startsAt=written(NOW + timedelta(days=1))) == [724_994, 0, 0, 724_994, 0]
    assert await statement(endsAt=written(NOW)) == [0, 0, 0, 0, 0]


async def test_a_movement_shows_every_side_but_no_balance_of_the_house(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    (paid,) = await pay(database, tenant.accounts["root"], [PRICE], Ref(Kind.ORDER, uuid7()))
    undone = await refund(database, paid)

    answer = await ask(database, tenant.as_profile_manager(), TRANSFER, {"id": encode(Kind.LEDGER_TRANSFER, undone)})

    node, id = answer.data["node"], encode(Kind.LEDGER_TRANSFER, undone)
    assert (node["reason"], node["memo"], node["reverses"]["id"]) == (
        "REFUND",
        "refused by the carrier",
        encode(Kind.LEDGER_TRANSFER, paid),
    )
    assert node["entries"] == [
        {"kind": "REVENUE", "amount": {"amount": "-250005"}, "balanceAfter": None, "wallet": None, "transfer": {"id": id}},
        {"kind": "TAX", "amount": {"amount": "-25001"}, "balanceAfter": None, "wallet": None, "transfer": {"id": id}},
        {
            "kind": "WALLET", "amount": {"amount": "275006"}, "balanceAfter": {"amount": "1000000"},
            "wallet": {"id": tenant.wallet("root")}, "transfer": {"id": id},
        },
    ]  # fmt: skip


async def test_support_sees_amounts_but_no_customers_name(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    await pay(database, tenant.accounts["root"], [PRICE], scope=tenant.as_profile_manager().scope(Permission.ORDER_PLACE, NOW))

    async def labels(actor: Actor) -> list[str]:
        return [
            row["transfer"]["by"]["label"]
            for row in edges(await ask(database, actor, WALLET, {"account": tenant.account("root"), "first": 9}))
        ]

    assert await labels(tenant.as_support()) == ["S••• K•••", "Operator"]
    assert await labels(tenant.as_profile_manager()) == ["Sara Karimi", "Operator"]


async def test_an_account_manager_sees_the_wallets_of_the_subtree_only(database: Database, two_tenants: TwoTenants) -> None:
    tenant, viewer = two_tenants.one, two_tenants.one.as_account_manager()
    ids: dict[str, list[str]] = {}
    for name in ("root", "sales", "office"):
        done = await adjust(database, tenant.wallets[name], 1_000_000)
        assert done.result is not None
        ids[name] = [tenant.wallet(name), encode(Kind.LEDGER_TRANSFER, done.result["transfer"])]
        whole = await ask(database, tenant.as_profile_manager(), WALLET, {"account": tenant.account(name), "first": 10})
        ids[name] += [row["id"] for row in edges(whole)]

    async def seen(actor: Actor, id: str) -> Any:
        return (await ask(database, actor, NODE, {"id": id})).data["node"]

    for id in ids["sales"]:
        assert (await seen(viewer, id))["id"] == id
    for id in ids["root"] + ids["office"]:
        assert await seen(viewer, id) is None
        assert (await seen(tenant.as_profile_manager(), id))["id"] == id
    for id in ids["root"] + ids["sales"] + ids["office"]:
        for stranger in (two_tenants.other.as_profile_manager(), two_tenants.other.as_account_manager(), two_tenants.other.as_support()):
            assert await seen(stranger, id) is None
    tree = await ask(database, viewer, TREE, {"organization": tenant.gid})
    assert [edge["node"]["name"] for edge in tree.data["organization"]["accounts"]["edges"] if edge["node"]["wallet"]] == ["Sales"]


async def test_an_administrator_plans_and_books_a_correction(database: Database, two_tenants: TwoTenants) -> None:
    tenant, admin = two_tenants.one, operator_admin()
    content = {
        "walletId": tenant.wallet("root"),
        "amount": {"amount": "5000000"},
        "reason": " Bank transfer 4711 ",
        "idempotencyKey": str(uuid4()),
    }

    planned = (await ask(database, admin, ADJUST, {"input": content | {"mode": "PLAN"}})).data["walletAdjust"]

    assert planned["transfer"] is None
    assert planned["plan"]["changes"] == [
        {
            "subject": {"id": tenant.wallet("root")},
            "label": "A-1",
            "field": "balance",
            "before": "0",
            "after": "5000000",
            "money": {"amount": "5000000"},
        }
    ]
    before = await ask(database, admin, WALLET, {"account": tenant.account("root"), "first": 1})
    assert edges(before) == []

    applied = (await ask(database, admin, ADJUST, {"input": content | {"planToken": planned["plan"]["token"]}})).data["walletAdjust"]
    again = (await ask(database, admin, ADJUST, {"input": content | {"planToken": planned["plan"]["token"]}})).data["walletAdjust"]

    assert applied == again
    assert applied["plan"]["changes"] == planned["plan"]["changes"]
    assert (applied["transfer"]["reason"], applied["transfer"]["memo"], applied["transfer"]["by"]) == (
        "ADJUSTMENT", "Bank transfer 4711", {"label": "Operator"},
    )  # fmt: skip
    sides = [(side["kind"], side["amount"]["amount"]) for side in applied["transfer"]["entries"]]
    assert sides == [("CLEARING", "-5000000"), ("WALLET", "5000000")]
    assert len(edges(await ask(database, admin, WALLET, {"account": tenant.account("root"), "first": 5}))) == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": {"amount": "0"}}, "INVALID_INPUT", ["amount"]),
        ({"amount": {"amount": "1.5"}}, "INVALID_INPUT", ["amount", "amount"]),
        ({"amount": {"amount": "1000000000001"}}, "INVALID_INPUT", ["amount"]),
        ({"reason": " "}, "INVALID_INPUT", ["reason"]),
        ({"walletId": encode(Kind.WALLET, uuid7())}, "NOT_FOUND", ["walletId"]),
        ({"walletId": encode(Kind.ACCOUNT, uuid7())}, "NOT_FOUND", ["walletId"]),
        ({"amount": {"amount": "-1"}}, "INSUFFICIENT_FUNDS", None),
        ({"planToken": "0" * 64}, "PLAN_STALE", ["planToken"]),
    ],
)
async def test_a_refused_correction_moves_nothing(
    database: Database, two_tenants: TwoTenants, change: dict[str, Any], code: str, field: list[str] | None
) -> None:
    tenant = two_tenants.one
    content = {"walletId": tenant.wallet("root"), "amount": {"amount": "500"}, "reason": "Deposit", "idempotencyKey": str(uuid4())}

    answer = await ask(database, operator_admin(), ADJUST, {"input": content | change})

    assert answer.errors == []
    assert (answer.data["walletAdjust"]["code"], answer.data["walletAdjust"]["field"]) == (code, field)
    after = await ask(database, operator_admin(), WALLET, {"account": tenant.account("root"), "first": 1})
    assert edges(after) == [] and after.data["account"]["wallet"]["balance"]["amount"] == "0"
    assert await faults(database) == []


async def test_nobody_of_the_company_makes_money(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    content = {"walletId": tenant.wallet("root"), "amount": {"amount": "500"}, "reason": "Deposit", "idempotencyKey": str(uuid4())}

    for actor in (tenant.as_profile_manager(), tenant.as_account_manager(), tenant.as_support()):
        assert (await ask(database, actor, ADJUST, {"input": content})).codes == ["FORBIDDEN"]
    assert (await ask(database, None, ADJUST, {"input": content})).codes == ["UNAUTHENTICATED"]
    assert edges(await ask(database, operator_admin(), WALLET, {"account": tenant.account("root"), "first": 1})) == []
