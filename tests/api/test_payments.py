"""Paying through the browser, over HTTP: the link, the sandbox's page, the way back; nobody elsewhere sees development's page."""

import re
from contextlib import AsyncExitStack
from html import unescape
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from api.app import build
from api.settings import Environment, read_settings
from api.workshop import Workshop
from api.world import terminals_of
from domain.kernel.clock import SystemClock
from domain.kernel.ids import Kind, encode
from gateways.psp_sandbox import SandboxGateway
from gateways.psp_zarinpal import ZarinpalGateway
from tests.world import TwoTenants, ask

TOP_UP = """
mutation($input: WalletTopUpInput!) { walletTopUp(input: $input) {
  ... on WalletTopUpPayload { payment { id number state redirectUrl } } ... on UserError { code message field } } }
"""
PAYMENTS = """
query($id: ID!) { node(id: $id) { ... on Payment { state redirectUrl externalReference failure { code message } transfer { entries { kind amount { amount } } cause { id } }
  wallet { balance { amount } payments(first: 5) { totalCount edges { node { number state amount { amount } by { label } } } } lots { remaining { amount } } } } } }
"""
RETURN = "http://127.0.0.1:9999/back"


async def begun(world: Workshop, tenants: TwoTenants) -> dict[str, str]:
    content = {
        "walletId": tenants.one.wallet("root"), "amount": {"amount": "1250000"}, "method": {"gatewayReturnUrl": RETURN}, "idempotencyKey": str(uuid4()),
    }  # fmt: skip
    answer = await ask(world.database, tenants.one.as_profile_manager(), TOP_UP, {"input": content}, parts=world)
    assert answer.errors == []
    payment: dict[str, str] = answer.data["walletTopUp"]["payment"]
    return payment


async def shown(world: Workshop, tenants: TwoTenants, id: str) -> dict[str, object]:
    answer = await ask(world.database, tenants.one.as_profile_manager(), PAYMENTS, {"id": id}, parts=world)
    assert answer.errors == []
    found: dict[str, object] = answer.data["node"]
    return found


async def test_from_the_link_to_the_page_and_back(world: Workshop, two_tenants: TwoTenants, http: httpx.AsyncClient) -> None:
    payment = await begun(world, two_tenants)
    assert payment["state"] == "CREATED"

    page = await http.get(payment["redirectUrl"])
    assert page.status_code == 303 and page.headers["cache-control"] == "no-store"
    form = await http.get(page.headers["location"])
    assert form.status_code == 200 and "IRR 1,250,000" in form.text and payment["number"] in form.text
    paid = await http.post(page.headers["location"], data={"answer": "pay"})
    assert paid.status_code == 303 and "Status=OK" in paid.headers["location"]
    back = await http.get(paid.headers["location"])

    assert (back.status_code, back.headers["location"]) == (303, f"{RETURN}?payment={payment['id']}")
    found = await shown(world, two_tenants, payment["id"])
    reference = found.pop("externalReference")
    assert re.fullmatch(r"\d{12}", str(reference))
    assert found == {
        "state": "SETTLED", "redirectUrl": None, "failure": None,
        "transfer": {
            "entries": [{"kind": "CLEARING", "amount": {"amount": "-1250000"}}, {"kind": "WALLET", "amount": {"amount": "1250000"}}],
            "cause": {"id": payment["id"]},
        },
        "wallet": {
            "balance": {"amount": "1250000"},
            "payments": {
                "totalCount": 1,
                "edges": [{"node": {"number": "PY-1405-000001", "state": "SETTLED", "amount": {"amount": "1250000"}, "by": {"label": "Sara Karimi"}}}],
            },
            "lots": [],
        },
    }  # fmt: skip
    used = await http.post(page.headers["location"], data={"answer": "pay"})
    assert used.status_code == 410


async def test_a_gateway_that_calls_back_twice(world: Workshop, two_tenants: TwoTenants, http: httpx.AsyncClient) -> None:
    payment = await begun(world, two_tenants)
    page = (await http.get(payment["redirectUrl"])).headers["location"]

    both = (await http.post(page, data={"answer": "twice"})).text
    for address in (re.search(r'content="0;url=([^"]+)"', both), re.search(r'img src="([^"]+)"', both)):
        assert address is not None
        await http.get(unescape(address[1]))

    assert (await shown(world, two_tenants, payment["id"]))["wallet"]["balance"] == {"amount": "1250000"}  # type: ignore[index]


