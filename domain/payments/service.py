"""What people do with payments: begin one, confirm or refuse a paper, give one back."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.service import next_number
from domain.audit.writing import Result, Work
from domain.files import uploads
from domain.files.tables import Purpose
from domain.kernel.calendar import JalaliDay, day_of
from domain.kernel.errors import AlreadyExists, ErrorCode, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.plan import Reason
from domain.kernel.scope import Scope
from domain.kernel.sealing import Sealer
from domain.payments import rules, vouchers
from domain.payments.ports import Terminals
from domain.payments.settling import fail, locked, settle, settle_refund, step
from domain.payments.tables import Payment, PaymentMethod, PaymentState
from domain.payments.targets import TARGETS, Subject, Target, subject_of
from domain.wallet import holds
from domain.wallet.owners import opened
from domain.wallet.purses import house
from domain.wallet.tables import LedgerAccountKind
from store.session import Database

M, S = PaymentMethod, PaymentState
FOLLOW_UP = "payments.follow_up"
GIVE_BACK = "payments.give_back"
PAPERS = frozenset({M.BANK_SLIP, M.CHEQUE})


@dataclass(frozen=True, slots=True)
class ByGateway:
    """On the page of one of these terminals, coming back to an address; `allows_loopback` where that may be this machine's."""

    return_url: str
    terminals: Terminals
    allows_loopback: bool = False


@dataclass(frozen=True, slots=True)
class ByPaper:
    """By bank slip or cheque, to be confirmed by the operator: the number and day on it, and the upload with its picture."""

    is_cheque: bool
    reference: str
    paid_on: date
    upload_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ByVoucher:
    """With the voucher that a code belonged to (`vouchers.find`)."""

    voucher_id: UUID


@dataclass(frozen=True, slots=True)
class FromWallet:
    """From a wallet of the organization that the payer reaches too."""

    wallet_id: UUID


Way = ByGateway | ByPaper | ByVoucher | FromWallet


async def top_up(work: Work, wallet_id: UUID, amount: int | None, way: Way) -> Result:
    """Pays into a wallet; as `pay`. From another wallet money is moved by a transfer, under its own rules: `NotEligible`."""
    if isinstance(way, FromWallet):
        raise NotEligible("payments.use_transfer", field=("method", "walletId"))
    await opened(work.sql, work.scope, wallet_id, work.at)
    return await pay(work, Ref(Kind.WALLET, wallet_id), amount, way, field="walletId")


async def pay(work: Work, target_ref: Ref, amount: int | None, way: Way, *, field: str) -> Result:
    """Begins to pay for something in scope, and ends it at once where the money is ours already; returns `payment`.

    `amount` in rials, null for a voucher's own. Raises `NotFound` at `field`, `InvalidInput`, `NotEligible`, `LimitReached`,
    `InsufficientFunds`, `StateConflict`, `AlreadyExists`, and what the target's `begin` does.
    """
    target = TARGETS[target_ref.kind]
    subject = await target.find(work.sql, target_ref.id)
    if subject is None:
        raise NotFound(field=(field,))
    work.scope.require(subject.organization_id, subject.path, field)
    work.within(subject.organization_id, subject.path, subject.ref.id)
    voucher = await vouchers.usable(work.sql, way.voucher_id, at=work.at) if isinstance(way, ByVoucher) else None
    if voucher is not None and amount is not None:
        raise InvalidInput("payments.voucher_amount", field=("amount",))
    paid = rules.check_amount(amount if voucher is None else voucher.amount)
    await target.check(work.sql, subject, paid)
    payment = await _begin(work, target, subject, paid, way)
    await target.begin(work, subject, payment)
    if voucher is not None:
        await vouchers.use_up(work.sql, voucher, payment.id, at=work.at)
    if payment.source_id is not None:
        await settle(work, payment, is_new=True)
    return {"payment": payment.id}


