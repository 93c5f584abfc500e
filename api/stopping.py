"""How a process of ours runs until SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from api import logs

SECONDS_TO_FORCE = 1


def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Runs a process's work, on uvloop where it is installed: reading and writing sockets is dearer on asyncio's own loop."""
    logs.configure()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


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
