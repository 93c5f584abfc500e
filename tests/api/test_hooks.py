"""An empty SMS asks for a password: only the gateway may say so, once, and strangers learn nothing (MI-05)."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import col, select

from api.app import build
from api.settings import BadSettings, read_settings
from api.worker import handlers
from api.workshop import Workshop
from auth import rules
from auth.errors import InvalidSecret
from auth.hooks import REMEMBERED
from auth.passwords import password_set
from auth.proofs import Answer
from auth.sessions import session_create
from auth.tables import Challenge, ChallengeKind, LimitWindow, Password
from domain.kernel.ids import Kind, decode_as
from domain.kernel.webhooks import signature
from domain.people.tables import Person
from store import outbox
from tests.desk import CLIENT, STRANGER, Desk
from tests.domain.kernel.test_webhooks import OTHER, SECRET
from tests.world import NOW, TwoTenants

GOOD = "teapot granite 41 willow"


@pytest_asyncio.fixture
async def gateway(world: Workshop) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway's way to a system that shares a secret with it."""
    told = replace(world, settings=replace_settings(world, SECRET))
    transport = httpx.ASGITransport(app=build(told), client=("203.0.113.5", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def replace_settings(world: Workshop, secret: str | None) -> Any:
    return read_settings({"SIMURGH_SMS_HOOK_SECRET": secret} if secret else {}, data_dir=world.settings.data_dir)


async def tell(gateway: httpx.AsyncClient, world: Workshop, id: str, told: Any, *, secret: str = SECRET, **headers: str) -> int:
    """Tells of an SMS, signed; returns the status."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    time = str(int(world.clock.now().timestamp()))
    signed = {"webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature(secret, id, time, body)}
    return (await gateway.post("/hooks/sms", content=body, headers=signed | headers)).status_code


async def challenges(world: Workshop) -> list[Challenge]:
    async with world.database.read() as session:
        return list((await session.scalars(select(Challenge).order_by(col(Challenge.created_at)))).all())


async def test_an_empty_sms_is_answered_with_a_code_that_sets_a_password_and_nothing_else(
    gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants
) -> None:
    mobile = two_tenants.one.profile_manager.mobile
    assert mobile and world.inbox

    assert await tell(gateway, world, "msg_1", {"from": "0" + mobile.removeprefix("+98"), "to": "130", "text": " \n"}) == 204

    await outbox.run_once(world.database, handlers(world), world.clock, worker="test")
    sms = world.inbox.messages(mobile)[0].text
    code, link = re.findall(r"(\d{6})\s+simurgh://password/(\S+)", sms)[0]
    answer = Answer(decode_as(Kind.CHALLENGE, link), code)
    with pytest.raises(InvalidSecret):
        await session_create(world.auth, answer, CLIENT, at=NOW)
    await password_set(world.auth, None, answer, GOOD, at=NOW)
    async with world.database.read() as session:
        assert (await session.scalars(select(Password.person_id))).one() == two_tenants.one.profile_manager.id


@pytest.mark.parametrize("told", [{"from": "+989350000000", "text": "stop"}, {"from": "+989350000000", "text": "130"}])
async def test_words_are_taken_and_open_nothing(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants, told: Any) -> None:
    assert await tell(gateway, world, "msg_1", told) == 204
    assert await challenges(world) == []


async def test_a_replayed_call_is_refused_as_long_as_its_signature_is_good(
    gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants
) -> None:
    told = json.dumps({"from": two_tenants.one.profile_manager.mobile, "text": ""}).encode()
    ahead = str(int((world.clock.now() + timedelta(minutes=5)).timestamp()))
    signed = {"webhook-id": "msg_1", "webhook-timestamp": ahead, "webhook-signature": signature(SECRET, "msg_1", ahead, told)}
    seen = []
    for _ in range(12):
        seen.append((await gateway.post("/hooks/sms", content=told, headers=signed)).status_code)
        world.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]  # the tests' clock

    assert seen == [204, *[409] * 10, 401]
    assert len(await challenges(world)) == 1
    assert timedelta(minutes=10) < REMEMBERED


async def test_twenty_times_the_same_call_at_once_opens_one_question(
    gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants
) -> None:
    told = {"from": two_tenants.one.profile_manager.mobile, "text": ""}

    answers = await asyncio.gather(*(tell(gateway, world, "msg_1", told) for _ in range(20)))

    assert sorted(answers) == [204, *[409] * 19]
    assert len(await challenges(world)) == 1


async def test_what_is_not_signed_by_us_opens_nothing(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    told = {"from": two_tenants.one.profile_manager.mobile, "text": ""}
    later = str(int(world.clock.now().timestamp()) + 301)

    assert await tell(gateway, world, "msg_1", told, secret=OTHER) == 401
    assert await tell(gateway, world, "msg_1", told, **{"webhook-signature": ""}) == 401
    assert await tell(gateway, world, "msg_1", told, **{"webhook-id": "msg_2"}) == 401
    assert await tell(gateway, world, "msg_1", told, **{"webhook-timestamp": later}) == 401
    assert (await gateway.post("/hooks/sms", json=told)).status_code == 401
    assert (await gateway.get("/hooks/sms")).status_code == 405
    assert await challenges(world) == []
    async with world.database.read() as session:
        assert (await session.scalars(select(LimitWindow))).all() == []


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"5", b'"x"', b"{}", b'{"from": null}', b'{"from": 5, "text": ""}', b'{"from": "IRANCELL", "text": ""}', b"\xff{", b'{"from": []}']
)  # fmt: skip
async def test_odd_bodies_are_refused_and_may_be_told_again(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants, body: bytes) -> None:
    assert await tell(gateway, world, "msg_1", body) == 400
    assert await tell(gateway, world, "msg_1", {"from": two_tenants.one.profile_manager.mobile}) == 204


async def test_a_large_body_is_not_read(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    assert await tell(gateway, world, "msg_1", b" " * 16_385) == 413


async def test_known_and_unknown_numbers_get_the_same(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    for number, mobile in enumerate((two_tenants.one.profile_manager.mobile, STRANGER)):
        assert await tell(gateway, world, f"msg_{number}", {"from": mobile, "text": ""}) == 204

    rows = await challenges(world)
    assert [(row.kind, row.channel, row.is_withheld) for row in rows] == [(ChallengeKind.PASSWORD, "SMS", False)] * 2
    assert sorted(row.person_id is None for row in rows) == [False, True]
    async with world.database.read() as session:
        letters = (await session.scalars(select(outbox.OutboxRow))).all()
    assert len({len(letter.payload["letter"]) for letter in letters}) == 1


async def test_the_limits_of_codes_hold_for_the_number_and_not_for_the_gateway(
    gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants
) -> None:
    mobile = two_tenants.one.profile_manager.mobile
    for number in range(rules.CODES_AN_IDENTITY + 2):
        assert await tell(gateway, world, f"msg_{number}", {"from": mobile, "text": ""}) == 204
    assert len(await challenges(world)) == rules.CODES_AN_IDENTITY

    for number in range(rules.CODES_AN_ADDRESS):
        await tell(gateway, world, f"other_{number}", {"from": f"+9893599{number:05}", "text": ""})
    assert len(await challenges(world)) == rules.CODES_AN_IDENTITY + rules.CODES_AN_ADDRESS


async def test_a_line_changed_lately_gets_no_answer(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    manager = two_tenants.one.profile_manager
    assert manager.mobile and world.inbox
    await Desk(world.auth, two_tenants).change(Person, manager.id, line_changed_at=NOW)

    assert await tell(gateway, world, "msg_1", {"from": manager.mobile, "text": ""}) == 204

    await outbox.run_once(world.database, handlers(world), world.clock, worker="test")
    assert world.inbox.messages(manager.mobile) == []


async def test_without_a_shared_secret_nothing_comes_in(http: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    assert await tell(http, world, "msg_1", {"from": two_tenants.one.profile_manager.mobile, "text": ""}) == 404


@pytest.mark.parametrize("secret", ["short", "x" * 60, "whsec_c2hvcnQ=", "whsec_" + "%" * 44])
def test_a_secret_of_another_form_is_named(secret: str) -> None:
    with pytest.raises(BadSettings, match="SIMURGH_SMS_HOOK_SECRET"):
        read_settings({"SIMURGH_SMS_HOOK_SECRET": secret})
