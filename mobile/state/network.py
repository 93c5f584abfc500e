"""Whether the server can be reached, and looking for it less and less often until it can."""

import asyncio
import random
from collections.abc import Iterator

from mobile.gateway.client import Gateway
from mobile.state.observe import Observable

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
JITTER = 0.2


class Network(Observable):
    """The way to the server as the last request found it; `outages` counts how often it was lost."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self.outages = 0
        self._gateway = gateway
        self._reachable = asyncio.Event()
        self._reachable.set()
        gateway.watch_network = self._moved

    @property
    def is_offline(self) -> bool:
        """The last request found no way to the server."""
        return self._gateway.is_offline

    async def back(self) -> None:
        """Returns once the server can be reached."""
        await self._reachable.wait()

    async def seek(self) -> None:
        """Looks for the server until it answers."""
        for seconds in pauses():
            await asyncio.sleep(seconds)
            if await self._gateway.reach():
                return

    def _moved(self) -> None:
        if self._gateway.is_offline:
            self.outages += 1
            self._reachable.clear()
        else:
            self._reachable.set()
        self.changed()


def pauses() -> Iterator[float]:
    """Seconds between looks: twice as long each time up to a minute, a little apart on each device."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(1 - JITTER, 1 + JITTER)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
