"""A worker of `x.py bench jobs`, killed at any moment: on a clock ahead of ours, as the leases of dead ones have to run out."""

import asyncio
import sys
from datetime import datetime, timedelta
from uuid import UUID

from api.worker import DEEDS
from domain.jobs import running
from domain.kernel.clock import SystemClock
from domain.kernel.sealing import Sealer
from domain.sims import fulfilment
from domain.sims.states import Barring, SimStatus
from store import outbox
from store.session import Database


class Ahead:
    """The time in some minutes."""

    def __init__(self, by: timedelta) -> None:
        self._by, self._clock = by, SystemClock()

    def now(self) -> datetime:
        """That instant."""
        return self._clock.now() + self._by


class Prompt:
    """A network that does at once what it is told."""

    async def set_state(self, command_id: UUID, iccid: str, status: SimStatus, barring: Barring) -> None:
        """Does it."""

    async def lock_device(self, command_id: UUID, iccid: str, imei: str | None) -> None:
        """Does it."""

    async def replace_card(
        self, command_id: UUID, iccid: str, was_iccid: str, msisdn: str, status: SimStatus, barring: Barring
    ) -> None:
        """Does it."""


async def main(url: str, minutes: int) -> None:
    """Works until it is killed."""
    database, clock = Database(url), Ahead(timedelta(minutes=minutes))
    handlers = {**running.handlers(database, clock, DEEDS), **fulfilment.handlers(database, Prompt(), clock, Sealer("bench"))}
    await outbox.run_forever(database, handlers, clock, pause=0.02)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
