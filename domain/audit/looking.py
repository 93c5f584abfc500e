"""Who looked: what one request saw of each organization, and how it is written down before or soon after the answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError

from domain.audit.chain import common_path
from domain.audit.documents import AccessLogEntry
from domain.documents import delete_some
from domain.kernel.errors import Unlogged
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.scope import ActorRef
from store.documents import insert_new

LOG = structlog.get_logger("access_log")
Entry = dict[str, Any]
"""An `AccessLogEntry` as the store keeps it: every read makes one, and a document object would cost more than all the rest of it."""
MOST_SUBJECTS = 20
MOST_WAITING = 10_000
BATCH = 500
PAUSE_SECONDS = 1
WRITE_SECONDS = 2
LAST_TRIES = 4
LAST_PAUSE_SECONDS = 0.25


@dataclass(slots=True)
class Look:
    """What was seen of one organization; `subjects` by their global ids in the order they were seen."""

    paths: set[str] = field(default_factory=set)
    subjects: dict[str, None] = field(default_factory=dict)

    def saw(self, path: str | None, subject: Ref | None) -> None:
        """Notes something that was seen; without a path it has no place in the tree of its own."""
        if path is not None:
            self.paths.add(path)
        if subject is not None:
            self.named(subject.kind, [subject.id])

    def named(self, kind: Kind, ids: Iterable[UUID]) -> None:
        """Names things of one kind that were seen, as many as are kept."""
        subjects = self.subjects
        for id in ids:
            if len(subjects) >= MOST_SUBJECTS:
                break
            subjects[encode(kind, id)] = None


@dataclass(slots=True)
class Looks:
    """Everything that one request looked at; `is_sensitive` once it has to be written down before the answer.

    `is_secret` once a secret was shown: then not even a deed that is done goes out unlogged.
    """

    by_organization: dict[UUID, Look] = field(default_factory=dict)
    is_sensitive: bool = False
    is_secret: bool = False
    reason: str | None = None

    def at(self, organization_id: UUID) -> Look:
        """The look at an organization, begun by this if it is the first."""
        look = self.by_organization.get(organization_id)
        if look is None:
            look = self.by_organization[organization_id] = Look()
        return look

    def saw(self, organization_id: UUID, path: str | None, subject: Ref | None) -> None:
        """Notes a look at something of an organization."""
        self.at(organization_id).saw(path, subject)

    def entries(self, by: ActorRef, operation: str, address: str, *, at: datetime, reason: str | None = None) -> list[Entry]:
        """The looks as they are written: one entry an organization."""
        moment = at.replace(microsecond=at.microsecond // 1000 * 1000)  # the document store keeps milliseconds
        return [
            {
                "_id": uuid7(int(at.timestamp() * 1000)), "organization_id": organization_id, "at": moment, "by": by.as_json(),
                "person_id": by.person_id, "is_operator": by.is_operator, "operation": operation,
                "subjects": list(look.subjects), "path": common_path(look.paths), "reason": self.reason or reason, "address": address,
            }
            for organization_id, look in self.by_organization.items()
        ]  # fmt: skip


async def _insert(entries: Sequence[Entry]) -> None:
    """Inserts entries; those that are there already, from a try whose answer was lost, stay as they are."""
    async with asyncio.timeout(WRITE_SECONDS):
        await insert_new(AccessLogEntry.get_pymongo_collection().insert_many, entries)


async def forget(organization_id: UUID, before: datetime, *, most: int) -> int:
    """Deletes looks from before an instant, some at a time; returns how many."""
    return await delete_some(AccessLogEntry, {"organization_id": organization_id, "at": {"$lt": before}}, most)


class AccessLog:
    """Writes looks down: at once, or in a batch each second for as long as `running` lasts."""

    def __init__(self, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._waiting: deque[Entry] = deque()
        self._pause = pause_seconds

    async def keep(self, entries: Sequence[Entry]) -> None:
        """Writes entries now; raises `Unlogged` when the document store doesn't take them in 2 s."""
        try:
            await _insert(entries)
        except (PyMongoError, TimeoutError) as error:
            LOG.error("access_log_refused", count=len(entries), error=type(error).__name__)
            raise Unlogged from None

    def keep_soon(self, entries: Iterable[Entry]) -> None:
        """Queues entries for the next batch; when 10,000 wait for a lost store, the oldest give way, and the log says so."""
        self._waiting.extend(entries)
        lost = len(self._waiting) - MOST_WAITING
        if lost > 0:
            LOG.error("access_log_lost", count=lost)
            for _ in range(lost):
                self._waiting.popleft()

    async def flush(self) -> bool:
        """Writes what waits, oldest first; false when the document store doesn't take it now."""
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            try:
                await _insert(batch)
            except (PyMongoError, TimeoutError) as error:
                LOG.warning("access_log_waits", count=len(self._waiting), error=type(error).__name__)
                return False
            written = {entry["_id"] for entry in batch}
            while self._waiting and self._waiting[0]["_id"] in written:  # the oldest may have given way meanwhile
                self._waiting.popleft()
        return True

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self.flush()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AccessLog"]:
        """Writes a batch each second for the block, and what is left at its end: a store that is slow just then is asked a few times."""
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            for _ in range(LAST_TRIES):
                if await self.flush():
                    break
                await asyncio.sleep(LAST_PAUSE_SECONDS)
            else:
                LOG.error("access_log_lost", count=len(self._waiting))
