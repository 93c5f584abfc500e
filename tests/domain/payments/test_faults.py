"""A gateway of any mood, payers who do anything, deaths at any SQL statement: every payment ends as the gateway's books have it.

A death is an exception that no handler catches, thrown at a chosen SQL statement: what was not committed is gone, as with `kill -9`, and
the leases of the dead worker run out.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from domain.audit.writing import Done
from domain.kernel.errors import DomainError
from domain.payments import service
from domain.payments.ports import GatewayRefused, GatewaySilent, Outcome, Page, PageRequest, Terminals, Verdict
from domain.payments.service import ByGateway
from domain.payments.tables import Payment, PaymentState
from domain.wallet.tables import LedgerEntry, LedgerHold, LedgerTransfer
from gateways.psp_sandbox import Answer, SandboxGateway
from store.outbox import LEASE
from store.session import Database
from tests.domain.payments.till import RETURN, Till

S = PaymentState


class Killed(BaseException):
    """The process is gone."""


class Death:
    """Kills whoever runs the n-th SQL statement from now; later ones too, until somebody is born again."""

    def __init__(self, database: Database) -> None:
        self.left: int | None = None
        self.count = 0
        for engine in database.engines:
            event.listen(engine.sync_engine, "before_cursor_execute", self._executed)

    def _executed(self, *_args: object) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.count += 1
            raise Killed


class Moody(SandboxGateway):
    """Loses questions and answers, at times refuses a page or to give back; what it did it knows, and says when it is well."""

    def __init__(self, till: Till, dice: random.Random) -> None:
        super().__init__(till.folder, till.clock, "https://psp.example/pay")
        self.dice, self.is_well = dice, False

    async def open_page(self, wanted: PageRequest) -> Page:
        self._mood(0.2)
        if not self.is_well and self.dice.random() < 0.1:
            raise GatewayRefused("-9 not today")
        page = await super().open_page(wanted)
        self._mood(0.2)
        return page

    async def verify(self, authority: str, amount: int) -> Verdict:
        self._mood(0.3)
        verdict = await super().verify(authority, amount)
        self._mood(0.3)
        return verdict

    async def give_back(self, authority: str, amount: int, whole: int, key: str) -> Verdict:
        self._mood(0.3)
        if not self.is_well and self.dice.random() < 0.2:
            return Verdict(Outcome.REFUSED, reason="not today")
        verdict = await super().give_back(authority, amount, whole, key)
        self._mood(0.3)
        return verdict

    def _mood(self, share: float) -> None:
        if not self.is_well and self.dice.random() < share:
            raise GatewaySilent("lost")


async def lived(doing: Awaitable[object]) -> None:
    """As far as it came."""
    with suppress(Killed, DomainError):
        await doing


@pytest.mark.parametrize("seed", [1405, 2026, 9])
async def test_every_payment_ends_as_the_gateways_books_have_it(till: Till, seed: int) -> None:
    dice = random.Random(seed)
    gateway = Moody(till, dice)
    till.sandbox, till.terminals = gateway, Terminals({"sandbox": gateway})
    death = Death(till.database)

    async def begin(key: UUID, amount: int) -> Done:
        return await till.write(lambda work: service.top_up(work, till.wallet_id, amount, ByGateway(RETURN, till.terminals)), key=key)

    async def payments() -> list[Payment]:
        async with till.database.read() as session:
            return list(await session.scalars(select(Payment).order_by(Payment.number)))

    async def anything(payment: Payment) -> None:
        """What a payer, a browser or the operator may do at any time."""
        if payment.refund_of_id is not None:
            return
        deed = dice.choice(["open", "open", "act", "act", "back", "back", "refund"])
        if deed == "open":
            await lived(till.opened(payment))
        elif deed == "back":
            await lived(asyncio.gather(*(till.came_back(payment) for _ in range(dice.randrange(1, 4)))))
        elif deed == "act" and payment.authority is not None:
            gateway.act(payment.authority, dice.choice(list(Answer)))
        elif deed == "refund" and payment.state == S.SETTLED and dice.random() < 0.5:
            await lived(till.refund(payment, dice.choice([None, payment.amount // 3])))

    for life in range(12):
        death.left = dice.randrange(20, 260)
        key, amount = uuid4(), 1_000_000 + life
        for _ in range(2):  # the client retries
            await lived(begin(key, amount))
        for _ in range(10):
            with suppress(Killed):
                for payment in dice.sample(found := await payments(), min(3, len(found))):
                    await anything(payment)
            await lived(till.work(timedelta(seconds=dice.randrange(60))))
        death.left = None
        till.clock.move(LEASE + timedelta(seconds=1))
    gateway.is_well = True
    for _ in range(40):
        await till.work(LEASE + timedelta(minutes=70))
    waiting = [payment for payment in await payments() if payment.state not in (S.SETTLED, S.FAILED)]
    assert all(payment.refund_of_id is not None and payment.state == S.CREATED for payment in waiting)  # left to people by the gateway
    for refund in waiting:
        await till.resolve(refund, dice.random() < 0.5)

    ended = await payments()
    ins = [payment for payment in ended if payment.refund_of_id is None]
    outs = [payment for payment in ended if payment.refund_of_id is not None]
    assert death.count >= 5 and len(ins) >= 6
    for payment in ins:
        sitting = gateway.sitting(payment.authority or "")
        was_paid = sitting is not None and sitting.paid_at is not None
        assert payment.state == (S.SETTLED if was_paid else S.FAILED), payment.number
    assert all((payment.failure is not None) == (payment.state == S.FAILED) for payment in ended)
    assert all((payment.transfer_id is not None) == (payment.state == S.SETTLED) for payment in ended)
    settled, back = ([payment for payment in part if payment.state == S.SETTLED] for part in (ins, outs))
    assert settled and Counter(payment.state for payment in ins)[S.FAILED]
    assert await till.balance() == (sum(payment.amount for payment in settled) - sum(payment.amount for payment in back), 0)
    async with till.database.read() as session:
        causes = Counter(await session.scalars(select(LedgerTransfer.cause_id)))
        amounts = {entry.transfer_id: abs(entry.amount) for entry in await session.scalars(select(LedgerEntry))}
        held = list(await session.scalars(select(LedgerHold.remaining)))
    assert causes == Counter(payment.id for payment in (*settled, *back))
    assert all(amounts[payment.transfer_id] == payment.amount for payment in (*settled, *back) if payment.transfer_id)
    assert not any(held)
    assert await till.faults() == []
