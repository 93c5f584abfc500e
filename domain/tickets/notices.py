"""Telling people what became of a ticket, by mail or else by SMS, in their language (SF-04); the talk itself stays behind the sign-in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Work
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.scope import ActorRef
from domain.notifications.letters import as_html
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError, SmsMessage, SmsSender
from domain.people.tables import Person
from domain.tickets.rules import Side
from domain.tickets.states import TicketState
from domain.tickets.tables import Ticket
from store.outbox import Handler, Task
from store.session import Database

NOTICE_KIND = "ticket_notice"
WORD = "word"
"""What a notice tells of that is no new state: somebody wrote."""
LOG = structlog.get_logger("tickets")
_TOLD: tuple[Any, ...] = (Ticket.number, Ticket.title, Person.email, Person.mobile, Person.locale, Organization.locale)


async def tell_opened(work: Work, ticket: Ticket) -> None:
    """Has the opener told its number and when an answer is due."""
    await _tell(work, ticket, _opener(ticket), TicketState.ACKNOWLEDGED)


async def tell(work: Work, ticket: Ticket, side: Side, *, has_moved: bool, is_spoken: bool) -> None:
    """Has the opener told of a new state and of others' words, and whoever works on it of the customer's; nobody of their own."""
    if not has_moved and not is_spoken:
        return
    event = ticket.state if has_moved else WORD
    readers = {_opener(ticket), ticket.assignee_id if side is Side.COMPANY else None} - {None, work.scope.actor.person_id}
    for reader in sorted(filter(None, readers)):
        await _tell(work, ticket, reader, event)


async def _tell(work: Work, ticket: Ticket, reader: UUID | None, event: str) -> None:
    if reader is None:
        return
    notice, times = uuid7(), {"due": ticket.due_at, "closes": ticket.closes_at}
    payload = {
        "notice": notice.hex, "ticket": ticket.id.hex, "to": reader.hex, "event": event,
        "times": {name: at.isoformat() for name, at in times.items() if at is not None},
    }  # fmt: skip
    await work.afterwards(NOTICE_KIND, payload, subject=f"{NOTICE_KIND}:{notice.hex}", key=f"{NOTICE_KIND}:{notice.hex}")


def _opener(ticket: Ticket) -> UUID | None:
    return ActorRef.from_json(ticket.by).person_id


def notice_handler(database: Database, mailer: Mailer, sms: SmsSender) -> Handler:
    """The outbox's handler for kind `ticket_notice`; people who can't be reached are left out."""

    async def send(task: Task) -> None:
        told: Select[Any] = (
            select(*_TOLD)
            .join(Organization, col(Organization.id) == Ticket.organization_id)
            .join(Person, col(Person.id) == UUID(task.payload["to"]))
            .where(Ticket.id == UUID(task.payload["ticket"]))
        )
        async with database.read() as session:
            number, title, email, mobile, own, company = (await session.execute(told)).one()
        locale, notice = Locale(own or company), UUID(task.payload["notice"])
        try:
            if email is not None:
                await mailer.send(_mail(notice, email, locale, task.payload, number=number, title=title))
            elif mobile is not None:
                line = text("ticket.notice.sms", locale, number=number, news=_news(task.payload, locale))
                await sms.send(SmsMessage(notice, mobile, line))
        except PermanentDeliveryError as error:
            LOG.warning("notice_refused", notice=str(notice), error=str(error))

    return send


def _mail(notice: UUID, to: str, locale: Locale, payload: Mapping[str, Any], *, number: str, title: str) -> MailMessage:
    times = {name: datetime.fromisoformat(at) for name, at in payload["times"].items()}
    subject = text("ticket.notice.subject", locale, number=number, news=_news(payload, locale))
    body = text(f"ticket.notice.{payload['event']}", locale, number=number, title=title, **times)
    return MailMessage(notice, to, subject, body, as_html(body, locale))


def _news(payload: Mapping[str, Any], locale: Locale) -> str:
    return text(f"ticket.news.{payload['event']}", locale)
