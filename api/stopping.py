"""How a process of ours runs until SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from api import logs

SECONDS_TO_FORCE = 1


def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Runs a process's work, on uvloop where it is installed: reading and writing sockets is dearer on asyncio's own loop."""
    logs.configure()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


class Stop:
    """The wish to stop: interrupts a start under way, lets what runs come to its end."""

    def __init__(self) -> None:
        starting = asyncio.current_task()
        self._gently: Callable[[], object] = starting.cancel if starting else lambda: None
        self._at_once: Callable[[], object] = lambda: None
        self._asked_at: float | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the process is on its way out."""
        return self._asked_at is not None

    def ends(self, gently: Callable[[], object], at_once: Callable[[], object]) -> None:
        """From now on a first signal calls one of these, another one a second later the other."""
        self._gently, self._at_once = gently, at_once

    def __call__(self) -> None:
        """Asks for the end; asked again, at once. Wrappers send one signal twice: that counts as once."""
        if self._asked_at is None:
            self._asked_at = monotonic()
            self._gently()
        elif monotonic() - self._asked_at > SECONDS_TO_FORCE:
            self._at_once()


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


def leaving(app: ASGIApp, stop: Stop) -> ASGIApp:
    """The same application, which on its way out says so: `/readyz` is 503, and each answer ends its connection."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if not stop.is_asked or scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        if scope["path"] == "/readyz":
            await JSONResponse({"status": "stopping"}, status_code=503)(scope, receive, last)
        else:
            await app(scope, receive, last)

    return answer
