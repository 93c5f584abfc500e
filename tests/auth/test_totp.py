"""Authenticators: a must for staff, a choice for managers, each code once, ten recovery codes."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlmodel import select

from auth.errors import InvalidSecret, SecondFactorRequired
from auth.proofs import Answer
from auth.sessions import session_step_up
from auth.tables import RecoveryCode, Totp
from auth.totp import totp_confirm, totp_enroll
from domain.kernel.errors import Forbidden, InvalidInput, NotEligible, StateConflict
from domain.kernel.identifiers import Channel
from domain.kernel.permissions import Permission, Role
from domain.kernel.proof import ProofMethod, StepUpRequired
from domain.people.tables import Person
from tests.desk import CLIENT, Desk


async def second_factor(desk: Desk, person: Person) -> SecondFactorRequired:
    """The question after the right code."""
    asked = await desk.ask(person.mobile)
    with pytest.raises(SecondFactorRequired) as needed:
        await desk.prove(asked, await desk.code(asked))
    return needed.value


async def enrolled(desk: Desk) -> tuple[str, list[str]]:
    """The manager sets an authenticator up: its secret and recovery codes."""
    actor = await desk.actor(desk.manager)
    uri = await totp_enroll(desk.auth, actor, label=None, at=desk.at)
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    codes = await totp_confirm(desk.auth, actor, code=pyotp.TOTP(secret).at(desk.at), at=desk.at)
    assert codes
    desk.wait(seconds=30)
    return secret, codes


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR_ADMIN])
async def test_staff_sign_in_with_code_and_authenticator(desk: Desk, role: Role) -> None:
    person = await desk.hire(role)
    needed = await second_factor(desk, person)

    assert needed.challenge.methods == (ProofMethod.TOTP,)
    tokens = await desk.prove(needed.challenge, desk.totp(), is_totp=True)
    actor = await desk.who(tokens.access_token)
    assert actor
    assert actor.has_totp
    assert actor.ref.is_operator


async def test_staff_without_authenticator_cant_sign_in(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT, totp_secret=None)
    asked = await desk.ask(person.mobile)

    with pytest.raises(NotEligible, match="totp_required"):
        await desk.prove(asked, await desk.code(asked))


async def test_a_code_alone_is_not_enough_at_the_second_question(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    needed = await second_factor(desk, person)

    for guess in ("000000", ""):
        with pytest.raises(InvalidSecret):
            await desk.prove(needed.challenge, guess)


async def test_an_authenticator_alone_signs_nobody_in(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    asked = await desk.ask(person.mobile)

    with pytest.raises(InvalidSecret):
        await desk.prove(asked, desk.totp(), is_totp=True)


async def test_five_guesses_at_the_authenticator(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    needed = await second_factor(desk, person)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(InvalidSecret) as refused:
            await desk.prove(needed.challenge, "000000" if desk.totp() != "000000" else "000001", is_totp=True)
        assert refused.value.tries_left == left

    with pytest.raises(InvalidSecret):
        await desk.prove(needed.challenge, desk.totp(), is_totp=True)


async def test_a_code_of_the_authenticator_works_once(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    code = desk.totp()
    await desk.prove((await second_factor(desk, person)).challenge, code, is_totp=True)
    again = await second_factor(desk, person)

    with pytest.raises(InvalidSecret):
        await desk.prove(again.challenge, code, is_totp=True)
    with pytest.raises(InvalidSecret):  # an older one isn't good any more either
        await desk.prove(again.challenge, desk.totp(steps=-1), is_totp=True)
    desk.wait(seconds=30)
    assert await desk.prove(again.challenge, desk.totp(), is_totp=True)


async def test_a_code_of_the_authenticator_in_parallel_works_once(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    questions = [await second_factor(desk, person) for _ in range(3)]

    outcomes = await asyncio.gather(
        *(desk.prove(needed.challenge, desk.totp(), is_totp=True) for needed in questions), return_exceptions=True
    )

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_one_step_off(desk: Desk, steps: int, is_good: bool) -> None:
    person = await desk.hire(Role.SUPPORT)
    needed = await second_factor(desk, person)

    if is_good:
        assert await desk.prove(needed.challenge, desk.totp(steps=steps), is_totp=True)
    else:
        with pytest.raises(InvalidSecret):
            await desk.prove(needed.challenge, desk.totp(steps=steps), is_totp=True)


async def test_a_manager_may_choose_an_authenticator(desk: Desk) -> None:
    secret, _ = await enrolled(desk)

    needed = await second_factor(desk, desk.manager)
    assert await desk.prove(needed.challenge, pyotp.TOTP(secret).at(desk.at), is_totp=True)


async def test_setting_up_needs_a_fresh_proof(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    desk.wait(minutes=5)

    with pytest.raises(StepUpRequired):
        await totp_enroll(desk.auth, actor, label=None, at=desk.at)
    with pytest.raises(StepUpRequired):
        await totp_confirm(desk.auth, actor, code="000000", at=desk.at)
    with pytest.raises(StepUpRequired):
        await totp_confirm(desk.auth, actor, code=None, remove=True, at=desk.at)


async def test_a_wrong_first_code_sets_nothing_up(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    with pytest.raises(StateConflict):
        await totp_confirm(desk.auth, actor, code="000000", at=desk.at)
    uri = await totp_enroll(desk.auth, actor, label="My phone", at=desk.at)
    secret = parse_qs(urlsplit(uri).query)["secret"][0]

    with pytest.raises(InvalidSecret):
        await totp_confirm(desk.auth, actor, code=pyotp.TOTP(secret).at(desk.at, counter_offset=9), at=desk.at)
    with pytest.raises(InvalidInput):
        await totp_confirm(desk.auth, actor, code=None, at=desk.at)
    assert "My%20phone" in uri
    assert await desk.sign_in()


async def test_the_old_authenticator_works_until_the_new_one_is_confirmed(desk: Desk) -> None:
    secret, _ = await enrolled(desk)
    actor = await desk.actor(desk.manager)
    await totp_enroll(desk.auth, actor, label=None, at=desk.at)

    needed = await second_factor(desk, desk.manager)
    assert await desk.prove(needed.challenge, pyotp.TOTP(secret).at(desk.at), is_totp=True)


async def test_a_manager_may_turn_it_off_and_staff_may_not(desk: Desk) -> None:
    await enrolled(desk)
    assert await totp_confirm(desk.auth, await desk.actor(desk.manager), code=None, remove=True, at=desk.at) is None
    assert await desk.sign_in()

    person = await desk.hire(Role.OPERATOR_ADMIN)
    with pytest.raises(NotEligible):
        await totp_confirm(desk.auth, await desk.actor(person), code=None, remove=True, at=desk.at)
    await second_factor(desk, person)


async def test_ten_recovery_codes_each_once(desk: Desk) -> None:
    _, codes = await enrolled(desk)
    assert len(set(codes)) == 10

    assert await desk.prove((await second_factor(desk, desk.manager)).challenge, codes[0].lower(), is_totp=True)
    again = await second_factor(desk, desk.manager)
    with pytest.raises(InvalidSecret):
        await desk.prove(again.challenge, codes[0], is_totp=True)
    assert await desk.prove(again.challenge, codes[1].replace("-", " "), is_totp=True)


async def test_no_secret_is_readable_in_the_store(desk: Desk) -> None:
    secret, codes = await enrolled(desk)

    async with desk.auth.database.read() as session:
        row = (await session.scalars(select(Totp))).one()
        hashes = (await session.scalars(select(RecoveryCode.hash))).all()
    assert row.sealed is not None
    assert secret.encode() not in row.sealed
    assert row.pending is None
    assert {len(each) for each in hashes} == {64}
    assert not set(codes) & set(hashes)


async def test_an_authenticator_steps_up(desk: Desk) -> None:
    secret, _ = await enrolled(desk)
    actor = await desk.actor(desk.manager)
    desk.wait(minutes=6)
    asked = await desk.ask()

    assert actor.methods == (ProofMethod.OTP_SMS, ProofMethod.OTP_EMAIL, ProofMethod.TOTP)
    assert await session_step_up(desk.auth, actor, Answer(asked.id, pyotp.TOTP(secret).at(desk.at), is_totp=True), CLIENT, at=desk.at)


async def test_with_a_new_line_the_authenticator_serves_a_manager_instead_of_an_sms(desk: Desk) -> None:
    secret, _ = await enrolled(desk)
    await desk.change(Person, desk.manager.id, line_changed_at=desk.at - timedelta(hours=1))
    asked = await desk.ask()

    assert (await desk.letter(asked))["to"] is None
    assert await desk.prove(asked, pyotp.TOTP(secret).at(desk.at), is_totp=True)


async def test_with_a_new_line_staff_need_mail_and_authenticator(desk: Desk) -> None:
    person = await desk.hire(Role.OPERATOR_ADMIN)
    await desk.change(Person, person.id, line_changed_at=desk.at - timedelta(hours=1))
    asked = await desk.ask(person.mobile)
    with pytest.raises(NotEligible, match="use_email"):
        await desk.prove(asked, desk.totp(), is_totp=True)

    mail = await desk.ask(person.mobile, Channel.EMAIL)
    with pytest.raises(SecondFactorRequired) as needed:
        await desk.prove(mail, await desk.code(mail))
    desk.wait(seconds=30)
    assert await desk.prove(needed.value.challenge, desk.totp(), is_totp=True)


async def test_support_finds_organizations_and_nothing_in_them(desk: Desk) -> None:
    actor = await desk.actor(await desk.hire(Role.SUPPORT))

    assert actor.permissions == {Permission.SUPPORT_VIEW, Permission.TICKET_READ, Permission.TICKET_WRITE}
    assert actor.is_masked
    with pytest.raises(Forbidden):
        actor.scope(Permission.SIM_READ, desk.at)