async def by_code(database: Database, sealer: Sealer, scope: Scope, target_ref: Ref, code: str, *, field: str, at: datetime) -> ByVoucher:
    """The way of paying for something in scope with a voucher's code; raises `NotFound` at `field`, and as `vouchers.find` has it."""
    async with database.read() as session:
        subject = await TARGETS[target_ref.kind].find(session, target_ref.id)
    if subject is None:
        raise NotFound(field=(field,))
    scope.require(subject.organization_id, subject.path, field)
    return ByVoucher(await vouchers.find(database, sealer, scope, subject.organization_id, code, at=at))


async def _begin(work: Work, target: Target, subject: Subject, amount: int, way: Way) -> Payment:
    """Writes the payment down, as its way has it."""
    payment = await _new(work, subject, amount)
    match way:
        case ByGateway(return_url, terminals, allows_loopback):
            payment.return_url = rules.check_return_url(return_url, allows_loopback=allows_loopback)
            payment.terminal = terminals.name_for(target.purpose)
            if payment.terminal is None:
                raise NotEligible("payments.no_gateway", field=("method", "gatewayReturnUrl"))
            payment.token = secrets.token_urlsafe(24)
            await work.afterwards(
                FOLLOW_UP, {"payment": payment.id.hex}, subject=f"payment:{payment.id}", key=f"payment:{payment.id}",
                at=work.at + rules.FIRST_LOOK,
            )  # fmt: skip
        case ByPaper(is_cheque, reference, paid_on, upload_id):
            payment.method = M.CHEQUE if is_cheque else M.BANK_SLIP
            payment.external_reference = rules.check_paper(reference, paid_on, today=day_of(work.at))
            payment.paid_on = paid_on
            await _check_unused(work, payment)
            if upload_id is not None:
                (file,) = await uploads.claim(
                    work.sql, work.scope, [upload_id], Purpose.SLIP, organization_id=subject.organization_id, field="uploadId"
                )
                payment.file_id = file.id
        case ByVoucher():
            payment.method = M.VOUCHER
            payment.source_id = (await house(work.sql, subject.organization_id))[LedgerAccountKind.VOUCHER]
        case FromWallet(wallet_id):
            payment.method = M.WALLET
            payment.source_id = await _own_wallet(work, subject, wallet_id)
    await _keep(work, payment)
    shown = payment.method if payment.external_reference is None else f"{payment.method} {payment.external_reference} ({payment.paid_on})"
    work.changed(subject.ref, subject.label, "payments", None, shown, money=Money(amount))
    return payment


async def _new(work: Work, subject: Subject, amount: int) -> Payment:
    """A payment with its number; payments of one organization that begin at once take turns from here on."""
    year = JalaliDay.of(work.at).year
    number = await next_number(work.sql, subject.organization_id, f"PY-{year}")
    return Payment(
        id=uuid7(), organization_id=subject.organization_id, path=subject.path, number=f"PY-{year}-{number:06}", state=S.CREATED,
        method=M.GATEWAY, amount=amount, target_kind=subject.ref.kind.value, target_id=subject.ref.id, wallet_id=subject.wallet_id,
        by=work.scope.actor.as_json(), created_at=work.at,
    )  # fmt: skip


async def _keep(work: Work, payment: Payment) -> None:
    work.sql.add(payment)
    await work.sql.flush()
    work.sql.add(step(payment, S(payment.state), by=work.scope.actor, at=work.at))
    work.within(payment.organization_id, payment.path, payment.id)


async def _check_unused(work: Work, payment: Payment) -> None:
    """Raises `AlreadyExists` for a paper that stands for another payment."""
    same = select(Payment.id).where(
        col(Payment.organization_id) == payment.organization_id, col(Payment.method) == payment.method,
        col(Payment.external_reference) == payment.external_reference, col(Payment.state) != S.FAILED,
        col(Payment.refund_of_id).is_(None),
    )  # fmt: skip
    if (await work.sql.scalars(same.limit(1))).first() is not None:
        raise AlreadyExists("payments.reference_used", field=("method", "offline", "reference"), reference=payment.external_reference)


async def _own_wallet(work: Work, subject: Subject, wallet_id: UUID) -> UUID:
    found = await TARGETS[Kind.WALLET].find(work.sql, wallet_id)
    if found is None or found.organization_id != subject.organization_id:
        raise NotFound(field=("method", "walletId"))
    work.scope.require(found.organization_id, found.path, "method", "walletId")
    return wallet_id


