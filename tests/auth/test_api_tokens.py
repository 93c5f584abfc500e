"""API tokens: shown once, hashed at rest, never worth more than their maker at the moment of use (QUALITY "Who gets in")."""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from auth import queries, rules
from auth.actor import Actor
from auth.api_tokens import NewToken, api_token_create, api_token_revoke
from auth.tables import ApiToken
from domain.accounts.tables import Account
from domain.audit.tables import AuditEntry
from domain.audit.writing import Command, Done, carry_out
from domain.kernel.errors import Forbidden, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.proof import StepUpRequired
from domain.kernel.scope import Scope
from domain.people.tables import Membership
from tests.desk import Desk
from tests.domain.hierarchy.moving import move_account, scope_of

READ = (Permission.ACCOUNT_READ, Permission.SIM_READ)


def wanted(
    desk: Desk, *, account: str = "root", permissions: Sequence[Permission] = READ, networks: Sequence[str] = (), days: float = 30
) -> NewToken:
    return NewToken("Warehouse", desk.tenant.accounts[account].id, permissions, networks, desk.at + timedelta(days=days))


async def create(desk: Desk, actor: Actor, token: NewToken, mode: MutationMode = MutationMode.APPLY) -> Done:
    scope = actor.scope(Permission.TOKEN_MANAGE, desk.at)
    command = Command("apiTokenCreate", mode, "input")
    return await carry_out(desk.auth.database, scope, command, lambda work: api_token_create(work, desk.auth, actor, token), at=desk.at)


async def made(desk: Desk, **kwargs: Any) -> tuple[UUID, str]:
    """A token of the profile manager: its id and secret."""
    done = await create(desk, await desk.actor(desk.manager), wanted(desk, **kwargs))
    assert done.result
    return done.result["api_token"], done.result["secret"]


async def revoke(desk: Desk, actor: Actor, token_id: UUID) -> Done:
    scope = actor.scope(Permission.TOKEN_MANAGE, desk.at)
    command = Command("apiTokenRevoke", MutationMode.APPLY, "input")
    return await carry_out(desk.auth.database, scope, command, lambda work: api_token_revoke(work, token_id), at=desk.at)


async def test_a_secret_has_its_form_and_only_its_hash_is_kept(desk: Desk) -> None:
    token_id, secret = await made(desk)

    assert re.fullmatch(r"smg_test_[0-9A-Za-z]{36}", secret)
    assert rules.is_token_text(secret)
    async with desk.auth.database.read() as session:
        row = await session.get_one(ApiToken, token_id)
        trail = (await session.scalars(select(AuditEntry))).all()
    assert row.hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row.model_dump())
    assert secret.startswith(row.prefix)
    assert len(row.prefix) < 20
    assert secret not in str([entry.model_dump() for entry in trail])


async def test_a_mistyped_secret_costs_no_look_up(desk: Desk) -> None:
    _, secret = await made(desk)
    changed = secret[:-1] + ("a" if secret[-1] != "a" else "b")

    assert not rules.is_token_text(changed)
    assert await desk.who(changed) is None
    assert await desk.who(rules.token_text("test", "0" * 30)) is None


async def test_a_token_acts_for_its_maker_within_its_rights(desk: Desk) -> None:
    token_id, secret = await made(desk, account="sales")
    actor = await desk.who(secret)

    assert actor
    assert (actor.ref.api_token_id, actor.ref.person_id) == (token_id, desk.manager.id)
    assert actor.permissions == set(READ)
    scope = actor.scope(Permission.SIM_READ, desk.at)
    assert scope.covers(desk.tenant.id, desk.tenant.accounts["field"].path)
    assert not scope.covers(desk.tenant.id, desk.tenant.accounts["office"].path)
    with pytest.raises(Forbidden):
        actor.scope(Permission.ORDER_PLACE, desk.at)


async def test_a_token_has_no_session_and_no_proof(desk: Desk) -> None:
    _, secret = await made(desk)
    actor = await desk.who(secret)

    assert actor
    assert not actor.proof.is_fresh(desk.at)
    with pytest.raises(Forbidden):
        actor.own_session()


@pytest.mark.parametrize("right", [Permission.PUK_REVEAL, Permission.TOKEN_MANAGE, Permission.MEMBERSHIP_MANAGE, Permission.SUPPORT_VIEW])
async def test_some_rights_no_token_gets(desk: Desk, right: Permission) -> None:
    with pytest.raises(NotEligible):
        await create(desk, await desk.actor(desk.manager), wanted(desk, permissions=[Permission.SIM_READ, right]))
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(ApiToken))).all() == []


async def test_a_right_written_into_the_row_is_still_not_given(desk: Desk) -> None:
    token_id, secret = await made(desk)
    await desk.change(ApiToken, token_id, permissions=[each.value for each in Permission])
    actor = await desk.who(secret)

    assert actor
    assert not actor.permissions & {
        Permission.PUK_REVEAL, Permission.TOKEN_MANAGE, Permission.MEMBERSHIP_MANAGE, Permission.SUPPORT_VIEW, Permission.WALLET_ADJUST,
    }  # fmt: skip


async def test_a_token_needs_a_fresh_proof(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    desk.wait(minutes=5)

    with pytest.raises(StepUpRequired):
        await create(desk, actor, wanted(desk))


async def test_a_plan_makes_nothing_and_shows_no_secret(desk: Desk) -> None:
    done = await create(desk, await desk.actor(desk.manager), wanted(desk), MutationMode.PLAN)

    assert done.result is None
    assert {change.field for change in done.plan.changes} >= {"account", "permissions", "expiresAt"}
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(ApiToken))).all() == []


