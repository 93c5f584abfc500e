"""Keeps the number of SIM cards per account and status, in the transaction that changes them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, case, or_, update
from sqlmodel import col, select

from domain.sims.tables import SimCounter
from store.models import rows_changed
from store.session import Session
from store.upsert import insert_or_ignore

Place = tuple[UUID, str]
"""An account and a status."""
AT_ONCE = 100


async def shift(session: Session, organization_id: UUID, moved: Mapping[tuple[Place, Place], int]) -> None:
    """Moves cards from one place to another: (from, to) → how many. Three statements a hundred places; locks the counters in one order."""
    deltas: Counter[Place] = Counter()
    for (before, after), number in moved.items():
        deltas[before] -= number
        deltas[after] += number
    await add(session, organization_id, {place: delta for place, delta in deltas.items() if delta})


async def add(session: Session, organization_id: UUID, deltas: Mapping[Place, int]) -> None:
    """Adds to counters, making those that are missing; one that would fall below zero is a bug and raises."""
    places = sorted(deltas)
    for start in range(0, len(places), AT_ONCE):  # in one order over all of them
        await _add(session, organization_id, places[start : start + AT_ONCE], deltas)


async def _add(session: Session, organization_id: UUID, places: Sequence[Place], deltas: Mapping[Place, int]) -> None:
    zeros = [{"organization_id": organization_id, "account_id": account, "status": status, "count": 0} for account, status in places]
    await insert_or_ignore(session, SimCounter, zeros)
    one_of = or_(*(and_(col(SimCounter.account_id) == account, col(SimCounter.status) == status) for account, status in places))
    here = and_(col(SimCounter.organization_id) == organization_id, one_of)
    order = (col(SimCounter.account_id), col(SimCounter.status))
    await session.execute(select(SimCounter.account_id).where(here).order_by(*order).with_for_update())
    delta = case(
        *(((col(SimCounter.account_id) == place[0]) & (col(SimCounter.status) == place[1]), deltas[place]) for place in places), else_=0
    )
    counted = update(SimCounter).where(here, col(SimCounter.count) + delta >= 0).values(count=col(SimCounter.count) + delta)
    done = await session.execute(counted.execution_options(synchronize_session=False))
    if rows_changed(done) != len(places):
        raise RuntimeError(f"SIM counters of {organization_id} don't fit its cards")
