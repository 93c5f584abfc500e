"""The nightly proof of the ledger by itself: each look is a piece of work, and one that finds a fault is given up, which alerts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from domain.kernel.calendar import day_of, start_of
from domain.kernel.clock import Clock
from domain.wallet.proof import LOOKS, Look
from store import outbox
from store.outbox import GiveUp, Handler, Later, Letter, Round, Task
from store.session import Database

NIGHT_KIND, LOOK_KIND = "ledger_proof", "ledger_look"
BEGINS = timedelta(hours=3)
"""After midnight in Tehran."""
LOG = structlog.get_logger("ledger")


def next_night(at: datetime) -> datetime:
    """When the ledger is proved next."""
    tonight = start_of(day_of(at)) + BEGINS
    return tonight if tonight > at else start_of(day_of(at) + timedelta(days=1)) + BEGINS


def handlers(database: Database, clock: Clock, looks: Mapping[str, Look] = LOOKS) -> Mapping[str, Handler]:
    """The outbox's handlers of a night and of its looks."""

    async def begin(_: Task) -> None:
        at = clock.now()
        night = f"{LOOK_KIND}:{day_of(at).isoformat()}"
        async with database.write() as session:
            await outbox.send_all(session, [Letter(LOOK_KIND, {"look": name}, f"{night}:{name}", at, f"{night}:{name}") for name in looks])
        raise Later(next_night(at))

    async def look(task: Task) -> None:
        name = task.payload["look"]
        async with database.snapshot() as session:
            faults = list(await looks[name](session, None))
        for fault in faults:
            LOG.error("ledger_fault", what=fault.what, id=str(fault.id))
        if faults:
            raise GiveUp(f"{len(faults)} faults in the ledger: {faults[0].what} ({faults[0].id})")

    return {NIGHT_KIND: Round(begin, next_night), LOOK_KIND: look}
