"""The addresses that a process listens on, and uvicorn behind them."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from api import collecting
from api.faults import CannotStart


class PortTaken(CannotStart):
    """Another process listens where we should."""


@contextlib.contextmanager
def listening(host: str, port: int, means: str = "--port") -> Iterator[socket.socket]:
    """An address, taken before anything is started behind it; `means` is how to choose another port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as fault:
            raise PortTaken(f"Can't listen on {host} port {port}: {fault.strerror}. Choose another with {means}.") from None
        yield door


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us: its own handling ends the process before the document server is stopped."""

    def __init__(self, config: uvicorn.Config, *, greeting: str = "") -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Settles what is there for good, opens the door and greets."""
        collecting.settle()
        await super().startup(sockets)
        sys.stdout.write(self._greeting)
        sys.stdout.flush()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


@contextlib.asynccontextmanager
async def beside(app: ASGIApp, door: socket.socket) -> AsyncIterator[None]:
    """Answers HTTP for operators for the block, beside whatever else the process does."""
    server = Server(uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, server_header=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await serving
