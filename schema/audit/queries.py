"""The trail of an organization and of one thing in it, and who looked."""

from typing import Annotated, Any

import strawberry

from domain.audit import queries
from domain.audit.access_log import looks_page
from domain.audit.queries import LogFilter
from domain.kernel.ids import Kind, Ref
from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from schema.audit.inputs import LogFilterInput
from schema.audit.types import AccessLogEntry, AuditEntry
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.pages import Connection

Filter = Annotated[LogFilterInput | None, strawberry.argument(description="Which entries.")]


async def trail_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    filter: Filter = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AuditEntry] | None:
    """One page, newest first."""
    window = Window.of(first, after, last, before)
    wanted = filter.to_filter() if filter else LogFilter()
    return await Connection[AuditEntry].read(
        info.context, lambda session: queries.trail_page(session, scope, root.id, window=window, filter=wanted)
    )


async def trail_of_sim(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AuditEntry] | None:
    """One page of what was done to a card, newest first."""
    window, wanted = Window.of(first, after, last, before), LogFilter(subject=Ref(Kind.SIM, root.id))
    return await Connection[AuditEntry].read(
        info.context, lambda session: queries.trail_page(session, scope, root.organization_id, window=window, filter=wanted)
    )


async def access_log_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    filter: Filter = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AccessLogEntry] | None:
    """One page, newest first."""
    window = Window.of(first, after, last, before)
    wanted = filter.to_filter() if filter else LogFilter()
    return Connection[AccessLogEntry].of(await looks_page(scope, root.id, window=window, filter=wanted))
