"""The audit chain: what covers what, and every way to change the past is found."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.tree import segment
from domain.audit import chain
from domain.audit.tables import AuditEntry
from domain.kernel.errors import StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.plan import Change, Reason
from domain.kernel.scope import ActorRef
from store.session import Database
from tests.world import NOW, TwoTenants

PATHS = st.lists(st.integers(0, 3).map(segment), max_size=5).map("".join)


@given(st.lists(PATHS, min_size=1, max_size=6))
def test_common_path_is_the_deepest_that_covers_all(paths: list[str]) -> None:
    common = chain.common_path(paths)

    assert all(path.startswith(common) for path in paths)
    assert common == "" or common.endswith(".")
    deeper = [common + segment(number) for number in range(4)]
    assert not any(all(path.startswith(longer) for path in paths) for longer in deeper)


@given(st.lists(PATHS, min_size=1, max_size=6), st.randoms())
def test_common_path_is_blind_to_order_and_repeats(paths: list[str], random: object) -> None:
    shuffled = paths + paths
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert chain.common_path(shuffled) == chain.common_path(paths)


def test_common_path_of_nothing_is_everything() -> None:
    assert chain.common_path([]) == ""


async def write_three(database: Database, organization_id: UUID) -> None:
    """A change, a movement of money, a refusal."""
    by = ActorRef(uuid7(), "سارا کریمی", person_id=uuid7())
    sim = Ref(Kind.SIM, uuid7())
    async with database.write() as session:
        for number, (changes, failure) in enumerate(
            (
                ([Change(sim, "+989350000001", "status", "ACTIVE", "BLOCKED")], None),
                ([Change(None, "W-1", "balance", "0", "5000", Money(5000))], None),
                ([], Reason.of(StateConflict(field=("simIds",)))),
            )
        ):
            await chain.append(
                session, organization_id, by=by, action="simBlock", at=NOW + timedelta(microseconds=number), path="0001.",
                changes=changes, failure=failure, reason="lost", subjects=[sim.id],
            )  # fmt: skip


async def found(database: Database, organization_id: UUID) -> int | None:
    async with database.read() as session:
        return await chain.first_broken(session, organization_id)


async def test_an_untouched_chain_is_whole(database: Database, two_tenants: TwoTenants) -> None:
    await write_three(database, two_tenants.one.id)

    assert await found(database, two_tenants.one.id) is None


def sql(statement: str) -> Callable[[AsyncSession], Awaitable[object]]:
    """A way to tamper."""
    return lambda session: session.execute(text(statement))


@pytest.mark.parametrize(
    ("number", "tamper"),
    [
        (1, sql("UPDATE audit_entries SET reason = 'losT' WHERE seq = 1")),
        (1, sql("UPDATE audit_entries SET changes = '[]' WHERE seq = 1")),
        (2, sql("UPDATE audit_entries SET action = 'simUnblock' WHERE seq = 2")),
        (2, sql("UPDATE audit_entries SET is_operator = (1 = 1) WHERE seq = 2")),
        (2, sql("UPDATE audit_entries SET person_id = NULL WHERE seq = 2")),
        (2, sql("UPDATE audit_entries SET path = '0002.' WHERE seq = 2")),
        (3, sql("UPDATE audit_entries SET failure = NULL WHERE seq = 3")),
        (3, sql("UPDATE audit_entries SET hash = previous_hash WHERE seq = 3")),
        (2, sql("UPDATE audit_entries SET seq = 20 WHERE seq = 2")),
        (3, sql("UPDATE audit_heads SET hash = 'f'")),
        (3, sql("UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_entries WHERE seq = 2)")),
    ],
)
async def test_a_change_of_the_past_is_found(
    database: Database, two_tenants: TwoTenants, number: int, tamper: Callable[[AsyncSession], Awaitable[object]]
) -> None:
    await write_three(database, two_tenants.one.id)
    async with database.write() as session:
        await tamper(session)

    assert await found(database, two_tenants.one.id) == number


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_removed_entry_is_found(database: Database, two_tenants: TwoTenants, number: int) -> None:
    await write_three(database, two_tenants.one.id)
    async with database.write() as session:
        await session.execute(text(f"DELETE FROM audit_subjects WHERE seq = {number}"))
        await session.execute(text(f"DELETE FROM audit_entries WHERE seq = {number}"))

    assert await found(database, two_tenants.one.id) == number


async def test_chains_of_two_companies_stand_apart(database: Database, two_tenants: TwoTenants) -> None:
    await write_three(database, two_tenants.one.id)
    await write_three(database, two_tenants.other.id)
    async with database.write() as session:
        of_the_other = (AuditEntry.organization_id == two_tenants.other.id) & (AuditEntry.seq == 1)
        await session.execute(update(AuditEntry).where(of_the_other).values(reason="x"))

    async with database.read() as session:
        assert await chain.all_broken(session) == {two_tenants.one.id: None, two_tenants.other.id: 1}

