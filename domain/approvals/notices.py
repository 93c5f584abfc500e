"""Telling people in the feed and by mail: that their answer is waited for, what became of what they asked, how far a budget is used."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import structlog
from sqlalchemy import Select, func, update
from sqlmodel import col, select

from domain.accounts.tables import Account, CostCentre, Organization
from domain.approvals import rules
from domain.approvals.queries import authority
from domain.approvals.tables import Approval, ApprovalState, Budget
from domain.audit.writing import Work
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import Money
from domain.kernel.scope import ActorRef
from domain.notifications.feed import tell
from domain.notifications.letters import as_html
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError
from domain.people.tables import Person
from store.models import rows_changed
from store.outbox import Handler, Letter, Task
from store.session import Database, Session

APPROVAL_KIND, BUDGET_KIND = "approval_notice", "budget_notice"
_READER: tuple[Any, ...] = (Person.email, Person.locale, Organization.locale)
_APPROVAL_TOLD: tuple[Any, ...] = (Approval, *_READER)
_NAME = func.coalesce(Account.name, CostCentre.name)
_PLACE: tuple[Any, ...] = (Account.path, _NAME)
_BUDGET_TOLD: tuple[Any, ...] = (Budget, _NAME, *_READER)
LOG = structlog.get_logger("approvals")


async def tell_approval(work: Work, approval: Approval, readers: Collection[UUID]) -> None:
    """Has people told in which state an approval is now."""
    facts = {"approval": approval.id.hex, "state": approval.state}
    await work.afterwards_each([_letter(work, APPROVAL_KIND, reader, facts) for reader in sorted(readers)])
    await put_into_feeds(work.sql, approval, readers, at=work.at)


async def put_into_feeds(session: Session, approval: Approval, readers: Collection[UUID], *, at: datetime) -> None:
    """Puts the state of an approval into people's feeds; whoever has it there already isn't told again."""
    key, words, once = f"approvals.notice.{approval.state}", _approval_words(approval), f"approval:{approval.id}:{approval.state}"
    await tell(session, approval.organization_id, readers, key, words, Ref(Kind.APPROVAL, approval.id), at=at, once=once)


async def tell_reached(work: Work, budget: Budget) -> None:
    """Has whoever manages a budget's account told of the highest threshold that it reaches, each once in its month.

    Of several that are passed at once only the highest is worth a mail.
    """
    used = budget.spent + budget.committed
    percent = rules.reached(budget.thresholds, used, budget.amount)
    if percent <= budget.told:
        return
    here = (col(Budget.id) == budget.id, col(Budget.told) < percent)
    told = await work.sql.execute(update(Budget).where(*here).values(told=percent).execution_options(synchronize_session=False))
    if not rows_changed(told):
        return
    able = await authority(work.sql, budget.organization_id, at=work.at)
    place, name = (await work.sql.execute(_of_subject(*_PLACE).where(col(Budget.id) == budget.id))).one()
    above = [one for one in able.managers if (place.startswith(one.path) if place else one.is_of_all)]
    nearest = max((len(one.path) for one in above), default=0)
    facts = {"budget": budget.id.hex, "percent": percent, "used": used}
    readers = {one.person_id for one in above if len(one.path) == nearest}
    await work.afterwards_each([_letter(work, BUDGET_KIND, reader, facts) for reader in sorted(readers)])
    words, once = _budget_words(budget, name, percent, used), f"budget:{budget.id}:{percent}"
    subject = Ref(Kind.BUDGET, budget.id)
    await tell(work.sql, budget.organization_id, readers, "approvals.notice.budget", words, subject, at=work.at, once=once)


def _approval_words(approval: Approval) -> Mapping[str, object]:
    return {
        "amount": Money(approval.amount or 0), "requester": ActorRef.from_json(approval.by).label, "due": approval.due_at,
        "answerer": ActorRef.from_json(approval.decided_by).label if approval.decided_by else "", "note": approval.note or "–",
    }  # fmt: skip


def _budget_words(budget: Budget, name: str | None, percent: int, used: int) -> Mapping[str, object]:
    return {
        "name": name or "", "month": JalaliMonth.parse(budget.month), "percent": percent, "used": Money(used),
        "limit": Money(budget.amount or 0),
    }  # fmt: skip


def _of_subject(*columns: Any) -> Select[Any]:
    """Of budgets with the accounts or cost centres that they are for."""
    subject_id, statement = col(Budget.subject_id), cast(Select[Any], select(*columns).select_from(Budget))
    return statement.outerjoin(Account, col(Account.id) == subject_id).outerjoin(CostCentre, col(CostCentre.id) == subject_id)


def _letter(work: Work, kind: str, reader: UUID, facts: Mapping[str, Any]) -> Letter:
    notice = uuid7()
    return Letter(kind, {"notice": notice.hex, "to": reader.hex, **facts}, f"{kind}:{notice.hex}", work.at, f"{kind}:{notice.hex}")


def handlers(database: Database, mailer: Mailer) -> Mapping[str, Handler]:
    """The outbox's handlers of both kinds; people without an address see it in their list all the same."""

    async def send_approval(task: Task) -> None:
        told: Select[Any] = (
            select(*_APPROVAL_TOLD)
            .join(Organization, col(Organization.id) == Approval.organization_id)
            .join(Person, col(Person.id) == UUID(task.payload["to"]))
            .where(Approval.id == UUID(task.payload["approval"]))
        )
        async with database.read() as session:
            approval, email, own, company = (await session.execute(told)).one()
        state = ApprovalState(task.payload["state"])
        await _send(mailer, task, email, Locale(own or company), f"approvals.notice.{state}", _approval_words(approval))

    async def send_budget(task: Task) -> None:
        told: Select[Any] = (
            _of_subject(*_BUDGET_TOLD)
            .join(Organization, col(Organization.id) == Budget.organization_id)
            .join(Person, col(Person.id) == UUID(task.payload["to"]))
            .where(col(Budget.id) == UUID(task.payload["budget"]))
        )
        async with database.read() as session:
            budget, name, email, own, company = (await session.execute(told)).one()
        words = _budget_words(budget, name, task.payload["percent"], task.payload["used"])
        await _send(mailer, task, email, Locale(own or company), "approvals.notice.budget", words)

    return {APPROVAL_KIND: send_approval, BUDGET_KIND: send_budget}


async def _send(mailer: Mailer, task: Task, to: str | None, locale: Locale, key: str, words: Mapping[str, object]) -> None:
    if to is None:
        return
    subject, body = text(f"{key}.subject", locale, **words), text(f"{key}.text", locale, **words)
    try:
        await mailer.send(MailMessage(UUID(task.payload["notice"]), to, subject, body, as_html(body, locale)))
    except PermanentDeliveryError as error:
        LOG.warning("notice_refused", notice=task.payload["notice"], error=str(error))
