"""Permanent passwords: who may set one and how strong it is, signing in by it, how guesses are counted, and that strangers learn nothing."""

import asyncio
import random
import unicodedata
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from auth import rules
from auth.actor import Actor
from auth.errors import InvalidSecret, SecondFactorRequired
from auth.hashing import Hasher
from auth.notices import NOTICE_KIND, notice_handler
from auth.passwords import PasswordAnswer, password_set
from auth.proofs import Answer
from auth.rules import Asked
from auth.sessions import Client, Tokens, session_create, session_refresh, session_step_up
from auth.strength import normal
from auth.tables import Challenge, LimitWindow, Password, SignInSession
from domain.audit.chain import first_broken
from domain.audit.tables import AuditEntry
from domain.kernel.errors import Busy, InvalidInput, LimitReached, NotEligible
from domain.kernel.identifiers import Channel, parse_identity
from domain.kernel.permissions import Role
from domain.kernel.proof import ProofMethod
from domain.kernel.text import digits_persian
from domain.people.tables import Membership, Person
from store.outbox import OutboxRow, run_once
from tests.auth.test_delivery import Post, Still
from tests.desk import CLIENT, STRANGER, Desk, open_auth
from tests.world import counted_statements

GOOD = "teapot granite 41 willow"
OTHER = "marble oyster quiet 77 lamp"
ELSEWHERE = Client("198.51.100.9", "elsewhere")


async def set_password(desk: Desk, password: str = GOOD, *, actor: Actor | None = None, identity: str | None = None) -> Any:
    """Asks for a code and sets a password by it."""
    asked = await desk.ask(identity)
    return await password_set(desk.auth, actor, Answer(asked.id, await desk.code(asked)), password, at=desk.at)


async def sign_in(desk: Desk, password: str = GOOD, *, identity: str | None = None, client: Client = CLIENT) -> Tokens:
    """Signs in by a password."""
    given = PasswordAnswer(parse_identity(identity or desk.manager.mobile or ""), password)
    return await session_create(desk.auth, given, client, at=desk.at)


async def counted(desk: Desk, name: str) -> list[int]:
    """How many hits the limits of a name hold, each."""
    async with desk.auth.database.read() as session:
        return [len(hits) for hits in (await session.scalars(select(LimitWindow.hits).where(col(LimitWindow.key).startswith(name)))).all()]


async def kept(desk: Desk) -> list[Password]:
    """Every password's row."""
    async with desk.auth.database.read() as session:
        return list((await session.scalars(select(Password))).all())


# ── setting ──


async def test_a_password_is_set_by_a_code_and_signs_in(desk: Desk) -> None:
    assert await set_password(desk) is None

    tokens = await sign_in(desk)

    assert tokens.person_id == desk.manager.id
    assert await desk.who(tokens.access_token)
    assert tokens.access_expires_at - desk.at <= timedelta(minutes=15)


async def test_number_and_address_in_any_spelling_and_digits_of_any_keyboard_are_the_same(desk: Desk) -> None:
    await set_password(desk, "teapot granite ۴۱ willow")

    for identity in ("۰۹۳۵ ۰۰۰ ۰۰۰۰", desk.manager.email):
        assert (await sign_in(desk, identity=identity)).person_id == desk.manager.id


@pytest.mark.parametrize("tries", [["000000"], ["not it", ""], ["000000"] * 5])
async def test_a_wrong_code_sets_nothing_and_counts(desk: Desk, tries: list[str]) -> None:
    asked = await desk.ask()
    for number, code in enumerate(tries, 1):
        wrong = await desk.wrong(asked) if code == "000000" else code
        with pytest.raises(InvalidSecret) as refused:
            await password_set(desk.auth, None, Answer(asked.id, wrong), GOOD, at=desk.at)
        assert refused.value.tries_left == rules.GUESSES - number

    assert await kept(desk) == []
    assert await counted(desk, "otp-wrong:") == [len(tries)]


async def test_the_code_is_used_up_and_sets_one_password_however_often_at_once(desk: Desk) -> None:
    asked = await desk.ask()
    answer = Answer(asked.id, await desk.code(asked))

    passwords = [f"{GOOD} {number}" for number in range(5)]
    outcomes = await asyncio.gather(*(password_set(desk.auth, None, answer, each, at=desk.at) for each in passwords), return_exceptions=True)

    won = [password for password, outcome in zip(passwords, outcomes, strict=True) if outcome is None]
    assert len(won) == 1
    assert {type(outcome) for outcome in outcomes if outcome is not None} == {InvalidSecret}
    assert await sign_in(desk, won[0])
    with pytest.raises(InvalidSecret):
        await password_set(desk.auth, None, answer, OTHER, at=desk.at)


