"""Payments at a gateway: the page is opened, the payer comes back, and the gateway is asked, now and later, until it says yes or no.

What a browser says is never believed: it only makes us ask. Any step may be lost or repeated: money is booked once, by `settling`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import structlog
from sqlmodel import col, select

from domain.audit.writing import Command, Result, Work, carry_out
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, ErrorCode, NotFound
from domain.kernel.ids import Kind, encode
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode, Reason
from domain.kernel.scope import SYSTEM, system_scope
from domain.payments import rules
from domain.payments.ports import GatewayRefused, GatewaySilent, Outcome, PageRequest, PaymentGateway, Terminals, Verdict
from domain.payments.rules import FINAL
from domain.payments.service import FOLLOW_UP, GIVE_BACK
from domain.payments.settling import fail, locked, move_on, settle, settle_refund
from domain.payments.tables import Payment, PaymentState
from domain.payments.targets import subject_of
from store import outbox
from store.outbox import Handler, Later, Task, Tireless
from store.session import Database, Session

S = PaymentState
PATIENCE_SECONDS = 20
"""How long one question may take, while a person waits in front of a browser."""
LONGEST_REASON = 200
SOON = "soon"
LATE = "late"
LOG = structlog.get_logger("payments")

End = Callable[[Work, Payment], Awaitable[None]]


async def open_page(database: Database, terminals: Terminals, token: str, *, callback_url: str, at: datetime) -> str:
    """Where to send a payer who wants to pay: to the gateway's page, or back where there is nothing to pay. Raises `NotFound`."""
    payment = await _by_token(database, token)
    gateway = terminals.named(payment.terminal)
    if payment.state != S.CREATED or gateway is None or at >= payment.created_at + rules.PAGE_LIFE:
        return landing(payment)
    if payment.page_url is not None:
        return payment.page_url
    try:
        await _check(database, payment)
        async with asyncio.timeout(PATIENCE_SECONDS):
            page = await gateway.open_page(PageRequest(payment.amount, payment.number, callback_url, payment.number))
    except DomainError as error:
        await _conclude(database, payment.id, "paymentFail", _failed(Reason.of(error)), at=at)
        return landing(payment)
    except GatewayRefused as refusal:
        await _conclude(database, payment.id, "paymentFail", _failed(_refusal(str(refusal))), at=at)
        return landing(payment)
    except (GatewaySilent, TimeoutError, OSError) as silence:
        _log_silence(payment.id, silence)
        return landing(payment)
    async with database.write() as session:
        own = await _locked(session, payment.id)
        if own.state == S.CREATED and own.authority is None:  # else another click was faster, and its page counts
            own.authority, own.page_url = page.authority, page.url
            await session.flush()
        return own.page_url if own.state == S.CREATED and own.page_url else landing(own)


async def came_back(database: Database, terminals: Terminals, token: str, *, at: datetime) -> str:
    """Asks the gateway about the payment of a browser that came back, and tells where to send it. Raises `NotFound`."""
    payment = await _by_token(database, token)
    gateway = terminals.named(payment.terminal)
    if payment.state == S.SETTLED or payment.authority is None or gateway is None:
        return landing(payment)
    await _doubt(database, payment.id, at=at)
    await _ask(database, gateway, payment, at=at)
    return landing(payment)


def landing(payment: Payment) -> str:
    """The payer's own address to come back to, with the payment's id."""
    parts = urlsplit(payment.return_url or "")
    query = "&".join(filter(None, (parts.query, urlencode({"payment": encode(Kind.PAYMENT, payment.id)}))))
    return urlunsplit(parts._replace(query=query))


def handlers(database: Database, terminals: Terminals, clock: Clock) -> dict[str, Handler]:
    """The outbox's handlers of payments, by kind; each may run more than once for the same row."""

    async def follow_up(task: Task) -> None:
        """Asks about a payment until it ended; one that failed is asked about once more when its payer came back late."""
        payment = await _read(database, UUID(task.payload["payment"]))
        at, gateway = clock.now(), terminals.named(payment.terminal)
        if payment.state == S.SETTLED or (payment.state == S.FAILED and task.payload.get(LATE) is None):
            return
        if payment.authority is None:
            if at < payment.created_at + rules.PAGE_LIFE:
                raise Later(rules.ask_again_at(payment.created_at, at=at))
            await _conclude(database, payment.id, "paymentFail", _failed(Reason(ErrorCode.PAYMENT_FAILED, "payments.not_paid")), at=at)
            return
        outcome = await _ask(database, gateway, payment, at=at) if gateway else None
        if outcome is Outcome.UNPAID and payment.state != S.FAILED and at >= payment.created_at + rules.UNPAID_FOR:
            await _conclude(database, payment.id, "paymentFail", _failed(Reason(ErrorCode.PAYMENT_FAILED, "payments.not_paid")), at=at)
        elif outcome in (None, Outcome.PENDING) or (outcome is Outcome.UNPAID and payment.state != S.FAILED):
            raise Later(rules.ask_again_at(payment.created_at, at=at))

    async def give_back(task: Task) -> None:
        """Has the gateway give money back, or leaves it to people where it can't."""
        refund_id, at = UUID(task.payload["payment"]), clock.now()
        begun = await _begin_refund(database, terminals, refund_id, at=at)
        if begun is None:
            return
        gateway, refund, original = begun
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                verdict = await gateway.give_back(original.authority or "", refund.amount, original.amount, str(refund.id))
        except (GatewaySilent, TimeoutError, OSError) as silence:
            _log_silence(refund_id, silence)
            raise Later(rules.ask_again_at(refund.created_at, at=at)) from silence
        if verdict.outcome is Outcome.DONE:
            await _conclude(database, refund_id, "paymentSettle", _given_back(verdict), at=at)
        elif verdict.outcome is Outcome.REFUSED:
            await _leave_to_people(database, refund_id, verdict, at=at)
        else:
            raise Later(rules.ask_again_at(refund.created_at, at=at))

    return {FOLLOW_UP: Tireless(follow_up), GIVE_BACK: Tireless(give_back)}


