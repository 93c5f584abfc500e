"""The ends of a payment, each in one transaction with the money it moves; whoever comes second finds it ended and does nothing."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.audit.writing import Work
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.plan import Reason
from domain.kernel.scope import SYSTEM, ActorRef
from domain.notifications.feed import tell
from domain.payments import rules
from domain.payments.rules import FINAL
from domain.payments.tables import Payment, PaymentMethod, PaymentState, PaymentStep
from domain.payments.targets import Subject, subject_of
from domain.wallet import holds
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, place_of
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store.session import Session

M, S = PaymentMethod, PaymentState
COMES_FROM_OUTSIDE = frozenset({M.GATEWAY, M.BANK_SLIP, M.CHEQUE})
"""Money that is there already when it is booked: it isn't turned away for a ceiling."""
OVER_CEILING = "over_ceiling"


async def locked(session: Session, payment_id: UUID) -> Payment | None:
    """A payment as it is now, locked until the transaction ends; null when there is none."""
    statement = select(Payment).where(col(Payment.id) == payment_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


def move_on(session: Session, payment: Payment, state: PaymentState, *, by: ActorRef, at: datetime, note: str | None = None) -> None:
    """Takes a payment to a state, with its step; one that it may not go to is a bug."""
    if not rules.may_become(S(payment.state), state):
        raise ValueError(f"a payment doesn't go from {payment.state} to {state}")
    payment.state = state
    payment.finished_at = at if state in FINAL else None
    session.add(step(payment, state, by=by, at=at, note=note))


def step(payment: Payment, state: PaymentState, *, by: ActorRef, at: datetime, note: str | None = None) -> PaymentStep:
    """A step to be kept."""
    return PaymentStep(
        id=uuid7(), organization_id=payment.organization_id, payment_id=payment.id, state=state, at=at, by=by.as_json(), note=note
    )


async def settle(work: Work, payment: Payment, *, reference: str | None = None, is_new: bool = False) -> None:
    """Books the money of a locked payment and ends it; raises `LimitReached` and `InsufficientFunds` for money that is ours already.

    Of one that `is_new` in this very write the plan can't tell a state: it isn't there yet.
    """
    target, subject = await subject_of(work.sql, payment)
    source = payment.source_id or (await house(work.sql, payment.organization_id))[LedgerAccountKind.CLEARING]
    legs = [Leg(source, -payment.amount, await place_of(work.sql, source)), *await target.credit(work.sql, subject, payment.amount)]
    is_bounded = False if payment.method in COMES_FROM_OUTSIDE else None
    posting = replace(_posting(work, payment, subject, legs, subject.reason), is_bounded=is_bounded)
    await post(work.sql, payment.organization_id, [posting])
    payment.transfer_id, payment.failure = posting.id, None
    payment.external_reference = reference or payment.external_reference
    _end(work, payment, subject, is_new=is_new, note=await _note(work.sql, subject))
    await target.paid(work, subject, payment)
    await work.sql.flush()
    await _tell(work, payment, subject, "settled", payment)


async def settle_refund(work: Work, refund: Payment, *, reference: str | None = None, is_new: bool = False) -> None:
    """Books what is given back by a locked refund, from its hold if it has one, and ends it; `is_new` as `settle` has it."""
    original = await work.sql.get_one(Payment, refund.refund_of_id)
    target, subject = await subject_of(work.sql, original)
    await target.end(work, subject, original, refund.amount)
    to = refund.source_id or (await house(work.sql, refund.organization_id))[LedgerAccountKind.CLEARING]
    legs = [*await target.debit(work.sql, subject, refund.amount), Leg(to, refund.amount, await place_of(work.sql, to))]
    posting = _posting(work, refund, subject, legs, LedgerReason.REFUND)
    if refund.hold_id is not None:
        await holds.capture(work.sql, refund.hold_id, posting)
    else:
        await post(work.sql, refund.organization_id, [posting])
    refund.transfer_id = posting.id
    refund.external_reference = reference or refund.external_reference
    _end(work, refund, subject, is_new=is_new)
    await target.given_back(work, subject, refund)
    await work.sql.flush()
    await _tell(work, refund, subject, "refunded", original)


async def fail(work: Work, payment: Payment, reason: Reason) -> None:
    """Ends a locked payment without money; what a refund held is free again."""
    target, subject = await subject_of(work.sql, payment)
    if payment.refund_of_id is None:
        await target.end(work, subject, payment, payment.amount)
    if payment.hold_id is not None:
        await holds.release(work.sql, payment.hold_id)
    payment.failure = reason.as_json()
    work.within(payment.organization_id, payment.path, payment.id, subject.ref.id)
    work.changed(Ref(Kind.PAYMENT, payment.id), payment.number, "state", payment.state, S.FAILED)
    move_on(work.sql, payment, S.FAILED, by=work.scope.actor, at=work.at, note=reason.message_key)
    await work.sql.flush()
    await _tell(work, payment, subject, "failed", payment)


async def _tell(work: Work, payment: Payment, subject: Subject, event: str, begun: Payment) -> None:
    """Tells who had begun to pay how it ended, unless they ended it themselves."""
    payer = ActorRef.from_json(begun.by).person_id
    if payer is None or payer == work.scope.actor.person_id:
        return
    words = {"number": payment.number, "label": subject.label, "amount": Money(payment.amount)}
    about, once = Ref(Kind.PAYMENT, payment.id), f"payment:{payment.id}:{event}"
    await tell(work.sql, payment.organization_id, [payer], f"payments.notice.{event}", words, about, at=work.at, once=once)


def _posting(work: Work, payment: Payment, subject: Subject, legs: list[Leg], reason: LedgerReason) -> Posting:
    """Booked in the payer's name where the system does it."""
    by = ActorRef.from_json(payment.by) if work.scope.actor == SYSTEM else work.scope.actor
    return Posting(legs, subject.path, reason, by, work.at, Ref(Kind.PAYMENT, payment.id), payment.number)


def _end(work: Work, payment: Payment, subject: Subject, *, is_new: bool, note: str | None = None) -> None:
    work.within(payment.organization_id, subject.path, payment.id, subject.ref.id)
    if not is_new:
        work.changed(Ref(Kind.PAYMENT, payment.id), payment.number, "state", payment.state, S.SETTLED)
    move_on(work.sql, payment, S.SETTLED, by=work.scope.actor, at=work.at, note=note)


async def _note(session: Session, subject: Subject) -> str | None:
    """Says of money that came while the wallet was filled otherwise that it passed the ceiling: it is booked all the same."""
    if subject.wallet_id is None:
        return None
    wallet = await session.get_one(LedgerAccount, subject.wallet_id, populate_existing=True)
    return OVER_CEILING if wallet.ceiling is not None and wallet.balance > wallet.ceiling else None