async def test_an_authenticators_code_sets_no_password(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    asked = await desk.ask(person.mobile)

    with pytest.raises(InvalidSecret):
        await password_set(desk.auth, None, Answer(asked.id, desk.totp()), GOOD, at=desk.at)
    assert await kept(desk) == []


async def test_a_line_changed_lately_sets_no_password_by_sms_but_by_mail(desk: Desk) -> None:
    await desk.change(Person, desk.manager.id, line_changed_at=desk.at)
    by_sms, by_mail = await desk.ask(), await desk.ask(channel=Channel.EMAIL)

    with pytest.raises(InvalidSecret):
        await password_set(desk.auth, None, Answer(by_sms.id, await desk.code(by_sms)), GOOD, at=desk.at)
    await password_set(desk.auth, None, Answer(by_mail.id, await desk.code(by_mail)), GOOD, at=desk.at)
    assert len(await kept(desk)) == 1


async def test_who_lost_the_last_role_sets_nothing(desk: Desk) -> None:
    asked = await desk.ask()
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.manager.id))).one()
    await desk.change(Membership, held.id, valid_to=desk.at)

    with pytest.raises(InvalidSecret):
        await password_set(desk.auth, None, Answer(asked.id, await desk.code(asked)), GOOD, at=desk.at)
    assert await kept(desk) == []


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("short-9!", "auth.password_length"),
        ("x" * 129, "auth.password_length"),
        ("iloveyou123", "auth.password_leaked"),
        ("P@ssw0rd1405", "auth.password_leaked"),
        ("۱۲۳۴۵۶۷۸۹۰", "auth.password_leaked"),
        ("zxcvbnm,./zxcv", "auth.password_weak"),
        ("aaaaaaaaaaaaaaaa", "auth.password_weak"),
    ],
)
async def test_weak_and_leaked_ones_are_refused_before_the_code_is_looked_at(desk: Desk, password: str, flaw: str) -> None:
    asked = await desk.ask()
    code = await desk.code(asked)

    with pytest.raises(InvalidInput) as refused:
        await password_set(desk.auth, None, Answer(asked.id, code), password, at=desk.at)

    assert (refused.value.message_key, refused.value.field) == (flaw, ("password",))
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(Challenge.tries).where(Challenge.id == asked.id))).one() == 0
    await password_set(desk.auth, None, Answer(asked.id, code), GOOD, at=desk.at)


@pytest.mark.parametrize("password", ["Sara Karimi 1405", "karimi-09350000000", "aryatrading2026"])
async def test_ones_made_of_the_owners_data_are_refused_to_the_owner_alone(desk: Desk, password: str) -> None:
    asked, strange = await desk.ask(), await desk.ask(STRANGER)
    code, wrong = await desk.code(asked), await desk.wrong(asked)

    for answer in (Answer(asked.id, wrong), Answer(strange.id, await desk.code(strange))):
        with pytest.raises(InvalidSecret):
            await password_set(desk.auth, None, answer, password, at=desk.at)
    with pytest.raises(InvalidInput) as refused:
        await password_set(desk.auth, None, Answer(asked.id, code), password, at=desk.at)

    assert refused.value.message_key == "auth.password_personal"
    assert await kept(desk) == []
    await password_set(desk.auth, None, Answer(asked.id, code), GOOD, at=desk.at)  # the code is still good


async def test_a_refused_password_gives_no_guess_back(desk: Desk) -> None:
    asked = await desk.ask()
    code = await desk.code(asked)
    for _ in range(rules.GUESSES):
        with pytest.raises(InvalidInput):
            await password_set(desk.auth, None, Answer(asked.id, code), "Sara Karimi 1405", at=desk.at)

    with pytest.raises(InvalidSecret):
        await password_set(desk.auth, None, Answer(asked.id, code), GOOD, at=desk.at)


async def test_the_store_shows_neither_password_nor_hash(desk: Desk) -> None:
    await set_password(desk)
    (row,) = await kept(desk)

    assert GOOD.encode() not in row.sealed
    assert b"argon2" not in row.sealed
    assert row.set_at == desk.at


async def test_a_hash_costs_46_mib_and_has_a_salt_of_its_own() -> None:
    hasher = Hasher()
    one, other = await hasher.hash(GOOD), await hasher.hash(GOOD)

    assert one != other
    assert one.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert hasher._nobodys.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert [await hasher.is_right(hash, GOOD) for hash in (one, other, None)] == [True, True, False]
    assert not await hasher.is_right(one, OTHER)


# ── what a new password ends, and who hears of it ──


