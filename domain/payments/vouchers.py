"""Vouchers: made in batches, known by a keyed digest of their code alone, found by it under a limit on guesses, used up once."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Result, Work
from domain.catalogue.tables import ActivationMode
from domain.kernel.errors import InvalidInput, LimitReached, NotEligible, NotFound, StateConflict
from domain.kernel.ids import uuid7
from domain.kernel.money import Money
from domain.kernel.proof import Proof
from domain.kernel.quantity import Quantity, Unit
from domain.kernel.scope import Scope
from domain.kernel.sealing import Sealer
from domain.payments import rules
from domain.payments.tables import Voucher, VoucherBatch, VoucherGuess
from domain.wallet.rules import lot_expiry
from store.session import Database, Session
from store.upsert import insert_all

CODE_FIELD = ("method", "voucherCode")


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What to make: how many vouchers, worth how many rials each, when they become valid and for how many months."""

    count: int
    amount: int
    activation: ActivationMode
    valid_months: int


@dataclass(frozen=True, slots=True)
class Usable:
    """A voucher that may be used now."""

    id: UUID
    batch_id: UUID
    amount: int


async def batch_create(work: Work, sealer: Sealer, proof: Proof, wanted: NewBatch) -> tuple[Result, list[str]]:
    """Makes a batch; its `batch`, and the codes, which are nowhere else and never again. Raises `StepUpRequired` and `InvalidInput`."""
    proof.require(work.at)
    if not 1 <= wanted.count <= rules.MOST_VOUCHERS:
        raise InvalidInput("payments.voucher_count", field=("count",), most=rules.MOST_VOUCHERS)
    if not 1 <= wanted.valid_months <= rules.MOST_MONTHS:
        raise InvalidInput("payments.voucher_months", field=("validMonths",), most=rules.MOST_MONTHS)
    rules.check_amount(wanted.amount)
    batch = VoucherBatch(
        id=uuid7(), created_at=work.at, by=work.scope.actor.as_json(), count=wanted.count, amount=wanted.amount,
        activation=wanted.activation, valid_months=wanted.valid_months,
        activated_at=work.at if wanted.activation is ActivationMode.NOW else None, redeemed_count=0,
    )  # fmt: skip
    work.sql.add(batch)
    await work.sql.flush()
    codes: set[str] = set()
    while len(codes) < wanted.count:
        codes.add(f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}")
    in_any_order = sorted(codes, key=lambda _: secrets.randbits(64))
    rows = [{"id": uuid7(), "batch_id": batch.id, "code_hash": digest(sealer, code)} for code in in_any_order]
    await insert_all(work.sql, Voucher, rows)
    work.changed(None, f"{wanted.count} × {wanted.amount}", "vouchers", None, wanted.activation, money=Money(wanted.amount * wanted.count))
    return {"batch": batch.id}, [rules.shown_code(code) for code in in_any_order]


def digest(sealer: Sealer, code: str) -> str:
    """What is kept of a code."""
    return sealer.digest("voucher", code)


async def activate(session: Session, batch_id: UUID, *, at: datetime) -> VoucherBatch:
    """Makes the vouchers of a batch valid from now on, where that was left for later. Raises `NotFound` and `StateConflict`."""
    statement = select(VoucherBatch).where(col(VoucherBatch.id) == batch_id).with_for_update()
    batch = (await session.scalars(statement)).one_or_none()
    if batch is None:
        raise NotFound
    if batch.activation != ActivationMode.LATER or batch.activated_at is not None:
        raise StateConflict("payments.voucher_active")
    batch.activated_at = at
    await session.flush()
    return batch


async def find(database: Database, sealer: Sealer, scope: Scope, organization_id: UUID, code: str, *, at: datetime) -> UUID:
    """The voucher of a code. A wrong one is counted, in a transaction that is committed before anybody hears of it.

    Raises `InvalidInput` for a code of no voucher, and `LimitReached` once an actor or an organization has guessed too often.
    """
    async with database.write() as session:
        # one guess of an organization at a time: twenty at once must not all find one left
        await session.execute(select(Organization.id).where(col(Organization.id) == organization_id).with_for_update())
        refusal = await _closed(session, scope, organization_id, at)
        bare = rules.bare_code(code)
        found = None
        if refusal is None and bare is not None:
            found = (await session.scalars(select(Voucher.id).where(col(Voucher.code_hash) == digest(sealer, bare)))).one_or_none()
        if refusal is None and bare is not None and found is None:
            session.add(VoucherGuess(id=uuid7(), organization_id=organization_id, actor_id=scope.actor.id, at=at))
    if refusal is not None:
        raise refusal
    if found is None:
        raise InvalidInput("payments.voucher_unknown", field=CODE_FIELD, digits=rules.CODE_DIGITS)
    return found


async def _closed(session: Session, scope: Scope, organization_id: UUID, at: datetime) -> LimitReached | None:
    """The refusal once too many wrong codes were tried; forgets those that no longer count."""
    guess, since = VoucherGuess, at - rules.GUESS_WINDOW
    here = col(guess.organization_id) == organization_id
    await session.execute(delete(guess).where(here, col(guess.at) <= since))
    for mine, most in ((col(guess.actor_id) == scope.actor.id, rules.WRONG_AN_ACTOR), (here, rules.WRONG_AN_ORGANIZATION)):
        count, first = (await session.execute(select(func.count(), func.min(guess.at)).where(here, mine))).one()
        if count >= most:
            opens = first + rules.GUESS_WINDOW
            return LimitReached("payments.voucher_guesses", maximum=Quantity(most, Unit.MESSAGE), retry_at=opens, field=CODE_FIELD)
    return None


async def usable(session: Session, voucher_id: UUID, *, at: datetime) -> Usable:
    """A voucher, locked, if it may be used now; raises `StateConflict` for one that is used up, `NotEligible` for one that isn't valid."""
    statement = select(Voucher).where(col(Voucher.id) == voucher_id).with_for_update().execution_options(populate_existing=True)
    voucher = (await session.scalars(statement)).one_or_none()
    if voucher is None:
        raise NotFound(field=CODE_FIELD)
    batch = await session.get_one(VoucherBatch, voucher.batch_id)
    if voucher.payment_id is not None:
        raise StateConflict("payments.voucher_used", field=CODE_FIELD)
    if batch.activation == ActivationMode.LATER and batch.activated_at is None:
        raise NotEligible("payments.voucher_inactive", field=CODE_FIELD)
    if batch.activated_at is not None and at >= lot_expiry(batch.activated_at, batch.valid_months):
        raise NotEligible("payments.voucher_expired", field=CODE_FIELD)
    return Usable(voucher.id, batch.id, batch.amount)


async def use_up(session: Session, voucher: Usable, payment_id: UUID, *, at: datetime) -> None:
    """Uses up a voucher that `usable` has locked."""
    await session.execute(update(Voucher).where(col(Voucher.id) == voucher.id).values(payment_id=payment_id, redeemed_at=at))
    count = update(VoucherBatch).where(col(VoucherBatch.id) == voucher.batch_id).values(redeemed_count=col(VoucherBatch.redeemed_count) + 1)
    await session.execute(count)
