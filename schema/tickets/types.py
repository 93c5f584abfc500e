"""Tickets and their talk, as a client sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.tickets import rules
from domain.tickets.queries import TicketRow
from domain.tickets.threads import TicketMessageRow
from schema.accounts import loaders as account_loaders
from schema.engine.fields import batched, plain, rows_of
from schema.files.loaders import documents_named
from schema.files.types import Document
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.nodes import FINDERS, Found, Node, found, global_id
from schema.kernel.pages import Connection
from schema.people import loaders as people_loaders
from schema.people.actors import Actor
from schema.tickets import loaders
from schema.tickets.enums import TicketPriority, TicketState

if TYPE_CHECKING:
    from schema.accounts.types import Organization
    from schema.people.types import Person
else:
    Organization = Annotated["Organization", strawberry.lazy("schema.accounts.types")]
    Person = Annotated["Person", strawberry.lazy("schema.people.types")]


def _files(row: TicketMessageRow) -> tuple[UUID, tuple[UUID, ...]]:
    return row.organization_id, tuple(row.files)


@strawberry.type(description="A message of a ticket.")
class TicketMessage(Node):
    """Served from `TicketMessageRow`."""

    id: strawberry.ID = global_id(Kind.TICKET_MESSAGE)
    by: Actor = strawberry.field(description="Writer.")
    at: datetime = strawberry.field(description="When it happened.")
    text: str = strawberry.field(description="Text to show.")

    is_type_of = rows_of(TicketMessageRow)

    attachments: list[Document] = batched(documents_named, key=_files, description="Attached files, at most 10.")


def _next_states(row: TicketRow, context: Context) -> Sequence[TicketState]:
    """None for whoever may not write, a support view included."""
    actor = context.asking()
    if Permission.TICKET_WRITE not in actor.permissions:
        return []
    if not context.scope(Permission.TICKET_WRITE).covers(row.organization_id, row.path):
        return []
    return rules.next_states(rules.side_of(actor.ref), row.state, row.closes_at, context.now)


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

    organization: Organization = batched(account_loaders.organizations, key="organization_id", description="Whose.")
    assignee: Person | None = batched(people_loaders.persons, key="assignee_id", description="Who works on it.")
    next_states: list[TicketState] = plain(_next_states, description="States the viewer may move it to, at most 5.")
    about: Node | None = batched(found, key="about", description="What it is about.", extensions=[Found()])

    @strawberry.field(description="Talk, oldest first.")
    async def messages(
        row: strawberry.Parent[TicketRow],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[TicketMessage] | None:
        """One page."""
        page = await info.context.load(loaders.talk, (row.organization_id, row.id, Window.of(first, after, last, before)))
        return Connection[TicketMessage].of(page)


FINDERS[Kind.TICKET] = loaders.tickets
FINDERS[Kind.TICKET_MESSAGE] = loaders.messages
