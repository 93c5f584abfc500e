"""Forgets personal data whose time is over, some at a time: who looked, usage, where people signed in from, what they
were told and read, former holders' names.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import update
from sqlmodel import col, select

from auth.tables import SignInSession
from domain.accounts.tables import Organization
from domain.audit import erasing, looking
from domain.jobs import forgetting as jobs
from domain.kernel.clock import Clock
from domain.kernel.retention import Kept
from domain.notifications import feed
from domain.usage import service as usage
from store.outbox import Handler, Later, Round, Task
from store.session import Database

RETENTION_KIND: Final = "retention"
AT_ONCE: Final = 1_000
EVERY: Final = timedelta(days=1)
HOLDER_FIELDS: Final = frozenset({"holder", "holder.employeeNumber", "contacts.name", "contacts.email", "contacts.phone"})
LOG = structlog.get_logger("retention")


async def forget(database: Database, periods: Mapping[Kept, int], *, at: datetime) -> dict[Kept, int]:
    """Forgets a part of what is due; returns how many rows, documents and entries of each kind, at most 1,000 an organization."""
    ends = {kept: at - timedelta(days=days) for kept, days in periods.items()}
    counts = dict.fromkeys(Kept, 0)
    async with database.read() as session:
        organizations = (await session.scalars(select(Organization.id).order_by(col(Organization.id)))).all()
    for organization_id in organizations:
        counts[Kept.ACCESS_LOG] += await looking.forget(organization_id, ends[Kept.ACCESS_LOG], most=AT_ONCE)
        counts[Kept.USAGE] += await usage.forget(organization_id, ends[Kept.USAGE], most=AT_ONCE)
        async with database.write() as session:
            counts[Kept.JOBS] += await jobs.forget(session, organization_id, ends[Kept.JOBS], most=AT_ONCE)
            counts[Kept.NOTICES] += await feed.forget(session, organization_id, ends[Kept.NOTICES], most=AT_ONCE)
            seen, _ = await erasing.erase(session, organization_id, HOLDER_FIELDS, before=ends[Kept.HOLDERS], most=AT_ONCE, at=at)
        counts[Kept.HOLDERS] += seen
    counts[Kept.SIGN_INS] += await _forget_places(database, ends[Kept.SIGN_INS])
    return counts


async def _forget_places(database: Database, before: datetime) -> int:
    """Takes address and program from sessions that ended before an instant; the sessions stay, as records name them."""
    ended = select(SignInSession.id).where(col(SignInSession.expires_at) < before, col(SignInSession.address) != "").limit(AT_ONCE)
    async with database.write() as session:
        ids = (await session.scalars(ended)).all()
        await session.execute(update(SignInSession).where(col(SignInSession.id).in_(ids)).values(address="", user_agent=None))
    return len(ids)


def retention_handler(database: Database, clock: Clock, periods: Mapping[Kept, int]) -> Handler:
    """The outbox's handler: forgets a part, and comes again at once while there is more, else in a day."""

    async def handle(_: Task) -> None:
        at = clock.now()
        counts = await forget(database, periods, at=at)
        if any(counts.values()):
            LOG.info("forgotten", **{kept.value: count for kept, count in counts.items() if count})
        raise Later(at if max(counts.values()) >= AT_ONCE else at + EVERY)

    return Round(handle)
