"""Reading who looked: an organization's access log, newest first, as far as the reader's scope goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.audit.documents import AccessLogEntry
from domain.audit.queries import LogFilter
from domain.documents import document_page, documents_by_ids, paths_within
from domain.kernel.batches import in_order
from domain.kernel.ids import Ref, decode, encode
from domain.kernel.paging import Page, Window
from domain.kernel.scope import ActorRef, Scope


class AccessLogEntryRow(msgspec.Struct, frozen=True):
    """A read of customer data, as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    at: datetime
    by: ActorRef
    operation: str
    subjects: list[Ref]
    reason: str | None
    address: str


def _row(entry: AccessLogEntry) -> AccessLogEntryRow:
    return AccessLogEntryRow(
        id=entry.id, organization_id=entry.organization_id, path=entry.path, at=entry.at, by=ActorRef.from_json(entry.by),
        operation=entry.operation, subjects=[decode(subject) for subject in entry.subjects], reason=entry.reason,
        address=entry.address,
    )  # fmt: skip


async def looks_page(scope: Scope, organization_id: UUID, *, window: Window, filter: LogFilter = LogFilter()) -> Page[AccessLogEntryRow]:
    """Entries of an organization, newest first; raises `Unavailable` while the document store is away."""
    inside = paths_within(scope, organization_id)
    if inside is None:
        return Page([], [], False, False)
    where: dict[str, Any] = {"organization_id": organization_id, **inside}
    if filter.subject is not None:
        where["subjects"] = encode(filter.subject.kind, filter.subject.id)
    if filter.person_id is not None:
        where["person_id"] = filter.person_id
    if filter.is_by_operator is not None:
        where["is_operator"] = filter.is_by_operator
    if filter.action is not None:
        where["operation"] = filter.action
    page = await document_page(
        AccessLogEntry, where, window, name="looks", is_newest_first=True, starts_at=filter.starts_at, ends_at=filter.ends_at, now=scope.at
    )
    return page.map(_row)


async def looks_by_ids(scope: Scope, ids: Sequence[UUID]) -> list[AccessLogEntryRow | None]:
    """Entries in the order asked, null for those out of scope."""
    entries = await documents_by_ids(AccessLogEntry, ids)
    return in_order(ids, (_row(entry) for entry in entries if scope.covers(entry.organization_id, entry.path)))
