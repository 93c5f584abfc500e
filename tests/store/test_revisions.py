"""A table's revision in a scope changes with its rows there and with nothing else, and what is kept under another one isn't used."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlmodel import col

from domain.accounts.tables import Account
from domain.catalogue.tables import Offering
from domain.kernel.ids import uuid7
from store.revisions import EVERYTHING, Memory, revision_of
from store.session import Database, Session
from tests.offerings import make_offering
from tests.world import NOW, TwoTenants

Write = Callable[[Session], Awaitable[Any]]


async def test_each_change_of_what_is_kept_renews_the_revision_of_its_scope_alone(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    office, new = one.accounts["office"], uuid7()
    made = {**office.model_dump(), "id": new, "number": "N-1", "path": office.path + "9.", "parent_id": office.id}
    offering = make_offering()

    async def revisions() -> list[int]:
        places = (("accounts", one.id), ("accounts", other.id), ("offerings", EVERYTHING))
        async with database.read() as session:
            return list((await session.execute(select(*(revision_of(*place) for place in places)))).one())

    async def renewed(write: Write) -> list[bool]:
        before = await revisions()
        async with database.write() as session:
            await write(session)
        after = await revisions()
        return [old != new for old, new in zip(before, after, strict=True)]

    async def twice(session: Session) -> None:
        await session.execute(update(Account).where(col(Account.id) == new).values(name="First"))
        await session.execute(update(Account).where(col(Account.id) == new).values(name="Second"))

    mine = col(Account.id) == new
    assert None not in await revisions()
    for write, expected in (
        (lambda session: session.execute(insert(Account).values(made)), [True, False, False]),
        (lambda session: session.execute(update(Account).where(mine).values(name="Other")), [True, False, False]),
        (lambda session: session.execute(update(Account).where(mine).values(path=office.path + "8.")), [True, False, False]),
        (twice, [True, False, False]),
        (lambda session: session.execute(update(Account).where(mine).values(overdue_from=NOW)), [False, False, False]),
        (lambda session: session.execute(delete(Account).where(mine)), [True, False, False]),
        (lambda session: session.merge(offering), [False, False, True]),
        (lambda session: session.execute(update(Offering).values(position=7)), [False, False, True]),
        (lambda session: session.execute(delete(Offering)), [False, False, True]),
    ):  # fmt: skip
        assert await renewed(write) == expected


async def test_what_is_taken_back_leaves_the_revision(database: Database, two_tenants: TwoTenants) -> None:
    revision = select(revision_of("accounts", two_tenants.one.id))
    renamed = update(Account).where(col(Account.organization_id) == two_tenants.one.id).values(name="Renamed")

    async with database.write() as session:
        before = (await session.execute(revision)).scalar_one()
        step = await session.begin_nested()
        await session.execute(renamed)
        assert (await session.execute(revision)).scalar_one() != before
        await step.rollback()
        assert (await session.execute(revision)).scalar_one() == before
        await session.execute(renamed)
        assert (await session.execute(revision)).scalar_one() != before
        await session.rollback()
    async with database.read() as session:
        assert (await session.execute(revision)).scalar_one() == before


async def test_a_table_that_lost_what_renews_them_gets_it_again(database: Database, two_tenants: TwoTenants) -> None:
    revision = select(revision_of("accounts", two_tenants.one.id))
    kept = Account.metadata.tables["accounts"].info["revisions"]
    name = "accounts_revisions_changed" if database.is_sqlite else "accounts_revisions ON accounts"
    async with database.write() as session:
        before = (await session.execute(revision)).scalar_one()
        await session.execute(text(f"DROP TRIGGER {name}"))
        await session.execute(update(Account).values(name="Unnoticed"))
        assert (await session.execute(revision)).scalar_one() == before
        await (await session.connection()).run_sync(kept.make)
        assert (await session.execute(revision)).scalar_one() != before


def test_a_row_is_known_at_its_own_revision_alone() -> None:
    memory, id, place = Memory(), uuid7(), ("accounts", uuid7())
    memory.keep("accounts", id, "row", place, {place: 3})

    assert memory.known("accounts", [id], {place: 3}) == ["row"]
    for revisions in ({place: 4}, {place: 2}, {}, {("accounts", uuid7()): 3}):
        assert memory.known("accounts", [id], revisions) is None
    assert memory.known("offerings", [id], {place: 3}) is None
    assert memory.known("accounts", [id, uuid7()], {place: 3}) is None


def test_a_row_whose_revision_nobody_knows_is_not_kept() -> None:
    memory, id, place = Memory(), uuid7(), ("accounts", uuid7())
    memory.keep("accounts", id, "row", place, {})

    assert memory.known("accounts", [id], {}) is None


def test_memory_is_bounded() -> None:
    memory, place, ids = Memory(most=10), ("accounts", uuid7()), [uuid7() for _ in range(30)]
    for id in (*ids, *ids[-10:]):
        memory.keep("accounts", id, id, place, {place: 1})

    assert len(memory._rows) == 10
    assert memory.known("accounts", ids[-10:], {place: 1}) == ids[-10:]