async def _ask(database: Database, gateway: PaymentGateway, payment: Payment, *, at: datetime) -> Outcome | None:
    """Asks the gateway once and acts on its word; null when it said nothing."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            verdict = await gateway.verify(payment.authority or "", payment.amount)
    except (GatewaySilent, TimeoutError, OSError) as silence:
        _log_silence(payment.id, silence)
        return None
    if verdict.outcome is Outcome.DONE:
        await _conclude(database, payment.id, "paymentSettle", _settled(verdict), at=at)
    elif verdict.outcome is Outcome.REFUSED:
        await _conclude(database, payment.id, "paymentFail", _failed(_refusal(verdict.reason)), at=at)
    elif verdict.outcome is Outcome.UNPAID:
        await _trust_again(database, payment.id, at=at)
    return verdict.outcome


async def _doubt(database: Database, payment_id: UUID, *, at: datetime) -> None:
    """Commits that a payment is being verified before the gateway is asked, with a row that goes on asking if we can't."""
    async with database.write() as session:
        payment = await _locked(session, payment_id)
        letter = {"payment": payment.id.hex}
        if payment.state == S.CREATED:
            move_on(session, payment, S.VERIFYING, by=SYSTEM, at=at, note="came back")
            key = f"payment:{payment.id}:{SOON}"
        elif payment.state == S.FAILED:
            letter, key = letter | {LATE: LATE}, f"payment:{payment.id}:{LATE}"
        else:
            return
        soon = rules.ask_again_at(at, at=at)
        await outbox.send(session, FOLLOW_UP, letter, subject=key, key=key, at=soon, organization_id=payment.organization_id)


async def _trust_again(database: Database, payment_id: UUID, *, at: datetime) -> None:
    """Lets a payer who came back without paying go to the page again."""
    async with database.write() as session:
        payment = await _locked(session, payment_id)
        if payment.state == S.VERIFYING:
            move_on(session, payment, S.CREATED, by=SYSTEM, at=at, note="not paid yet")


async def _begin_refund(
    database: Database, terminals: Terminals, refund_id: UUID, *, at: datetime
) -> tuple[PaymentGateway, Payment, Payment] | None:
    """Commits that the gateway may have been told, before it is; null where there is nothing to tell it."""
    async with database.write() as session:
        refund = await _locked(session, refund_id)
        gateway = terminals.named(refund.terminal)
        if refund.state in FINAL or gateway is None or not gateway.gives_back:
            return None
        if refund.state == S.CREATED:
            move_on(session, refund, S.VERIFYING, by=SYSTEM, at=at, note="told the gateway")
        original = await session.get_one(Payment, refund.refund_of_id)
        await session.flush()
        return gateway, refund, original


async def _leave_to_people(database: Database, refund_id: UUID, verdict: Verdict, *, at: datetime) -> None:
    """The gateway won't give it back: the operator does, and says so by `paymentResolve`."""
    async with database.write() as session:
        refund = await _locked(session, refund_id)
        if refund.state == S.VERIFYING:
            move_on(session, refund, S.CREATED, by=SYSTEM, at=at, note=(verdict.reason or "refused")[:LONGEST_REASON])


async def _check(database: Database, payment: Payment) -> None:
    """Raises an expected failure when so much can't be paid any more."""
    async with database.read() as session:
        target, subject = await subject_of(session, payment)
        await target.check(session, subject, payment.amount)


async def _conclude(database: Database, payment_id: UUID, action: str, end: End, *, at: datetime) -> None:
    """Brings a payment to an end in one audited transaction, unless it may not go there from where it is by now."""

    async def service(work: Work) -> Result:
        await end(work, await _locked(work.sql, payment_id))
        return {}

    await carry_out(database, system_scope(Permission.WALLET_TOP_UP, at), Command(action, MutationMode.APPLY, ""), service, at=at)


def _settled(verdict: Verdict) -> End:
    async def end(work: Work, payment: Payment) -> None:
        if payment.state != S.SETTLED:
            await settle(work, payment, reference=verdict.reference)

    return end


def _given_back(verdict: Verdict) -> End:
    async def end(work: Work, refund: Payment) -> None:
        if refund.state not in FINAL:
            await settle_refund(work, refund, reference=verdict.reference)

    return end


def _failed(reason: Reason) -> End:
    async def end(work: Work, payment: Payment) -> None:
        if payment.state not in FINAL:
            await fail(work, payment, reason)

    return end


def _refusal(words: str | None) -> Reason:
    return Reason(ErrorCode.PAYMENT_FAILED, "payments.refused", {"reason": (words or "?")[:LONGEST_REASON]})


def _log_silence(payment_id: UUID, silence: BaseException) -> None:
    LOG.warning("gateway_silent", payment=str(payment_id), error=f"{type(silence).__name__}: {silence}")


async def _read(database: Database, payment_id: UUID) -> Payment:
    async with database.read() as session:
        return await session.get_one(Payment, payment_id)


async def _by_token(database: Database, token: str) -> Payment:
    async with database.read() as session:
        payment = (await session.scalars(select(Payment).where(col(Payment.token) == token))).one_or_none()
    if payment is None:
        raise NotFound
    return payment


async def _locked(session: Session, payment_id: UUID) -> Payment:
    payment = await locked(session, payment_id)
    if payment is None:
        raise LookupError(f"no payment {payment_id}")
    return payment
