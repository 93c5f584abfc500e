"""The register of documents: under its true hash, once, within its bound, one organization's own."""

import asyncio
import hashlib
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from domain.audit.tables import AuditEntry
from domain.audit.writing import Command, Done, Service, carry_out
from domain.kernel.errors import Forbidden, InvalidInput, LimitReached, NotEligible, NotFound
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import Scope
from domain.trusted import queries, service
from domain.trusted.tables import TrustedDocument
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants, operator_admin

TEXT = "query A { viewer { locale } }"


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def scope(tenant: Tenant) -> Scope:
    return tenant.as_profile_manager().scope(Permission.DOCUMENT_MANAGE, NOW)


async def run(database: Database, by: Scope, work: Service, action: str = "documentRegister") -> Done:
    return await carry_out(database, by, Command(action, MutationMode.APPLY, ""), work, at=NOW)


async def register(database: Database, by: Scope, text: str = TEXT, digest: str | None = None) -> bool:
    done = await run(database, by, partial(service.register, digest=digest or digest_of(text), text=text, label="A"))
    assert done.result
    return bool(done.result["is_new"])


async def remove(database: Database, by: Scope, text: str = TEXT) -> Done:
    return await run(database, by, partial(service.remove, digest=digest_of(text)), "documentRemove")


async def held(database: Database, tenant: Tenant) -> int:
    async with database.read() as session:
        mine = select(func.count()).select_from(TrustedDocument).where(col(TrustedDocument.organization_id) == tenant.id)
        return await session.scalar(mine) or 0


async def trail(database: Database) -> list[tuple[str, str | None]]:
    async with database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(col(AuditEntry.seq)))).all()
    return [(entry.action, entry.failure["code"] if entry.failure else None) for entry in entries]


async def test_a_document_is_registered_once_and_the_trail_says_so(database: Database, two_tenants: TwoTenants) -> None:
    assert await register(database, scope(two_tenants.one))
    assert not await register(database, scope(two_tenants.one))

    assert await held(database, two_tenants.one) == 1
    assert await trail(database) == [("documentRegister", None)]
    async with database.read() as session:
        (row,) = await queries.documents_in(session, scope(two_tenants.one))
    assert (row.digest, row.registered_at, row.registered_by.label) == (digest_of(TEXT), NOW, "Sara Karimi")


async def test_it_is_that_organizations_alone(database: Database, two_tenants: TwoTenants) -> None:
    await register(database, scope(two_tenants.one))

    async with database.read() as session:
        assert await queries.text_of(session, [two_tenants.one.id], digest_of(TEXT)) == TEXT
        assert await queries.text_of(session, [two_tenants.other.id], digest_of(TEXT)) is None
        assert await queries.documents_in(session, scope(two_tenants.other)) == []
    with pytest.raises(NotFound):
        await remove(database, scope(two_tenants.other))
    assert await held(database, two_tenants.one) == 1


async def test_a_hash_of_another_text_is_refused(database: Database, two_tenants: TwoTenants) -> None:
    with pytest.raises(InvalidInput):
        await register(database, scope(two_tenants.one), digest=digest_of(TEXT + " "))

    assert await held(database, two_tenants.one) == 0


async def test_what_is_removed_is_gone_and_may_come_back(database: Database, two_tenants: TwoTenants) -> None:
    await register(database, scope(two_tenants.one))
    await remove(database, scope(two_tenants.one))

    assert await held(database, two_tenants.one) == 0
    with pytest.raises(NotFound):
        await remove(database, scope(two_tenants.one))
    assert await register(database, scope(two_tenants.one))
    assert [action for action, _ in await trail(database)] == ["documentRegister", "documentRemove", "documentRemove", "documentRegister"]


async def test_a_full_register_takes_no_more_not_even_from_many_at_once(
    database: Database, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 5)
    by = scope(two_tenants.one)

    outcomes = await asyncio.gather(*(register(database, by, f"{TEXT} # {number}") for number in range(20)), return_exceptions=True)

    assert outcomes.count(True) == 5
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 15
    assert await held(database, two_tenants.one) == 5
    assert await register(database, scope(two_tenants.other))


async def test_the_same_document_from_many_at_once_is_there_once(database: Database, two_tenants: TwoTenants) -> None:
    outcomes = await asyncio.gather(*(register(database, scope(two_tenants.one)) for _ in range(20)))

    assert sorted(outcomes) == [False] * 19 + [True]


async def test_whoever_reaches_more_than_one_organization_cannot_say_which(database: Database, two_tenants: TwoTenants) -> None:
    both = replace(scope(two_tenants.one), reach=scope(two_tenants.one).reach + scope(two_tenants.other).reach)

    with pytest.raises(NotEligible):
        await register(database, both)


def test_neither_account_managers_nor_the_operators_people_may(two_tenants: TwoTenants) -> None:
    for actor in (two_tenants.one.as_account_manager(), two_tenants.one.as_support(), operator_admin()):
        with pytest.raises(Forbidden):
            actor.scope(Permission.DOCUMENT_MANAGE, NOW)