async def test_a_new_password_ends_every_other_session_at_once_in_every_process(desk: Desk) -> None:
    here, there, theirs = [await desk.begin(person) for person in (desk.manager, desk.manager, desk.tenant.account_manager)]
    actor = await desk.who(here.access_token)

    assert await set_password(desk, actor=actor) == here.session_id

    other_process = Desk(open_auth(desk.auth.database), desk.tenants, desk.at)
    assert await desk.who(here.access_token)
    assert await desk.who(theirs.access_token)
    assert await other_process.who(there.access_token) is None
    assert there.refresh_token
    with pytest.raises(InvalidSecret):
        await session_refresh(desk.auth, there.refresh_token, CLIENT, at=desk.at)


async def test_asked_by_a_stranger_it_ends_them_all(desk: Desk) -> None:
    tokens = await desk.begin(desk.manager)

    assert await set_password(desk) is None

    assert await desk.who(tokens.access_token) is None


async def test_asked_out_of_somebody_elses_session_it_ends_all_of_the_owners_and_none_of_theirs(desk: Desk) -> None:
    mine, theirs = await desk.begin(desk.manager), await desk.begin(desk.tenant.account_manager)

    assert await set_password(desk, actor=await desk.who(theirs.access_token)) is None

    assert await desk.who(mine.access_token) is None
    assert await desk.who(theirs.access_token)


async def test_the_old_password_is_over(desk: Desk) -> None:
    await set_password(desk)
    desk.wait(minutes=1)
    await set_password(desk, OTHER)

    with pytest.raises(InvalidSecret):
        await sign_in(desk)
    assert await sign_in(desk, OTHER)


async def test_no_session_begun_by_the_old_password_outlives_its_change(desk: Desk) -> None:
    await set_password(desk)
    asked = await desk.ask()
    answer = Answer(asked.id, await desk.code(asked))

    outcomes = await asyncio.gather(
        *(sign_in(desk) for _ in range(6)), password_set(desk.auth, None, answer, OTHER, at=desk.at), *(sign_in(desk) for _ in range(6)),
        return_exceptions=True,
    )  # fmt: skip

    begun = [outcome for outcome in outcomes if isinstance(outcome, Tokens)]
    assert all(isinstance(outcome, InvalidSecret) for outcome in outcomes if isinstance(outcome, BaseException))
    for tokens in begun:
        assert await desk.who(tokens.access_token) is None
    assert await sign_in(desk, OTHER)


async def test_the_trail_says_who_and_when_and_never_what(desk: Desk) -> None:
    await set_password(desk)
    first = desk.at
    desk.wait(minutes=1)
    actor = await desk.who((await sign_in(desk)).access_token)
    await set_password(desk, OTHER, actor=actor)

    async with desk.auth.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(col(AuditEntry.seq)))).all()
        assert await first_broken(session, desk.tenant.id) is None
    assert [(entry.action, entry.organization_id, entry.person_id) for entry in entries] == [("passwordSet", desk.tenant.id, desk.manager.id)] * 2
    changes = [entry.changes[0] for entry in entries]
    assert [(change["label"], change["field"], change["before"]) for change in changes] == [
        ("Sara Karimi", "passwordSetAt", None), ("Sara Karimi", "passwordSetAt", first.isoformat()),
    ]  # fmt: skip
    assert all(secret not in repr(entry) for entry in entries for secret in (GOOD, OTHER, "argon2"))


async def test_the_entry_of_an_account_manager_stands_at_the_subtree(desk: Desk) -> None:
    await set_password(desk, identity=desk.tenant.account_manager.mobile)

    async with desk.auth.database.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert entry.path == desk.tenant.accounts["sales"].path


async def test_the_owner_is_told_by_sms_and_mail_in_their_language(desk: Desk) -> None:
    await desk.change(Person, desk.manager.id, locale="RU")
    await set_password(desk)
    post = Post()
    handlers = {NOTICE_KIND: notice_handler(desk.auth.database, post, post)}
    async with desk.auth.database.write() as session:
        for row in (await session.scalars(select(OutboxRow).where(OutboxRow.kind != NOTICE_KIND))).all():
            await session.delete(row)

    await run_once(desk.auth.database, handlers, Still(desk), worker="test")

    assert {message.to for message in post.taken} == {desk.manager.mobile, desk.manager.email}
    assert all("парол" in message.text.lower() for message in post.taken)
    assert all(GOOD not in repr(message) for message in post.taken)


# ── signing in ──


