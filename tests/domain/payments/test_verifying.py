"""Payments at a gateway: each of its ways ends in a right, explained state, and what a browser says counts for nothing."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from domain.audit.tables import AuditEntry
from domain.kernel.errors import LimitReached, NotFound
from domain.kernel.ids import Kind, encode
from domain.kernel.plan import Reason
from domain.payments.ports import GatewayRefused, GatewaySilent, Outcome, Page, PageRequest, Terminals, Verdict
from domain.payments.tables import Payment
from gateways.psp_sandbox import Answer, SandboxGateway
from tests.domain.payments.till import RETURN, Till
from tests.ledger import adjust

AMOUNT = 2_500_000


async def pay_page(till: Till) -> Payment:
    payment = await till.top_up(AMOUNT)
    assert (await till.opened(payment)).startswith("https://psp.example/pay/S")
    return payment


async def test_a_payment_is_asked_for_paid_verified_and_booked_once(till: Till) -> None:
    payment = await till.top_up(AMOUNT)
    assert (payment.state, payment.number, payment.method) == ("CREATED", "PY-1405-000001", "GATEWAY")
    page = await till.opened(payment)
    assert await till.opened(payment) == page  # however often it is clicked, one page

    await till.act(payment, Answer.PAY)
    back = await till.came_back(payment)

    assert back == f"{RETURN}&payment={encode(Kind.PAYMENT, payment.id)}"
    ended = await till.payment(payment.id)
    assert (ended.state, ended.failure, ended.finished_at) == ("SETTLED", None, till.clock.now())
    assert ended.external_reference and ended.external_reference.isdigit()
    assert await till.steps(payment) == ["CREATED", "VERIFYING", "SETTLED"]
    (transfer,) = await till.transfers()
    assert (transfer.id, transfer.reason, transfer.cause_id, transfer.memo) == (ended.transfer_id, "TOP_UP", payment.id, payment.number)
    assert transfer.by["label"] == till.tenant.profile_manager.name
    assert await till.balance() == (AMOUNT, 0)
    assert await till.faults() == []
    async with till.database.read() as session:
        entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
    assert [(entry.action, entry.by["label"]) for entry in entries] == [("test", "Sara Karimi"), ("paymentSettle", "Simurgh")]
    assert {change["field"]: (change["before"], change["after"]) for change in entries[1].changes} == {
        "state": ("VERIFYING", "SETTLED"), "balance": ("0", str(AMOUNT)),
    }  # fmt: skip
    assert await till.told() == ["Paid: 2,500,000\u00a0IRR"]


async def test_20_callbacks_at_once_settle_once(till: Till) -> None:
    payment = await pay_page(till)
    await till.act(payment, Answer.PAY)

    await asyncio.gather(*(till.came_back(payment) for _ in range(20)), till.work(timedelta(minutes=3)))

    assert (await till.payment(payment.id)).state == "SETTLED"
    assert await till.balance() == (AMOUNT, 0)
    assert len(await till.transfers()) == 1
    assert (await till.steps(payment)).count("SETTLED") == 1
    assert await till.faults() == []


async def test_20_clicks_at_once_lead_to_one_page(till: Till) -> None:
    payment = await till.top_up(AMOUNT)

    pages = await asyncio.gather(*(till.opened(payment) for _ in range(20)))

    assert len(set(pages)) == 1


async def test_a_refusal_ends_it_and_says_why(till: Till) -> None:
    payment = await pay_page(till)
    await till.act(payment, Answer.REFUSE)
    await till.came_back(payment)

    ended = await till.payment(payment.id)
    assert ended.state == "FAILED" and ended.failure is not None
    reason = Reason.from_json(ended.failure)
    assert (reason.code, reason.message_key, reason.params) == (
        "PAYMENT_FAILED", "payments.refused", {"reason": "refused by the payer's bank"},
    )  # fmt: skip
    assert await till.transfers() == []
    assert await till.work(timedelta(hours=2)) == 2  # what was left to do is done
    assert (await till.payment(payment.id)).state == "FAILED"
    assert await till.told() == ["Not paid: 2,500,000\u00a0IRR"]


async def test_a_slow_gateway_is_asked_until_it_says_yes(till: Till) -> None:
    payment = await pay_page(till)
    await till.act(payment, Answer.SLOW)
    await till.came_back(payment)
    assert (await till.payment(payment.id)).state == "VERIFYING"
    assert await till.balance() == (0, 0)

    await till.work(timedelta(seconds=31))

    assert (await till.payment(payment.id)).state == "SETTLED"
    assert await till.steps(payment) == ["CREATED", "VERIFYING", "SETTLED"]
    assert await till.balance() == (AMOUNT, 0)


async def test_a_payer_who_never_comes_back_is_credited_all_the_same(till: Till) -> None:
    payment = await pay_page(till)
    await till.act(payment, Answer.NEVER)

    await till.work(timedelta(minutes=2, seconds=1))

    assert await till.steps(payment) == ["CREATED", "SETTLED"]
    assert await till.balance() == (AMOUNT, 0)


@pytest.mark.parametrize("answer", [Answer.LEAVE, Answer.FORGE])
async def test_coming_back_without_having_paid_credits_nothing_and_leaves_the_page_open(till: Till, answer: Answer) -> None:
    payment = await pay_page(till)
    await till.act(payment, answer)

    for _ in range(3):
        await till.came_back(payment)

    assert (await till.payment(payment.id)).state == "CREATED"
    assert await till.transfers() == []
    await till.act(payment, Answer.PAY)
    await till.came_back(payment)
    assert await till.balance() == (AMOUNT, 0)


async def test_a_callback_before_any_page_or_of_a_stranger_does_nothing(till: Till) -> None:
    payment = await till.top_up(AMOUNT)

    await till.came_back(payment)

    assert await till.steps(payment) == ["CREATED"]
    with pytest.raises(NotFound):
        await till.came_back(Payment(**payment.model_dump() | {"token": "guessed"}))


async def test_a_page_that_is_never_opened_ends_after_an_hour(till: Till) -> None:
    payment = await till.top_up(AMOUNT)
    for _ in range(10):
        await till.work(timedelta(minutes=10))

    ended = await till.payment(payment.id)
    assert ended.state == "FAILED" and ended.failure is not None
    assert ended.failure["key"] == "payments.not_paid"
    assert await till.opened(payment) == f"{RETURN}&payment={encode(Kind.PAYMENT, payment.id)}"


async def test_an_opened_page_ends_when_the_gateway_says_so(till: Till) -> None:
    payment = await pay_page(till)
    for _ in range(4):
        await till.work(timedelta(minutes=10))

    ended = await till.payment(payment.id)
    assert ended.state == "FAILED" and ended.failure is not None
    assert ended.failure["params"] == {"reason": "not paid in time"}


class Moody(SandboxGateway):
    """A sandbox that can be told to say nothing, or something else."""

    is_silent = False
    says: Verdict | None = None
    refuses_pages = False

    async def open_page(self, wanted: PageRequest) -> Page:
        """Or not."""
        if self.is_silent:
            raise GatewaySilent("down")
        if self.refuses_pages:
            raise GatewayRefused("-11 terminal not active")
        return await super().open_page(wanted)

    async def verify(self, authority: str, amount: int) -> Verdict:
        """Or not."""
        if self.is_silent:
            raise GatewaySilent("down")
        return self.says or await super().verify(authority, amount)

    async def give_back(self, authority: str, amount: int, whole: int, key: str) -> Verdict:
        """Or not."""
        if self.is_silent:
            raise GatewaySilent("down")
        return self.says or await super().give_back(authority, amount, whole, key)


@pytest.fixture
def moody(till: Till) -> Moody:
    """The till's gateway with moods."""
    gateway = Moody(till.folder, till.clock, "https://psp.example/pay")
    till.sandbox, till.terminals = gateway, Terminals({"sandbox": gateway})
    return gateway


