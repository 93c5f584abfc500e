"""The process tree: the document server as a child, the API and the worker in this process, one clean way to stop."""

import asyncio
import contextlib
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from api.app import build
from api.seeding import seed_first_run
from api.settings import Settings
from api.welcome import welcome
from api.worker import work, working
from api.world import open_world
from store import migrate

SECONDS_TO_FINISH_REQUESTS = 5
SECONDS_TO_FORCE = 1
LONGEST_FRAME = 64 * 1024  # bytes of one websocket message


def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Runs one of the three below, on uvloop where it is installed: reading and writing sockets is dearer on asyncio's own loop."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


async def run(settings: Settings) -> None:
    """Runs the whole system until SIGTERM or SIGINT; another signal a second later doesn't wait for open requests."""
    with listening(settings) as door:
        async with stoppable() as stop:
            await migrate.upgrade(settings.database_url)
            async with open_world(settings, owns_documents=True) as world:
                has_demo = await seed_first_run(world)
                async with working(world):
                    await serve_http(build(world), settings, door, stop, greeting=welcome(settings, has_demo=has_demo))


async def serve(settings: Settings) -> None:
    """Answers HTTP until SIGTERM or SIGINT, with stores and workers of their own elsewhere."""
    with listening(settings) as door:
        async with stoppable() as stop:
            if await migrate.pending(settings.database_url):
                raise NotMigrated("The database is not at the newest migration: run simurgh migrate first.")
            async with open_world(settings) as world:
                await serve_http(build(world), settings, door, stop)


async def work_only(settings: Settings) -> None:
    """Does the work after commit until SIGTERM or SIGINT; any number of these may run."""
    async with stoppable():
        if await migrate.pending(settings.database_url):
            raise NotMigrated("The database is not at the newest migration: run simurgh migrate first.")
        async with open_world(settings) as world:
            await work(world)


class CannotStart(Exception):
    """Why the system can't start here, in a sentence for the operator."""


class PortTaken(CannotStart):
    """Another process listens where we should."""


class NotMigrated(CannotStart):
    """The database has an older shape than the code."""


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


class Stop:
    """The wish to stop: interrupts a start under way, lets a running server finish its requests."""

    def __init__(self) -> None:
        self._starting = asyncio.current_task()
        self._server: uvicorn.Server | None = None
        self._asked_at: float | None = None

    def serving(self, server: uvicorn.Server) -> None:
        """From now on a signal is the server's to answer."""
        self._server = server

    def __call__(self) -> None:
        """Asks for the end; asked again, without waiting for open requests. Wrappers send one signal twice: that counts as once."""
        now = monotonic()
        first, self._asked_at = self._asked_at is None, self._asked_at or now
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = now - self._asked_at > SECONDS_TO_FORCE
        elif self._starting and first:
            self._starting.cancel()


@asynccontextmanager
async def stoppable() -> AsyncIterator[Stop]:
    """Answers SIGTERM and SIGINT for the block; ends quietly when one interrupts the start."""
    loop, stop = asyncio.get_running_loop(), Stop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield stop
    except asyncio.CancelledError:
        pass
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us: its own handling ends the process before the document server is stopped."""

    def __init__(self, config: uvicorn.Config, *, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Greets when the door is open."""
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


def forget(data_dir: Path) -> None:
    """Deletes the state of an earlier run, and refuses a folder that holds something else."""
    if not data_dir.exists():
        return
    if any(data_dir.iterdir()) and not (data_dir / "secret_key").exists():
        sys.exit(f"{data_dir} does not look like a data folder of Simurgh; --fresh deletes only those.")
    shutil.rmtree(data_dir)