async def test_unknown_people_people_without_one_and_wrong_ones_get_the_same_answer(desk: Desk) -> None:
    await set_password(desk)
    told = []
    for identity in (desk.manager.mobile, desk.tenant.account_manager.mobile, STRANGER, "nobody@example.org"):
        with pytest.raises(InvalidSecret) as refused:
            await sign_in(desk, OTHER, identity=identity)
        told.append((refused.value.message_key, refused.value.field, refused.value.tries_left, str(refused.value)))

    assert set(told) == {("auth.wrong_password", ("proof",), None, "auth.wrong_password")}


async def test_they_cost_the_same_statements_and_one_hash_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await set_password(desk)
    hashed: list[str] = []
    verify = Hasher._verify

    def noted(self: Hasher, hash: str, password: str) -> bool:
        hashed.append(hash)
        return verify(self, hash, password)

    monkeypatch.setattr(Hasher, "_verify", noted)
    seen = []
    for number, identity in enumerate((desk.manager.mobile, desk.tenant.account_manager.mobile, STRANGER)):
        with counted_statements(desk.auth.database) as statements, pytest.raises(InvalidSecret):
            await sign_in(desk, OTHER, identity=identity, client=Client(f"192.0.2.{number}"))
        seen.append([str(statement).split(" WHERE ")[0] for statement in statements])

    assert seen[0] == seen[1] == seen[2]
    assert len(hashed) == 3
    assert len({hash.rpartition("$")[0].rpartition("$")[0] for hash in hashed}) == 1  # same kind, memory, passes and lanes
    assert {len(hash) for hash in hashed} == {len(hashed[0])}


async def test_twenty_wrong_ones_at_once_are_counted_exactly_and_then_the_right_one_waits_too(desk: Desk) -> None:
    await set_password(desk)

    outcomes = await asyncio.gather(*(sign_in(desk, OTHER) for _ in range(20)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes].count(InvalidSecret) == rules.WRONG_PASSWORDS == 15
    assert [type(outcome) for outcome in outcomes].count(LimitReached) == 5
    assert await counted(desk, "password-identity:") == [15]
    assert await counted(desk, "otp-wrong:") == [15]
    with pytest.raises(LimitReached) as refused:
        await sign_in(desk)
    assert (refused.value.message_key, refused.value.retry_at) == ("auth.too_many_passwords", desk.at + rules.CODES_WINDOW)
    desk.wait(minutes=15)
    assert await sign_in(desk)


@pytest.mark.parametrize("seed", range(3))
async def test_any_course_of_guesses_goes_as_a_naive_count_of_them(desk: Desk, seed: int) -> None:
    await set_password(desk)
    chance, wrong = random.Random(seed), list[datetime]()
    for number in range(90):
        if chance.random() < 0.3:
            desk.wait(seconds=chance.randrange(1, 600))
        is_right = chance.random() < 0.15
        is_closed = sum(at > desk.at - rules.CODES_WINDOW for at in wrong) >= rules.WRONG_PASSWORDS or len(wrong) >= rules.WRONG_GUESSES
        expected = LimitReached if is_closed else None if is_right else InvalidSecret
        try:
            await sign_in(desk, GOOD if is_right else OTHER, client=Client(f"192.0.2.{number}"))
            seen = None
        except (LimitReached, InvalidSecret) as refused:
            seen = type(refused)
        assert seen is expected, number
        wrong += [desk.at] * (seen is InvalidSecret)
    assert len(wrong) > rules.WRONG_PASSWORDS


@given(st.text(max_size=200))
def test_every_keyboard_gives_the_same_password(typed: str) -> None:
    once = normal(typed)

    assert normal(once) == once
    assert normal(unicodedata.normalize("NFD", digits_persian(typed))) == once


async def test_right_ones_count_for_nothing(desk: Desk) -> None:
    await set_password(desk)
    for _ in range(rules.WRONG_PASSWORDS + 1):
        await sign_in(desk)

    assert await counted(desk, "password-") == [0, 0]
    assert await counted(desk, "otp-wrong:") == [0]


async def test_wrong_passwords_and_wrong_codes_lock_together_after_a_hundred(desk: Desk) -> None:
    await set_password(desk)
    for number in range(rules.WRONG_GUESSES - rules.GUESSES):
        if number % rules.WRONG_PASSWORDS == 0:
            desk.wait(minutes=16)
        with pytest.raises(InvalidSecret):
            await sign_in(desk, OTHER, client=Client(f"192.0.2.{number}"))
    desk.wait(minutes=16)
    asked = await desk.ask()
    for _ in range(rules.GUESSES):
        with pytest.raises(InvalidSecret):
            await desk.prove(asked, await desk.wrong(asked))

    with pytest.raises(LimitReached) as refused:
        await sign_in(desk)
    assert refused.value.message_key == "auth.locked"
    with pytest.raises(LimitReached):
        await desk.ask()
    desk.wait(days=1)
    assert await sign_in(desk)


async def test_thirty_wrong_ones_from_one_address_close_it_for_any_identity(desk: Desk) -> None:
    await set_password(desk)
    for number in range(rules.CODES_AN_ADDRESS):
        with pytest.raises(InvalidSecret):
            await sign_in(desk, OTHER, identity=f"+98935999{number:04}", client=ELSEWHERE)

    with pytest.raises(LimitReached):
        await sign_in(desk, client=ELSEWHERE)
    assert await sign_in(desk)


async def test_a_guess_is_counted_even_when_its_process_dies_while_it_hashes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await set_password(desk)

    async def died(*_: object) -> bool:
        raise SystemError("the process ended")

    with monkeypatch.context() as dying, pytest.raises(SystemError):
        dying.setattr(Hasher, "is_right", died)
        await sign_in(desk, OTHER)

    assert await counted(desk, "otp-wrong:") == [1]


async def test_a_full_line_sends_people_away_before_anything_is_counted(desk: Desk) -> None:
    await set_password(desk)
    desk.auth.hasher._inside = desk.auth.hasher._most_inside

    with pytest.raises(Busy):
        await sign_in(desk)
    desk.auth.hasher._inside = 0

    assert await counted(desk, "password-") == []
    assert await sign_in(desk)


async def test_staff_need_their_authenticator_after_the_password_as_after_a_code(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    await set_password(desk, identity=person.mobile)

    with pytest.raises(SecondFactorRequired) as required:
        await sign_in(desk, identity=person.mobile)
    challenge: Asked = required.value.challenge
    assert challenge.methods == (ProofMethod.TOTP,)
    desk.wait(seconds=30)
    assert (await desk.prove(challenge, desk.totp(), is_totp=True)).person_id == person.id
    assert await counted(desk, "otp-wrong:") == [0]


async def test_staff_without_authenticator_do_not_get_in_by_password(desk: Desk) -> None:
    person = await desk.hire(Role.OPERATOR_ADMIN, totp_secret=None)
    await set_password(desk, identity=person.mobile)

    with pytest.raises(NotEligible):
        await sign_in(desk, identity=person.mobile)
    with pytest.raises(InvalidSecret):  # and a wrong one tells nothing of that
        await sign_in(desk, OTHER, identity=person.mobile)


async def test_who_has_no_role_does_not_get_in(desk: Desk) -> None:
    await set_password(desk)
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.manager.id))).one()
    await desk.change(Membership, held.id, valid_to=desk.at)

    with pytest.raises(InvalidSecret):
        await sign_in(desk)