async def test_a_silent_gateway_concludes_nothing_and_is_asked_for_as_long_as_it_takes(till: Till, moody: Moody) -> None:
    payment = await pay_page(till)
    await till.act(payment, Answer.PAY)
    moody.is_silent = True
    await till.came_back(payment)
    for _ in range(60):
        await till.work(timedelta(hours=2))
    assert (await till.payment(payment.id)).state == "VERIFYING"

    moody.is_silent = False
    await till.work(timedelta(hours=2))

    assert (await till.payment(payment.id)).state == "SETTLED"
    assert len(await till.transfers()) == 1


async def test_a_gateway_without_a_page_sends_the_payer_back_to_try_again_or_fails(till: Till, moody: Moody) -> None:
    payment = await till.top_up(AMOUNT)
    moody.is_silent = True
    assert (await till.opened(payment)).startswith(RETURN)
    assert (await till.payment(payment.id)).state == "CREATED"

    moody.is_silent, moody.refuses_pages = False, True
    assert (await till.opened(payment)).startswith(RETURN)

    ended = await till.payment(payment.id)
    assert ended.state == "FAILED" and ended.failure is not None
    assert ended.failure["params"] == {"reason": "-11 terminal not active"}


async def test_money_that_comes_after_the_end_is_booked_when_the_gateway_says_so(till: Till, moody: Moody) -> None:
    payment = await pay_page(till)
    moody.says = Verdict(Outcome.REFUSED, reason="not completed")
    await till.came_back(payment)
    assert (await till.payment(payment.id)).state == "FAILED"
    moody.says = None
    await till.act(payment, Answer.PAY)
    moody.is_silent = True

    await till.came_back(payment)
    assert (await till.payment(payment.id)).state == "FAILED"
    moody.is_silent = False
    await till.work(timedelta(minutes=5))

    ended = await till.payment(payment.id)
    assert (ended.state, ended.failure) == ("SETTLED", None)
    assert await till.steps(payment) == ["CREATED", "VERIFYING", "FAILED", "SETTLED"]
    assert await till.balance() == (AMOUNT, 0)


async def test_nobody_is_sent_to_pay_above_the_ceiling_and_money_that_came_is_booked_above_it(till: Till) -> None:
    await till.bound(ceiling=AMOUNT)
    with pytest.raises(LimitReached) as refused:
        await till.top_up(AMOUNT + 1)
    assert refused.value.maximum is not None and refused.value.maximum.count == AMOUNT
    payment, other = await pay_page(till), await till.top_up(AMOUNT)
    await till.act(payment, Answer.PAY)
    await adjust(till.database, till.wallet_id, 1)

    assert (await till.opened(other)).startswith(RETURN)
    failed = await till.payment(other.id)
    assert failed.state == "FAILED" and failed.failure is not None and failed.failure["code"] == "LIMIT_REACHED"
    await till.came_back(payment)

    assert (await till.payment(payment.id)).state == "SETTLED"
    assert await till.balance() == (AMOUNT + 1, 0)
    assert (await till.notes(payment))[-1] == "over_ceiling"
    with pytest.raises(LimitReached):
        await till.top_up(1)


async def test_the_terminal_is_chosen_by_what_is_paid_for(till: Till) -> None:
    other = SandboxGateway(till.folder, till.clock, "https://wallets.example")
    till.terminals = Terminals({"main": till.sandbox, "wallet": other})

    payment = await till.top_up(AMOUNT)

    assert payment.terminal == "wallet"
    assert (await till.opened(payment)).startswith("https://wallets.example/S")
    assert till.terminals.name_for("bill") == "main"
