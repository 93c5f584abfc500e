"""Asking for an approval, and keeping up to date whose answer it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals import rules
from domain.approvals.notices import put_into_feeds, tell_approval
from domain.approvals.queries import authority, bands_above
from domain.approvals.rules import ANSWER_WITHIN, Question
from domain.approvals.spending import Asked
from domain.approvals.tables import Approval, ApprovalAsked, ApprovalState
from domain.audit.writing import Work
from domain.kernel.errors import NotEligible
from domain.kernel.ids import Ref, uuid7
from domain.kernel.plan import ApprovalReason, Plan
from domain.kernel.scope import ActorRef
from store.session import Session


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked about: its subject, whose money it is and how much, what is held until then; `due_at` when it can't wait long."""

    subject: Ref
    organization_id: UUID
    account_id: UUID
    path: str
    amount: int | None
    hold_id: UUID | None = None
    due_at: datetime | None = None


async def ask(work: Work, request: Request, asked: Asked, reason: ApprovalReason | None = None, *, by: ActorRef | None = None) -> UUID:
    """Asks for an approval of what the work has decided so far, and has those told who may give it; returns its id.

    The reason is a budget if one would be passed, else the amount, unless another is given; the actor asks, unless it is somebody else.
    """
    question = asked.question
    approval = Approval(
        id=uuid7(),
        organization_id=request.organization_id,
        account_id=request.account_id,
        path=request.path,
        reason=reason or (ApprovalReason.BUDGET if question.over else ApprovalReason.AMOUNT),
        state=ApprovalState.PENDING,
        amount=request.amount,
        subject_kind=request.subject.kind.value,
        subject_id=request.subject.id,
        by=(by or work.scope.actor).as_json(),
        requester_id=question.requester_id,
        requested_at=work.at,
        due_at=min(filter(None, (request.due_at, work.at + ANSWER_WITHIN))),
        plan=Plan(work.changes, work.exclusions, work.total, None, approvals=work.approvals).as_json(),
        is_over_band=question.is_over_band,
        over=[id.hex for id in asked.over_ids],
        hold_id=request.hold_id,
        changed_at=work.at,
    )
    work.sql.add(approval)
    await work.sql.flush()
    work.within(request.organization_id, request.path, approval.id)
    _wait_for(work.sql, approval, asked.asked_ids)
    await work.sql.flush()
    await tell_approval(work, approval, asked.approver_ids)
    return approval.id


async def asked_of_managers(session: Session, organization_id: UUID, account_id: UUID, *, at: datetime) -> Asked:
    """What no amount calls for but somebody wishes: the answer of whoever manages an account, the nearest upwards. Raises `NotEligible`."""
    path = (await session.scalars(select(Account.path).where(Account.id == account_id))).one()
    able = await authority(session, organization_id, at=at)
    question = Question(path, 0, None, is_over_band=False, over=[path])
    asked_ids = rules.asked_of(question, [], able)
    if not asked_ids:
        raise NotEligible("approvals.nobody")
    return Asked(question, asked_ids, able.with_stand_ins(asked_ids, path, None), [account_id])


def _wait_for(session: Session, approval: Approval, asked_ids: Sequence[UUID]) -> None:
    session.add_all(
        ApprovalAsked(organization_id=approval.organization_id, approval_id=approval.id, person_id=person_id) for person_id in asked_ids
    )


async def asked_now(session: Session, approval: Approval, *, at: datetime) -> Asked:
    """Whose answer an approval waits for by the roles, bands and stand-ins of an instant; nobody when there is nobody left."""
    able = await authority(session, approval.organization_id, at=at)
    over = [UUID(id) for id in approval.over]
    wanted = select(Account.id, Account.path).where(col(Account.id).in_([approval.account_id, *over]))
    paths: dict[UUID, str] = dict((await session.execute(wanted)).all())
    path, requester_id = paths[approval.account_id], ActorRef.from_json(approval.by).person_id
    places = [paths.get(id, rules.prefixes(path)[0]) for id in over]
    question = Question(path, approval.amount or 0, requester_id, approval.is_over_band, places)
    asked_ids = rules.asked_of(question, await bands_above(session, approval.organization_id, path), able)
    return Asked(question, asked_ids, able.with_stand_ins(asked_ids, path, requester_id), over)


async def look_up_anew(session: Session, organization_id: UUID, *, at: datetime) -> int:
    """Looks up whose answer each approval that waits in an organization waits for; returns how many went to somebody else."""
    waiting = select(Approval).where(Approval.organization_id == organization_id, Approval.state == ApprovalState.PENDING)
    changed = 0
    for approval in (await session.scalars(waiting.order_by(col(Approval.id)).with_for_update())).all():
        now = await asked_now(session, approval, at=at)
        wanted = now.asked_ids
        mine = (col(ApprovalAsked.organization_id) == organization_id, col(ApprovalAsked.approval_id) == approval.id)
        standing = set((await session.scalars(select(ApprovalAsked.person_id).where(*mine))).all())
        if standing != set(wanted):
            await session.execute(delete(ApprovalAsked).where(*mine))
            _wait_for(session, approval, wanted)
            approval.changed_at = at
            await put_into_feeds(session, approval, now.approver_ids, at=at)
            changed += 1
    await session.flush()
    return changed
