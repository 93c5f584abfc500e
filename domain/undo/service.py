"""Which writes can be undone, by which right, and undoing them (D3): an entry of the trail in, an entry of the trail out."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.audit import queries
from domain.audit.erasing import ERASED
from domain.audit.queries import AuditEntryRow
from domain.audit.writing import Result, Work
from domain.hierarchy import undoing as hierarchy
from domain.kernel.errors import NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import Change
from domain.kernel.proof import Proof
from domain.kernel.scope import Scope
from domain.sims import undoing as sims
from store.session import Session


@dataclass(frozen=True, slots=True)
class Opposite:
    """How a mutation is undone, and the right of the first act, which undoing takes as well."""

    permission: Permission
    undo: Callable[[Work, Proof, Sequence[Change]], Awaitable[None]]


OPPOSITES: Mapping[str, Opposite] = {
    "simBlock": Opposite(Permission.SIM_BLOCK, sims.undo_state),
    "simUnblock": Opposite(Permission.SIM_BLOCK, sims.undo_state),
    "simUpdate": Opposite(Permission.SIM_EDIT, sims.undo_labels),
    "simImeiLock": Opposite(Permission.SIM_LOCK, sims.undo_lock),
    "simMove": Opposite(Permission.SIM_MOVE, hierarchy.undo_sim_move),
    "accountMove": Opposite(Permission.ACCOUNT_MANAGE, hierarchy.undo_account_move),
    "accountUpdate": Opposite(Permission.ACCOUNT_MANAGE, hierarchy.undo_name),
}
"""Mutations by name; what isn't here can't be undone: money is corrected by money, a PUK that was seen stays seen."""


def deed_of(entry: AuditEntryRow) -> str:
    """What an entry did that could have an opposite, by the mutation's name; empty where it did nothing of the kind.

    That is where it was refused, where its values were erased, and where it only began a job: what that did stands in an entry for
    each of its chunks.
    """
    is_erased = any(ERASED in {change.before, change.after} for change in entry.changes)
    has_acted = any(change.subject is None or change.subject.kind is not Kind.JOB for change in entry.changes)
    return entry.action if entry.failure is None and has_acted and not is_erased else ""


def may_undo(action: str, permissions: Collection[Permission]) -> bool:
    """Whether somebody with these rights may undo such an act; a single one may be undone already, or overtaken."""
    opposite = OPPOSITES.get(action)
    return opposite is not None and Permission.CHANGE_UNDO in permissions and opposite.permission in permissions


async def entry_to_undo(session: Session, scope: Scope, entry_id: UUID) -> tuple[AuditEntryRow, Opposite]:
    """An entry in scope with its opposite; raises `NotFound`, or `NotEligible` when it has none."""
    (entry,) = await queries.entries_by_ids(session, scope, [entry_id])
    if entry is None:
        raise NotFound(field=("auditEntryId",))
    opposite = OPPOSITES.get(deed_of(entry))
    if opposite is None:
        raise NotEligible("audit.irreversible", field=("auditEntryId",))
    return entry, opposite


async def undo(work: Work, proof: Proof, entry: AuditEntryRow, opposite: Opposite) -> Result:
    """Undoes an entry once and as a whole; returns `entry`, the one of the undoing.

    Raises `StateConflict` when it was undone before or something of it has changed since.
    """
    work.within(entry.organization_id, entry.path, entry.id)
    if await queries.undone(work.sql, entry.organization_id, [entry.id]):
        raise StateConflict("audit.undone_already", field=("auditEntryId",))
    work.entry_id = uuid7(int(work.at.timestamp() * 1000))
    await opposite.undo(work, proof, entry.changes)
    return {"entry": work.entry_id}
