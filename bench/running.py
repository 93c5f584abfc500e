"""Starts servers, waits until they answer, sees that all answer the same, and stops them."""

import asyncio
import contextlib
import json
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import orjson

from bench.ground import Ground, PageOf
from bench.postgresql import BUILT
from bench.server import Server

SECONDS_TO_START = 60
SECONDS_TO_STOP = 5
SECONDS_BETWEEN_LOOKS = 0.01


class NotTheSame(Exception):
    """Two servers answer the same page differently, or one doesn't answer it."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    server: Server
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}/graphql"

    async def answer(self, client: httpx.AsyncClient, page: PageOf, token: str) -> tuple[Any, int]:
        """Its data for a page in the product's shape, and the size of the answer's body; raises `NotTheSame` for anything but data."""
        headers = {"authorization": f"Bearer {token}"}
        response = await client.post(self.url, json=self.server.ask(page), headers=headers)
        if response.status_code != 200 or "errors" in (body := response.json()):
            raise NotTheSame(f"{self.server.name} answers {response.status_code}: {response.text[:300]}")
        return self.server.read(body["data"]), len(response.content)


@asynccontextmanager
async def running(ground: Ground, servers: Sequence[Server]) -> AsyncIterator[list[Running]]:
    """Starts servers, one process each, for the block; their output goes to `.build/bench/log`."""
    for server in servers:
        await server.prepare(ground)
    (BUILT / "log").mkdir(parents=True, exist_ok=True)
    started: list[tuple[Server, int, subprocess.Popen[bytes]]] = []
    try:
        for server in servers:
            port = _free_port()
            started.append((server, port, _start(server, port, {**ground.environment, "PORT": str(port)})))
        for server, port, child in started:
            await _wait(server, port, child)
        yield [Running(server, port, child.pid) for server, port, child in started]
    finally:
        for *_, child in started:
            child.terminate()
        for *_, child in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(SECONDS_TO_STOP)
            child.kill()
            child.wait()


async def check_same(servers: Sequence[Running], pages: Sequence[PageOf], token: str) -> dict[str, int]:
    """Asks every server for every page and holds the answers against the first one's; returns the mean size of each one's answers.

    Raises `NotTheSame` with the first place that differs.
    """
    sizes = {one.server.name: 0 for one in servers}
    unkept = httpx.Limits(max_keepalive_connections=0)  # a server may hang up while others have their turn
    async with httpx.AsyncClient(timeout=60, limits=unkept) as client:
        for one in servers:
            await one.server.learn(client, one.url, pages)
        for page in pages:
            expected: Any = None
            for one in servers:
                data, size = await one.answer(client, page, token)
                sizes[one.server.name] += size
                if expected is None:
                    expected = data
                elif place := difference(expected, data):
                    raise NotTheSame(f"{one.server.name} differs from {servers[0].server.name} on {page}: {place}")
    return {name: size // len(pages) for name, size in sizes.items()}


def difference(expected: Any, found: Any, place: str = "data") -> str | None:
    """The first place where two answers differ, null when they are equal."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        return next((place_ for key in expected if (place_ := difference(expected[key], found[key], f"{place}.{key}"))), None)
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return next((place_ for index, (a, b) in pairs if (place_ := difference(a, b, f"{place}[{index}]"))), None)
    return None if expected == found and type(expected) is type(found) else f"{place}: {_short(expected)} ≠ {_short(found)}"


def write_bodies(server: Server, pages: Sequence[PageOf]) -> Path:
    """The bodies that ask a server for the pages, one a line, for wrk."""
    path = BUILT / f"bodies-{server.name}-{pages[0].first}.jsonl"
    path.write_bytes(b"".join(orjson.dumps(server.ask(page)) + b"\n" for page in pages))
    return path


def _start(server: Server, port: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with _log(server).open("wb") as log:
        return subprocess.Popen(server.command(port), env=environment, cwd=server.folder, stdout=log, stderr=log)


async def _wait(server: Server, port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + SECONDS_TO_START
    while monotonic() < deadline and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    raise NotTheSame(f"{server.name} doesn't start: {_log(server).read_text()[-2000:]}")


def _log(server: Server) -> Path:
    return BUILT / "log" / f"{server.name}.txt"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:120]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
