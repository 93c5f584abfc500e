"""Every minute: approvals that nobody answered in time end, and those whose approver has gone go to whoever comes next."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.approvals.asking import look_up_anew
from domain.approvals.deciding import expire
from domain.approvals.notices import handlers as notice_handlers
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Command, Result, Work, carry_out
from domain.kernel.clock import Clock
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.notifications.ports import Mailer
from store.outbox import Handler, Later, Round, Task, each
from store.session import Database

ROUND_KIND = "approval_round"
EVERY = timedelta(minutes=1)
AT_ONCE = 100


def handlers(database: Database, mailer: Mailer, clock: Clock) -> Mapping[str, Handler]:
    """The outbox's handlers of rounds and of mails about budgets and approvals."""

    async def make_round(_: Task) -> None:
        at = clock.now()
        ended = await end_late(database, at=at)
        await follow_roles(database, at=at)
        raise Later(at if ended == AT_ONCE else at + EVERY)

    return {ROUND_KIND: Round(make_round), **notice_handlers(database, mailer)}


async def end_late(database: Database, *, at: datetime) -> int:
    """Ends approvals whose time is over, each in a transaction of its own with its entry in the trail; returns how many it looked at."""
    late = select(Approval.id).where(Approval.state == ApprovalState.PENDING, col(Approval.due_at) <= at)
    async with database.read() as session:
        ids = (await session.scalars(late.order_by(col(Approval.due_at)).limit(AT_ONCE))).all()
    await each(ids, lambda id: _expire(database, id, at))
    return len(ids)


async def _expire(database: Database, id: UUID, at: datetime) -> None:
    async def service(work: Work) -> Result:
        return await expire(work, id)

    command = Command("approvalExpire", MutationMode.APPLY, "")
    await carry_out(database, system_scope(Permission.APPROVAL_DECIDE, at), command, service, at=at)


async def follow_roles(database: Database, *, at: datetime) -> int:
    """Looks up anew whose answers are waited for, organization by organization; returns how many went to somebody else."""
    waiting = select(Approval.organization_id).where(Approval.state == ApprovalState.PENDING).distinct()
    async with database.read() as session:
        organizations = sorted((await session.scalars(waiting)).all())
    changed = 0

    async def follow(organization_id: UUID) -> None:
        nonlocal changed
        async with database.write() as session:
            changed += await look_up_anew(session, organization_id, at=at)

    await each(organizations, follow)
    return changed
