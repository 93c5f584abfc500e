"""Sessions: refresh tokens that rotate, proofs that age, sign-outs that hold at once (QUALITY "Who gets in")."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from auth.cleaning import CLEANING_KIND, clean, cleaning_handler
from auth.errors import InvalidSecret
from auth.identify import identify
from auth.proofs import Answer
from auth.sessions import Client, Tokens, session_refresh, session_revoke, session_step_up
from auth.tables import Challenge, RefreshToken, SignInSession
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.permissions import Permission
from domain.kernel.proof import ProofMethod, StepUpRequired
from domain.people.tables import Membership, Person
from store.outbox import begin_rounds, run_once
from tests.desk import CLIENT, Desk, open_auth
from tests.world import MovableClock, counted_statements


async def refresh(desk: Desk, tokens: Tokens) -> Tokens:
    assert tokens.refresh_token
    return await session_refresh(desk.auth, tokens.refresh_token, CLIENT, at=desk.at)


async def test_signing_in_gives_a_quarter_of_an_hour_and_thirty_days(desk: Desk) -> None:
    tokens = await desk.sign_in()

    assert tokens.access_expires_at - desk.at == timedelta(minutes=15)
    assert tokens.refresh_expires_at is not None
    assert tokens.refresh_expires_at - desk.at == timedelta(days=30)
    desk.wait(minutes=14, seconds=59)
    assert await desk.who(tokens.access_token)
    desk.wait(seconds=1)
    assert await desk.who(tokens.access_token) is None


async def test_a_refresh_token_rotates(desk: Desk) -> None:
    first = await desk.sign_in()
    desk.wait(days=29)
    second = await refresh(desk, first)
    desk.wait(days=29)
    third = await refresh(desk, second)

    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert first.session_id == third.session_id
    assert await desk.who(third.access_token)


async def test_a_refresh_token_dies_after_thirty_days(desk: Desk) -> None:
    tokens = await desk.sign_in()
    desk.wait(days=30)

    with pytest.raises(InvalidSecret):
        await refresh(desk, tokens)


async def test_no_refresh_token_is_readable_in_the_store(desk: Desk) -> None:
    tokens = await desk.sign_in()

    async with desk.auth.database.read() as session:
        kept = (await session.scalars(select(RefreshToken.hash))).all()
    assert tokens.refresh_token not in kept
    assert [len(each) for each in kept] == [64]


async def test_twenty_parallel_refreshes_give_exactly_one_success(desk: Desk) -> None:
    tokens = await desk.sign_in()

    outcomes = await asyncio.gather(*(refresh(desk, tokens) for _ in range(20)), return_exceptions=True)

    won = [outcome for outcome in outcomes if isinstance(outcome, Tokens)]
    assert len(won) == 1
    assert sum(isinstance(outcome, InvalidSecret) for outcome in outcomes) == 19
    assert await desk.who(won[0].access_token)


async def test_a_replay_within_ten_seconds_is_refused_and_the_session_lives(desk: Desk) -> None:
    tokens = await desk.sign_in()
    following = await refresh(desk, tokens)
    desk.wait(seconds=10)

    with pytest.raises(InvalidSecret):
        await refresh(desk, tokens)
    assert await desk.who(following.access_token)
    assert await refresh(desk, following)


async def test_a_later_replay_ends_the_whole_family(desk: Desk) -> None:
    tokens = await desk.sign_in()
    following = await refresh(desk, tokens)
    desk.wait(seconds=11)

    with pytest.raises(InvalidSecret):
        await refresh(desk, tokens)
    assert await desk.who(following.access_token) is None
    with pytest.raises(InvalidSecret):
        await refresh(desk, following)


async def test_a_person_without_a_role_refreshes_nothing(desk: Desk) -> None:
    tokens = await desk.sign_in()
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.manager.id))).one()
    await desk.change(Membership, held.id, valid_to=desk.at)

    assert await desk.who(tokens.access_token) is None
    with pytest.raises(InvalidSecret):
        await refresh(desk, tokens)


async def test_signing_out_holds_at_once_in_every_process(desk: Desk) -> None:
    tokens = await desk.sign_in()
    other_process = open_auth(desk.auth.database)
    actor = await identify(other_process, f"Bearer {tokens.access_token}", CLIENT.address, at=desk.at)
    assert actor

    assert await session_revoke(desk.auth, actor, None, at=desk.at) == [tokens.session_id]

    assert await identify(other_process, f"Bearer {tokens.access_token}", CLIENT.address, at=desk.at) is None
    with pytest.raises(InvalidSecret):
        await refresh(desk, tokens)


async def test_other_sessions_of_ones_own_can_be_ended(desk: Desk) -> None:
    here, there = await desk.begin(desk.manager), await desk.begin(desk.manager)
    actor = await desk.who(here.access_token)
    assert actor

    assert await session_revoke(desk.auth, actor, [there.session_id], at=desk.at) == [there.session_id]

    assert await desk.who(here.access_token)
    assert await desk.who(there.access_token) is None


async def test_somebody_elses_session_is_not_found_and_stays(desk: Desk) -> None:
    mine, theirs = await desk.begin(desk.manager), await desk.begin(desk.tenant.account_manager)
    actor = await desk.who(mine.access_token)
    assert actor

    with pytest.raises(NotFound):
        await session_revoke(desk.auth, actor, [mine.session_id, theirs.session_id], at=desk.at)
    assert await desk.who(mine.access_token)
    assert await desk.who(theirs.access_token)


async def test_a_sign_in_is_a_proof_for_five_minutes(desk: Desk) -> None:
    tokens = await desk.sign_in()
    desk.wait(minutes=4, seconds=59)
    actor = await desk.who(tokens.access_token)
    assert actor
    actor.proof.require(desk.at)

    desk.wait(seconds=1)
    with pytest.raises(StepUpRequired) as refused:
        actor.proof.require(desk.at)
    assert refused.value.max_age_seconds == 300
    assert refused.value.methods == (ProofMethod.OTP_SMS, ProofMethod.OTP_EMAIL)


async def test_a_refresh_is_no_proof(desk: Desk) -> None:
    tokens = await desk.sign_in()
    desk.wait(minutes=6)
    actor = await desk.who((await refresh(desk, tokens)).access_token)

    assert actor
    assert not actor.proof.is_fresh(desk.at)


async def test_a_step_up_proves_this_session_again(desk: Desk) -> None:
    here, there = await desk.begin(desk.manager), await desk.begin(desk.manager)
    desk.wait(minutes=6)
    actor = await desk.who(here.access_token)
    assert actor
    asked = await desk.ask()

    assert await session_step_up(desk.auth, actor, Answer(asked.id, await desk.code(asked)), CLIENT, at=desk.at) == here.session_id

    proven, unproven = await desk.who(here.access_token), await desk.who(there.access_token)
    assert proven
    assert unproven
    assert proven.proof.is_fresh(desk.at)
    assert not unproven.proof.is_fresh(desk.at)


async def test_a_line_changed_lately_is_no_way_to_prove_oneself(desk: Desk) -> None:
    await desk.change(Person, desk.manager.id, line_changed_at=desk.at)
    actor = await desk.actor(desk.manager)

    assert actor.methods == (ProofMethod.OTP_EMAIL,)


async def test_who_asks_takes_one_statement_and_writes_rarely(desk: Desk) -> None:
    tokens = await desk.sign_in()
    await desk.who(tokens.access_token)
    with counted_statements(desk.auth.database) as statements:
        assert await desk.who(tokens.access_token)
    assert len(statements) == 1

    desk.wait(minutes=2)
    assert await desk.who(tokens.access_token)
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(SignInSession.last_used_at))).one() == desk.at
    with counted_statements(desk.auth.database) as statements:
        assert await desk.who(tokens.access_token)
    assert len(statements) == 1


async def test_a_session_remembers_its_client(desk: Desk) -> None:
    asked = await desk.ask()
    tokens = await desk.prove(asked, await desk.code(asked))
    desk.wait(minutes=1)
    assert tokens.refresh_token
    await session_refresh(desk.auth, tokens.refresh_token, Client("198.51.100.9", "other"), at=desk.at)

    async with desk.auth.database.read() as session:
        row = (await session.scalars(select(SignInSession))).one()
    assert (row.user_agent, row.address, row.last_used_at) == ("tests", "198.51.100.9", desk.at)


async def test_rights_follow_the_role(desk: Desk) -> None:
    profile, account = await desk.actor(desk.manager), await desk.actor(desk.tenant.account_manager)
    sales, office = desk.tenant.accounts["sales"], desk.tenant.accounts["office"]

    assert profile.scope(Permission.SIM_READ, desk.at).covers(desk.tenant.id, office.path)
    assert not profile.scope(Permission.SIM_READ, desk.at).covers(desk.tenants.other.id, office.path)
    assert account.scope(Permission.SIM_READ, desk.at).covers(desk.tenant.id, sales.path)
    assert not account.scope(Permission.SIM_READ, desk.at).covers(desk.tenant.id, office.path)
    for actor, missing in ((profile, Permission.MEMBERSHIP_MANAGE), (account, Permission.TOKEN_MANAGE), (profile, Permission.SUPPORT_VIEW)):
        with pytest.raises(Forbidden):
            actor.scope(missing, desk.at)


async def test_a_role_holds_from_its_first_instant_until_its_last(desk: Desk) -> None:
    tokens = await desk.begin(desk.tenant.account_manager)
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.tenant.account_manager.id))).one()
    await desk.change(Membership, held.id, valid_from=desk.at, valid_to=desk.at + timedelta(minutes=1))

    assert await desk.who(tokens.access_token)
    desk.wait(seconds=59)
    assert await desk.who(tokens.access_token)
    desk.wait(seconds=1)
    assert await desk.who(tokens.access_token) is None


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "bearer smg_x", "Bearer a.b.c", "Bearer \x00", "Bearer " + "a" * 9000]
)
async def test_a_header_that_says_nothing_is_nobody(desk: Desk, header: str | None) -> None:
    assert await identify(desk.auth, header, CLIENT.address, at=desk.at) is None


async def test_what_is_over_is_forgotten(desk: Desk) -> None:
    tokens = await desk.sign_in()
    desk.wait(days=2)
    await clean(desk.auth, at=desk.at)
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(Challenge))).all() == []
        assert len((await session.scalars(select(RefreshToken).where(col(RefreshToken.used_at).is_(None)))).all()) == 1
    assert await refresh(desk, tokens)


async def test_forgetting_comes_again_every_hour_and_is_scheduled_once(desk: Desk) -> None:
    clock = MovableClock(desk.at)
    handlers = {CLEANING_KIND: cleaning_handler(desk.auth, clock)}
    for _ in range(2):
        await begin_rounds(desk.auth.database, handlers, at=desk.at)

    assert await run_once(desk.auth.database, handlers, clock, worker="test") == 1
    assert await run_once(desk.auth.database, handlers, clock, worker="test") == 0
    clock.move(timedelta(hours=1))
    assert await run_once(desk.auth.database, handlers, clock, worker="test") == 1
