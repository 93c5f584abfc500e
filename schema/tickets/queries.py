"""Lists of tickets: a company's own, and the desk's across all customers."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from domain.tickets import queries
from domain.tickets.queries import TicketFilter
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.pages import CountedConnection
from schema.tickets.enums import TicketState
from schema.tickets.types import Ticket

States = Annotated[list[TicketState] | None, strawberry.argument(description="States wanted.")]


async def tickets_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    states: States = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Ticket] | None:
    """One page, newest first."""
    return await _page(info, scope, root.id, TicketFilter(states), Window.of(first, after, last, before))


async def tickets_of_viewer(
    info: Info,
    scope: Scope,
    states: States = None,
    search: Annotated[str | None, strawberry.argument(description="Number or part of the subject.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Ticket] | None:
    """One page of everything in scope, newest first."""
    return await _page(info, scope, None, TicketFilter(states, search), Window.of(first, after, last, before))


async def _page(info: Info, scope: Scope, organization_id: UUID | None, filter: TicketFilter, window: Window) -> CountedConnection[Ticket]:
    return await CountedConnection[Ticket].read(
        info.context,
        lambda session: queries.tickets_page(session, scope, window=window, organization_id=organization_id, filter=filter),
        lambda session: queries.tickets_count(session, scope, organization_id=organization_id, filter=filter),
    )
