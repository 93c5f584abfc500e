"""Rolling limits kept in SQL, so that they hold across processes and restarts."""

from datetime import datetime, timedelta

from sqlmodel import select

from auth import rules
from auth.tables import LimitWindow
from store.session import Session
from store.upsert import insert_or_ignore


async def opens_at(session: Session, key: str, *, most: int, window: timedelta, at: datetime) -> datetime | None:
    """When a used-up limit opens again, None while there is room; locks the limit until the transaction ends."""
    await insert_or_ignore(session, LimitWindow, [{"key": key, "hits": [], "expires_at": at}])
    row = (await session.scalars(select(LimitWindow).where(LimitWindow.key == key).with_for_update())).one()
    hits = rules.recent(row.hits, window, at)
    if len(hits) < most:
        return None
    return at + timedelta(milliseconds=hits[-most] - rules.milliseconds(at - window))


async def forgive(session: Session, key: str, *, hit_at: datetime) -> None:
    """Takes back one hit of that instant, which turned out to be none."""
    row = (await session.scalars(select(LimitWindow).where(LimitWindow.key == key).with_for_update())).one_or_none()
    if row is not None and (counted := rules.milliseconds(hit_at)) in row.hits:
        hits = [*row.hits]
        hits.remove(counted)
        row.hits = hits
        await session.flush()


async def hit(session: Session, key: str, *, window: timedelta, at: datetime) -> None:
    """Counts one hit under a limit that `opens_at` has locked."""
    row = await session.get_one(LimitWindow, key)
    row.hits = [*rules.recent(row.hits, window, at), rules.milliseconds(at)]
    row.expires_at = at + window
    await session.flush()
