"""Undoing a change."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.undo import service
from schema.audit import loaders
from schema.audit.types import AuditEntry
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, Plan, Planned, PlanStale, Problem


@planned_input("Input of `auditUndo`.")
class AuditUndoInput:
    """Which entry."""

    audit_entry_id: strawberry.ID = strawberry.field(description="Entry to undo.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")


@strawberry.type(description="What `auditUndo` did.")
class AuditUndoPayload(Planned):
    """The plan and the entry."""

    entry: AuditEntry | None = strawberry.field(description="The entry of the undoing.")


AuditUndoResult = Annotated[
    AuditUndoPayload | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("AuditUndoResult", description="Outcome of `auditUndo`."),
]


@strawberry.type
class AuditMutation:
    """What can be done with the trail: it is never changed, but added to."""

    @strawberry.mutation(
        description="Undoes a reversible change by its opposite. Needs the right of the first act too.",
        extensions=[Needs(Permission.CHANGE_UNDO)],
    )
    async def audit_undo(self, info: Info, scope: Scope, input: Requested[AuditUndoInput]) -> AuditUndoResult:
        """As a whole, and once; for those who read the trail the payload shows the new entry."""
        entry_id = decode_as(Kind.AUDIT_ENTRY, input.audit_entry_id, "auditEntryId")
        async with info.context.read() as session:
            entry, opposite = await service.entry_to_undo(session, scope, entry_id)
        right, proof = info.context.scope(opposite.permission), info.context.asking().proof
        done = await info.context.write(info, right, input, lambda work: service.undo(work, proof, entry, opposite))
        can_read = Permission.AUDIT_READ in info.context.asking().permissions
        made = await info.context.load(loaders.audit_entries, done.result["entry"]) if done.result and can_read else None
        return AuditUndoPayload(plan=Plan.of(done.plan), entry=cast(AuditEntry | None, made))
