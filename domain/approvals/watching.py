"""Watches approvals for all listeners of a process by one read on a timer, whichever process asks or answers."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from domain.approvals.tables import Approval
from domain.kernel.clock import Clock
from store.faults import StoreBusy, StoreLost
from store.session import Database
from store.statements import Prepared
from store.types import UtcDateTime

PAUSE = 0.5
LOOKS_BACK = timedelta(minutes=2)
"""How far behind its instant a change may become visible: longer than any transaction lasts."""
MOST_UNHEARD = 1_000
_COLUMNS: tuple[Any, ...] = (Approval.id, Approval.changed_at)
_CHANGED = Prepared(select(*_COLUMNS).where(col(Approval.changed_at) > bindparam("since", type_=UtcDateTime)))


class ApprovalWatch:
    """Tells listeners which approvals have changed, each change once; reads nothing while nobody listens."""

    def __init__(self, database: Database, clock: Clock, *, pause: float = PAUSE) -> None:
        self._database = database
        self._clock = clock
        self._pause = pause
        self._listeners: set[asyncio.Queue[UUID]] = set()
        self._known: set[tuple[UUID, datetime]] = set()
        self._reading: asyncio.Task[None] | None = None

    async def news(self) -> AsyncGenerator[UUID, None]:
        """The ids of approvals that change from now on, whoever may see them; one who doesn't listen misses the oldest."""
        mine: asyncio.Queue[UUID] = asyncio.Queue(maxsize=MOST_UNHEARD)
        if self._reading is None or self._reading.done():
            self._known = set(await self._changes())
            self._reading = asyncio.create_task(self._read_on())
        self._listeners.add(mine)
        try:
            while True:
                yield await mine.get()
        finally:
            self._listeners.discard(mine)
            if not self._listeners and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    async def _read_on(self) -> None:
        """Reads what changed lately again and again; a store that doesn't answer is asked again."""
        while True:
            with suppress(StoreBusy, StoreLost, OSError):
                found = set(await self._changes())
                for id, _ in sorted(found - self._known, key=lambda change: change[1]):
                    self._tell(id)
                self._known = found
            await asyncio.sleep(self._pause)

    async def _changes(self) -> Iterable[tuple[UUID, datetime]]:
        async with self._database.read() as session:
            return [(row[0], row[1]) for row in await session.rows(_CHANGED, since=self._clock.now() - LOOKS_BACK)]

    def _tell(self, approval_id: UUID) -> None:
        for listener in self._listeners:
            if listener.full():
                with suppress(asyncio.QueueEmpty):
                    listener.get_nowait()
            listener.put_nowait(approval_id)
