"""How a person's feed is read: by nobody else."""

from collections.abc import Sequence
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, select
from sqlmodel import col

from domain.kernel.batches import in_order
from domain.kernel.ids import KINDS, Ref
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.paging import Page, Window
from domain.notifications.tables import IS_UNREAD, Notice
from domain.notifications.words import restored
from domain.reading import By, page
from store.session import Session
from store.statements import Prepared, among

MOST_COUNTED = 1_000
"""Unread notices are counted so far: nobody reads the difference, and it bounds what a bell on every screen costs."""


class NotificationRow(msgspec.Struct, frozen=True):
    """A notice in somebody's feed."""

    id: UUID
    at: datetime
    read_at: datetime | None
    key: str
    params: dict[str, Any]
    subject_kind: str
    subject_id: UUID

    @property
    def subject(self) -> Ref:
        """What to open."""
        return Ref(KINDS[self.subject_kind], self.subject_id)

    def title(self, locale: Locale) -> str:
        """The headline in a language."""
        return text(f"{self.key}.subject", locale, **restored(self.params))

    def text(self, locale: Locale) -> str:
        """The text in a language."""
        return text(f"{self.key}.text", locale, **restored(self.params))


_NOTICE: tuple[Any, ...] = tuple(getattr(Notice, name) for name in NotificationRow.__struct_fields__)
_OWN = select(*_NOTICE).where(col(Notice.person_id) == bindparam("person_id"))
_ALL, _UNREAD = Prepared(_OWN), Prepared(_OWN.where(IS_UNREAD))
_BY_IDS = Prepared(_OWN.where(among(col(Notice.id), "ids")))
_SOME: Any = _OWN.with_only_columns(col(Notice.id)).where(IS_UNREAD).limit(MOST_COUNTED).subquery()
_COUNT = Prepared(select(func.count()).select_from(_SOME))
_NEWEST = (By(col(Notice.id), is_descending=True),)


async def notices_page(session: Session, person_id: UUID, window: Window, *, unread_only: bool) -> Page[NotificationRow]:
    """One page of a person's feed, newest first."""
    statement = (_UNREAD if unread_only else _ALL)(person_id=person_id)
    return (await page(session, statement, window, _NEWEST, name="notices")).made(NotificationRow, len(_NOTICE))


async def notices_by_ids(session: Session, person_id: UUID, ids: Sequence[UUID]) -> list[NotificationRow | None]:
    """A person's own notices in the order asked, null for those of others."""
    return in_order(ids, starmap(NotificationRow, await session.rows(_BY_IDS, person_id=person_id, ids=ids)))


async def unread_count(session: Session, person_id: UUID) -> int:
    """How many notices a person hasn't read, up to 1,000."""
    return int((await session.rows(_COUNT, person_id=person_id))[0][0])
