"""How much of the windows of limits is used up, counted from what was moved; whoever decides by it holds the wallet's lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import case, func
from sqlmodel import col, select

from domain.transfers.rules import Limit, Terms, Used, limit_reached, opens_at, passed
from domain.transfers.tables import Transfer
from store.session import Session


class Side(Enum):
    """On which side of its transfers a wallet is counted."""

    SENT = "sent"
    RECEIVED = "received"

    @property
    def wallet(self) -> Any:
        """The column of the wallet on this side."""
        return col(Transfer.from_wallet_id if self is Side.SENT else Transfer.to_wallet_id)

    def limits(self, terms: Terms) -> tuple[Limit, ...]:
        """The windows of a policy on this side."""
        return terms.sent if self is Side.SENT else terms.received


async def used(session: Session, organization_id: UUID, wallet_id: UUID, side: Side, limits: Sequence[Limit], at: datetime) -> list[Used]:
    """What moved within each window up to now, in one statement; a transfer leaves a window when it is that many days old."""
    if not limits:
        return []
    columns: list[Any] = []
    for limit in limits:
        inside = col(Transfer.moved_at) > at - timedelta(days=limit.days)
        columns += [func.sum(case((inside, 1), else_=0)), func.sum(case((inside, col(Transfer.amount)), else_=0))]
    longest = at - timedelta(days=max(limit.days for limit in limits))
    of_wallet = (col(Transfer.organization_id) == organization_id, side.wallet == wallet_id, col(Transfer.moved_at) > longest)
    row = (await session.execute(select(*columns).where(*of_wallet))).one()
    numbers = [int(number or 0) for number in row]
    return [Used(*numbers[place : place + 2]) for place in range(0, len(numbers), 2)]


async def check(
    session: Session, organization_id: UUID, wallet_id: UUID, side: Side, terms: Terms, amount: int, at: datetime
) -> None:
    """Raises `LimitReached` when so much more would pass a window on this side."""
    limits = side.limits(terms)
    for limit, gone in zip(limits, await used(session, organization_id, wallet_id, side, limits, at), strict=True):
        if (bound := passed(limit, gone, amount)) is not None:
            moved = await _moved(session, organization_id, wallet_id, side, at - timedelta(days=limit.days))
            raise limit_reached(side.value, bound, limit, opens_at(limit, moved, amount))


async def _moved(
    session: Session, organization_id: UUID, wallet_id: UUID, side: Side, since: datetime
) -> Sequence[tuple[datetime, int]]:
    """When and how much was moved since then, oldest first."""
    columns: tuple[Any, ...] = (Transfer.moved_at, Transfer.amount)
    statement = select(*columns).where(col(Transfer.organization_id) == organization_id, side.wallet == wallet_id)
    rows = await session.execute(statement.where(col(Transfer.moved_at) > since).order_by(col(Transfer.moved_at)))
    return [(at, amount) for at, amount in rows]
