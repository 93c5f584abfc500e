"""The master key is changed while everybody works: what was sealed under the old one is sealed anew, and nothing is lost on the way."""

import asyncio
from dataclasses import replace

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from auth import passwords, resealing, totp
from auth.resealing import PLACES, reseal
from auth.tables import Password, Totp
from auth.wiring import Auth
from domain.kernel.permissions import Role
from domain.kernel.sealing import Sealed, Sealer
from domain.sims.puk import Codes, sealed_secret
from domain.sims.tables import SimSecret
from store.session import Database
from tests.desk import Desk

OLD, NEW = "the master key of this year", "the master key of next year"


def sealed_by(desk: Desk, sealer: Sealer) -> Auth:
    return replace(desk.auth, sealer=sealer)


async def key_ids(database: Database) -> set[str]:
    """Under which keys anything is sealed."""
    found: set[str] = set()
    async with database.read() as session:
        for place in PLACES:
            found |= {id for id in (await session.scalars(select(getattr(place.table, place.key_id)))).all() if id}
    return found


async def fill(desk: Desk, sealer: Sealer) -> None:
    """Secrets of each kind: codes of every card, an authenticator, a password, a signing key."""
    auth = sealed_by(desk, sealer)
    staff = await desk.hire(Role.SUPPORT, totp_secret=None)
    async with desk.auth.database.write() as session:
        for sim in desk.tenant.sims:
            session.add(SimSecret(**sealed_secret(sealer, sim.organization_id, sim.id, Codes("01234567", "76543210"))))
        await totp.provide(auth, session, staff.id)
        await passwords._keep(auth, session, staff.id, "hash", desk.at)
    await Auth.on(desk.auth.database, sealer, issuer="x").keys.current(desk.at)


async def test_everything_is_sealed_anew_and_opens(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 5)
    before, during, after = Sealer(OLD), Sealer(NEW, OLD, digest_key=OLD), Sealer(NEW, digest_key=OLD)
    await fill(desk, before)

    first = [step async for step in reseal(desk.auth.database, during)]
    again = [step async for step in reseal(desk.auth.database, during)]

    assert sum(step.done for step in first) == len(desk.tenant.sims) + 3 and not any(step.unopened for step in first)
    assert len([step for step in first if step.table == "sim_secrets"]) == 3
    assert again == []
    assert await key_ids(desk.auth.database) == {after.key_id}
    async with desk.auth.database.read() as session:
        secret = (await session.scalars(select(SimSecret).limit(1))).one()
        kept = (await session.scalars(select(Password))).one()
    assert after.open(Sealed(secret.key_id, secret.sealed), "sim_secrets", secret.sim_id) == b"0123456776543210"
    assert after.open(Sealed(kept.key_id, kept.sealed), "auth_passwords", kept.person_id) == b"hash"
    assert after.digest("recovery", "x") == before.digest("recovery", "x")


async def test_broken_off_it_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 4)
    await fill(desk, Sealer(OLD))
    during = Sealer(NEW, OLD)

    async for _ in reseal(desk.auth.database, during):
        break
    left = [step async for step in reseal(desk.auth.database, during)]

    assert sum(step.done for step in left) == len(desk.tenant.sims) - 4 + 3


async def test_who_changes_a_secret_meanwhile_keeps_their_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 2)
    await fill(desk, Sealer(OLD))
    during = Sealer(NEW, OLD)
    auth = sealed_by(desk, during)
    async with desk.auth.database.read() as session:
        person_id = (await session.scalars(select(Totp.person_id))).one()

    async def change() -> None:
        for number in range(20):
            async with desk.auth.database.write() as session:
                await passwords._keep(auth, session, person_id, f"hash {number}", desk.at)

    async def sealed() -> None:
        async for _ in reseal(desk.auth.database, during):
            pass

    await asyncio.gather(change(), sealed())

    async with desk.auth.database.read() as session:
        kept = (await session.scalars(select(Password))).one()
    assert during.open(Sealed(kept.key_id, kept.sealed), "auth_passwords", person_id) == b"hash 19"
    assert await key_ids(desk.auth.database) == {during.key_id}


async def test_what_no_key_opens_is_named_and_left(desk: Desk) -> None:
    await fill(desk, Sealer("a key that was lost"))

    with capture_logs() as logged:
        steps = [step async for step in reseal(desk.auth.database, Sealer(NEW, OLD))]

    assert sum(step.unopened for step in steps) == len(desk.tenant.sims) + 3 == len(logged)
    assert not any(step.done for step in steps)
    assert "01234567" not in repr(logged)
