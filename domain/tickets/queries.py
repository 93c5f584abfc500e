"""Reading tickets: an organization's own, and the desk's across all customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam
from sqlmodel import col, select

from domain.files.queries import DocumentRow
from domain.files.tables import File
from domain.kernel.batches import in_order
from domain.kernel.ids import KINDS, Ref
from domain.kernel.paging import Page, Window
from domain.kernel.scope import ActorRef, Scope
from domain.kernel.text import search_key
from domain.reading import By, Limits, count, members, names_of, page, shaped
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket, TicketFile
from store.fragments import holds
from store.session import Session
from store.statements import Bound, among


class TicketRow(msgspec.Struct, frozen=True):
    """A request or complaint, as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    number: str
    title: str
    state: TicketState
    state_since: datetime
    priority: TicketPriority
    about: Ref | None
    opened_by: ActorRef
    opened_at: datetime
    due_at: datetime | None
    closes_at: datetime | None
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; null is any, `search` is a part of the number, the subject, the department's name or what was said."""

    states: Sequence[TicketState] | None = None
    search: str | None = None


_COLUMNS: tuple[Any, ...] = (
    Ticket.id, Ticket.organization_id, Ticket.path, Ticket.number, Ticket.title, Ticket.state, Ticket.state_since, Ticket.priority,
    Ticket.about_kind, Ticket.about_id, Ticket.by, Ticket.opened_at, Ticket.due_at,
    Ticket.closes_at, Ticket.assignee_id,
)  # fmt: skip
_NEWEST = (By(col(Ticket.opened_at), is_descending=True), By(col(Ticket.id), is_descending=True))
_FILE: tuple[Any, ...] = (File.id, File.name, File.media_type, File.created_at)
STATES, PRIORITIES = members(TicketState), members(TicketPriority)


def _ticket(row: Any) -> TicketRow:
    id, organization_id, path, number, title, state, since, priority, kind, about_id, by, opened_at, due_at, closes_at, assignee, *_ = row
    return TicketRow(
        id=id, organization_id=organization_id, path=path, number=number, title=title, state=STATES[state], state_since=since,
        priority=PRIORITIES[priority], about=Ref(KINDS[kind], about_id) if kind else None, opened_by=ActorRef.from_json(by),
        opened_at=opened_at, due_at=due_at, closes_at=closes_at, assignee_id=assignee,
    )  # fmt: skip


CONDITIONS: Mapping[str, Any] = {
    "organization_id": col(Ticket.organization_id) == bindparam("organization_id"),
    "states": among(col(Ticket.state), "states"),
    "search": holds(col(Ticket.search), "search"),
    "ids": among(col(Ticket.id), "ids"),
}
"""What narrows the list, by the name of the value it compares with."""


@shaped
def _narrowed(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS).where(*(CONDITIONS[name] for name in given))
    return scope.limit(statement, col(Ticket.organization_id), col(Ticket.path))


def _tickets(scope: Scope, organization_id: UUID | None, filter: TicketFilter) -> Bound:
    search = search_key(filter.search) if filter.search else None
    values = {"organization_id": organization_id, "states": filter.states, "search": search}
    return _narrowed(scope, names_of(values))(**values)


async def tickets_page(
    session: Session, scope: Scope, *, window: Window, organization_id: UUID | None = None, filter: TicketFilter = TicketFilter()
) -> Page[TicketRow]:
    """Tickets in scope, newest first; of one organization when it is named."""
    return (await page(session, _tickets(scope, organization_id, filter), window, _NEWEST, name="tickets")).map(_ticket)


async def tickets_count(
    session: Session, scope: Scope, *, organization_id: UUID | None = None, filter: TicketFilter = TicketFilter()
) -> int:
    """How many tickets that is."""
    return await count(session, _tickets(scope, organization_id, filter))


@shaped
def _attached(scope: Limits) -> Select[Any]:
    statement: Select[Any] = (
        select(*_FILE)
        .join(TicketFile, col(TicketFile.file_id) == col(File.id))
        .join(Ticket, col(Ticket.id) == col(TicketFile.ticket_id))
        .where(among(col(File.id), "ids"))
    )
    return scope.limit(statement, col(Ticket.organization_id), col(Ticket.path))


async def attachments_by_ids(session: Session, scope: Scope, file_ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Files attached to tickets in scope, in the order asked, null for others."""
    rows = await session.rows(_attached(scope), ids=file_ids)
    return in_order(file_ids, (DocumentRow(id, name, type, at, True) for id, name, type, at in rows))


async def tickets_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[TicketRow | None]:
    """Tickets in the order asked, null for those out of scope."""
    return in_order(ids, map(_ticket, await session.rows(_narrowed(scope, ("ids",)), ids=ids)))
