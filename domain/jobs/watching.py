"""Watches jobs for all listeners of a process by one read on a timer, whichever process does them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from domain.jobs.states import OPEN
from domain.jobs.tables import Job
from store.faults import StoreBusy, StoreLost
from store.session import Database
from store.statements import Prepared, among

PAUSE = 0.5
_COLUMNS: tuple[Any, ...] = (Job.id, Job.state, Job.succeeded, Job.failed)
_STATES = Prepared(select(*_COLUMNS).where(among(col(Job.id), "ids")))
State = tuple[str, int, int]


class JobWatch:
    """Tells listeners when their jobs have changed, at most every `pause` seconds; reads nothing while nobody listens."""

    def __init__(self, database: Database, *, pause: float = PAUSE) -> None:
        self._database = database
        self._pause = pause
        self._listeners: dict[UUID, set[asyncio.Queue[State]]] = defaultdict(set)
        self._known: dict[UUID, State] = {}
        self._reading: asyncio.Task[None] | None = None

    async def news(self, job_id: UUID) -> AsyncGenerator[None, None]:
        """Tells at once and then whenever the job has changed; ends once it is over. For whoever sees the job."""
        mine: asyncio.Queue[State] = asyncio.Queue(maxsize=1)
        self._listeners[job_id].add(mine)
        if job_id in self._known:
            mine.put_nowait(self._known[job_id])
        try:
            self._begin()
            state: State | None = None
            while state is None or state[0] in OPEN:
                state = await mine.get()
                yield
        finally:
            self._leave(job_id, mine)

    def _leave(self, job_id: UUID, listener: asyncio.Queue[State]) -> None:
        self._listeners[job_id].discard(listener)
        if not self._listeners[job_id]:
            del self._listeners[job_id]
            self._known.pop(job_id, None)
        if not self._listeners and self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _begin(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_on())

    async def _read_on(self) -> None:
        """Reads all jobs that are listened to, again and again; a store that doesn't answer is asked again."""
        while True:
            with suppress(StoreBusy, StoreLost, OSError):
                for id, *state in await self._states():
                    self._tell(id, tuple(state))
            await asyncio.sleep(self._pause)

    async def _states(self) -> Sequence[Any]:
        async with self._database.read() as session:
            return await session.rows(_STATES, ids=list(self._listeners))

    def _tell(self, job_id: UUID, state: State) -> None:
        """Leaves the newest state with whoever hasn't heard it; an older one that nobody has taken yet is gone."""
        if self._known.get(job_id) == state or job_id not in self._listeners:
            return
        self._known[job_id] = state
        for listener in self._listeners[job_id]:
            with suppress(asyncio.QueueEmpty):
                listener.get_nowait()
            listener.put_nowait(state)
