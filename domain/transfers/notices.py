"""Telling both sides of a transfer by SMS: when, from which number to which, and how much (ZN-03)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.audit.writing import Work
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import Money
from domain.notifications.ports import PermanentDeliveryError, SmsMessage, SmsSender
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from domain.wallet.owners import Owned
from store.outbox import Handler, Letter, Task
from store.session import Database, Session

NOTICE_KIND, ANSWER_KIND = "transfer_notice", "transfer_answer"
MOST_TOLD = 3
"""People told on the side of an account."""
LOG = structlog.get_logger("transfers")


async def tell_moved(work: Work, transfer_id: UUID, sender: Owned, receiver: Owned, amount: int, reference: str) -> None:
    """Has both sides told: a line at its number, an account by whoever moved its money or else by its own managers."""
    person = work.scope.actor.person_id
    told = {
        "sent": await _reached(work, sender, person),
        "received": [to for to in await _reached(work, receiver, None) if to != person],
    }
    payload = {
        "transfer": transfer_id.hex, "organization": sender.organization_id.hex, "from": sender.label, "to": receiver.label,
        "amount": amount, "at": work.at.isoformat(), "reference": reference,
    }  # fmt: skip
    await work.afterwards_each([_letter(payload, side, to, work.at) for side, all in told.items() for to in all])


async def _reached(work: Work, wallet: Owned, person: UUID | None) -> Sequence[UUID | str]:
    """Who is told on one side: numbers of lines, ids of persons."""
    if wallet.line is not None:
        return [wallet.line.msisdn] if wallet.line.msisdn else []
    return [person] if person is not None else await managers_of(work.sql, wallet.organization_id, wallet.path, work.at)


async def managers_of(session: Session, organization_id: UUID, path: str, at: datetime) -> Sequence[UUID]:
    """Who manages the account at a place: its own managers, or else those of the nearest account above that has some; at most three."""
    of_account = and_(col(Account.organization_id) == col(Membership.organization_id), col(Account.id) == col(Membership.account_id))
    above = [path[: place + 1] for place, sign in enumerate(path) if sign == "."]
    statement = (
        select(Account.path, Membership.person_id)
        .join(Account, of_account)
        .where(col(Membership.organization_id) == organization_id, is_held(at), col(Account.path).in_(above))
        .order_by(col(Account.depth).desc(), col(Membership.valid_from), col(Membership.id))
    )
    rows = (await session.execute(statement)).all()
    return [person for place, person in rows if place == rows[0][0]][:MOST_TOLD]


def _letter(payload: dict[str, Any], side: str, to: UUID | str, at: datetime) -> Letter:
    notice = uuid7()
    who = {"person": to.hex} if isinstance(to, UUID) else {"number": to}
    return Letter(NOTICE_KIND, {**payload, **who, "notice": notice.hex, "side": side}, f"{NOTICE_KIND}:{notice.hex}", at)


def handlers(database: Database, sms: SmsSender) -> Mapping[str, Handler]:
    """The outbox's handlers of notices: in the person's language, to a line in its company's; who has no number is left out."""

    async def tell(task: Task) -> None:
        payload = task.payload
        number, locale = await _address(database, payload)
        at, amount = datetime.fromisoformat(payload["at"]), Money(payload["amount"])
        words = text(
            f"transfer.sms.{payload['side']}", locale, at=at, amount=amount, sender=payload["from"], receiver=payload["to"],
            reference=payload["reference"],
        )  # fmt: skip
        await _send(sms, task, number, words)

    async def answer(task: Task) -> None:
        number, locale = await _address(database, task.payload)
        words = text(task.payload["key"], locale, **task.payload["params"])
        await _send(sms, task, number, text("error.reference", locale, words=words, reference=task.payload["reference"]))

    return {NOTICE_KIND: tell, ANSWER_KIND: answer}


async def _send(sms: SmsSender, task: Task, number: str | None, words: str) -> None:
    if not number:
        return
    try:
        await sms.send(SmsMessage(UUID(task.payload["notice"]), number, words))
    except PermanentDeliveryError as error:
        LOG.warning("notice_refused", notice=task.payload["notice"], error=str(error))


async def _address(database: Database, payload: Any) -> tuple[str | None, Locale]:
    """Where a notice goes, and in which language."""
    async with database.read() as session:
        organization = await session.get(Organization, UUID(payload["organization"]))
        person = await session.get(Person, UUID(payload["person"])) if "person" in payload else None
    company = Locale(organization.locale) if organization and organization.locale else Locale.FA
    if person is None:
        return payload.get("number"), company
    return person.mobile, Locale(person.locale) if person.locale else company
