"""Values whose time is over leave the trail, and the chain still shows whether anybody else changed the past."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from domain.audit import chain
from domain.audit.chain import Deed
from domain.audit.erasing import ERASED, erase
from domain.audit.tables import AuditEntry
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import Change
from domain.kernel.scope import ActorRef
from store.session import Database, Session
from tests.world import NOW, TwoTenants

FIELDS = {"holder"}
OLD = NOW - timedelta(days=1000)


async def written(database: Database, organization_id: UUID) -> None:
    """Four old entries of which two name people, and a young one."""
    by, sim = ActorRef(uuid7(), "Sara", person_id=uuid7()), Ref(Kind.SIM, uuid7())
    changes = [
        [Change(sim, "+98", "holder", None, "Omid Rad"), Change(sim, "+98", "tags", None, "car")],
        [Change(sim, "+98", "status", "ACTIVE", "BLOCKED")],
        [Change(sim, "+98", "holder", "Omid Rad", "Lena Ilin")],
        [],
    ]
    async with database.write() as session:
        deeds = [Deed(by, "simUpdate", OLD + timedelta(hours=number), "", told) for number, told in enumerate(changes)]
        await chain.append_all(session, organization_id, [*deeds, Deed(by, "simUpdate", NOW, "", changes[0])])


async def erased(database: Database, organization_id: UUID, **more: Any) -> tuple[int, int]:
    async with database.write() as session:
        return await erase(session, organization_id, FIELDS, **{"before": NOW - timedelta(days=1), "most": 100, "at": NOW} | more)


async def entries(database: Database, organization_id: UUID) -> list[AuditEntry]:
    async with database.read() as session:
        found = select(AuditEntry).where(AuditEntry.organization_id == organization_id).order_by(AuditEntry.seq)  # type: ignore[arg-type]
        return list((await session.scalars(found)).all())


async def broken(database: Database, organization_id: UUID) -> int | None:
    async with database.read() as session:
        return await chain.first_broken(session, organization_id)


async def test_old_names_go_and_the_chain_is_whole(database: Database, two_tenants: TwoTenants) -> None:
    id = two_tenants.one.id
    await written(database, id)

    assert await erased(database, id) == (4, 2)

    trail = await entries(database, id)
    assert "Omid" not in repr([entry.changes for entry in trail[:4]]) and "Lena" not in repr([entry.changes for entry in trail])
    assert [(change["before"], change["after"]) for change in trail[0].changes] == [(None, ERASED), (None, "car")]
    assert "Omid Rad" in repr(trail[4].changes)  # its time isn't over
    assert trail[5].action == chain.ERASURE and [change["label"] for change in trail[5].changes] == ["1", "3"]
    assert await broken(database, id) is None


async def test_it_goes_on_where_it_was_and_once_more_is_nothing(database: Database, two_tenants: TwoTenants) -> None:
    id = two_tenants.one.id
    await written(database, id)

    steps = [await erased(database, id, most=2) for _ in range(4)]
    later = await erased(database, id, before=NOW + timedelta(days=1))

    assert steps == [(2, 1), (2, 1), (0, 0), (0, 0)]
    assert later[1] == 1
    assert "Omid" not in repr([entry.changes for entry in await entries(database, id)])
    assert await broken(database, id) is None


Tampering = Callable[[Session, list[AuditEntry]], Awaitable[Any]]


def changed(seq: int, **values: Any) -> Tampering:
    return lambda session, trail: session.execute(update(AuditEntry).where(AuditEntry.id == trail[seq - 1].id).values(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tampering", "number"),
    [
        (changed(1, reason="another"), 1),
        (changed(3, changes=[]), 3),
        (changed(2, changes=[]), 2),  # never erased: nobody may have
        (changed(6, changes=[]), 1),  # the erasure itself is changed: what it vouched for isn't vouched for any more
        (lambda session, trail: session.execute(delete(AuditEntry).where(AuditEntry.id == trail[5].id)), 6),
        (changed(1, hash="0" * 64), 1),
    ],
)
async def test_what_nobody_was_allowed_to_erase_is_still_found(
    database: Database, two_tenants: TwoTenants, tampering: Tampering, number: int
) -> None:
    id = two_tenants.one.id
    await written(database, id)
    await erased(database, id)

    async with database.write() as session:
        await tampering(session, await entries(database, id))

    found = await broken(database, id)
    assert found is not None and found <= number
