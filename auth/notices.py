"""Tells people that their password was set, by every way they can be reached, so that they notice when it wasn't them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlmodel import col

from auth.people import Known
from domain.kernel.identifiers import Channel
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.notifications import letters
from domain.notifications.ports import Mailer, PermanentDeliveryError, SmsSender
from domain.people.tables import Person
from store import outbox
from store.outbox import Handler, Task
from store.session import Database, Session

NOTICE_KIND = "password_notice"
LOG = structlog.get_logger("auth.notices")
_REACHED: tuple[Any, ...] = (Person.mobile, Person.email, Person.locale)


async def tell_password_set(session: Session, person: Known, *, at: datetime) -> None:
    """Puts a notice for each way into the outbox; each is a subject of its own, so that one that fails holds up no other."""
    for channel in Channel:
        if person.address_for(channel) is not None:
            id = uuid7()
            payload = {"message": id.hex, "person": person.id.hex, "channel": channel, "at": at.isoformat()}
            await outbox.send(session, NOTICE_KIND, payload, subject=f"{NOTICE_KIND}:{id.hex}", at=at)


def notice_handler(database: Database, mailer: Mailer, sms: SmsSender) -> Handler:
    """The outbox's handler for kind `password_notice`: in the person's language; a refused recipient is final and isn't worth an alert."""

    async def tell(task: Task) -> None:
        id, at = UUID(task.payload["message"]), datetime.fromisoformat(task.payload["at"])
        async with database.read() as session:
            found = await session.execute(select(*_REACHED).where(col(Person.id) == UUID(task.payload["person"])))
        mobile, email, locale = found.one()
        language = Locale(locale) if locale else Locale.FA
        try:
            if Channel(task.payload["channel"]) is Channel.SMS and mobile:
                await sms.send(letters.password_sms(id, mobile, at=at, locale=language))
            elif Channel(task.payload["channel"]) is Channel.EMAIL and email:
                await mailer.send(letters.password_mail(id, email, at=at, locale=language))
        except PermanentDeliveryError as error:
            LOG.warning("notice_refused", message=str(id), error=str(error))

    return tell
