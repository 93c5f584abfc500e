"""Reading tickets: an organization's own, and the desk's across all customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlmodel import col, select

from domain.kernel.ids import Kind, Ref
from domain.kernel.paging import Page, Window
from domain.kernel.scope import ActorRef, Scope
from domain.kernel.text import search_key
from domain.reading import By, count, page
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket
from store.session import Session


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
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; null is any, `search` is a number or part of a subject."""

    states: Sequence[TicketState] | None = None
    search: str | None = None


_COLUMNS: tuple[Any, ...] = (
    Ticket.id, Ticket.organization_id, Ticket.path, Ticket.number, Ticket.title, Ticket.state, Ticket.state_since, Ticket.priority,
    Ticket.about_kind, Ticket.about_id, Ticket.by, Ticket.opened_at, Ticket.due_at, Ticket.assignee_id,
)  # fmt: skip
_NEWEST = [By(col(Ticket.opened_at), is_descending=True), By(col(Ticket.id), is_descending=True)]


def _ticket(row: Any) -> TicketRow:
    id, organization_id, path, number, title, state, since, priority, kind, about_id, by, opened_at, due_at, assignee_id, *_ = row
    return TicketRow(
        id=id, organization_id=organization_id, path=path, number=number, title=title, state=TicketState(state), state_since=since,
        priority=TicketPriority(priority), about=Ref(Kind(kind), about_id) if kind else None, opened_by=ActorRef.from_json(by),
        opened_at=opened_at, due_at=due_at, assignee_id=assignee_id,
    )  # fmt: skip


def _tickets(scope: Scope, organization_id: UUID | None, filter: TicketFilter) -> Select[Any]:
    statement: Select[Any] = scope.limit(select(*_COLUMNS), col(Ticket.organization_id), col(Ticket.path))
    if organization_id is not None:
        statement = statement.where(col(Ticket.organization_id) == organization_id)
    if filter.states is not None:
        statement = statement.where(col(Ticket.state).in_(filter.states))
    if filter.search:
        statement = statement.where(col(Ticket.search).contains(search_key(filter.search), autoescape=True))
    return statement


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


async def tickets_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[TicketRow | None]:
    """Tickets in the order asked, null for those out of scope."""
    statement: Select[Any] = scope.limit(select(*_COLUMNS).where(col(Ticket.id).in_(ids)), col(Ticket.organization_id), col(Ticket.path))
    found = {row[0]: _ticket(row) for row in await session.execute(statement)}
    return [found.get(id) for id in ids]
