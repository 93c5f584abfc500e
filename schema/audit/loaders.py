"""Batched reads of log entries."""

from uuid import UUID

from domain.audit import access_log, queries
from domain.audit.access_log import AccessLogEntryRow
from domain.kernel.permissions import Permission
from domain.undo.service import may_undo
from schema.kernel.batches import in_scope
from schema.kernel.context import Context

audit_entries = in_scope(Permission.AUDIT_READ, queries.entries_by_ids)
"""Entries in scope."""


async def access_log_entries(context: Context, ids: list[UUID]) -> list[AccessLogEntryRow | None]:
    """Entries in scope."""
    return await access_log.looks_by_ids(context.scope(Permission.AUDIT_READ), ids)


async def are_reversible(context: Context, deeds: list[tuple[UUID, UUID, str]]) -> list[bool]:
    """For entries by organization, id and act: whether the viewer may undo such an act, and nobody has undone this one."""
    held = context.asking().permissions
    possible: dict[UUID, list[UUID]] = {}
    for organization_id, id, action in deeds:
        if may_undo(action, held):
            possible.setdefault(organization_id, []).append(id)
    undone: set[UUID] = set()
    if possible:
        async with context.read() as session:
            for organization_id, ids in possible.items():
                undone |= await queries.undone(session, organization_id, ids)
    return [may_undo(action, held) and id not in undone for _, id, action in deeds]
