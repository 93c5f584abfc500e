"""Takes personal values out of old entries of the trail; the chain holds, since what was erased is written down in it (0083)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from domain.audit import chain
from domain.audit.chain import Deed
from domain.audit.tables import AuditEntry, AuditHead
from domain.kernel.plan import Change
from domain.kernel.scope import SYSTEM
from store.session import Session

ERASED: Final = "…"
"""What stands where a value was."""


async def erase(
    session: Session, organization_id: UUID, fields: Collection[str], *, before: datetime, most: int, at: datetime
) -> tuple[int, int]:
    """Goes through the next entries from before an instant and takes the values of these fields out; how many were seen, and erased.

    An entry keeps its hash, by which the next one knows it; a new one at the end tells its number, that hash, and the hash of what is left.
    """
    lock = select(AuditHead).where(AuditHead.organization_id == organization_id).with_for_update()
    head = (await session.scalars(lock)).one_or_none()
    if head is None:
        return 0, 0
    following = select(AuditEntry).where(AuditEntry.organization_id == organization_id, col(AuditEntry.seq) > head.erased_to)
    entries = (await session.scalars(following.order_by(col(AuditEntry.seq)).limit(most))).all()
    seen, erased = 0, list[Change]()
    for entry in entries:
        if entry.at >= before:
            break
        seen += 1
        left = [_without(change, fields) for change in entry.changes]
        if left != entry.changes:
            entry.changes = left
            erased.append(Change(None, str(entry.seq), "hash", entry.hash, chain.hash_of(entry)))
    if seen:
        head.erased_to = entries[seen - 1].seq
        await session.flush()
    if erased:
        await chain.append_all(session, organization_id, [Deed(SYSTEM, chain.ERASURE, at, "", erased)])
    return seen, len(erased)


def _without(change: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    if change["field"] not in fields:
        return change
    return {**change, **{side: None if change[side] is None else ERASED for side in ("before", "after")}}
