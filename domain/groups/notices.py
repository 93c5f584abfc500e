"""The three notices of an automatic payment: done, failed, out of funds; each once, to the line, the group's manager and addresses."""

from uuid import UUID, uuid5

import structlog
from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Work
from domain.groups.tables import PaymentPolicy
from domain.kernel.calendar import day_of
from domain.kernel.errors import DomainError, InsufficientFunds
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import Money
from domain.notifications import feed
from domain.notifications.letters import as_html
from domain.notifications.ports import Mailer, MailMessage, PermanentDeliveryError, SmsMessage, SmsSender
from domain.people.queries import is_held, managers_of
from domain.people.tables import Membership, Person
from domain.sims.tables import Sim
from store.outbox import Handler, Letter, Task

NOTICE_KIND = "groups.notice"
LOG = structlog.get_logger("groups")


async def tell(work: Work, policy: PaymentPolicy, sim: Sim, run_id: UUID, amount: int, failure: DomainError | None) -> None:
    """Has everybody told of a run."""
    what = "" if policy.amount is not None else "bill_"
    event = what + ("done" if failure is None else "funds" if isinstance(failure, InsufficientFunds) else "failed")
    locale = (await work.sql.execute(select(Organization.locale).where(col(Organization.id) == policy.organization_id))).scalar_one()
    managing = select(func.coalesce(Person.mobile, Person.contact_mobile)).join(Membership, col(Membership.person_id) == col(Person.id))
    manager = (await work.sql.scalars(managing.where(col(Membership.group_id) == policy.group_id, is_held(work.at)))).first()
    numbers = {sim.msisdn, manager if failure is not None else None} - {None}
    letters = []
    for to, is_sms in [*((number, True) for number in sorted(filter(None, numbers))), *((email, False) for email in policy.notify_emails)]:
        id = uuid5(run_id, to)
        payload = {
            "notice": id.hex, "to": to, "sms": is_sms, "event": event, "amount": amount, "line": sim.msisdn or sim.iccid, "locale": locale,
        }  # fmt: skip
        letters.append(Letter(NOTICE_KIND, payload, f"{NOTICE_KIND}:{id}", work.at, f"{NOTICE_KIND}:{id}"))
    await work.afterwards_each(letters)
    if failure is not None:
        await _put_into_feeds(work, policy, sim, event, amount)


async def _put_into_feeds(work: Work, policy: PaymentPolicy, sim: Sim, event: str, amount: int) -> None:
    """Tells the managers of the line's account, once a day of each policy: thousands of lines may have one empty wallet."""
    people = await managers_of(work.sql, policy.organization_id, sim.path, at=work.at)
    words = {"line": sim.msisdn or sim.iccid, "amount": Money(amount)}
    about, once = Ref(Kind.PAYMENT_POLICY, policy.id), f"policy:{policy.id}:{event}:{day_of(work.at)}"
    await feed.tell(work.sql, policy.organization_id, people, f"groups.notice.{event}", words, about, at=work.at, once=once)


def notice_handler(mailer: Mailer, sms: SmsSender) -> Handler:
    """The outbox's handler of these notices; whoever can't be reached is left out."""

    async def send(task: Task) -> None:
        told, locale, id = task.payload, Locale(task.payload["locale"]), UUID(task.payload["notice"])
        given = {"line": told["line"], "amount": Money(told["amount"])}
        body = text(f"groups.notice.{told['event']}.text", locale, **given)
        try:
            if told["sms"]:
                await sms.send(SmsMessage(id, told["to"], body))
            else:
                subject = text(f"groups.notice.{told['event']}.subject", locale, **given)
                await mailer.send(MailMessage(id, told["to"], subject, body, as_html(body, locale)))
        except PermanentDeliveryError as error:
            LOG.warning("notice_refused", notice=str(id), error=str(error))

    return send
