"""Notices are told once, in the transaction of what they tell, kept without a language, and read by their person alone."""

import asyncio
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.messages import catalogue, placeholders
from domain.kernel.money import Money
from domain.kernel.paging import Window
from domain.notifications import feed, queries
from domain.notifications.queries import NotificationRow
from domain.notifications.tables import Notice
from domain.notifications.words import restored, stored
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants

WORDS = {"number": "PY-1", "label": "100", "amount": Money(2_500_000)}


async def tell(database: Database, tenant: Tenant, people: Collection[UUID], *, once: str = "one", at: datetime = NOW) -> None:
    async with database.write() as session:
        await feed.tell(session, tenant.id, people, "payments.notice.settled", WORDS, Ref(Kind.PAYMENT, uuid4()), at=at, once=once)


async def read(database: Database, person_id: UUID, *, unread_only: bool = False) -> list[NotificationRow]:
    async with database.read() as session:
        return list((await queries.notices_page(session, person_id, Window(100), unread_only=unread_only)).rows)


async def mark(database: Database, person_id: UUID, ids: list[UUID] | None, *, at: datetime = NOW) -> None:
    async with database.write() as session:
        await feed.mark_read(session, person_id, ids, at=at)


async def test_each_is_told_once_of_an_event_however_often_it_is_told(database: Database, two_tenants: TwoTenants) -> None:
    sara, reza = two_tenants.one.profile_manager.id, two_tenants.one.account_manager.id

    await tell(database, two_tenants.one, [sara, sara])
    await asyncio.gather(*(tell(database, two_tenants.one, people, at=NOW + timedelta(days=1)) for people in ([sara, reza], [reza, sara], [])))
    await tell(database, two_tenants.one, [sara], once="another")

    assert sorted(notice.at for notice in await read(database, sara)) == [NOW, NOW]
    (told,) = await read(database, reza)
    assert (told.title(Locale.EN), told.text(Locale.EN)) == ("Paid: 2,500,000\u00a0IRR", "Payment PY-1 for 100 is confirmed and booked.")
    assert "۲٬۵۰۰٬۰۰۰" in told.title(Locale.FA)


async def test_what_is_rolled_back_was_never_told(database: Database, two_tenants: TwoTenants) -> None:
    sara = two_tenants.one.profile_manager.id
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session:
            await feed.tell(session, two_tenants.one.id, [sara], "bill.notice.soon", {}, Ref(Kind.BILL, uuid4()), at=NOW, once="one")
            raise ZeroDivisionError

    assert await read(database, sara) == []


async def test_the_feed_is_paged_newest_first(database: Database, two_tenants: TwoTenants) -> None:
    sara = two_tenants.one.profile_manager.id
    for hours in (3, 1, 4, 2, 5):
        await tell(database, two_tenants.one, [sara], once=f"{hours}", at=NOW + timedelta(hours=hours))

    async with database.read() as session:
        first = await queries.notices_page(session, sara, Window(2), unread_only=False)
        second = await queries.notices_page(session, sara, Window(10, first.cursors[-1]), unread_only=True)

    hours = [round((row.at - NOW) / timedelta(hours=1)) for row in [*first.rows, *second.rows]]
    assert hours == [5, 4, 3, 2, 1]
    assert (first.has_next, second.has_next) == (True, False)


async def test_reading_is_ones_own_and_the_first_time_counts(database: Database, two_tenants: TwoTenants) -> None:
    sara, reza = two_tenants.one.profile_manager.id, two_tenants.one.account_manager.id
    for once in ("one", "two", "three"):
        await tell(database, two_tenants.one, [sara, reza], once=once)
    one, two, _ = (row.id for row in await read(database, sara))
    (others, *_) = (row.id for row in await read(database, reza))

    await mark(database, sara, [one])
    await mark(database, sara, [one, two, two], at=NOW + timedelta(hours=1))
    with pytest.raises(NotFound) as unknown:
        await mark(database, sara, [one, others])
    with pytest.raises(InvalidInput):
        await mark(database, sara, [one] * 101)

    assert unknown.value.field == ("notificationIds", "1")
    assert {row.id: row.read_at for row in await read(database, sara) if row.read_at} == {one: NOW, two: NOW + timedelta(hours=1)}
    async with database.read() as session:
        assert [await queries.unread_count(session, person) for person in (sara, reza)] == [1, 3]
        by_ids = await queries.notices_by_ids(session, sara, [others, two])
    assert [row and row.id for row in by_ids] == [None, two]

    await mark(database, sara, None)
    assert await read(database, sara, unread_only=True) == []
    assert len(await read(database, reza, unread_only=True)) == 3


async def test_unread_ones_are_counted_so_far(database: Database, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    sara = two_tenants.one.profile_manager.id
    many = [
        {"person_id": sara, "id": uuid4(), "organization_id": two_tenants.one.id, "once": f"{number}", "key": "bill.notice.soon", "params": {},
         "subject_kind": "bi", "subject_id": uuid4(), "at": NOW}
        for number in range(queries.MOST_COUNTED + 5)
    ]  # fmt: skip
    async with database.write() as session:
        session.add_all(Notice(**row) for row in many)

    async with database.read() as session:
        assert await queries.unread_count(session, sara) == queries.MOST_COUNTED


async def test_old_read_ones_go_and_unread_ones_stay(database: Database, two_tenants: TwoTenants) -> None:
    sara = two_tenants.one.profile_manager.id
    for hours, once in enumerate(("one", "two", "three")):
        await tell(database, two_tenants.one, [sara], once=once, at=NOW - timedelta(days=300, hours=hours))
    one, two, _ = (row.id for row in await read(database, sara))
    await mark(database, sara, [one, two], at=NOW - timedelta(days=200))
    await tell(database, two_tenants.other, [sara], once="other")
    await mark(database, sara, [(await read(database, sara))[0].id])

    async with database.write() as session:
        counts = [await feed.forget(session, two_tenants.one.id, NOW - timedelta(days=180), most=1) for _ in range(3)]

    assert counts == [1, 1, 0]
    async with database.read() as session:
        assert sorted((await session.scalars(select(Notice.once).order_by(col(Notice.once)))).all()) == ["other", "three"]


def test_words_come_back_as_they_were() -> None:
    words = {"a": Money(5), "b": NOW, "c": date(2026, 11, 22), "d": JalaliMonth(1405, 9), "e": "{text}", "f": 78}

    assert restored(stored(words)) == words
    with pytest.raises(TypeError):
        stored({"a": 1.5})


TOLD = {
    "approvals.notice.PENDING", "approvals.notice.APPROVED", "approvals.notice.REJECTED", "approvals.notice.EXPIRED",
    "approvals.notice.CANCELLED", "approvals.notice.budget", "bill.notice.issued", "bill.notice.soon", "bill.notice.overdue",
    "groups.notice.failed", "groups.notice.funds", "groups.notice.bill_failed", "groups.notice.bill_funds",
    "payments.notice.settled", "payments.notice.failed", "payments.notice.refunded",
}  # fmt: skip
"""Keys that stand in people's feeds: one may be added but none taken away while notices with it are kept."""


@pytest.mark.parametrize("key", sorted(TOLD))
def test_a_key_that_was_told_keeps_its_words(key: str) -> None:
    subject, body = (catalogue()[f"{key}.{part}"] for part in ("subject", "text"))

    assert all(isinstance(words, str) for words in subject.values())
    assert all(isinstance(words, str) and placeholders(words) for words in body.values())
