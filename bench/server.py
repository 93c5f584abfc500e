"""The servers that are measured: how each is started as a process of its own, asked, and its answer read."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench import environments
from bench.ground import ROOT, Ground, PageOf

DOCUMENT = (ROOT / "mobile" / "documents" / "05_fleet_page.graphql").read_text()


@dataclass(frozen=True)
class Server:
    """A server that is sent the app's own document; `command` by its port, in `folder`."""

    name: str
    command: Callable[[int], list[str | Path]]
    folder: Path = ROOT

    async def prepare(self, ground: Ground) -> None:
        """Puts into the database what it needs there besides the product's tables: nothing."""

    async def learn(self, client: httpx.AsyncClient, url: str, pages: Sequence[PageOf]) -> None:
        """Asks it for what it alone knows of the pages, once it runs: nothing."""

    def ask(self, page: PageOf) -> dict[str, Any]:
        """The body that asks for a page."""
        return {"query": DOCUMENT, "operationName": "Fleet", "variables": page.variables}

    def read(self, data: Any) -> Any:
        """The data of its answer as the product would have written them."""
        return data


def uvicorn(factory: str, *python: str | Path) -> Callable[[int], list[str | Path]]:
    """The command of an ASGI application, in our environment or by another interpreter."""

    def command(port: int) -> list[str | Path]:
        return [
            *(python or (sys.executable,)), "-P", "-m", "uvicorn", "--factory", factory, "--port", str(port), "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip

    return command


def node(script: str, *arguments: str) -> Callable[[int], list[str | Path]]:
    """The command of a script of the node environment, which listens on PORT."""
    return lambda _: [environments.node(), environments.NODE / script, *arguments]
