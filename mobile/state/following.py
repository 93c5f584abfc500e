"""A thing that goes on by itself and is looked at again and again until it has ended."""

import asyncio
from collections.abc import Iterator

from mobile.state.loading import Loadable
from mobile.state.services import Services


class Followed(Loadable):
    """Watched while its page is open; a subclass says when it has ended."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._is_left = self._is_followed = False

    @property
    def is_final(self) -> bool:
        """Nothing more will happen."""
        raise NotImplementedError

    def pauses(self) -> Iterator[float]:
        """How long to wait between looks, in seconds, without end."""
        raise NotImplementedError

    async def follow(self) -> None:
        """Looks again until it has ended or nobody watches; without network it waits. One watch is enough."""
        if self._is_followed:
            return
        self._is_followed, pauses = True, self.pauses()
        try:
            while not self._is_left:
                await self.load()
                if self.failure or self.is_final:
                    return
                if self.is_cached:
                    await self.services.network.back()
                else:
                    await asyncio.sleep(next(pauses))
        finally:
            self._is_followed = False

    async def resume(self) -> None:
        """Looks at once, and watches on."""
        await self.load()
        await self.follow()

    def leave(self) -> None:
        """Nobody watches any more."""
        self._is_left = True
