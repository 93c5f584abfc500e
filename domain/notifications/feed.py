"""People's feeds of notices: telling, marking as read, forgetting; always in the transaction of what is told."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Ref, uuid7
from domain.notifications.tables import Notice
from domain.notifications.words import stored
from store.session import Session
from store.upsert import insert_or_ignore

MOST_MARKED = 100


async def tell(
    session: Session, organization_id: UUID, people: Collection[UUID], key: str, words: Mapping[str, object], subject: Ref, *,
    at: datetime, once: str,
) -> None:  # fmt: skip
    """Puts a notice into people's feeds: the message `key` has a `.subject` and a `.text`, `subject` is what to open.

    Each is told `once` of the event of that name, however often and by however many at a time this is called.
    """
    notice = {
        "organization_id": organization_id, "once": once, "key": key, "params": stored(words), "subject_kind": subject.kind.value,
        "subject_id": subject.id, "at": at, "read_at": None,
    }  # fmt: skip
    rows = [{"person_id": person_id, "id": _id(person_id, once, at), **notice} for person_id in sorted(set(people))]
    await insert_or_ignore(session, Notice, rows)


def _id(person_id: UUID, once: str, at: datetime) -> UUID:
    """The same for the same."""
    event = hashlib.sha256(f"{person_id}:{once}".encode()).digest()
    return uuid7(int(at.timestamp() * 1000), event[:10])


async def mark_read(session: Session, person_id: UUID, ids: Sequence[UUID] | None, *, at: datetime) -> None:
    """Marks a person's own notices as read, all of them if null; what was read before stays so. Raises `NotFound` at the one that isn't."""
    if ids is not None and len(ids) > MOST_MARKED:
        raise InvalidInput("error.too_many", field=("notificationIds",), most=MOST_MARKED)
    mine = [col(Notice.person_id) == person_id]
    if ids is not None:
        mine.append(col(Notice.id).in_(ids))
        known = set((await session.scalars(select(Notice.id).where(*mine))).all())
        for place, id in enumerate(ids):
            if id not in known:
                raise NotFound(field=("notificationIds", str(place)))
    await session.execute(update(Notice).where(*mine, col(Notice.read_at).is_(None)).values(read_at=at))


async def forget(session: Session, organization_id: UUID, before: datetime, *, most: int) -> int:
    """Deletes notices of an organization that were read before an instant, some at a time; returns how many. Unread ones stay."""
    read = select(Notice.id).where(col(Notice.organization_id) == organization_id, col(Notice.read_at) < before)
    ids = (await session.scalars(read.order_by(col(Notice.read_at)).limit(most))).all()
    await session.execute(delete(Notice).where(col(Notice.organization_id) == organization_id, col(Notice.id).in_(ids)))
    return len(ids)
