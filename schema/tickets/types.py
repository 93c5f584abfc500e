"""Tickets and their talk, as a client sees them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.tickets import rules
from domain.tickets.queries import TicketRow
from domain.tickets.rules import Side
from domain.tickets.threads import TicketMessageRow
from schema.accounts import loaders as account_loaders
from schema.engine.fields import rows_of
from schema.files.types import Document
from schema.kernel.actors import Actor
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.nodes import FINDERS, Node, find, global_id
from schema.kernel.pages import Connection
from schema.people import loaders as people_loaders
from schema.tickets import loaders
from schema.tickets.enums import TicketPriority, TicketState

if TYPE_CHECKING:
    from schema.accounts.types import Organization
    from schema.people.types import Person
else:
    Organization = Annotated["Organization", strawberry.lazy("schema.accounts.types")]
    Person = Annotated["Person", strawberry.lazy("schema.people.types")]


@strawberry.type(description="A message of a ticket.")
class TicketMessage(Node):
    """Served from `TicketMessageRow`."""

    id: strawberry.ID = global_id(Kind.TICKET_MESSAGE)
    by: Actor = strawberry.field(description="Writer.")
    at: datetime = strawberry.field(description="When it happened.")
    text: str = strawberry.field(description="Text to show.")

    is_type_of = rows_of(TicketMessageRow)

    @strawberry.field(description="Attached files, at most 10.")
    async def attachments(self, info: Info) -> list[Document]:
        """Those that are still there."""
        row = cast(TicketMessageRow, self)
        found = await asyncio.gather(*(info.context.load(loaders.attachments, (row.organization_id, file)) for file in row.files))
        return cast(list[Document], [file for file in found if file])


@strawberry.type(description="A request or complaint (TMF621).")
class Ticket(Node):
    """Served from `TicketRow`; its talk comes from the document store, whose outage costs that one field."""

    id: strawberry.ID = global_id(Kind.TICKET)
    number: str = strawberry.field(description="Human reference.")
    title: str = strawberry.field(description="Subject.")
    state: TicketState = strawberry.field(description="State it is in now.")
    priority: TicketPriority = strawberry.field(description="Urgency.")
    opened_by: Actor = strawberry.field(description="Who opened it.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    due_at: datetime | None = strawberry.field(description="Answer due, null while the customer is asked.")

    is_type_of = rows_of(TicketRow)

    @strawberry.field(description="Whose.")
    async def organization(self, info: Info) -> Organization:
        """Read together with all others."""
        return cast(Organization, await info.context.load(account_loaders.organizations, _row(self).organization_id))

    @strawberry.field(description="What it is about.")
    async def about(self, info: Info) -> Node | None:
        """When the viewer may see it."""
        ref = _row(self).about
        return cast(Node | None, await find(info.context, ref)) if ref else None

    @strawberry.field(description="Who works on it.")
    async def assignee(self, info: Info) -> Person | None:
        """One of the operator's people."""
        id = _row(self).assignee_id
        return cast(Person | None, await info.context.load(people_loaders.persons, id)) if id else None

    @strawberry.field(description="Talk, oldest first.")
    async def messages(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[TicketMessage] | None:
        """One page."""
        row = _row(self)
        page = await info.context.load(loaders.talk, (row.organization_id, row.id, Window.of(first, after, last, before)))
        return cast(Connection[TicketMessage], Connection[TicketMessage].of(page))

    @strawberry.field(description="States the viewer may move it to, at most 5.")
    def next_states(self, info: Info) -> list[TicketState]:
        """None for whoever may not write, a support view included."""
        row, actor = _row(self), info.context.asking()
        if Permission.TICKET_WRITE not in actor.permissions:
            return []
        if not info.context.scope(Permission.TICKET_WRITE).covers(row.organization_id, row.path):
            return []
        side = Side.OPERATOR if actor.ref.is_operator else Side.COMPANY
        states: Sequence[TicketState] = rules.next_states(side, row.state, row.state_since, info.context.now)
        return list(states)


def _row(ticket: Ticket) -> TicketRow:
    """The source of a ticket's resolvers."""
    return cast(TicketRow, ticket)


FINDERS[Kind.TICKET] = loaders.tickets
FINDERS[Kind.TICKET_MESSAGE] = loaders.messages
