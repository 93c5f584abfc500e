"""Batched reads of log entries."""

from uuid import UUID

from domain.audit import access_log, queries
from domain.audit.access_log import AccessLogEntryRow
from domain.audit.queries import AuditEntryRow
from domain.kernel.permissions import Permission
from schema.kernel.context import Context


async def audit_entries(context: Context, ids: list[UUID]) -> list[AuditEntryRow | None]:
    """Entries in scope."""
    scope = context.scope(Permission.AUDIT_READ)
    async with context.read() as session:
        return await queries.entries_by_ids(session, scope, ids)


async def access_log_entries(context: Context, ids: list[UUID]) -> list[AccessLogEntryRow | None]:
    """Entries in scope."""
    return await access_log.looks_by_ids(context.scope(Permission.AUDIT_READ), ids)
