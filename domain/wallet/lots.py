"""Money that came together and is lost together: made when money comes in, used up first in, first out, given back where it came from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.kernel.ids import uuid7
from domain.wallet import rules
from domain.wallet.digests import LOT, of_row
from domain.wallet.tables import LotUse, WalletLot
from store.session import Session
from store.upsert import insert_all

IN_ORDER: tuple[Any, ...] = (col(WalletLot.expires_at), col(WalletLot.created_at), col(WalletLot.id))
"""The order of use: what is lost first; in an account whose lots last alike that is what came first."""


async def keep(
    session: Session, organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, *,
    before: int, after: int, lost_at: datetime, at: datetime, reverses_id: UUID | None = None,
) -> None:  # fmt: skip
    """Brings an account's lots in step with a change of its balance; its row has to be locked by the caller's change.

    `lost_at` is when what comes in is lost unless it was used.
    What only pays back an overdraft makes no lot, and what is overdrawn uses none.
    """
    change = rules.positive(after) - rules.positive(before)
    if change < 0:
        await _use(session, organization_id, ledger_account_id, transfer_id, -change)
    elif change > 0:
        given = await _give_back(session, organization_id, ledger_account_id, transfer_id, reverses_id, change) if reverses_id else 0
        rest = change - given
        if rest:
            await insert_all(session, WalletLot, [_lot(organization_id, ledger_account_id, transfer_id, rest, lost_at, at)])


async def _use(session: Session, organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, amount: int) -> None:
    """Takes so much from the lots that are lost first on: in one account those that came first."""
    statement = (
        select(WalletLot.id, WalletLot.remaining)
        .where(col(WalletLot.organization_id) == organization_id, col(WalletLot.ledger_account_id) == ledger_account_id)
        .where(col(WalletLot.remaining) > 0)
        .order_by(*IN_ORDER)
    )
    uses = rules.first_in_first_out([(id, remaining) for id, remaining in await session.execute(statement)], amount)
    await _used(session, organization_id, transfer_id, dict(uses))


async def _give_back(
    session: Session, organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, reverses_id: UUID, most: int
) -> int:
    """Gives a transfer's money back to the lots it came from, the last first, up to so much; returns how much.

    It is kept as a use of less than nothing by the transfer that undoes, so that a lot is what came less its uses.
    """
    statement = (
        select(LotUse.lot_id, LotUse.amount)
        .join(WalletLot, col(WalletLot.id) == col(LotUse.lot_id))
        .where(col(LotUse.organization_id) == organization_id, col(LotUse.transfer_id) == reverses_id)
        .where(col(WalletLot.ledger_account_id) == ledger_account_id, col(LotUse.amount) > 0)
        .order_by(*(column.desc() for column in IN_ORDER))
    )
    used = [(id, amount) for id, amount in await session.execute(statement)]
    back = rules.first_in_first_out(used, min(most, sum(amount for _, amount in used)))
    await _used(session, organization_id, transfer_id, {id: -amount for id, amount in back})
    return sum(amount for _, amount in back)


async def _used(session: Session, organization_id: UUID, transfer_id: UUID, amounts: Mapping[UUID, int]) -> None:
    """Writes down what a transfer uses of each lot."""
    for id, amount in amounts.items():
        statement = update(WalletLot).where(col(WalletLot.id) == id).values(remaining=col(WalletLot.remaining) - amount)
        await session.execute(statement.execution_options(synchronize_session=False))
    rows = [{"lot_id": id, "transfer_id": transfer_id, "organization_id": organization_id, "amount": used} for id, used in amounts.items()]
    await insert_all(session, LotUse, rows)


def _lot(
    organization_id: UUID, ledger_account_id: UUID, transfer_id: UUID, amount: int, lost_at: datetime, at: datetime
) -> dict[str, Any]:
    row = {
        "id": uuid7(), "organization_id": organization_id, "ledger_account_id": ledger_account_id, "transfer_id": transfer_id,
        "amount": amount, "remaining": amount, "created_at": at, "expires_at": lost_at,
    }  # fmt: skip
    return row | {"digest": of_row(LOT, row)}
