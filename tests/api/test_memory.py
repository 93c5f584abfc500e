"""What a process holds is bounded whatever is asked of it, and what a read made is gone with its answer."""

import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import budget
from api.app import build
from api.workshop import Workshop
from auth import access_tokens
from schema.kernel import documents
from tests.desk import Desk
from tests.world import TwoTenants

FLEET = (Path(__file__).resolve().parents[2] / "mobile" / "documents" / "05_fleet_page.graphql").read_text()
OURS = {"api", "auth", "domain", "schema", "store"}
UNDER_US = {"beanie", "bson", "graphql", "pydantic", "pymongo", "sqlalchemy", "sqlmodel", "starlette", "strawberry", "structlog"}
BOUNDS = ((budget, "KEPT"), (documents, "KEPT"), (access_tokens, "MOST_REMEMBERED"))
"""Of what a process remembers of requests; without its bound each of them fails the test below."""
KEPT = 10
SLACK = 5
"""Objects that libraries may come to hold meanwhile; each of the thirty requests that stays behind is one at least."""


@asynccontextmanager
async def client(app: Any, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=(address, 40000)), base_url="http://127.0.0.1:8000") as opened:
        yield opened


def package_of(thing: object) -> str:
    """Whose class a thing is of."""
    return str(type(thing).__module__).split(".")[0]


async def test_a_read_leaves_nothing_for_the_collector(world: Workshop, two_tenants: TwoTenants) -> None:
    desk, app = Desk(world.auth, two_tenants), build(world)
    headers = {"authorization": f"Bearer {(await desk.begin(desk.manager)).access_token}"}
    body = {"query": FLEET, "operationName": "Fleet", "variables": {"account": desk.tenant.account("root"), "first": 10}}
    async with client(app) as http:
        for _ in range(3):  # the document is prepared and compiled, statements are made
            assert len((await http.post("/graphql", json=body, headers=headers)).json()["data"]["account"]["sims"]["edges"]) == 10
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await http.post("/graphql", json=body, headers=headers)
            gc.collect()
            left = Counter(type(thing).__qualname__ for thing in gc.garbage if package_of(thing) in OURS | UNDER_US)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    assert not left


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_ever_new_requests_leave_nothing_behind(
    world: Workshop, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, bound in BOUNDS:
        monkeypatch.setattr(module, bound, KEPT)
    desk, app = Desk(world.auth, two_tenants), build(world)
    account = desk.tenant.account("root")

    async def asked(number: int) -> None:
        """A stranger, one who asks nonsense, and a customer with a document, a filter and a session of their own."""
        token = (await desk.begin(desk.manager)).access_token
        async with client(app, f"10.0.{number // 256}.{number % 256}") as http:
            for query in (f"{{ a{number}: __typename }}", f"{{ nothing{number} }}", "{" * number):
                await http.post("/graphql", json={"query": query})
            found = await http.post(
                "/graphql",
                json={
                    "query": f"query Fleet{number} {FLEET[FLEET.index('('):FLEET.index('query FleetCount')]}",
                    "variables": {"account": account, "first": number % 7 + 1, "search": f"{number}"},
                },
                headers={"authorization": f"Bearer {token}"},
            )
            assert "errors" not in found.json(), found.text

    async def held_after(numbers: range) -> Counter[str]:
        for number in numbers:
            await asked(number)
        await world.access_log.flush()
        gc.collect()
        return Counter(type(thing).__qualname__ for thing in gc.get_objects() if package_of(thing) in OURS | UNDER_US)

    before = await held_after(range(1, 31))
    after = await held_after(range(31, 61))

    assert (after - before).total() < SLACK, (after - before).most_common(10)
