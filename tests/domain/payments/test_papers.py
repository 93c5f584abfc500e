"""Slips and cheques, and giving back: nothing is booked until somebody who may says so, and no more goes back than came."""

import asyncio
import io
from datetime import timedelta

import pytest

from domain.files import rules as files
from domain.files.queries import kept
from domain.files.uploads import Offer, take
from domain.kernel.errors import AlreadyExists, InsufficientFunds, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.plan import MutationMode
from domain.payments import service
from domain.payments.ports import Outcome, Terminals, Verdict
from domain.payments.queries import slips_by_ids
from domain.payments.service import ByGateway, ByPaper, FromWallet
from domain.wallet.tables import LedgerHold
from gateways.psp_sandbox import SandboxGateway
from gateways.scanning import EicarScanner
from tests.domain.payments.test_verifying import AMOUNT, Moody
from tests.domain.payments.till import RETURN, Till
from tests.ledger import adjust

PNG = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")


async def test_a_slip_waits_for_the_operator_and_is_booked_once(till: Till) -> None:
    slip = await till.slip(AMOUNT)
    assert (slip.state, slip.method, slip.external_reference, slip.token) == ("CREATED", "BANK_SLIP", "4711", None)
    assert await till.balance() == (0, 0)

    ended = await till.resolve(slip, True)

    assert (ended.state, await till.balance()) == ("SETTLED", (AMOUNT, 0))
    (transfer,) = await till.transfers()
    assert (transfer.by["label"], transfer.cause_id) == ("Operator", slip.id)
    for is_received in (True, False):
        with pytest.raises(StateConflict):
            await till.resolve(slip, is_received)
    assert await till.faults() == []


