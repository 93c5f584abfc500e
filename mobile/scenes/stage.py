"""The stage of a scene: one shell on one company in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from kivy.clock import Clock

from mobile.demo import DemoServer
from mobile.screens.shell import Shell

QUIET = 4
PATIENCE = 60


async def frame() -> None:
    """Lets Kivy finish one frame."""
    before = Clock.frames
    while Clock.frames == before:  # noqa: ASYNC110 - Kivy's clock has no event to wait for
        await asyncio.sleep(0.001)


class Stage:
    """One shell on one company."""

    def __init__(self, server: DemoServer, shell: Shell) -> None:
        self.server, self.shell = server, shell
        self.hours_later = 0.0

    async def settle(self) -> None:
        """Waits until nothing runs for a few frames; work that polls is not waited for longer than `PATIENCE` frames."""
        quiet = 0
        for _ in range(PATIENCE):
            await frame()
            is_busy = any(not task.done() for task in self.shell._tasks)
            quiet = 0 if is_busy else quiet + 1
            if quiet == QUIET:
                return

    async def sign_in(self) -> None:
        """The profile manager is in, on the home page."""
        self.shell.services.gateway.sign_in(self.server._tokens())
        self.shell.services.session.begin(self.shell.services.settings.identity)
        await self.settle()
        await self.settle()

    async def open_root(self, root: str) -> Any:
        """A root's page, loaded."""
        await self.sign_in()
        self.shell.switch(root)
        await self.settle()
        return self.shell.page

    async def open(self, name: str, **parameters: Any) -> Any:
        """A page, loaded."""
        await self.sign_in()
        self.shell.go(name, **parameters)
        await self.settle()
        return self.shell.page


Scene = Callable[[Stage], Awaitable[None]]
