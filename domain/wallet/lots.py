"""Money that came together and is lost together: made when money comes in, used up first in, first out, given back where it came from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.kernel.ids import uuid7
from domain.wallet import rules
from domain.wallet.tables import LotUse, WalletLot
from store.session import Session
from store.upsert import insert_all


async def keep(
    session: Session, organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, *,
    before: int, after: int, months: int, at: datetime, reverses_id: UUID | None = None,
) -> None:  # fmt: skip
    """Brings an account's lots in step with a change of its balance; its row has to be locked by the caller's change.

    What only pays back an overdraft makes no lot, and what is overdrawn uses none.
    """
    change = rules.positive(after) - rules.positive(before)
    if change < 0:
        await _use(session, organization_id, ledger_account_id, transfer_id, -change)
    elif change > 0:
        rest = change - (await _give_back(session, organization_id, ledger_account_id, reverses_id, change) if reverses_id else 0)
        if rest:
            await insert_all(session, WalletLot, [_lot(organization_id, ledger_account_id, transfer_id, rest, months, at)])


async def _use(session: Session, organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, amount: int) -> None:
    """Takes so much from the oldest lots on."""
    statement = (
        select(WalletLot.id, WalletLot.remaining)
        .where(col(WalletLot.organization_id) == organization_id, col(WalletLot.ledger_account_id) == ledger_account_id)
        .where(col(WalletLot.remaining) > 0)
        .order_by(col(WalletLot.created_at), col(WalletLot.id))
    )
    uses = rules.first_in_first_out([(id, remaining) for id, remaining in await session.execute(statement)], amount)
    await _change(session, {id: -used for id, used in uses})
    rows = [{"lot_id": id, "transfer_id": transfer_id, "organization_id": organization_id, "amount": used} for id, used in uses]
    await insert_all(session, LotUse, rows)


async def _give_back(session: Session, organization_id: UUID, ledger_account_id: UUID, reverses_id: UUID, most: int) -> int:
    """Gives a transfer's money back to the lots it came from, the youngest first, up to so much; returns how much."""
    statement = (
        select(LotUse.lot_id, LotUse.amount)
        .join(WalletLot, col(WalletLot.id) == col(LotUse.lot_id))
        .where(col(LotUse.organization_id) == organization_id, col(LotUse.transfer_id) == reverses_id)
        .where(col(WalletLot.ledger_account_id) == ledger_account_id)
        .order_by(col(WalletLot.created_at).desc(), col(WalletLot.id).desc())
    )
    used = [(id, amount) for id, amount in await session.execute(statement)]
    back = rules.first_in_first_out(used, min(most, sum(amount for _, amount in used)))
    await _change(session, dict(back))
    return sum(amount for _, amount in back)


async def _change(session: Session, amounts: dict[UUID, int]) -> None:
    for id, amount in amounts.items():
        statement = update(WalletLot).where(col(WalletLot.id) == id).values(remaining=col(WalletLot.remaining) + amount)
        await session.execute(statement.execution_options(synchronize_session=False))


def _lot(
    organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, amount: int, months: int, at: datetime
) -> dict[str, Any]:
    return {
        "id": uuid7(), "organization_id": organization_id, "ledger_account_id": ledger_account_id, "transfer_id": transfer_id,
        "amount": amount, "remaining": amount, "created_at": at, "expires_at": rules.lot_expiry(at, months),
    }  # fmt: skip
