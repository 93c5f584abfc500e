"""Answers HTTP: one process, one port, one clean way to stop."""

import socket

import uvicorn
from starlette.types import ASGIApp

from api import logs
from api.app import build
from api.listening import Server, listening
from api.settings import LogFormat, Settings
from api.stopping import Stop, stoppable
from api.watching import watching
from api.world import check_migrated, open_world

SECONDS_TO_FINISH_REQUESTS = 5
LONGEST_FRAME = 64 * 1024  # bytes of one websocket message


async def serve(settings: Settings) -> None:
    """Answers HTTP until SIGTERM or SIGINT, with stores and workers of their own elsewhere."""
    logs.configure(is_json=settings.log_format is LogFormat.JSON)
    with listening(settings.host, settings.port) as door:
        async with stoppable() as stop:
            await check_migrated(settings)
            async with open_world(settings) as world, watching(world):
                await serve_http(build(world), settings, door, stop)


async def serve_http(app: ASGIApp, settings: Settings, door: socket.socket, stop: Stop, *, greeting: str = "") -> None:
    """Answers HTTP until told to stop; says the greeting once it does."""
    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
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