async def test_20_operators_at_once_book_a_slip_once(till: Till) -> None:
    slip = await till.slip(AMOUNT)

    answers = await asyncio.gather(*(till.resolve(slip, True) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert all(isinstance(answer, StateConflict) for answer in answers if isinstance(answer, Exception))
    assert await till.balance() == (AMOUNT, 0)


async def test_a_cheque_that_bounced_books_nothing_and_may_be_brought_again(till: Till) -> None:
    cheque = await till.slip(AMOUNT, "88", is_cheque=True)

    ended = await till.resolve(cheque, False)

    assert ended.state == "FAILED" and ended.failure is not None and ended.failure["key"] == "payments.not_received"
    assert await till.transfers() == []
    assert (await till.slip(AMOUNT, "88", is_cheque=True)).state == "CREATED"


async def test_a_paper_is_registered_once_even_by_two_at_once(till: Till) -> None:
    answers = await asyncio.gather(*(till.slip(AMOUNT, "۴۷۱۱") for _ in range(8)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert all(isinstance(answer, AlreadyExists) for answer in answers if isinstance(answer, Exception))
    with pytest.raises(AlreadyExists):
        await till.slip(1, " 4711\u200f ")
    assert (await till.slip(AMOUNT, "4711", is_cheque=True)).state == "CREATED"


async def test_the_picture_of_a_slip_hangs_on_it(till: Till) -> None:
    scope = till.scope()
    offer = Offer(till.tenant.id, scope.actor.id, "slip.png", files.type_of("slip.png", "image/png"))
    file = await take(till.database, EicarScanner(), offer, io.BytesIO(PNG), limits=files.Limits(), at=till.clock.now())

    slip = await till.top_up(AMOUNT, ByPaper(False, "5", till.today, file.id))

    assert slip.file_id == file.id
    async with till.database.read() as session:
        (own,) = await kept(session, [file.id])
        assert own is not None and own.purpose == "SLIP"
        (seen,) = await slips_by_ids(session, scope, [file.id])
        assert seen is not None and seen.file_name == "slip.png"
    with pytest.raises(NotFound):
        await till.top_up(AMOUNT, ByPaper(False, "6", till.today, file.id))


async def test_what_makes_no_sense_is_refused(till: Till) -> None:
    today = till.today
    for amount, way in (
        (0, ByPaper(False, "1", today)), (-1, ByPaper(False, "1", today)), (10**12 + 1, ByPaper(False, "1", today)), (None, ByPaper(False, "1", today)),
        (1, ByPaper(False, " ", today)), (1, ByPaper(False, "x" * 61, today)), (1, ByPaper(False, "1", today + timedelta(days=2))),
        (1, ByPaper(False, "1", today - timedelta(days=400))),
        *((1, ByGateway(url, till.terminals)) for url in (
            "", "x", "http://company.example", "http://127.0.0.1:9", "javascript:alert(1)", "https://", "https://user:pass@x.example", "https://x.example/\nSet-Cookie: a",
            "//x.example", "https://x.example:99999", "https://x.example/" + "x" * 2000, "https:\\\\x.example", "https://ایران.example", "ftp://x.example",
        )),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            await till.top_up(amount, way)
    with pytest.raises(NotEligible):
        await till.top_up(1, FromWallet(till.tenant.wallets["sales"]))
    with pytest.raises(NotEligible):
        await till.top_up(1, ByGateway(RETURN, Terminals({})))
    assert (await till.top_up(1, ByGateway("http://127.0.0.1:9/x", till.terminals, allows_loopback=True))).state == "CREATED"


async def test_a_plan_of_each_writes_nothing(till: Till) -> None:
    slip = await till.slip(AMOUNT)
    planned = await till.write(lambda work: service.top_up(work, till.wallet_id, AMOUNT, ByGateway(RETURN, till.terminals)), mode=MutationMode.PLAN)
    assert [(change.field, change.after, change.money.minor if change.money else None) for change in planned.plan.changes] == [("payments", "GATEWAY", AMOUNT)]

    await till.write(lambda work: service.resolve(work, slip.id, is_received=True), mode=MutationMode.PLAN)

    assert (await till.payment(slip.id)).state == "CREATED"
    assert await till.transfers() == []
    assert (await till.top_up(AMOUNT)).number == "PY-1405-000002"


async def test_a_payment_goes_back_to_its_card_through_the_gateway(till: Till) -> None:
    payment = await till.paid(AMOUNT)

    refund = await till.refund(payment, 1_000_000)

    assert (refund.state, refund.refund_of_id, await till.balance()) == ("CREATED", payment.id, (AMOUNT, 1_000_000))
    await till.work()
    ended = await till.payment(refund.id)
    assert (ended.state, await till.balance()) == ("SETTLED", (AMOUNT - 1_000_000, 0))
    assert await till.steps(refund) == ["CREATED", "VERIFYING", "SETTLED"]
    assert [transfer.reason for transfer in await till.transfers()] == ["TOP_UP", "REFUND"]
    with pytest.raises(InvalidInput):
        await till.refund(payment, AMOUNT - 1_000_000 + 1)
    rest = await till.refund(payment)
    assert rest.amount == AMOUNT - 1_000_000
    with pytest.raises(InvalidInput):
        await till.refund(payment)
    with pytest.raises(StateConflict):
        await till.refund(ended)
    assert await till.faults() == []


async def test_a_refund_holds_what_it_gives_back_and_frees_it_when_it_fails(till: Till) -> None:
    slip = await till.resolve(await till.slip(AMOUNT), True)

    refund = await till.refund(slip)
    assert await till.balance() == (AMOUNT, AMOUNT)
    with pytest.raises(InsufficientFunds):
        await adjust(till.database, till.wallet_id, -1)
    ended = await till.resolve(refund, False)

    assert (ended.state, await till.balance()) == ("FAILED", (AMOUNT, 0))
    again = await till.refund(slip)
    assert (await till.resolve(again, True)).state == "SETTLED"
    assert await till.balance() == (0, 0)
    assert await till.faults() == []


async def test_20_refunds_at_once_give_back_no_more_than_came(till: Till) -> None:
    payment = await till.paid(AMOUNT)
    await adjust(till.database, till.wallet_id, 10 * AMOUNT)

    answers = await asyncio.gather(*(till.refund(payment, AMOUNT // 4) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 4
    for _ in range(3):
        await till.work(timedelta(seconds=1))
    assert await till.balance() == (10 * AMOUNT, 0)
    assert await till.faults() == []


async def test_what_was_spent_cant_be_given_back(till: Till) -> None:
    payment = await till.paid(AMOUNT)
    await adjust(till.database, till.wallet_id, -1)

    with pytest.raises(InsufficientFunds):
        await till.refund(payment)
    with pytest.raises(NotEligible):
        await till.refund(payment, is_to_wallet=True)

    assert await till.balance() == (AMOUNT - 1, 0)


async def test_a_refund_that_the_gateway_wont_do_is_left_to_people(till: Till) -> None:
    gateway = Moody(till.folder, till.clock, "https://psp.example/pay")
    till.sandbox, till.terminals = gateway, Terminals({"sandbox": gateway})
    payment = await till.paid(AMOUNT)
    refund = await till.refund(payment)
    gateway.is_silent = True
    await till.work()
    assert (await till.payment(refund.id)).state == "VERIFYING"
    with pytest.raises(StateConflict):
        await till.resolve(refund, True)
    gateway.is_silent, gateway.says = False, Verdict(Outcome.REFUSED, reason="-63 too late")

    await till.work(timedelta(minutes=1))

    assert (await till.payment(refund.id)).state == "CREATED"
    assert (await till.notes(refund))[-1] == "-63 too late"
    assert (await till.resolve(refund, True)).state == "SETTLED"
    assert await till.balance() == (0, 0)


async def test_a_terminal_that_gives_nothing_back_leaves_it_to_people(till: Till) -> None:
    payment = await till.paid(AMOUNT)

    class Taker(SandboxGateway):
        gives_back = False

    till.terminals = Terminals({"sandbox": Taker(till.folder, till.clock, "https://psp.example/pay")})
    refund = await till.refund(payment)
    await till.work()

    assert (await till.payment(refund.id)).state == "CREATED"
    async with till.database.read() as session:
        hold = await session.get_one(LedgerHold, refund.hold_id)
        assert hold.remaining == AMOUNT
    assert (await till.resolve(refund, True)).state == "SETTLED"
