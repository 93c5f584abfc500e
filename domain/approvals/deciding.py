"""Answering: a yes carries out what was held in the answerer's own transaction, a no, silence or a withdrawal gives back what was held."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.approvals import rules
from domain.approvals.asking import asked_now
from domain.approvals.notices import tell_approval
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Result, Work
from domain.kernel.errors import NotEligible, NotFound, StateConflict
from domain.kernel.ids import KINDS, Kind, Ref

Undertake = Callable[[Work, Approval], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subject:
    """What becomes of one kind of thing that approvals are asked for.

    `carry_out` decides once more as of now and does it, in the transaction of the answer; `give_up` gives back what was held. The state
    of the approval says why: it was refused, nobody answered, or it was withdrawn.
    """

    carry_out: Undertake
    give_up: Undertake


SUBJECTS: dict[Kind, Subject] = {}
"""By the kind of the subject; the areas above add theirs."""


async def decide(work: Work, approval_id: UUID, is_granted: bool, note: str | None) -> Result:
    """Grants, and carries out, or refuses: `approval`. By a person whose answer it waits for now, and who doesn't ask it.

    Raises `NotFound`, `NotEligible`, `StateConflict` once it is answered or too late, `InvalidInput` for a note that is too long, and
    whatever carrying out raises, after which it waits on.
    """
    said = rules.check_note(note)
    approval = await locked(work, approval_id)
    if approval.state != ApprovalState.PENDING:
        raise StateConflict("approvals.answered", field=("approvalId",))
    if approval.due_at <= work.at:
        raise StateConflict("approvals.too_late", field=("approvalId",))
    person_id = work.scope.actor.person_id
    asked = await asked_now(work.sql, approval, at=work.at)
    if person_id is None or person_id == approval.requester_id:
        raise NotEligible("approvals.own", field=("approvalId",))
    if person_id not in asked.approver_ids or work.scope.actor.api_token_id is not None:
        raise NotEligible("approvals.not_asked", field=("approvalId",))
    work.approval_id, work.reason = approval.id, said
    approval.decided_by, approval.decided_at, approval.note = work.scope.actor.as_json(), work.at, said
    await _end(work, approval, ApprovalState.APPROVED if is_granted else ApprovalState.REJECTED)
    return {"approval": approval.id}


async def expire(work: Work, approval_id: UUID) -> Result:
    """Ends an approval that nobody answered in time: `approval`; one that was answered stays."""
    approval = await locked(work, approval_id)
    if approval.state == ApprovalState.PENDING and approval.due_at <= work.at:
        await _end(work, approval, ApprovalState.EXPIRED)
    return {"approval": approval.id}


async def withdraw(work: Work, subject: Ref) -> bool:
    """Ends the approval that something waits for, if it does; whether it did. What was held is given back."""
    mine = select(Approval.id).where(Approval.subject_id == subject.id, Approval.state == ApprovalState.PENDING)
    approval_id = (await work.sql.scalars(mine)).one_or_none()
    if approval_id is None:
        return False
    approval = await locked(work, approval_id)
    if approval.state != ApprovalState.PENDING:
        return False
    await _end(work, approval, ApprovalState.CANCELLED)
    return True


async def locked(work: Work, approval_id: UUID) -> Approval:
    """An approval in scope, held before anything that it is about, so that two answers come one after the other. Raises `NotFound`."""
    statement = work.scope.limit(select(Approval).where(Approval.id == approval_id), col(Approval.organization_id), col(Approval.path))
    found = await work.sql.scalars(statement.with_for_update().execution_options(populate_existing=True))
    approval: Approval | None = found.one_or_none()
    if approval is None:
        raise NotFound(field=("approvalId",))
    work.within(approval.organization_id, approval.path, approval.id, approval.subject_id)
    return approval


async def _end(work: Work, approval: Approval, state: ApprovalState) -> None:
    before, approval.state, approval.changed_at = approval.state, state, work.at
    work.changed(Ref(Kind.APPROVAL, approval.id), approval.reason, "state", before, state)
    subject = SUBJECTS[KINDS[approval.subject_kind]]
    await (subject.carry_out if state is ApprovalState.APPROVED else subject.give_up)(work, approval)
    await work.sql.flush()
    if approval.requester_id is not None and approval.requester_id != work.scope.actor.person_id:
        await tell_approval(work, approval, [approval.requester_id])
