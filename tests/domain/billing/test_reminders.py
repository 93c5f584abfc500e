"""Unpaid bills are reminded of on their days, each once, to whoever manages the account; paid ones never."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from domain.billing.reminders import NOTICE_KIND, ROUND_KIND, handlers
from domain.billing.states import BillState
from domain.billing.tables import Bill
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.paging import Window
from domain.notifications.ports import MailMessage, PermanentDeliveryError, SmsMessage
from domain.notifications.queries import notices_page
from store import outbox
from store.outbox import Handler
from store.session import Database
from tests.bills import Issued, issue_bill
from tests.domain.billing.debts import bill_now
from tests.world import NOW, MovableClock, Tenant, make_tenant

DAY = timedelta(days=1)


@dataclass
class Post:
    """Mail and SMS that were handed over, by id as gateways tell them apart."""

    mails: dict[str, MailMessage] = field(default_factory=dict)
    texts: dict[str, SmsMessage] = field(default_factory=dict)


@dataclass
class Mails:
    """Takes mail, or refuses all of it."""

    post: Post
    refuses: bool = False

    async def send(self, message: MailMessage) -> None:
        if self.refuses:
            raise PermanentDeliveryError("no such mailbox")
        self.post.mails[str(message.id)] = message


@dataclass
class Texts:
    """Takes SMS."""

    post: Post

    async def send(self, message: SmsMessage) -> None:
        self.post.texts[str(message.id)] = message


@dataclass
class Desk:
    """The worker of reminders with a clock moved by hand."""

    database: Database
    clock: MovableClock
    post: Post
    handlers: dict[str, Handler]

    async def day(self, days: int, bill: Bill) -> tuple[list[str], list[str]]:
        """Goes to so many days after the bill was due and does what is due; the addresses told, by mail and by SMS."""
        assert bill.due_at is not None
        self.clock.at = bill.due_at + days * DAY + timedelta(hours=1)
        self.post.mails.clear()
        self.post.texts.clear()
        for _ in range(4):
            while await outbox.run_once(self.database, self.handlers, self.clock, worker="test"):
                pass
            self.clock.move(timedelta(minutes=15))
        return sorted(mail.to for mail in self.post.mails.values()), sorted(sms.to for sms in self.post.texts.values())


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


@pytest.fixture
async def desk(database: Database, tenant: Tenant) -> Desk:
    post, clock = Post(), MovableClock(NOW)
    work = dict(handlers(database, Mails(post), Texts(post), clock, (-3, 1, 7)))
    for _ in range(2):
        await outbox.begin_rounds(database, work, at=NOW - 200 * DAY)
    return Desk(database, clock, post, work)


async def unpaid(database: Database, tenant: Tenant, name: str = "root") -> tuple[Issued, Bill]:
    issued = await issue_bill(database, tenant.accounts[name], tenant.sims[0])
    return issued, await bill_now(database, issued.id)


async def test_each_day_is_told_once_by_mail_and_sms(database: Database, tenant: Tenant, desk: Desk) -> None:
    _, bill = await unpaid(database, tenant)
    sara = ["s0@example.com"], ["+989350000000"]

    assert await desk.day(-5, bill) == ([], [])
    assert await desk.day(-3, bill) == sara
    (mail,), (sms,) = desk.post.mails.values(), desk.post.texts.values()
    assert bill.number is not None
    assert bill.number in mail.subject
    assert bill.number in sms.text
    assert await desk.day(-2, bill) == ([], [])
    assert await desk.day(1, bill) == sara
    assert await desk.day(3, bill) == ([], [])
    assert await desk.day(7, bill) == sara
    assert await desk.day(100, bill) == ([], [])
    async with database.read() as session:
        notices = (await notices_page(session, tenant.profile_manager.id, Window(10), unread_only=False)).rows
    late = f"Bill {bill.number} is past due"
    assert [notice.title(Locale.EN) for notice in notices[:2]] == [late, late]
    assert "still to be paid" in notices[2].text(Locale.EN) and "past due" not in notices[2].title(Locale.EN)
    assert {notice.subject for notice in notices} == {Ref(Kind.BILL, bill.id)} and len(notices) == 3


async def test_whoever_slept_over_days_is_told_the_last_alone(database: Database, tenant: Tenant, desk: Desk) -> None:
    _, bill = await unpaid(database, tenant)

    assert await desk.day(30, bill) == (["s0@example.com"], ["+989350000000"])


async def test_managers_of_the_account_and_above_are_told(database: Database, tenant: Tenant, desk: Desk) -> None:
    _, bill = await unpaid(database, tenant, "field")

    assert (await desk.day(1, bill))[0] == ["o0@example.com", "s0@example.com"]


@pytest.mark.parametrize("values", [{"paid": 171_050, "amount_due": 0, "state": BillState.SETTLED}, {"state": BillState.ON_HOLD}])
async def test_what_is_paid_or_not_issued_is_not_reminded_of(
    database: Database, tenant: Tenant, desk: Desk, values: dict[str, object]
) -> None:
    issued, bill = await unpaid(database, tenant)
    async with database.write() as session:
        await session.execute(update(Bill).where(col(Bill.id) == issued.id).values(**values))

    assert await desk.day(1, bill) == ([], [])


async def test_paid_between_the_round_and_the_mail_is_not_told(database: Database, tenant: Tenant, desk: Desk) -> None:
    issued, bill = await unpaid(database, tenant)
    assert bill.due_at is not None
    desk.clock.at = bill.due_at + DAY
    held = desk.handlers.pop(NOTICE_KIND)
    await outbox.run_once(database, desk.handlers, desk.clock, worker="test")
    async with database.write() as session:
        values = {"paid": 171_050, "amount_due": 0, "state": BillState.SETTLED}
        await session.execute(update(Bill).where(col(Bill.id) == issued.id).values(**values))
    desk.handlers[NOTICE_KIND] = held

    assert await desk.day(1, bill) == ([], [])


async def test_two_workers_tell_once(database: Database, tenant: Tenant, desk: Desk) -> None:
    _, bill = await unpaid(database, tenant)
    assert bill.due_at is not None
    desk.clock.at = bill.due_at + DAY
    round_of = desk.handlers[ROUND_KIND]
    task = outbox.Task(1, ROUND_KIND, ROUND_KIND, {}, 1)

    await asyncio.gather(*(round_of(task) for _ in range(4)), return_exceptions=True)

    assert (await desk.day(1, bill))[0] == ["s0@example.com"]


async def test_a_refused_mail_does_not_come_again_nor_keep_the_sms_away(database: Database, tenant: Tenant, desk: Desk) -> None:
    _, bill = await unpaid(database, tenant)
    desk.handlers = dict(handlers(database, Mails(desk.post, refuses=True), Texts(desk.post), desk.clock, (1,)))

    assert await desk.day(1, bill) == ([], ["+989350000000"])
    assert (await outbox.figures(database, now=desk.clock.at)).dead == 0
