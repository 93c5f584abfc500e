"""Log entries, as a client sees them."""

from datetime import datetime
from uuid import UUID

import strawberry

from domain.audit.access_log import AccessLogEntryRow
from domain.audit.queries import AuditEntryRow
from domain.kernel import plan as domain_plan
from domain.kernel.ids import Kind, Ref
from domain.undo.service import deed_of
from schema.audit import loaders
from schema.engine.fields import batched, plain, rows_of
from schema.kernel.nodes import FINDERS, Found, Node, found_of, global_id
from schema.kernel.outcomes import Change, Problem, failure_of
from schema.people.actors import Actor


def _changes(row: AuditEntryRow) -> list[domain_plan.Change]:
    """As they were written."""
    return row.changes[: domain_plan.SHOWN]


def _deed(row: AuditEntryRow) -> tuple[UUID, UUID, str]:
    return row.organization_id, row.id, deed_of(row)


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

    changes: list[Change] = plain(_changes, description="The first 100 changes; none for a refused attempt.")
    failure: Problem | None = plain(failure_of, description="Why it was refused.")
    is_reversible: bool = batched(loaders.are_reversible, key=_deed, description="Can be undone now.")


def _subjects(row: AccessLogEntryRow) -> tuple[Ref, ...]:
    return tuple(row.subjects)


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
    subjects: list[Node] = batched(found_of, key=_subjects, description="What was looked at, at most 20.", extensions=[Found()])


FINDERS[Kind.AUDIT_ENTRY] = loaders.audit_entries
FINDERS[Kind.ACCESS_LOG_ENTRY] = loaders.access_log_entries
