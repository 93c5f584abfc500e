"""Subscriptions over a socket: a job's progress whoever does it, ended with the right to hear it, and within the limits of HTTP."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import update
from starlette.types import ASGIApp
from websockets import ConnectionClosed, InvalidStatus, Subprotocol
from websockets.asyncio.client import connect

from api import sockets
from api.app import build
from api.world import World
from auth import rules
from auth.tables import ApiToken, SignInSession
from domain.approvals import queries
from domain.approvals.deciding import decide
from domain.audit.writing import Command, carry_out
from domain.jobs import running, watching
from domain.jobs.service import RUN, Many, cancel, carry_out_many
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.people.tables import Membership
from domain.sims import service as sims
from domain.sims.filters import SimFilter
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus, SimStatusReason
from store.outbox import Later, Task
from tests.api.sockets import Closed, Socket, connected
from tests.approvals import appoint, set_bands
from tests.desk import Desk
from tests.domain.orders.shop import GROSS, Shop
from tests.world import NOW, Tenant, TwoTenants, manager

PROGRESS = "subscription JobProgress($id: ID!) { jobProgress(jobId: $id) { id state total succeeded failed finishedAt } }"


@dataclass
class House:
    """A company whose program blocks its cards, and the application that others listen to."""

    world: World
    tenants: TwoTenants
    app: ASGIApp
    tokens: dict[str, UUID] = field(default_factory=dict)

    async def token(self, tenant: Tenant, *rights: Permission) -> str:
        """The header of a program of a company."""
        secret = rules.token_text("dev", f"{len(self.tokens)}".rjust(30, "0"))
        id = self.tokens[f"Bearer {secret}"] = uuid7()
        async with self.world.database.write() as session:
            session.add(
                ApiToken(
                    id=id, organization_id=tenant.id, account_id=tenant.accounts["root"].id, person_id=tenant.profile_manager.id, name="ERP",
                    prefix=secret[:14], hash=hashlib.sha256(secret.encode()).hexdigest(), permissions=[right.value for right in rights], networks=[],
                    by={}, created_at=NOW, expires_at=NOW + timedelta(days=1), last_used_at=NOW,
                )
            )  # fmt: skip
        return f"Bearer {secret}"

    def scope(self, header: str) -> Scope:
        tenant = self.tenants.one
        ref = ActorRef(self.tokens[header], "ERP", tenant.profile_manager.id, self.tokens[header])
        return Scope(ref, Permission.SIM_BLOCK, (Reach(tenant.id),), self.world.clock.now())

    async def job(self, header: str) -> UUID:
        """Begins to block the nine active cards."""
        return await self.job_of(self.scope(header))

    async def job_of(self, scope: Scope) -> UUID:
        """The same for whoever holds a scope."""
        selection, request = SimSelection(filter=SimFilter(statuses=[SimStatus.ACTIVE])), sims.block_request(Bar(SimStatusReason.LOST), None)
        many, command = Many(sims.BLOCK, request, selection, BulkErrorPolicy.REJECT_ALL), Command("simBlock", MutationMode.APPLY, "")
        done = await carry_out_many(self.world.database, scope, command, many, at=NOW)
        assert done.result
        return UUID(str(done.result["job"]))

    async def step(self, job_id: UUID) -> None:
        """Does a chunk of it, as a worker elsewhere would."""
        handler = running.handlers(self.world.database, self.world.clock, sims.DEEDS)[RUN]
        with suppress(Later):
            await handler(Task(1, RUN, "job", {"job_id": job_id.hex}, 1))

    async def end(self, header: str) -> None:
        """Revokes a token."""
        async with self.world.database.write() as session:
            await session.execute(update(ApiToken).where(ApiToken.id == self.tokens[header]).values(revoked_at=NOW))


@pytest_asyncio.fixture
async def house(world: World, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(running, "CHUNK", 3)
    monkeypatch.setattr(sockets, "LOOKS_EVERY", 0.05)
    async with world.access_log.running():
        yield House(world, two_tenants, build(world))


async def listening(house: House, socket: Socket, job_id: UUID, header: str) -> Any:
    """Signs in and listens to a job; returns what it heard first."""
    assert await socket.sign_in(header) == {"type": "connection_ack"}
    await socket.subscribe("1", PROGRESS, id=encode(Kind.JOB, job_id))
    return await socket.hear()


def told(message: Any) -> tuple[str, int]:
    """State and rows done of an event."""
    assert message["type"] == "next", message
    job = message["payload"]["data"]["jobProgress"]
    return job["state"], job["succeeded"]


async def refusal(socket: Socket) -> str:
    """The code of the error that ends a subscription."""
    message = await socket.hear()
    assert message["type"] == "error", message
    (error,) = message["payload"]
    assert error["message"]
    assert error["extensions"]["requestId"]
    return str(error["extensions"]["code"])


async def test_progress_is_heard_whoever_does_the_job(house: House) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        heard = [told(await listening(house, socket, job_id, header))]
        for _ in range(3):
            await house.step(job_id)
            heard.append(told(await socket.hear()))

        assert heard == [("QUEUED", 0), ("RUNNING", 3), ("RUNNING", 6), ("FINISHED", 9)]
        assert await socket.hear() == {"id": "1", "type": "complete"}


async def test_at_most_two_events_a_second_and_the_last_is_the_end(house: House) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        await listening(house, socket, job_id, header)
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            await house.step(job_id)
        heard = []
        while (message := await socket.hear())["type"] == "next":
            heard.append(told(message))

    seconds = asyncio.get_running_loop().time() - began
    assert heard[-1] == ("FINISHED", 9)
    assert len(heard) <= 1 + seconds / watching.PAUSE


async def test_a_cancelled_job_ends_the_subscription(house: House) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        await listening(house, socket, job_id, header)
        command = Command("jobCancel", MutationMode.APPLY, "")
        await carry_out(house.world.database, house.scope(header), command, lambda work: cancel(work, job_id), at=NOW)

        assert told(await socket.hear()) == ("CANCELLED", 0)
        assert (await socket.hear())["type"] == "complete"


@pytest.mark.parametrize("way", ["revoked", "expired", "dismissed"])
async def test_a_socket_closes_with_the_right_to_listen(house: House, way: str) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        await listening(house, socket, job_id, header)
        if way == "revoked":
            await house.end(header)
        elif way == "expired":
            house.world.clock.at += timedelta(days=2)  # type: ignore[attr-defined]
        else:
            async with house.world.database.write() as session:
                await session.execute(update(Membership).values(valid_to=NOW))

        with pytest.raises(Closed) as closed:
            while True:  # nothing but the end of the subscription may come before
                assert (await socket.hear())["type"] == "error"
        assert closed.value.code == sockets.UNAUTHENTICATED
    assert sockets.LOOKS_EVERY < 5


async def test_no_event_goes_to_who_may_no_longer_hear_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LOOKS_EVERY", 60)
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        await listening(house, socket, job_id, header)
        await house.end(header)
        await house.step(job_id)

        assert await refusal(socket) == "UNAUTHENTICATED"


async def test_somebody_elses_job_is_not_found(house: House) -> None:
    job_id = await house.job(await house.token(house.tenants.one, Permission.SIM_BLOCK))
    strangers = (
        await house.token(house.tenants.other, Permission.SIM_BLOCK), await house.token(house.tenants.one, Permission.SIM_BLOCK),
    )  # fmt: skip
    for header in strangers:
        async with connected(house.app) as socket:
            await socket.sign_in(header)
            await socket.subscribe("1", PROGRESS, id=encode(Kind.JOB, job_id))
            assert await refusal(socket) == "NOT_FOUND"


@pytest.mark.parametrize("header", [None, "Bearer nothing", "Basic x", "Bearer smg_dev_0", 7, "Bearer \u200f"])
async def test_nobody_listens_without_signing_in(house: House, header: Any) -> None:
    async with connected(house.app) as socket:
        with pytest.raises(Closed) as closed:
            await socket.sign_in(header)
        assert closed.value.code == 4403
    async with connected(house.app) as socket:
        await socket.subscribe("1", PROGRESS, id="x")
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == sockets.UNAUTHENTICATED


async def test_who_never_signs_in_and_who_listens_to_nothing_is_sent_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SECONDS_TO_SIGN_IN", 0.05)
    async with connected(house.app) as socket:
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == 4408
    monkeypatch.setattr(sockets, "IDLE", 0.1)
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    async with connected(house.app) as socket:
        await socket.sign_in(header)
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == sockets.IDLE_TOO_LONG


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{", 4400), ("[]", 4400), ("null", 4400), ("{}", 4400), ('{"type": "fly"}', 4400), ('{"type": "subscribe"}', 4400),
        ('{"type": "subscribe", "id": 5, "payload": {}}', 4400), ('{"type": "subscribe", "id": "1", "payload": []}', 4400),
        ('{"type": "complete"}', 4400), ('{"type": "complete", "id": []}', 4400), ('{"type": []}', 4400), ('{"type": "connection_init"}', 4429), ('"' + "x" * 70_000 + '"', 1009),
        ('{"type": "subscribe", "id": "' + "x" * 200 + '", "payload": {}}', 4400), ("\u200f" * 30_000, 1009),
    ],
)  # fmt: skip
async def test_what_is_no_message_ends_the_talk(house: House, said: str, code: int) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    async with connected(house.app) as socket:
        await socket.sign_in(header)
        await socket.say(said)
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "INVALID_REQUEST"),
        ({"query": "subscription { nothing }"}, "INVALID_REQUEST"),
        ({"query": "{"}, "INVALID_REQUEST"),
        ({"query": "{ viewer { locale } }"}, "INVALID_REQUEST"),
        ({"query": PROGRESS}, "INVALID_REQUEST"),
        ({"query": PROGRESS, "variables": {"id": "nonsense"}}, "NOT_FOUND"),
        ({"query": PROGRESS, "variables": {"id": "a\0b"}}, "INVALID_INPUT"),
        ({"query": PROGRESS, "variables": [1]}, "INVALID_REQUEST"),
        ({"query": "subscription { " + "a" * 17_000 + " }"}, "DOCUMENT_TOO_LARGE"),
        ({"documentId": "sha256:" + "0" * 64}, "DOCUMENT_NOT_FOUND"),
        ({"documentId": "x", "query": PROGRESS}, "INVALID_REQUEST"),
    ],
)
async def test_an_unsound_subscription_is_told_why_and_the_talk_goes_on(house: House, payload: dict[str, Any], code: str) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    async with connected(house.app) as socket:
        await socket.sign_in(header)
        for _ in range(2):  # the id is free again
            await socket.say({"id": "1", "type": "subscribe", "payload": payload})
            assert await refusal(socket) == code
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}


async def test_ten_subscriptions_run_on_one_socket_and_no_more(house: House) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)
    async with connected(house.app) as socket:
        await listening(house, socket, job_id, header)
        for number in range(2, 11):
            await socket.subscribe(str(number), PROGRESS, id=encode(Kind.JOB, job_id))
            assert told(await socket.hear()) == ("QUEUED", 0)
        await socket.subscribe("11", PROGRESS, id=encode(Kind.JOB, job_id))
        assert await refusal(socket) == "LIMIT_REACHED"

        await socket.say({"id": "2", "type": "complete"})
        await socket.subscribe("12", PROGRESS, id=encode(Kind.JOB, job_id))
        assert told(await socket.hear()) == ("QUEUED", 0)
        await socket.subscribe("12", PROGRESS, id=encode(Kind.JOB, job_id))
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == 4409


async def test_an_address_opens_fifty_sockets_and_no_more(house: House) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(sockets.MOST_SOCKETS):
            await stack.enter_async_context(connected(house.app, address="192.0.2.7"))
        with pytest.raises(Closed) as closed:
            await stack.enter_async_context(connected(house.app, address="192.0.2.7"))
        assert closed.value.code == 429
        await stack.enter_async_context(connected(house.app, address="192.0.2.8"))
    async with connected(house.app, address="192.0.2.7"):
        pass


async def test_another_protocol_isn_t_spoken(house: House) -> None:
    for protocols in ((), ("graphql-ws",)):
        with pytest.raises(Closed) as closed:
            async with connected(house.app, protocols=protocols):
                pass
        assert closed.value.code == 400


async def test_a_bug_is_told_masked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)

    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(watching.JobWatch, "news", broken)
    async with connected(house.app) as socket:
        await socket.sign_in(header)
        await socket.subscribe("1", PROGRESS, id=encode(Kind.JOB, job_id))
        message = await socket.hear()
    assert message["payload"][0]["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(message)


async def test_one_read_serves_all_listeners_and_none_is_made_without(house: House) -> None:
    watch, reads = watching.JobWatch(house.world.database, pause=0.02), 0
    states = watch._states

    async def counted() -> Any:
        nonlocal reads
        reads += 1
        return await states()

    watch._states = counted  # type: ignore[method-assign]
    header = await house.token(house.tenants.one, Permission.SIM_BLOCK)
    job_id = await house.job(header)

    async def listen() -> int:
        return len([None async for _ in watch.news(job_id)])

    listeners = [asyncio.create_task(listen()) for _ in range(20)]
    await asyncio.sleep(0.1)
    for _ in range(3):
        await house.step(job_id)
        await asyncio.sleep(0.1)
    heard = await asyncio.gather(*listeners)

    assert heard == [4] * 20
    assert reads < 100
    so_far = reads
    await asyncio.sleep(0.1)
    assert reads == so_far


async def test_over_a_real_network_a_session_listens_until_it_is_ended(house: House) -> None:
    desk = Desk(house.world.auth, house.tenants)
    tokens = await desk.begin(house.tenants.one.profile_manager)
    actor = await desk.actor(house.tenants.one.profile_manager)
    job_id = await house.job_of(actor.scope(Permission.SIM_BLOCK, NOW))
    server = uvicorn.Server(uvicorn.Config(house.app, port=0, lifespan="off", log_level="warning", ws_max_size=sockets.FRAME_BYTES))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells it by nothing else
        await asyncio.sleep(0.01)
    place = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol(sockets.PROTOCOL)]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {tokens.access_token}"}}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            payload = {"query": PROGRESS, "variables": {"id": encode(Kind.JOB, job_id)}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert told(json.loads(await socket.recv())) == ("QUEUED", 0)
            await house.step(job_id)
            assert told(json.loads(await socket.recv())) == ("RUNNING", 3)
            async with house.world.database.write() as session:
                await session.execute(update(SignInSession).values(revoked_at=NOW))
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(5):
                    await socket.recv()
            assert socket.close_code == sockets.UNAUTHENTICATED
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://{place}/graphql"):
                pass
        assert refused.value.response.status_code == 400
        async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol(sockets.PROTOCOL)]) as socket:
            await socket.send("x" * 70_000)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == sockets.TOO_LARGE
    finally:
        server.should_exit = True
        await serving


CHANGED = "subscription ApprovalChanged { approvalChanged { id state reason amount { amount } dueAt } }"


async def test_approvals_are_heard_by_who_answers_and_by_who_asked(house: House) -> None:
    """Each change once, whatever process it happens in, and nothing of what is another's."""
    shop = await Shop.opened(house.world.database, house.tenants)
    one, at = house.tenants.one, house.world.clock.now()
    await set_bands(house.world.database, one, "root", (1, one.profile_manager.id))
    buyer = await appoint(house.world.database, one, "Bahar", Role.PROFILE_MANAGER, "root")
    asking = manager(buyer, Role.PROFILE_MANAGER, Reach(one.id))
    header = await house.token(one, Permission.ORDER_READ)
    strange = await house.token(house.tenants.other, Permission.ORDER_READ)
    async with connected(house.app) as answerer, connected(house.app) as stranger:
        for socket, who in ((answerer, header), (stranger, strange)):
            assert await socket.sign_in(who) == {"type": "connection_ack"}
            await socket.subscribe("1", CHANGED)
        await asyncio.sleep(0.3)

        done = await shop.buy(actor=asking)
        heard = (await answerer.hear())["payload"]["data"]["approvalChanged"]
        assert (heard["state"], heard["reason"], heard["amount"]) == ("PENDING", "AMOUNT", {"amount": str(GROSS)})

        assert done.result is not None
        order_id = done.result["order"]
        scope = one.as_profile_manager().scope(Permission.APPROVAL_DECIDE, at)
        async with house.world.database.read() as session:
            (approval,) = await queries.approvals_of_subjects(session, [(one.id, order_id)])
        assert approval is not None
        house.world.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
        command, later = Command("approvalDecide", MutationMode.APPLY, ""), house.world.clock.now()
        await carry_out(house.world.database, scope, command, lambda work: decide(work, approval.id, False, None), at=later)
        assert (await answerer.hear())["payload"]["data"]["approvalChanged"]["state"] == "REJECTED"
        with pytest.raises(TimeoutError):
            await stranger.hear(1)
