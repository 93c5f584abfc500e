"""The desk's rounds: every few minutes overdue answers are told to whoever owes them, and what was answered long ago is closed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import col, or_, select

from domain.audit.writing import Command, Result, Work, carry_out
from domain.kernel.clock import Clock
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.notifications.letters import as_html
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from domain.tickets.desk import DESK
from domain.tickets.service import ticket_close
from domain.tickets.tables import Ticket
from store import outbox
from store.outbox import Handler, Later, Letter, Round, Task
from store.session import Database, Session

ROUND_KIND, LATE_KIND = "ticket_round", "ticket_late"
EVERY = timedelta(minutes=5)
AT_ONCE = 100
LOG = structlog.get_logger("tickets")


def handlers(database: Database, mailer: Mailer, clock: Clock) -> Mapping[str, Handler]:
    """The outbox's handlers of rounds and of the mails they bring about."""

    async def make_round(_: Task) -> None:
        at = clock.now()
        done = await tell_late(database, at=at), await close_answered(database, at=at)
        raise Later(at if AT_ONCE in done else at + EVERY)

    async def send_late(task: Task) -> None:
        await _send_late(database, mailer, task.payload)

    return {ROUND_KIND: Round(make_round), LATE_KIND: send_late}


async def tell_late(database: Database, *, at: datetime) -> int:
    """Has the people who owe overdue answers told, each deadline once: the assignee, or all of support; returns how many tickets."""
    untold = or_(col(Ticket.late_told_at).is_(None), col(Ticket.late_told_at) < col(Ticket.due_at))
    overdue = select(Ticket).where(col(Ticket.due_at) <= at, untold).order_by(col(Ticket.due_at)).limit(AT_ONCE)
    async with database.write() as session:
        late = (await session.scalars(overdue.with_for_update(skip_locked=True))).all()
        if not late:
            return 0
        owed: dict[UUID, list[Ticket]] = defaultdict(list)
        everybody = await _support(session, at)
        for ticket in late:
            ticket.late_told_at = at
            for person in [ticket.assignee_id] if ticket.assignee_id else everybody:
                owed[person].append(ticket)
        await outbox.send_all(session, [_letter(person, tickets, at) for person, tickets in owed.items()])
    return len(late)


async def close_answered(database: Database, *, at: datetime) -> int:
    """Closes tickets answered long ago, each in a transaction of its own with its entry in the trail; returns how many it looked at."""
    over = select(Ticket.id).where(col(Ticket.closes_at) <= at).order_by(col(Ticket.closes_at)).limit(AT_ONCE)
    async with database.read() as session:
        ids = (await session.scalars(over)).all()
    for id in ids:
        await _close(database, id, at)
    return len(ids)


async def _close(database: Database, id: UUID, at: datetime) -> None:
    async def service(work: Work) -> Result:
        return await ticket_close(work, id)

    await carry_out(database, system_scope(Permission.TICKET_WRITE, at), Command("ticketClose", MutationMode.APPLY, ""), service, at=at)


async def _support(session: Session, at: datetime) -> Sequence[UUID]:
    held = select(Membership.person_id).where(Membership.role == Role.SUPPORT, is_held(at)).distinct()
    return sorted((await session.scalars(held)).all())


def _letter(person: UUID, tickets: Sequence[Ticket], at: datetime) -> Letter:
    mail = uuid7()
    payload = {"mail": mail.hex, "to": person.hex, "tickets": [ticket.id.hex for ticket in tickets]}
    return Letter(LATE_KIND, payload, f"{LATE_KIND}:{mail.hex}", at)


async def _send_late(database: Database, mailer: Mailer, payload: Mapping[str, Any]) -> None:
    """One mail with everything overdue; people without an address see it in their list all the same."""
    wanted = select(Ticket).where(col(Ticket.id).in_([UUID(id) for id in payload["tickets"]])).order_by(col(Ticket.due_at))
    async with database.read() as session:
        person = await session.get(Person, UUID(payload["to"]))
        tickets = (await session.scalars(wanted)).all()
    if person is None or person.email is None:
        return
    locale, mail = Locale(person.locale or Locale.FA), UUID(payload["mail"])
    lines = "\n".join(f"{one.number} · {DESK.departments[one.department].title(locale)} · {one.title}" for one in tickets)
    subject, body = text("ticket.late.subject", locale, count=len(tickets)), text("ticket.late.text", locale, lines=lines)
    try:
        await mailer.send(MailMessage(mail, person.email, subject, body, as_html(body, locale)))
    except PermanentDeliveryError as error:
        LOG.warning("late_notice_refused", mail=str(mail), error=str(error))
