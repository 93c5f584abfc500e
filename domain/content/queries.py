"""Reading outage notices: open to everybody, in the reader's language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam
from sqlmodel import col, or_, select

from domain.content.tables import Incident
from domain.kernel.batches import in_order
from domain.kernel.locale import Locale
from domain.kernel.quantity import UsageType
from store.session import Session
from store.statements import Prepared, among
from store.types import UtcDateTime

MOST = 20


class IncidentRow(msgspec.Struct, frozen=True):
    """An outage as it is shown."""

    id: UUID
    title: str
    text: str
    services: list[UsageType]
    starts_at: datetime
    ends_at: datetime | None


_COLUMNS: tuple[Any, ...] = (Incident.id, Incident.locale, Incident.words, Incident.services, Incident.starts_at, Incident.ends_at)
_AT: Any = bindparam("at", type_=UtcDateTime())
_GOING_ON: Select[Any] = (
    select(*_COLUMNS)
    .where(col(Incident.starts_at) <= _AT, or_(col(Incident.ends_at).is_(None), col(Incident.ends_at) > _AT))
    .order_by(col(Incident.starts_at).desc(), col(Incident.id).desc())
    .limit(MOST)
)
_NOW, _BY_IDS = Prepared(_GOING_ON), Prepared(select(*_COLUMNS).where(among(col(Incident.id), "ids")))


def _incident(row: Any, locale: Locale) -> IncidentRow:
    id, first, words, services, starts_at, ends_at = row
    told = words.get(locale) or words[first]
    return IncidentRow(id, told["title"], told["text"], [UsageType(service) for service in services], starts_at, ends_at)


async def incidents(session: Session, locale: Locale, *, at: datetime) -> list[IncidentRow]:
    """Outages going on at an instant, the newest first, at most 20; in the language they were first written in where the reader's lacks."""
    return [_incident(row, locale) for row in await session.rows(_NOW, at=at)]


async def incidents_by_ids(session: Session, ids: Sequence[UUID], locale: Locale) -> list[IncidentRow | None]:
    """Outages in the order asked, over or not, null for what is none."""
    return in_order(ids, (_incident(row, locale) for row in await session.rows(_BY_IDS, ids=list(ids))))
