"""Taking usage records in, as the network counted them."""

import itertools
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pymongo.errors import BulkWriteError
from sqlalchemy import bindparam, or_, update
from sqlmodel import col

from domain.sims.tables import Sim
from domain.usage.documents import UsageRecord
from store.session import Database

AT_ONCE = 1000
DUPLICATE_KEY = 11000


async def record(database: Database, records: Iterable[UsageRecord]) -> int:
    """Stores records, 1,000 at a time, and notes each card's last traffic; returns how many were new.

    Those that are there already, by id, stay as they are: the same batch may be sent again after any failure.
    """
    new, rest = 0, iter(records)
    while chunk := list(itertools.islice(rest, AT_ONCE)):
        new += await _insert(chunk)
        await _note_traffic(database, chunk)
    return new


async def _insert(chunk: list[UsageRecord]) -> int:
    try:
        await UsageRecord.insert_many(chunk, ordered=False)
    except BulkWriteError as error:
        faults = error.details["writeErrors"]
        if any(fault["code"] != DUPLICATE_KEY for fault in faults):
            raise
        return len(chunk) - len(faults)
    return len(chunk)


async def _note_traffic(database: Database, chunk: list[UsageRecord]) -> None:
    """A card's last traffic only moves forward, whatever order records come in."""
    last: dict[UUID, datetime] = {}
    for one in chunk:
        last[one.sim_id] = max(one.started_at, last.get(one.sim_id, one.started_at))
    older = or_(col(Sim.last_usage_at).is_(None), col(Sim.last_usage_at) < bindparam("at"))
    noted = update(Sim.__table__).where(col(Sim.id) == bindparam("sim"), older).values(last_usage_at=bindparam("at"))  # type: ignore[attr-defined]
    async with database.write() as session:
        await (await session.connection()).execute(noted, [{"sim": sim_id, "at": last[sim_id]} for sim_id in sorted(last)])
