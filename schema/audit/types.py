"""Log entries, as a client sees them."""

import asyncio
from datetime import datetime
from typing import cast

import strawberry

from domain.audit.access_log import AccessLogEntryRow
from domain.audit.queries import AuditEntryRow
from domain.kernel.errors import AccessError
from domain.kernel.ids import Kind
from domain.kernel.plan import SHOWN
from schema.audit import loaders
from schema.engine.fields import rows_of
from schema.kernel.actors import Actor
from schema.kernel.context import Info
from schema.kernel.nodes import FINDERS, Node, find, global_id
from schema.kernel.outcomes import Change, Problem


@strawberry.type(description="A write, chained by hash to the one before.")
class AuditEntry(Node):
    """Served from `AuditEntryRow`."""

    id: strawberry.ID = global_id(Kind.AUDIT_ENTRY)
    at: datetime = strawberry.field(description="When it happened.")
    by: Actor = strawberry.field(description="By whom, through what.")
    action: str = strawberry.field(description="Mutation, or name of the job.")
    reason: str | None = strawberry.field(description="Reason given.")
    change_count: int = strawberry.field(description="All changes.")
    hash: str = strawberry.field(description="SHA-256 over this entry and the hash before, hex.")
    previous_hash: str = strawberry.field(description="Hash of the entry before.")

    is_type_of = rows_of(AuditEntryRow)

    @strawberry.field(description="The first 100 changes; none for a refused attempt.")
    def changes(self) -> list[Change]:
        """As they were written; personal values are masked for support."""
        return cast(list[Change], _row(self).changes[:SHOWN])

    @strawberry.field(description="Why it was refused.")
    def failure(self, info: Info) -> Problem | None:
        """In the viewer's language."""
        failure = _row(self).failure
        return Problem.of(failure, info) if failure else None

    @strawberry.field(description="Can be undone now.")
    def is_reversible(self) -> bool:
        """Nothing can be undone yet (docs/decisions): no entry offers it."""
        return False


@strawberry.type(description="A read of customer data.")
class AccessLogEntry(Node):
    """Served from `AccessLogEntryRow`."""

    id: strawberry.ID = global_id(Kind.ACCESS_LOG_ENTRY)
    at: datetime = strawberry.field(description="When it happened.")
    by: Actor = strawberry.field(description="By whom, through what.")
    operation: str = strawberry.field(description="Name of the document run.")
    reason: str | None = strawberry.field(description="Reason given.")
    address: str = strawberry.field(description="Network address.")

    is_type_of = rows_of(AccessLogEntryRow)

    @strawberry.field(description="What was looked at, at most 20.")
    async def subjects(self, info: Info) -> list[Node]:
        """Those that are still there and that the viewer may see."""
        refs = cast(AccessLogEntryRow, self).subjects
        found = await asyncio.gather(*(find(info.context, ref) for ref in refs), return_exceptions=True)
        fault = next((row for row in found if isinstance(row, BaseException) and not isinstance(row, AccessError)), None)
        if fault is not None:
            raise fault
        return cast(list[Node], [row for row in found if row is not None and not isinstance(row, BaseException)])


def _row(entry: AuditEntry) -> AuditEntryRow:
    """The source of an entry's resolvers."""
    return cast(AuditEntryRow, entry)


FINDERS[Kind.AUDIT_ENTRY] = loaders.audit_entries
FINDERS[Kind.ACCESS_LOG_ENTRY] = loaders.access_log_entries