async def resolve(work: Work, payment_id: UUID, *, is_received: bool) -> Result:
    """Ends a slip or cheque, or a refund that people carry out: the money came, or went back, or it didn't; returns `payment`.

    Raises `NotFound` and `StateConflict`.
    """
    payment = await _in_scope(work, payment_id)
    if payment.state != S.CREATED or not (payment.method in PAPERS or payment.refund_of_id is not None):
        raise StateConflict("payments.not_waiting", field=("paymentId",))
    if not is_received:
        await fail(work, payment, Reason(ErrorCode.PAYMENT_FAILED, "payments.not_received"))
    elif payment.refund_of_id is not None:
        await settle_refund(work, payment)
    else:
        await settle(work, payment)
    return {"payment": payment.id}


async def refund(work: Work, payment_id: UUID, amount: int | None, *, is_to_wallet: bool) -> Result:
    """Gives a settled payment back, or so many rials of it, to its source or to a wallet; returns the refund as `payment`.

    To a wallet it is there at once. To its source the money is held until the gateway, or a person, has given it back. Raises `NotFound`,
    `StateConflict`, `InvalidInput`, `NotEligible`, `InsufficientFunds`.
    """
    payment = await _in_scope(work, payment_id)
    if payment.state != S.SETTLED or payment.refund_of_id is not None:
        raise StateConflict("payments.not_settled", field=("paymentId",))
    _, subject = await subject_of(work.sql, payment)
    left = payment.amount - await _given_back(work, payment)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise InvalidInput("payments.refund_amount", field=("amount",), most=left)
    to_wallet_id = _back_to(payment, subject, is_to_wallet)
    back = await _new(work, subject, wanted)
    back.refund_of_id = payment.id
    back.method, back.source_id = (M.WALLET, to_wallet_id) if to_wallet_id else (payment.method, None)
    back.wallet_id = to_wallet_id or subject.wallet_id
    back.terminal = payment.terminal if back.method == M.GATEWAY else None
    if to_wallet_id is None and subject.wallet_id is not None:
        back.hold_id = await holds.hold(
            work.sql, payment.organization_id, subject.wallet_id, wanted, cause=Ref(Kind.PAYMENT, back.id), at=work.at
        )
    await _keep(work, back)
    work.changed(Ref(Kind.PAYMENT, payment.id), payment.number, "refunds", None, back.method, money=Money(-wanted))
    if to_wallet_id is not None:
        await settle_refund(work, back, is_new=True)
    elif back.method == M.GATEWAY:
        await work.afterwards(GIVE_BACK, {"payment": back.id.hex}, subject=f"payment:{back.id}", key=f"payment:{back.id}")
    return {"payment": back.id}


def _back_to(payment: Payment, subject: Subject, is_to_wallet: bool) -> UUID | None:
    """The wallet that money is given back to, null for a source outside; raises `NotEligible` where there is no such way."""
    if payment.method == M.WALLET:
        return payment.source_id
    if is_to_wallet:
        if subject.back_id is None:
            raise NotEligible("payments.in_wallet", field=("isToWallet",))
        return subject.back_id
    if payment.method == M.VOUCHER:
        raise NotEligible("payments.voucher_back", field=("isToWallet",))
    return None


async def _given_back(work: Work, payment: Payment) -> int:
    """How much of a payment was given back or is about to be."""
    total: Any = func.coalesce(func.sum(col(Payment.amount)), 0)
    of = (col(Payment.organization_id) == payment.organization_id, col(Payment.refund_of_id) == payment.id, col(Payment.state) != S.FAILED)
    return int((await work.sql.execute(select(total).where(*of))).scalar_one())


async def _in_scope(work: Work, payment_id: UUID) -> Payment:
    payment = await locked(work.sql, payment_id)
    if payment is None:
        raise NotFound(field=("paymentId",))
    work.scope.require(payment.organization_id, payment.path, "paymentId")
    work.within(payment.organization_id, payment.path, payment.id)
    return payment
