"""Forgets what signing in no longer needs: dead challenges, passed limits, expired refresh tokens."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from auth.tables import Challenge, LimitWindow, RefreshToken
from auth.wiring import Auth

KEPT = timedelta(days=1)


async def clean(auth: Auth, *, at: datetime) -> None:
    """Deletes rows that ended a day ago or more; sessions stay, as records name them."""
    async with auth.database.write() as session:
        for table in (Challenge, LimitWindow, RefreshToken):
            await session.execute(delete(table).where(col(table.expires_at) < at - KEPT))
