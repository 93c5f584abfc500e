"""Answers HTTP: one process, one port, one clean way to stop."""

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp

from api import logs
from api.app import build
from api.listening import Server, listening
from api.settings import LogFormat, Settings
from api.stopping import Stop, leaving, stoppable
from api.watching import watching
from api.world import check_migrated, open_world

SECONDS_TO_FINISH = 65
"""How long open requests are waited for: a mutation may take a minute."""
LONGEST_FRAME = 64 * 1024  # bytes of one websocket message


async def serve(settings: Settings) -> None:
    """Answers HTTP until SIGTERM or SIGINT, with stores and workers of their own elsewhere."""
    logs.configure(is_json=settings.log_format is LogFormat.JSON)
    with listening(settings.host, settings.port) as door:
        async with stoppable() as stop:
            await check_migrated(settings)
            async with open_world(settings) as world, watching(world, stop):
                await serve_http(build(world), settings, door, stop, seconds_to_finish=SECONDS_TO_FINISH)


async def serve_http(
    app: ASGIApp, settings: Settings, door: socket.socket, stop: Stop, *, greeting: str = "", seconds_to_finish: int = 5
) -> None:
    """Answers HTTP until told to stop; says the greeting once it does.

    Told to stop it says so for as long as the settings have it, so that a balancer sends nobody here any more, then closes its door, tells
    websockets to go (1012) and finishes open requests.
    """
    server = Server(
        uvicorn.Config(
            leaving(app, stop),
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
            timeout_graceful_shutdown=seconds_to_finish,
            server_header=False,
            ws_max_size=LONGEST_FRAME,
            lifespan="off",  # what lives as long as the server is opened around it, by open_world
        ),
        greeting=greeting,
    )

    def close() -> None:
        server.should_exit = True

    def close_at_once() -> None:
        server.should_exit = server.force_exit = True

    stop.ends(lambda: asyncio.get_running_loop().call_later(settings.drain_seconds, close), close_at_once)
    await server.serve(sockets=[door])
