"""What operators watch: how one request went, told to metrics, traces and the log; and the port where each process shows itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from time import perf_counter
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.listening import beside, listening
from api.logs import REQUEST_ID
from api.probes import probes
from api.readiness import readiness
from api.seen import Seen
from api.stopping import Stop, leaving
from api.world import World
from store import outbox
from store.outbox import Task, Watch

LOG = structlog.get_logger("requests")
SLOW_SECONDS: Final = 1.0
"""From here on a request is worth a line of its own in the log."""
LAG_EVERY_SECONDS: Final = 0.25


@contextmanager
def watched(world: World, seen: Seen) -> Iterator[None]:
    """Watches a request for the block."""
    REQUEST_ID.set(seen.request_id)
    began = perf_counter()
    try:
        with world.traces.request(seen) if world.traces else nullcontext():
            yield
    except Exception:
        seen.codes.append("INTERNAL")
        raise
    finally:
        seconds = perf_counter() - began
        if world.metrics:
            world.metrics.answered(seen.operation, seen.kind, seen.codes, seconds)
        if seconds > SLOW_SECONDS:
            LOG.warning("slow_request", operation=seen.operation, kind=seen.kind, seconds=round(seconds, 3), codes=seen.codes)


def watch_of(world: World) -> Watch | None:
    """How the outbox's work is watched, if it is."""
    watches = [part.work for part in (world.metrics, world.traces) if part]
    if not watches:
        return None

    @contextmanager
    def watch(task: Task) -> Iterator[None]:
        with ExitStack() as stack:
            for one in watches:
                stack.enter_context(one(task))
            yield

    return watch


@asynccontextmanager
async def watching(world: World, stop: Stop) -> AsyncIterator[None]:
    """Shows `/metrics`, `/livez` and `/readyz` at the port that the settings name, for the block; nothing where they name none."""
    metrics, port = world.metrics, world.settings.metrics_port
    if metrics is None or port is None:
        yield
        return

    async def shown(_: Request) -> Response:
        metrics.outbox(await outbox.figures(world.database, now=world.clock.now()))
        metrics.pools(world.database.pools())
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    routes = [Route("/metrics", shown), *probes(readiness(world))]
    with listening(world.settings.host, port, "SIMURGH_METRICS_PORT") as door:
        lag = asyncio.create_task(_lag(world))
        try:
            async with beside(leaving(Starlette(routes=routes), stop), door):
                yield
        finally:
            lag.cancel()
            with suppress(asyncio.CancelledError):
                await lag


async def _lag(world: World) -> None:
    """Measures how late the event loop is, again and again."""
    while world.metrics:
        began = perf_counter()
        await asyncio.sleep(LAG_EVERY_SECONDS)
        world.metrics.late(perf_counter() - began - LAG_EVERY_SECONDS)
