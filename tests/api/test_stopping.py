"""A process on its way out says so, answers what it was asked, and takes nothing new."""

import asyncio
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.listening import listening
from api.serving import serve_http
from api.settings import read_settings
from api.stopping import Stop
from tests.tooling.process_tree import free_port


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(2)
    return PlainTextResponse("done")


async def quick(_: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


async def test_it_says_that_it_goes_and_finishes_what_it_was_asked(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(read_settings({}, port=free_port(), data_dir=tmp_path), drain_seconds=1)
    app, stop = Starlette(routes=[Route("/slow", slow), Route("/quick", quick), Route("/readyz", quick)]), Stop()
    with listening(settings.host, settings.port) as door:
        serving = asyncio.create_task(serve_http(app, settings, door, stop))
        async with httpx.AsyncClient(base_url=settings.public_url, timeout=10) as client:
            await answering(client)
            before = await client.get("/quick")
            under_way = asyncio.create_task(client.get("/slow"))
            await asyncio.sleep(0.2)
            stop()
            ready, during = await client.get("/readyz"), await client.get("/quick")
            finished = await under_way
            await serving

    assert "connection" not in before.headers
    assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
    assert (during.text, during.headers["connection"]) == ("here", "close")
    assert finished.text == "done"
    with pytest.raises(httpx.ConnectError):
        await httpx.AsyncClient().get(f"{settings.public_url}/quick")


async def answering(client: httpx.AsyncClient) -> None:
    """Returns when the door is open."""
    for _ in range(500):
        try:
            await client.get("/readyz")
            return
        except httpx.ConnectError:
            await asyncio.sleep(0.02)
