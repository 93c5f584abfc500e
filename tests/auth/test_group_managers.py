"""Managers of groups sign in where the operator lets them, with the rights of that instant; elsewhere they are strangers."""

from dataclasses import replace

import pytest

from auth.actor import Actor
from auth.wiring import Auth
from domain.kernel.errors import Forbidden
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import GroupReach
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from domain.sims.tables import SimGroup
from tests.desk import Desk


async def delegate(desk: Desk) -> tuple[Person, Membership, SimGroup]:
    """Somebody who manages a group of the company and nothing else."""
    sales, tenant = desk.tenant.accounts["sales"], desk.tenant
    person = Person(id=uuid7(), name="Kaveh", name_fold=fold("Kaveh"), mobile="+989351112244", created_at=desk.at)
    group = SimGroup(id=uuid7(), organization_id=tenant.id, account_id=sales.id, name="Vans", name_fold="vans", created_at=desk.at)
    role = Membership(
        id=uuid7(), organization_id=tenant.id, person_id=person.id, role=Role.GROUP_MANAGER, account_id=sales.id, group_id=group.id,
        valid_from=desk.at,
    )  # fmt: skip
    async with desk.auth.database.write() as session:
        session.add_all((person, group))
        await session.flush()
        session.add(role)
    return person, role, group


def admitting(auth: Auth) -> Auth:
    """The same where the operator lets group managers in."""
    return replace(auth, out="")


async def test_who_is_let_in_reaches_the_group_and_nothing_else(desk: Desk) -> None:
    _, role, group = await delegate(desk)
    closed, desk.auth = desk.auth, admitting(desk.auth)

    tokens = await desk.sign_in("+989351112244")
    actor = await desk.who(tokens.access_token)

    assert isinstance(actor, Actor)
    scope = actor.scope(Permission.ORDER_PLACE, desk.at)
    assert (scope.reach, scope.groups) == ((), (GroupReach(desk.tenant.id, desk.tenant.accounts["sales"].path, group.id),))
    for right in set(Permission) - {
        Permission.ACCOUNT_READ, Permission.SIM_READ, Permission.GROUP_READ, Permission.ORDER_READ, Permission.ORDER_PLACE,
    }:  # fmt: skip
        with pytest.raises(Forbidden):
            actor.scope(right, desk.at)
    await desk.change(Membership, role.id, valid_to=desk.at)
    assert await desk.who(tokens.access_token) is None
    await desk.change(Membership, role.id, valid_to=None)
    assert await desk.who(tokens.access_token) is not None
    desk.auth = closed  # the operator thinks better of it
    assert await desk.who(tokens.access_token) is None


async def test_elsewhere_no_code_is_sent(desk: Desk) -> None:
    await delegate(desk)

    asked = await desk.ask("+989351112244")

    assert (await desk.letter(asked))["to"] is None
