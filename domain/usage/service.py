"""Taking usage records in, as the network counted them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, update
from sqlmodel import col

from domain.documents import delete_some
from domain.sims.tables import Sim
from domain.usage.documents import UsageRecord
from store.documents import insert_new
from store.models import table_of
from store.session import Database

AT_ONCE = 1000


async def record(database: Database, records: Iterable[UsageRecord]) -> int:
    """Stores records, 1,000 at a time, and notes each card's last traffic; returns how many were new.

    Those that are there already, by id, stay as they are: the same batch may be sent again after any failure.
    """
    new, rest = 0, iter(records)
    while chunk := list(itertools.islice(rest, AT_ONCE)):
        new += await insert_new(UsageRecord.insert_many, chunk)
        await _note_traffic(database, chunk)
    return new


async def record_rows(database: Database, rows: Sequence[dict[str, Any]]) -> int:
    """Stores at most a few thousand records that are checked already, as they are kept; returns how many were new."""
    if not rows:
        return 0
    new = await insert_new(UsageRecord.get_pymongo_collection().insert_many, rows)
    last: dict[UUID, datetime] = {}
    for row in rows:
        last[row["sim_id"]] = max(row["started_at"], last.get(row["sim_id"], row["started_at"]))
    await _note(database, last)
    return new


async def forget(organization_id: UUID, before: datetime, *, most: int) -> int:
    """Deletes records of usage that began before an instant, some at a time; returns how many."""
    return await delete_some(UsageRecord, {"organization_id": organization_id, "started_at": {"$lt": before}}, most)


async def _note_traffic(database: Database, chunk: list[UsageRecord]) -> None:
    last: dict[UUID, datetime] = {}
    for one in chunk:
        last[one.sim_id] = max(one.started_at, last.get(one.sim_id, one.started_at))
    await _note(database, last)


async def _note(database: Database, last: Mapping[UUID, datetime]) -> None:
    """A card's last traffic only moves forward, whatever order records come in."""
    older = or_(col(Sim.last_usage_at).is_(None), col(Sim.last_usage_at) < bindparam("at"))
    noted = update(table_of(Sim)).where(col(Sim.id) == bindparam("sim"), older).values(last_usage_at=bindparam("at"))
    async with database.write() as session:
        await (await session.connection()).execute(noted, [{"sim": sim_id, "at": last[sim_id]} for sim_id in sorted(last)])
