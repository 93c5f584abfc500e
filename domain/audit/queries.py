"""Reading who did what: an organization's trail, newest first, as far as the reader's scope goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam
from sqlmodel import col, select

from domain.audit.tables import AuditEntry, AuditSubject
from domain.kernel.batches import in_order
from domain.kernel.ids import Ref
from domain.kernel.paging import Page, Window
from domain.kernel.plan import Change, Reason
from domain.kernel.scope import ActorRef, Scope
from domain.reading import By, Limits, names_of, page, shaped
from store.session import Session
from store.statements import Bound, Prepared, among


class AuditEntryRow(msgspec.Struct, frozen=True):
    """A write, or a refused attempt, as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    at: datetime
    by: ActorRef
    action: str
    reason: str | None
    changes: list[Change]
    change_count: int
    failure: Reason | None
    hash: str
    previous_hash: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries of the audit trail or the access log; null is any, times are half-open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    subject: Ref | None = None
    person_id: UUID | None = None
    is_by_operator: bool | None = None
    action: str | None = None


_COLUMNS: tuple[Any, ...] = tuple(getattr(AuditEntry, name) for name in AuditEntryRow.__struct_fields__)
_NEWEST = (By(col(AuditEntry.at), is_descending=True), By(col(AuditEntry.seq), is_descending=True))


def _entry(row: Any) -> AuditEntryRow:
    id, organization_id, path, at, by, action, reason, changes, count, failure, hash, previous = row[: len(_COLUMNS)]
    return AuditEntryRow(
        id, organization_id, path, at, ActorRef.from_json(by), action, reason, [Change.from_json(change) for change in changes], count,
        Reason.from_json(failure) if failure else None, hash, previous,
    )  # fmt: skip


CONDITIONS: Mapping[str, Any] = {
    "starts_at": col(AuditEntry.at) >= bindparam("starts_at"),
    "ends_at": col(AuditEntry.at) < bindparam("ends_at"),
    "person_id": col(AuditEntry.person_id) == bindparam("person_id"),
    "is_operator": col(AuditEntry.is_operator) == bindparam("is_operator"),
    "action": col(AuditEntry.action) == bindparam("action"),
}
"""What narrows a trail, by the name of the value it compares with."""


def _limited(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS)
    return scope.limit(statement, col(AuditEntry.organization_id), col(AuditEntry.path))


@shaped
def _trail(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    organization_id: Any = bindparam("organization_id")
    statement = _limited(scope).where(col(AuditEntry.organization_id) == organization_id)
    if "subject_id" in given:
        touched = and_(col(AuditSubject.organization_id) == organization_id, col(AuditSubject.entry_id) == AuditEntry.id)
        statement = statement.join(AuditSubject, touched).where(col(AuditSubject.subject_id) == bindparam("subject_id"))
    return statement.where(*(CONDITIONS[name] for name in given if name in CONDITIONS))


def _entries(scope: Scope, organization_id: UUID, filter: LogFilter) -> Bound:
    values = {
        "subject_id": filter.subject.id if filter.subject else None,
        "starts_at": filter.starts_at,
        "ends_at": filter.ends_at,
        "person_id": filter.person_id,
        "is_operator": filter.is_by_operator,
        "action": filter.action,
    }
    return _trail(scope, names_of(values))(organization_id=organization_id, **values)


async def trail_page(
    session: Session, scope: Scope, organization_id: UUID, *, window: Window, filter: LogFilter = LogFilter()
) -> Page[AuditEntryRow]:
    """Entries of an organization, newest first; one that reaches beyond the reader's subtree isn't shown to them."""
    return (await page(session, _entries(scope, organization_id, filter), window, _NEWEST, name="audit")).map(_entry)


@shaped
def _entries_by_ids(scope: Limits) -> Select[Any]:
    return _limited(scope).where(among(col(AuditEntry.id), "ids"))


async def entries_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[AuditEntryRow | None]:
    """Entries in the order asked, null for those out of scope."""
    return in_order(ids, map(_entry, await session.rows(_entries_by_ids(scope), ids=ids)))


_UNDONE = Prepared(
    select(AuditSubject.subject_id).where(
        col(AuditSubject.organization_id) == bindparam("organization_id"), among(col(AuditSubject.subject_id), "ids")
    )
)


async def undone(session: Session, organization_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Which of an organization's entries were undone: an undoing names the entry as its subject."""
    return {id for (id,) in await session.rows(_UNDONE, organization_id=organization_id, ids=list(ids))}


async def reason_of_view(session: Session, organization_id: UUID, session_id: UUID) -> str | None:
    """The reason that support gave when it opened this view."""
    opened = (
        select(AuditEntry.reason)
        .join(AuditSubject, and_(col(AuditSubject.organization_id) == AuditEntry.organization_id, col(AuditSubject.seq) == AuditEntry.seq))
        .where(col(AuditSubject.organization_id) == organization_id, col(AuditSubject.subject_id) == session_id)
        .order_by(col(AuditSubject.seq))
        .limit(1)
    )
    return (await session.execute(opened)).scalar_one_or_none()