async def test_an_account_manager_makes_no_tokens(desk: Desk) -> None:
    actor = await desk.actor(desk.tenant.account_manager)

    with pytest.raises(Forbidden):
        await create(desk, actor, wanted(desk, account="sales"))


async def test_somebody_elses_account_is_not_found(desk: Desk) -> None:
    token = NewToken("x", desk.tenants.other.accounts["root"].id, READ, (), desk.at + timedelta(days=1))

    with pytest.raises(NotFound):
        await create(desk, await desk.actor(desk.manager), token)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("expiresAt", {"days": 367}),
        ("expiresAt", {"days": 0}),
        ("permissions", {"permissions": []}),
        ("networks", {"networks": ["10.0.0.1/8"]}),
        ("networks", {"networks": ["anywhere"]}),
        ("networks", {"networks": [f"10.0.{n}.0/24" for n in range(21)]}),
    ],
    ids=str,
)
async def test_bad_wishes_are_refused_by_field(desk: Desk, field: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create(desk, await desk.actor(desk.manager), wanted(desk, **change))
    assert refused.value.field == (field,)


async def test_networks_hold(desk: Desk) -> None:
    _, secret = await made(desk, networks=["192.0.2.0/24", "2001:db8::/32"])

    for address, is_inside in (
        ("192.0.2.200", True), ("::ffff:192.0.2.200", True), ("2001:db8::7", True),
        ("192.0.3.1", False), ("2001:db9::7", False), ("unknown", False), ("", False),
    ):  # fmt: skip
        assert (await desk.who(secret, address=address) is not None) is is_inside, address


async def test_a_token_expires(desk: Desk) -> None:
    _, secret = await made(desk, days=1)
    desk.wait(hours=23, minutes=59)
    assert await desk.who(secret)
    desk.wait(minutes=1)
    assert await desk.who(secret) is None


async def test_a_revoked_token_ends_at_once(desk: Desk) -> None:
    token_id, secret = await made(desk)
    actor = await desk.actor(desk.manager)
    done = await revoke(desk, actor, token_id)

    assert [change.field for change in done.plan.changes] == ["revokedAt"]
    assert await desk.who(secret) is None
    with pytest.raises(StateConflict):
        await revoke(desk, actor, token_id)


async def test_another_companys_token_is_not_found_and_lives(desk: Desk) -> None:
    token_id, secret = await made(desk)

    with pytest.raises(NotFound):
        await revoke(desk, await desk.actor(desk.tenants.other.profile_manager), token_id)
    assert await desk.who(secret)


async def test_a_token_is_bound_to_its_makers_present_rights(desk: Desk) -> None:
    _, secret = await made(desk, permissions=[Permission.SIM_READ, Permission.ORDER_PLACE])
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.manager.id))).one()
    sales = desk.tenant.accounts["sales"]

    await desk.change(Membership, held.id, role="ACCOUNT_MANAGER", account_id=sales.id)
    actor = await desk.who(secret)
    assert actor
    scope = actor.scope(Permission.ORDER_PLACE, desk.at)
    assert scope.covers(desk.tenant.id, sales.path)
    assert not scope.covers(desk.tenant.id, desk.tenant.accounts["office"].path)

    await desk.change(Membership, held.id, valid_to=desk.at)
    assert await desk.who(secret) is None


async def test_a_token_follows_its_account_to_a_new_place_and_keeps_its_past(desk: Desk) -> None:
    _, secret = await made(desk, account="field")
    accounts, field = desk.tenant.accounts, desk.tenant.accounts["field"]
    when = desk.at + timedelta(hours=1)
    await move_account(desk.auth.database, scope_of(desk.tenant.id, at=desk.at), field.id, accounts["office"].id, when)

    async def reach() -> Scope:
        actor = await desk.who(secret)
        assert actor
        return actor.scope(Permission.SIM_READ, desk.at)

    early = await reach()
    desk.wait(hours=1)
    scope = await reach()
    async with desk.auth.database.read() as session:
        now = (await session.get_one(Account, field.id)).path

    assert (early.covers(desk.tenant.id, field.path), early.covers(desk.tenant.id, now)) == (True, False)
    assert now.startswith(accounts["office"].path)
    assert scope.covers(desk.tenant.id, now)
    assert scope.covers(desk.tenant.id, field.path)  # where nothing is now but what was recorded then
    assert not any(scope.covers(desk.tenant.id, accounts[name].path) for name in ("root", "sales", "office"))


async def test_last_use_is_noted_rarely(desk: Desk) -> None:
    token_id, secret = await made(desk)
    seen = []
    for seconds in (0, 30, 40):
        desk.wait(seconds=seconds)
        await desk.who(secret)
        async with desk.auth.database.read() as session:
            seen.append((await session.get_one(ApiToken, token_id)).last_used_at)

    assert seen[0] == seen[1]
    assert seen[2] == desk.at


async def test_tokens_are_listed_without_their_secrets_and_by_scope(desk: Desk) -> None:
    first, _ = await made(desk)
    desk.wait(seconds=1)
    second, secret = await made(desk)
    actor, stranger = await desk.actor(desk.manager), await desk.actor(desk.tenants.other.profile_manager)
    async with desk.auth.database.read() as session:
        scope = actor.scope(Permission.TOKEN_MANAGE, desk.at)
        page = await queries.api_tokens_page(session, scope, desk.tenant.id, Window.of(10, None, None, None))
        count = await queries.api_tokens_count(session, scope, desk.tenant.id)
        foreign = stranger.scope(Permission.TOKEN_MANAGE, desk.at)
        hidden = await queries.api_tokens_page(session, foreign, desk.tenant.id, Window.of(10, None, None, None))

    assert [row.id for row in page.rows] == [second, first]
    assert count == 2
    assert secret not in str(page)
    assert hidden.rows == []
