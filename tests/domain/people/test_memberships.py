"""Appointing and dismissing managers: planned first, never oneself, the past stays."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import select

from domain.audit import chain
from domain.audit.tables import AuditEntry
from domain.audit.writing import Command, Done, carry_out
from domain.kernel.errors import AlreadyExists, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import CONSOLE, Scope, system_scope
from domain.people import queries
from domain.people.service import Appointment, NamedPerson, grant_membership, revoke_membership
from domain.people.tables import Membership, Person
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants, operator_admin

NEDA = NamedPerson("  Neda   Farahani ", "+989121112233", "neda@example.com")


def scope() -> Scope:
    return operator_admin().scope(Permission.MEMBERSHIP_MANAGE, NOW)


async def grant(database: Database, wanted: Appointment, mode: MutationMode = MutationMode.APPLY, *, by: Scope | None = None) -> Done:
    return await carry_out(
        database, by or scope(), Command("membershipGrant", mode, "x"), lambda work: grant_membership(work, wanted), at=NOW
    )


async def revoke(database: Database, id: Any, *, by: Scope | None = None, mode: MutationMode = MutationMode.APPLY, **when: Any) -> Done:
    command = Command("membershipRevoke", mode, "x")
    return await carry_out(database, by or scope(), command, lambda work: revoke_membership(work, id, **when), at=NOW)


def profile(tenant: Tenant, **change: Any) -> Appointment:
    return replace(Appointment(NEDA, Role.PROFILE_MANAGER, tenant.id), **change)


async def rows(database: Database) -> Mapping[str, int]:
    async with database.read() as session:
        return {
            table.__name__: (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (Person, Membership, AuditEntry)
        }


async def test_a_profile_manager_covers_the_root(database: Database, two_tenants: TwoTenants) -> None:
    done = await grant(database, profile(two_tenants.one))

    assert done.result
    assert [(change.field, change.after) for change in done.plan.changes][:2] == [
        ("person.mobile", "+989121112233"), ("person.email", "neda@example.com"),
    ]  # fmt: skip
    async with database.read() as session:
        row = await session.get_one(Membership, done.result["membership"])
        person = await session.get_one(Person, row.person_id)
        assert await chain.first_broken(session, two_tenants.one.id) is None
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (row.account_id, row.valid_from, row.valid_to) == (two_tenants.one.accounts["root"].id, NOW, None)
    assert (person.name, person.email) == ("Neda Farahani", "neda@example.com")
    assert (entry.organization_id, entry.action, entry.is_operator) == (two_tenants.one.id, "membershipGrant", True)


async def test_an_account_manager_covers_the_named_account(database: Database, two_tenants: TwoTenants) -> None:
    sales = two_tenants.one.accounts["sales"]
    done = await grant(database, Appointment(NEDA, Role.ACCOUNT_MANAGER, two_tenants.one.id, sales.id))

    assert done.result
    async with database.read() as session:
        held = await queries.memberships_held(session, (await session.get_one(Membership, done.result["membership"])).person_id, NOW)
    assert [(row.role, row.account_id) for row in held] == [("ACCOUNT_MANAGER", sales.id)]


async def test_a_plan_changes_no_row_and_apply_does_exactly_it(database: Database, two_tenants: TwoTenants) -> None:
    before = await rows(database)
    plan = (await grant(database, profile(two_tenants.one), MutationMode.PLAN)).plan

    assert await rows(database) == before
    assert plan.token
    applied = await carry_out(
        database, operator_scope := scope(), Command("membershipGrant", MutationMode.PLAN, "x"),
        lambda work: grant_membership(work, profile(two_tenants.one)), at=NOW,
    )  # fmt: skip
    done = await carry_out(
        database, operator_scope, Command("membershipGrant", MutationMode.APPLY, "x", applied.plan.token),
        lambda work: grant_membership(work, profile(two_tenants.one)), at=NOW + timedelta(minutes=5),
    )  # fmt: skip
    assert done.plan.changes == plan.changes
    assert await rows(database) == {name: count + 1 for name, count in before.items()}


async def test_a_known_person_is_found_by_mobile_and_keeps_the_name(database: Database, two_tenants: TwoTenants) -> None:
    known = two_tenants.one.account_manager
    named = NamedPerson("Somebody Else", known.mobile or "", known.email)
    done = await grant(database, profile(two_tenants.one, person=named))

    assert done.result
    async with database.read() as session:
        assert (await session.get_one(Membership, done.result["membership"])).person_id == known.id
        assert (await session.get_one(Person, known.id)).name == known.name


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"role": Role.SUPPORT}, NotEligible),
        ({"role": Role.OPERATOR_ADMIN}, NotEligible),
        ({"role": Role.OPERATOR_ADMIN, "organization_id": None}, NotEligible),
        ({"organization_id": UUID(int=1)}, NotFound),
        ({"role": Role.ACCOUNT_MANAGER}, InvalidInput),
        ({"role": Role.ACCOUNT_MANAGER, "account_id": UUID(int=1)}, NotFound),
        ({"valid_from": NOW - timedelta(seconds=1)}, InvalidInput),
        ({"valid_to": NOW}, InvalidInput),
        ({"person": NamedPerson(" ", "+989121112233")}, InvalidInput),
    ],
    ids=str,
)
async def test_bad_wishes_change_nothing(database: Database, two_tenants: TwoTenants, change: Any, error: type[Exception]) -> None:
    before = await rows(database)

    with pytest.raises(error):
        await grant(database, profile(two_tenants.one, **change))
    after = await rows(database)
    assert (after["Person"], after["Membership"]) == (before["Person"], before["Membership"])


async def test_another_companys_account_is_not_found(database: Database, two_tenants: TwoTenants) -> None:
    foreign = two_tenants.other.accounts["sales"].id

    with pytest.raises(NotFound):
        await grant(database, Appointment(NEDA, Role.ACCOUNT_MANAGER, two_tenants.one.id, foreign))
    with pytest.raises(InvalidInput):
        await grant(database, profile(two_tenants.one, account_id=two_tenants.one.accounts["sales"].id))


async def test_nobody_appoints_or_dismisses_themselves(database: Database, two_tenants: TwoTenants) -> None:
    person = two_tenants.one.profile_manager
    own = scope()
    own = replace(own, actor=replace(own.actor, id=person.id, person_id=person.id))
    named = NamedPerson(person.name, person.mobile or "", person.email)
    with pytest.raises(NotEligible):
        await grant(database, profile(two_tenants.other, person=named), by=own)
    async with database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == person.id))).one()

    with pytest.raises(NotEligible):
        await revoke(database, held.id, by=own)
    async with database.read() as session:
        assert (await session.get_one(Membership, held.id)).valid_to is None


async def test_the_same_role_isnt_given_twice_at_one_time(database: Database, two_tenants: TwoTenants) -> None:
    soon = NOW + timedelta(days=10)
    await grant(database, profile(two_tenants.one, valid_to=soon))

    with pytest.raises(AlreadyExists):
        await grant(database, profile(two_tenants.one, valid_from=soon - timedelta(seconds=1)))
    assert await grant(database, profile(two_tenants.one, valid_from=soon))
    assert await grant(database, profile(two_tenants.other))


async def test_twenty_appointments_at_once_make_one_role_of_one_person(database: Database, two_tenants: TwoTenants) -> None:
    before = await rows(database)
    outcomes = await asyncio.gather(*(grant(database, profile(two_tenants.one)) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes if not isinstance(outcome, Done)} == {AlreadyExists}
    after = await rows(database)
    assert (after["Person"] - before["Person"], after["Membership"] - before["Membership"]) == (1, 1)


async def test_an_address_is_added_but_never_replaced_or_shared(database: Database, two_tenants: TwoTenants) -> None:
    bare = replace(NEDA, email=None)
    await grant(database, profile(two_tenants.one, person=bare, valid_to=NOW + timedelta(days=1)))
    added = await grant(database, profile(two_tenants.other))
    assert "person.email" in {change.field for change in added.plan.changes}

    with pytest.raises(InvalidInput):
        await grant(database, profile(two_tenants.one, person=replace(NEDA, email="new@example.com"), valid_from=NOW + timedelta(days=2)))
    with pytest.raises(AlreadyExists):
        await grant(database, profile(two_tenants.one, person=NamedPerson("X", "+989121112244", "neda@example.com")))


async def test_a_dismissal_ends_the_role_and_keeps_the_past(database: Database, two_tenants: TwoTenants) -> None:
    done = await grant(database, profile(two_tenants.one))
    assert done.result
    id, later = done.result["membership"], NOW + timedelta(days=3)
    planned = await revoke(database, id, mode=MutationMode.PLAN, effective_at=later)
    assert [change.field for change in planned.plan.changes] == ["validFor.endsAt"]

    await revoke(database, id, effective_at=later)
    async with database.read() as session:
        row = await session.get_one(Membership, id)
        held = [len(await queries.memberships_held(session, row.person_id, at)) for at in (NOW, later - timedelta(seconds=1), later)]
    assert held == [1, 1, 0]
    await revoke(database, id)
    with pytest.raises(StateConflict):
        await revoke(database, id)
    with pytest.raises(InvalidInput):
        await revoke(database, id, effective_at=NOW - timedelta(days=1))
    with pytest.raises(NotFound):
        await revoke(database, uuid7())


async def test_a_role_that_hasnt_begun_never_begins(database: Database, two_tenants: TwoTenants) -> None:
    begins = NOW + timedelta(days=3)
    done = await grant(database, profile(two_tenants.one, valid_from=begins))
    assert done.result
    await revoke(database, done.result["membership"])

    async with database.read() as session:
        row = await session.get_one(Membership, done.result["membership"])
        assert await queries.memberships_held(session, row.person_id, begins) == []


async def test_the_console_appoints_the_operators_own_people(database: Database, two_tenants: TwoTenants) -> None:
    console = system_scope(Permission.MEMBERSHIP_MANAGE, NOW, by=CONSOLE)
    done = await grant(database, Appointment(NEDA, Role.OPERATOR_ADMIN, None), by=console)

    assert done.result
    async with database.read() as session:
        row = await session.get_one(Membership, done.result["membership"])
    assert (row.organization_id, row.account_id, row.role) == (None, None, "OPERATOR_ADMIN")
