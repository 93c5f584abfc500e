"""The redirect gateway's interface against a double that speaks it over HTTP: what is sent, which answers mean what, and whole payments."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio

from domain.payments.ports import GatewayRefused, GatewaySilent, Outcome, Page, PageRequest, Terminals, Verdict
from gateways.psp_zarinpal import ZarinpalGateway
from store.session import Database
from tests.domain.payments.till import Till
from tests.gateways.zarinpal import MERCHANT, Zarinpal
from tests.world import TwoTenants

WANTED = PageRequest(2_500_000, "PY-1405-000001", "https://simurgh.example/payments/t/callback", "PY-1405-000001")


@pytest.fixture
def double() -> Iterator[Zarinpal]:
    with Zarinpal() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture
async def gateway(double: Zarinpal) -> AsyncIterator[ZarinpalGateway]:
    adapter = ZarinpalGateway(double.url, timeout=2)
    yield adapter
    await adapter.close()


async def opened(gateway: ZarinpalGateway) -> Page:
    return await gateway.open_page(WANTED)


async def test_a_page_is_asked_for_with_what_the_documentation_names(gateway: ZarinpalGateway, double: Zarinpal) -> None:
    page = await opened(gateway)

    assert page == Page("A" + "0" * 34 + "1", f"{double.url.replace(MERCHANT + '@', '')}/StartPay/A{'0' * 34}1")
    assert double.got == [
        (
            "request",
            {
                "merchant_id": MERCHANT, "amount": 2_500_000, "currency": "IRR", "description": "PY-1405-000001",
                "callback_url": WANTED.callback_url, "metadata": {"order_id": "PY-1405-000001"},
            },
        )
    ]  # fmt: skip


async def test_a_payment_is_verified_however_often_it_is_asked(gateway: ZarinpalGateway, double: Zarinpal) -> None:
    page = await opened(gateway)
    double.pay(page.authority)

    assert [await gateway.verify(page.authority, WANTED.amount) for _ in range(2)] == [Verdict(Outcome.DONE, "201")] * 2


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("IN_BANK", Verdict(Outcome.UNPAID)), ("FAILED", Verdict(Outcome.REFUSED, reason="not completed")),
        ("REVERSED", Verdict(Outcome.REFUSED, reason="reversed")),
    ],
)  # fmt: skip
async def test_what_isnt_paid_is_inquired_about(gateway: ZarinpalGateway, double: Zarinpal, status: str, verdict: Verdict) -> None:
    page = await opened(gateway)
    double.sessions[page.authority].status = status

    assert await gateway.verify(page.authority, WANTED.amount) == verdict


@pytest.mark.parametrize("status", ["PAID", "VERIFIED"])
async def test_only_verifying_says_that_money_came(gateway: ZarinpalGateway, double: Zarinpal, status: str) -> None:
    page = await opened(gateway)
    double.sessions[page.authority].status = status
    double.moods.errors["verify"] = -52

    assert await gateway.verify(page.authority, WANTED.amount) == Verdict(Outcome.PENDING)


async def test_another_amount_or_a_strangers_authority_settles_nothing(gateway: ZarinpalGateway, double: Zarinpal) -> None:
    page = await opened(gateway)
    double.pay(page.authority)

    assert (await gateway.verify(page.authority, 1)).outcome is Outcome.PENDING
    assert await gateway.verify("A" * 36, WANTED.amount) == Verdict(Outcome.REFUSED, reason="-54 Invalid authority.")
    assert double.sessions[page.authority].status == "PAID"


async def test_refusals_of_a_page_carry_the_gateways_words(gateway: ZarinpalGateway, double: Zarinpal) -> None:
    double.moods.errors["request"] = -11
    with pytest.raises(GatewayRefused, match="-11 today not"):
        await opened(gateway)
    double.moods.errors["request"] = -12  # too often: no word about this payment
    with pytest.raises(GatewaySilent):
        await opened(gateway)


@pytest.mark.parametrize(
    "raw",
    [
        (502, b"<html>bad gateway</html>"), (200, b""), (200, b"[]"), (200, b"null"), (200, b'{"data": [], "errors": []}'),
        (200, b'{"data": {"code": "yes"}}'), (500, b'{"data": {"message": "no code"}}'), (200, b"\xff\xfe"), (302, b"{}"),
    ],
)  # fmt: skip
async def test_anything_else_concludes_nothing(gateway: ZarinpalGateway, double: Zarinpal, raw: tuple[int, bytes]) -> None:
    page = await opened(gateway)
    double.pay(page.authority)
    double.moods.raw = raw

    for asking in (opened(gateway), gateway.verify(page.authority, WANTED.amount), gateway.give_back(page.authority, 1, 1, "k")):
        with pytest.raises(GatewaySilent):
            await asking


async def test_silence_concludes_nothing(silent_port: int) -> None:
    for url in (f"http://m@127.0.0.1:{silent_port}/pg", "http://m@127.0.0.1:9/pg"):
        gateway = ZarinpalGateway(url, timeout=0.2)
        with pytest.raises(GatewaySilent):
            await gateway.verify("A", 1)
        await gateway.close()


async def test_a_whole_payment_is_reversed_once_even_when_the_answer_is_lost(gateway: ZarinpalGateway, double: Zarinpal) -> None:
    page = await opened(gateway)
    double.pay(page.authority)
    await gateway.verify(page.authority, 2_500_000)

    assert (await gateway.give_back(page.authority, 1, 2_500_000, "k")).outcome is Outcome.REFUSED
    double.moods.loses = {"reverse"}
    with pytest.raises(GatewaySilent):
        await gateway.give_back(page.authority, 2_500_000, 2_500_000, "k")
    double.moods.loses = set()

    assert await gateway.give_back(page.authority, 2_500_000, 2_500_000, "k") == Verdict(Outcome.DONE)
    double.sessions[page.authority].status = "VERIFIED"
    double.moods.errors["reverse"] = -63
    assert (await gateway.give_back(page.authority, 2_500_000, 2_500_000, "k")).outcome is Outcome.REFUSED


@pytest.mark.parametrize("url", ["https://host/pg", "http://merchant@example.com/pg", "ftp://merchant@host/pg", "", "merchant@host"])
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="a payment terminal is") as refused:
        ZarinpalGateway(url)

    assert "merchant@" not in str(refused.value).replace("https://merchant@host/pg", "")


def test_it_never_shows_its_merchant(double: Zarinpal) -> None:
    assert MERCHANT not in repr(ZarinpalGateway(double.url))


async def test_whole_payments_over_it(
    database: Database, two_tenants: TwoTenants, tmp_path: Path, gateway: ZarinpalGateway, double: Zarinpal
) -> None:
    till = Till(database, two_tenants.one, tmp_path)
    till.terminals = Terminals({"main": gateway})
    paid, given_up, lost = [await till.top_up(1_000_000) for _ in range(3)]
    for payment in (paid, given_up, lost):
        assert "/StartPay/A" in await till.opened(payment)
    authorities = {payment.id: (await till.payment(payment.id)).authority or "" for payment in (paid, given_up, lost)}
    double.pay(authorities[paid.id])
    double.give_up(authorities[given_up.id])
    double.pay(authorities[lost.id])

    for payment in (paid, given_up):
        await till.came_back(payment)
    double.moods.loses = {"verify"}
    await till.came_back(lost)
    assert (await till.payment(lost.id)).state == "VERIFYING"
    double.moods.loses = set()
    await till.work(timedelta(minutes=5))

    assert [(await till.payment(payment.id)).state for payment in (paid, given_up, lost)] == ["SETTLED", "FAILED", "SETTLED"]
    assert (await till.payment(paid.id)).external_reference == "201"
    assert await till.balance() == (2_000_000, 0)
    refund = await till.refund(await till.payment(paid.id))
    await till.work()
    assert (await till.payment(refund.id)).state == "SETTLED"
    assert double.sessions[authorities[paid.id]].status == "REVERSED"
    assert await till.faults() == []
