"""Reminding of bills that aren't paid: in the feed, by mail and SMS, on the days that were set, each day once."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, exists
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.billing.seller import REMINDER_DAYS
from domain.billing.states import ISSUED
from domain.billing.tables import Bill, BillReminder
from domain.billing.telling import tell_bill
from domain.kernel.clock import Clock
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale, day
from domain.kernel.messages import text
from domain.kernel.money import Money
from domain.notifications.letters import as_html
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError, SmsMessage, SmsSender
from domain.people.queries import managers_of
from domain.people.tables import Person
from store import outbox
from store.outbox import Handler, Later, Letter, Round, Task
from store.session import Database
from store.upsert import insert_or_ignore

ROUND_KIND, NOTICE_KIND = "billing.reminders", "billing.reminder"
EVERY = timedelta(minutes=15)
AT_ONCE = 200
LOG = structlog.get_logger("billing")


def handlers(
    database: Database, mailer: Mailer, sms: SmsSender, clock: Clock, days: Sequence[int] = REMINDER_DAYS
) -> Mapping[str, Handler]:
    """The outbox's handlers of rounds and of the reminders they bring about."""

    async def make_round(_: Task) -> None:
        at = clock.now()
        told = [await remind(database, days=one, before=following, at=at) for one, following in _following(days)]
        raise Later(at if AT_ONCE in told else at + EVERY)

    async def send(task: Task) -> None:
        await _send(database, mailer, sms, task.payload)

    return {ROUND_KIND: Round(make_round), NOTICE_KIND: send}


def _following(days: Sequence[int]) -> list[tuple[int, int | None]]:
    """Each day with the one after it, from where on it is too late for the first: nobody gets two reminders at once."""
    ordered = sorted(set(days))
    return list(zip(ordered, [*ordered[1:], None], strict=True))


async def remind(database: Database, *, days: int, before: int | None, at: datetime) -> int:
    """Has people told of unpaid bills whose day this is and that they weren't told of; returns how many bills."""
    due = [col(Bill.due_at) <= at - timedelta(days=days)]
    if before is not None:
        due.append(col(Bill.due_at) > at - timedelta(days=before))
    told = exists().where(
        col(BillReminder.organization_id) == col(Bill.organization_id), col(BillReminder.bill_id) == col(Bill.id),
        col(BillReminder.days) == days,
    )  # fmt: skip
    wanted = (
        select(Bill)
        .where(col(Bill.amount_due) > 0, col(Bill.state).in_(ISSUED), ~told, *due)
        .order_by(col(Bill.due_at), col(Bill.id))
        .limit(AT_ONCE)
    )
    async with database.write() as session:
        bills = (await session.scalars(wanted)).all()
        for bill in bills:
            row = {"organization_id": bill.organization_id, "bill_id": bill.id, "days": days, "told_at": at}
            if await insert_or_ignore(session, BillReminder, [row]):
                people = await managers_of(session, bill.organization_id, bill.path, at=at)
                await outbox.send_all(session, _letters(bill, people, days, at), organization_id=bill.organization_id)
                await tell_bill(session, bill, people, _event(days), at=at, once=f"{days} days")
    return len(bills)


def _event(days: int) -> str:
    return "overdue" if days > 0 else "soon"


def _letters(bill: Bill, people: Sequence[UUID], days: int, at: datetime) -> list[Letter]:
    """One for each of the account's managers."""
    made = []
    for person in people:
        notice = uuid7()
        payload = {"notice": notice.hex, "bill": bill.id.hex, "to": person.hex, "days": days}
        made.append(Letter(NOTICE_KIND, payload, f"{NOTICE_KIND}:{notice}", at, f"{NOTICE_KIND}:{bill.id}:{days}:{person}"))
    return made


_TOLD: tuple[Any, ...] = (
    Bill.number, Bill.amount_due, Bill.due_at, Account.name, Person.email, Person.mobile, Person.locale, Organization.locale,
)  # fmt: skip


async def _send(database: Database, mailer: Mailer, sms: SmsSender, payload: Mapping[str, Any]) -> None:
    """Tells one person what is still to pay, by mail and by SMS; nothing if it was paid meanwhile."""
    statement: Select[Any] = (
        select(*_TOLD)
        .select_from(Bill)
        .join(Account, col(Account.id) == col(Bill.account_id))
        .join(Organization, col(Organization.id) == col(Bill.organization_id))
        .join(Person, and_(col(Person.id) == UUID(payload["to"])))
        .where(col(Bill.id) == UUID(payload["bill"]))
    )
    async with database.read() as session:
        number, open, due_at, account, email, mobile, own, company = (await session.execute(statement)).one()
    if open <= 0:
        return
    locale, notice = Locale(own or company), UUID(payload["notice"])
    kind = _event(payload["days"])
    words = {"number": number, "account": account, "amount": Money(open), "day": day(due_at - timedelta(seconds=1), locale)}
    subject, body, short = (text(f"bill.{kind}.{part}", locale, **words) for part in ("subject", "text", "sms"))
    if email is not None:
        await _handed(mailer.send(MailMessage(notice, email, subject, body, as_html(body, locale))), notice)
    if mobile is not None:
        await _handed(sms.send(SmsMessage(notice, mobile, short)), notice)


async def _handed(sending: Awaitable[None], notice: UUID) -> None:
    """One way's refusal for good doesn't keep the other way from being tried."""
    try:
        await sending
    except PermanentDeliveryError as refusal:
        LOG.warning("bill_reminder_refused", notice=str(notice), error=str(refusal))
