"""Forgets what signing in no longer needs: dead challenges, passed limits, expired refresh tokens; every hour, by the outbox."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from auth.tables import Challenge, LimitWindow, RefreshToken
from auth.wiring import Auth
from domain.kernel.clock import Clock
from store.outbox import Handler, Later, Round, Task

CLEANING_KIND = "auth.clean"
KEPT = timedelta(days=1)
EVERY = timedelta(hours=1)


async def clean(auth: Auth, *, at: datetime) -> None:
    """Deletes rows that ended a day ago or more; sessions stay, as records name them."""
    async with auth.database.write() as session:
        for table in (Challenge, LimitWindow, RefreshToken):
            await session.execute(delete(table).where(col(table.expires_at) < at - KEPT))


def cleaning_handler(auth: Auth, clock: Clock) -> Handler:
    """The outbox's handler: cleans, and comes again in an hour."""

    async def handle(_: Task) -> None:
        await clean(auth, at=clock.now())
        raise Later(clock.now() + EVERY)

    return Round(handle)
