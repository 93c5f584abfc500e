"""Answers HTTP: one process, one port, one clean way to stop."""

import contextlib
import socket
import sys
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from api import collecting
from api.app import build
from api.faults import CannotStart
from api.settings import Settings
from api.stopping import Stop, stoppable
from api.world import check_migrated, open_world

SECONDS_TO_FINISH_REQUESTS = 5
LONGEST_FRAME = 64 * 1024  # bytes of one websocket message


class PortTaken(CannotStart):
    """Another process listens where we should."""


async def serve(settings: Settings) -> None:
    """Answers HTTP until SIGTERM or SIGINT, with stores and workers of their own elsewhere."""
    with listening(settings) as door:
        async with stoppable() as stop:
            await check_migrated(settings)
            async with open_world(settings) as world:
                await serve_http(build(world), settings, door, stop)


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Our address, taken before anything is started behind it."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((settings.host, settings.port))
        except OSError as fault:
            place = f"{settings.host} port {settings.port}"
            raise PortTaken(f"Can't listen on {place}: {fault.strerror}. Choose another with --port.") from None
        yield door


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us: its own handling ends the process before the document server is stopped."""

    def __init__(self, config: uvicorn.Config, *, greeting: str) -> None:
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


async def serve_http(app: ASGIApp, settings: Settings, door: socket.socket, stop: Stop, *, greeting: str = "") -> None:
    """Answers HTTP until told to stop; says the greeting once it does."""
    server = Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
            timeout_graceful_shutdown=SECONDS_TO_FINISH_REQUESTS,
            server_header=False,
            ws_max_size=LONGEST_FRAME,
            lifespan="off",  # what lives as long as the server is opened around it, by open_world
        ),
        greeting=greeting,
    )
    stop.serving(server)
    await server.serve(sockets=[door])
