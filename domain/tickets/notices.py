"""Telling the other side by mail that a ticket has news; the talk itself stays behind the sign-in."""

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
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError
from domain.people.tables import Person
from domain.tickets.rules import Side
from domain.tickets.tables import Ticket
from store.outbox import Handler, Task
from store.session import Database

NOTICE_KIND = "ticket_notice"
LOG = structlog.get_logger("tickets")
_TOLD: tuple[Any, ...] = (Ticket.number, Ticket.title, Person.email, Person.locale, Organization.locale)


async def tell_other_side(work: Work, ticket: Ticket, side: Side) -> None:
    """Has the opener told of the operator's word, and whoever works on it of the customer's; nobody works on it, nobody is told."""
    to = ActorRef.from_json(ticket.by).person_id if side is Side.OPERATOR else ticket.assignee_id
    if to is None or to == work.scope.actor.person_id:
        return
    mail = uuid7()
    payload = {"mail": mail.hex, "ticket": ticket.id.hex, "to": to.hex}
    await work.afterwards(NOTICE_KIND, payload, subject=f"{NOTICE_KIND}:{mail.hex}")


def notice_handler(database: Database, mailer: Mailer) -> Handler:
    """The outbox's handler for kind `ticket_notice`: in the reader's language; people without an address are left out."""

    async def send(task: Task) -> None:
        told: Select[Any] = (
            select(*_TOLD)
            .join(Organization, col(Organization.id) == Ticket.organization_id)
            .join(Person, col(Person.id) == UUID(task.payload["to"]))
            .where(Ticket.id == UUID(task.payload["ticket"]))
        )
        async with database.read() as session:
            number, title, email, own, company = (await session.execute(told)).one()
        if email is None:
            return
        locale = Locale(own or company)
        subject, body = (text(f"ticket.mail.{part}", locale, number=number, title=title) for part in ("subject", "text"))
        try:
            await mailer.send(MailMessage(UUID(task.payload["mail"]), email, subject, body, as_html(body, locale)))
        except PermanentDeliveryError as error:
            LOG.warning("notice_refused", mail=task.payload["mail"], error=str(error))

    return send