async def test_a_hash_moved_to_another_person_opens_nothing(desk: Desk) -> None:
    await set_password(desk)
    (row,) = await kept(desk)
    async with desk.auth.database.write() as session:
        session.add(Password(person_id=desk.tenant.account_manager.id, key_id=row.key_id, sealed=row.sealed, set_at=row.set_at))

    with pytest.raises(Exception, match="not sealed for this row"):
        await sign_in(desk, identity=desk.tenant.account_manager.mobile)


# ── proving oneself again ──


async def test_a_step_up_by_password_is_offered_to_who_has_one_and_proves(desk: Desk) -> None:
    await set_password(desk)
    tokens = await desk.begin(desk.manager)
    desk.wait(minutes=6)
    actor = await desk.who(tokens.access_token)
    assert actor is not None
    assert actor.methods == (ProofMethod.OTP_SMS, ProofMethod.OTP_EMAIL, ProofMethod.PASSWORD)

    given = PasswordAnswer(parse_identity(desk.manager.mobile or ""), GOOD)
    assert await session_step_up(desk.auth, actor, given, CLIENT, at=desk.at) == tokens.session_id

    proven = await desk.who(tokens.access_token)
    assert proven is not None
    assert proven.proof.is_fresh(desk.at)


async def test_somebody_elses_right_password_is_a_wrong_one(desk: Desk) -> None:
    await set_password(desk)
    theirs = await desk.actor(desk.tenant.account_manager)
    desk.wait(minutes=6)

    given = PasswordAnswer(parse_identity(desk.manager.mobile or ""), GOOD)
    with pytest.raises(InvalidSecret):
        await session_step_up(desk.auth, theirs, given, CLIENT, at=desk.at)
    async with desk.auth.database.read() as session:
        row = await session.get_one(SignInSession, theirs.session_id)
    assert row.proven_at < desk.at
    assert await counted(desk, "otp-wrong:") == [1]
