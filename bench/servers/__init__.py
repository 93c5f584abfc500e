"""The servers that are measured: how each is started as a process of its own, asked, and its answer read."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ground import PageOf

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "mobile" / "documents" / "05_fleet_page.graphql").read_text()


def _fleet(page: PageOf) -> dict[str, Any]:
    return {"query": DOCUMENT, "operationName": "Fleet", "variables": page.variables}


def _same(data: Any) -> Any:
    return data


@dataclass(frozen=True, slots=True)
class Server:
    """A server: `command` by its port, `ask` the body for a page, `read` its data as the product would have written it."""

    name: str
    command: Callable[[int], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    ask: Callable[[PageOf], dict[str, Any]] = _fleet
    read: Callable[[Any], Any] = _same


def _python(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", *words]


def _uvicorn(factory: str, port: int, python: tuple[str, ...] = (sys.executable, "-P")) -> list[str]:
    return [
        *python, "-m", "uvicorn", "--factory", factory, "--port", str(port), "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        Server("product", lambda port: _python("bench.servers.product", str(port))),
        Server("raw-dict", lambda port: _uvicorn("bench.servers.raw:raw_dict", port)),
        Server("raw-structs", lambda port: _uvicorn("bench.servers.raw:raw_structs", port)),
        Server("raw-sql", lambda port: _uvicorn("bench.servers.raw:raw_sql", port)),
    )
}
"""All of them, in the order in which a round goes through them."""
