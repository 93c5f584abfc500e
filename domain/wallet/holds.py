"""Holding money for business that hasn't ended: nobody else can spend it, and it is captured or released in parts or whole."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.kernel.errors import NotFound, StateConflict
from domain.kernel.ids import Ref, uuid7
from domain.wallet.digests import HOLD, of_row
from domain.wallet.ledger import Posting, change_held, post
from domain.wallet.tables import LedgerHold
from store.models import rows_changed
from store.session import Session
from store.upsert import insert_all


async def hold(
    session: Session, organization_id: UUID, ledger_account_id: UUID, amount: int, *, cause: Ref, at: datetime, id: UUID | None = None
) -> UUID:
    """Holds so many rials of a ledger account and returns the hold's id; raises `InsufficientFunds` when less is available."""
    if amount <= 0:
        raise ValueError(f"a hold has to be positive: {amount}")
    await change_held(session, organization_id, ledger_account_id, amount)
    row = {
        "id": id or uuid7(), "organization_id": organization_id, "ledger_account_id": ledger_account_id, "amount": amount,
        "remaining": amount, "cause_kind": cause.kind.value, "cause_id": cause.id, "held_at": at,
    }  # fmt: skip
    await insert_all(session, LedgerHold, [row | {"digest": of_row(HOLD, row)}])
    return UUID(str(row["id"]))


async def release(session: Session, hold_id: UUID, amount: int | None = None) -> int:
    """Sets a hold free, or so much of it, and returns how much that was: 0 when nothing remained.

    Raises `NotFound`, and `StateConflict` when less remains than asked.
    """
    held = await _of(session, hold_id)
    freed = held.remaining if amount is None else amount
    if freed:
        await _take(session, hold_id, freed)
        await change_held(session, held.organization_id, held.ledger_account_id, -freed)
    return freed


async def capture(session: Session, hold_id: UUID, *postings: Posting) -> None:
    """Books transfers with held money: what they take from the hold's account comes off the hold, once.

    Raises `NotFound`, and `StateConflict` when less remains than the transfers take.
    """
    held = await _of(session, hold_id)
    taken = -sum(leg.amount for posting in postings for leg in posting.legs if leg.ledger_account_id == held.ledger_account_id)
    if taken <= 0:
        raise ValueError("a capture has to take from the account that holds")
    await _take(session, hold_id, taken)
    await post(session, held.organization_id, postings, released={held.ledger_account_id: taken})


async def _of(session: Session, hold_id: UUID) -> LedgerHold:
    """The hold, locked until the end of the transaction so that two captures take turns."""
    statement = select(LedgerHold).where(col(LedgerHold.id) == hold_id).with_for_update().execution_options(populate_existing=True)
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def _take(session: Session, hold_id: UUID, amount: int) -> None:
    """Takes from what remains, guarded."""
    statement = (
        update(LedgerHold)
        .where(col(LedgerHold.id) == hold_id, col(LedgerHold.remaining) >= amount)
        .values(remaining=col(LedgerHold.remaining) - amount)
    )
    done = await session.execute(statement.execution_options(synchronize_session=False))
    if not rows_changed(done):
        raise StateConflict("wallet.hold_used")
