"""What remains of lots when their time is over is lost: booked to revenue by periodic work (TE-04), never what is held."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from domain.kernel.clock import Clock
from domain.kernel.scope import SYSTEM
from domain.wallet.ledger import Posting, lock, post
from domain.wallet.purses import house, place_of
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason, WalletLot
from store.outbox import Handler, Later, Round, Task, each
from store.session import Database, Session

EXPIRY_KIND = "lot_expiry"
EVERY = timedelta(hours=1)
AT_ONCE = 200


def handlers(database: Database, clock: Clock) -> Mapping[str, Handler]:
    """The outbox's handler of rounds."""

    async def make_round(_: Task) -> None:
        at = clock.now()
        done = await expire_lots(database, at=at)
        raise Later(at if done == AT_ONCE else at + EVERY)

    return {EXPIRY_KIND: Round(make_round)}


async def expire_lots(database: Database, *, at: datetime) -> int:
    """Takes what is over by an instant from its accounts, each in a transaction of its own; returns how many accounts had any."""
    due = (col(WalletLot.expires_at) <= at, col(WalletLot.remaining) > 0)
    spendable = col(LedgerAccount.balance) > col(LedgerAccount.held)
    statement = select(WalletLot.organization_id, WalletLot.ledger_account_id).where(*due, spendable).distinct()
    statement = statement.join(LedgerAccount, col(LedgerAccount.id) == col(WalletLot.ledger_account_id)).limit(AT_ONCE)
    async with database.read() as session:
        accounts = [(organization_id, id) for organization_id, id in await session.execute(statement)]

    async def expire(account: tuple[UUID, UUID]) -> None:
        async with database.write() as session:
            await _expire(session, *account, at)

    await each(accounts, expire)
    return len(accounts)


async def _expire(session: Session, organization_id: UUID, id: UUID, at: datetime) -> None:
    own = (await house(session, organization_id))[LedgerAccountKind.REVENUE]
    standing = (await lock(session, organization_id, [id, own]))[id]
    over = select(func.sum(WalletLot.remaining)).where(
        col(WalletLot.organization_id) == organization_id, col(WalletLot.ledger_account_id) == id, col(WalletLot.expires_at) <= at
    )
    lost = min(int((await session.execute(over)).scalar_one() or 0), standing.balance - standing.held)
    if lost > 0:
        path = await place_of(session, id)
        assert path is not None  # noqa: S101 (house accounts keep no lots)
        await post(session, organization_id, [Posting((Leg(id, -lost), Leg(own, lost)), path, LedgerReason.EXPIRY, SYSTEM, at)])