async def test_forged_callbacks_credit_nothing(world: Workshop, two_tenants: TwoTenants, http: httpx.AsyncClient) -> None:
    payment = await begun(world, two_tenants)
    await http.get(payment["redirectUrl"])

    for query in ("?Authority=S000000000000000000000000&Status=OK", "?Status=OK", ""):
        for method in ("GET", "POST"):
            assert (await http.request(method, f"{payment['redirectUrl']}/callback{query}")).status_code == 303

    found = await shown(world, two_tenants, payment["id"])
    assert (found["state"], found["transfer"]) == ("CREATED", None)
    assert (await http.get("http://127.0.0.1:8000/payments/nobody/callback?Status=OK")).status_code == 404


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.nip.io"])
async def test_the_sandboxs_page_is_for_this_machine_alone(
    world: Workshop, two_tenants: TwoTenants, http: httpx.AsyncClient, host: str
) -> None:
    payment = await begun(world, two_tenants)
    page = (await http.get(payment["redirectUrl"])).headers["location"]

    assert (await http.get(page, headers={"host": host})).status_code == 404
    assert (await http.post(page, data={"answer": "pay"}, headers={"host": host})).status_code == 404
    transport = httpx.ASGITransport(app=build(world), client=("192.0.2.7", 40000))
    async with httpx.AsyncClient(transport=transport) as elsewhere:
        assert (await elsewhere.get(page)).status_code == 404
    assert (await shown(world, two_tenants, payment["id"]))["state"] == "CREATED"


async def test_a_payment_of_another_company_is_nobodys(world: Workshop, two_tenants: TwoTenants) -> None:
    payment = await begun(world, two_tenants)

    answer = await ask(world.database, two_tenants.other.as_profile_manager(), PAYMENTS, {"id": payment["id"]}, parts=world)

    assert answer.data["node"] is None
    content = {
        "walletId": encode(Kind.WALLET, two_tenants.one.wallets["root"]), "amount": {"amount": "1"}, "method": {"gatewayReturnUrl": RETURN},
        "idempotencyKey": str(uuid4()),
    }  # fmt: skip
    refused = await ask(world.database, two_tenants.other.as_profile_manager(), TOP_UP, {"input": content}, parts=world)
    assert refused.data["walletTopUp"]["code"] == "NOT_FOUND"


async def test_terminals_come_from_the_settings_and_production_has_no_sandbox(tmp_path: Path) -> None:
    named = {"SIMURGH_PAYMENT_TERMINALS": "main=https://a@pay.example/pg bill=https://b@pay.example/pg"}
    async with AsyncExitStack() as parts:
        development = terminals_of(read_settings({}, data_dir=tmp_path), SystemClock(), parts)
        real = terminals_of(read_settings(named, data_dir=tmp_path), SystemClock(), parts)
        nobody = terminals_of(msgspec.structs.replace(read_settings({}, data_dir=tmp_path), environment=Environment.PRODUCTION), SystemClock(), parts)

        assert isinstance(development.named("sandbox"), SandboxGateway)
        assert (real.name_for("wallet"), real.name_for("bill"), real.named("sandbox")) == ("main", "bill", None)
        assert isinstance(real.named("bill"), ZarinpalGateway)
        assert nobody.name_for("wallet") is None


async def test_a_payer_who_came_from_the_app_is_led_back_to_it(http: httpx.AsyncClient) -> None:
    page = await http.get("/payments/returned?payment=ABC%22%3E%3Cscript%3E", headers={"accept-language": "fa"})

    assert page.status_code == 200 and page.headers["cache-control"] == "no-store" and "default-src 'none'" in page.headers["content-security-policy"]
    assert 'dir="rtl"' in page.text and "به برنامه برگردید" in page.text
    assert 'href="simurgh://payment/ABC%22%3E%3Cscript%3E"' in page.text and "<script>" not in page.text
