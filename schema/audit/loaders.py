"""Batched reads of log entries."""

from uuid import UUID

from domain.audit import queries
from domain.audit.queries import AuditEntryRow
from domain.kernel.permissions import Permission
from schema.kernel.context import Context


async def audit_entries(context: Context, ids: list[UUID]) -> list[AuditEntryRow | None]:
    """Entries in scope."""
    scope = context.scope(Permission.AUDIT_READ)
    async with context.read() as session:
        return await queries.entries_by_ids(session, scope, ids)
