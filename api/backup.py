"""Backup and restore of the whole state: SQL and documents of one instant in one sealed file (docs/decisions/0081)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from api.books import LOOKS
from domain import registry
from domain.audit import chain
from domain.kernel.sealing import Sealer
from domain.tickets.documents import TicketMessage
from domain.tickets.threads import outbox_key
from domain.wallet import proof
from store import shape
from store.backup import papers, rows, vault
from store.backup.papers import Paper
from store.backup.rows import Snapshot
from store.backup.vault import BadBackup
from store.models import table_of
from store.outbox import OutboxRow
from store.session import Database

HEAD, ROWS, PAPERS, END = "head", "rows", "papers", "end"
IN_FLIGHT: Final = timedelta(minutes=5)
"""What was written longer ago than this before a snapshot has been committed before it or never: a mutation has a minute."""
Progress = Callable[[str, int], None]  # a table or collection, and how many of it are done


class Head(msgspec.Struct, frozen=True, tag=HEAD):
    """What a backup says of itself: when, at which migration, under which master key its secrets are sealed, columns by table."""

    at: datetime
    migration: str
    key_id: str
    columns: dict[str, list[str]]


class Rows(msgspec.Struct, frozen=True, tag=ROWS):
    """Some rows of a table."""

    table: str
    rows: msgspec.Raw


class Papers(msgspec.Struct, frozen=True, tag=PAPERS):
    """Some documents of a collection."""

    collection: str
    contents: list[bytes]


class End(msgspec.Struct, frozen=True, tag=END):
    """How many rows and documents there were, by table and collection: without this frame it isn't whole."""

    counts: dict[str, int]


FRAME: Final = msgspec.msgpack.Decoder(Head | Rows | Papers | End)


class NotRestored(Exception):
    """Why nothing was restored; nothing was written either."""


async def backup(
    url: str, documents: Any, file: Path, secret: bytes, *, sealer: Sealer, at: Callable[[], datetime], progress: Progress
) -> Mapping[str, int]:
    """Writes a backup while everybody works on; returns how many rows and documents it holds by table and collection."""
    counts: Counter[str] = Counter()
    columns = {str(table.name): [str(column.name) for column in rows.columns(table)] for table in rows.tables()}
    with vault.Writer(file, secret) as writer:
        async with rows.snapshot(url) as snapshot:
            began = at()
            writer.put(Head(began, shape.newest(), sealer.key_id, columns))
            for table in rows.tables():
                async for some in snapshot.rows(table):
                    writer.put(Rows(str(table.name), msgspec.Raw(rows.ENCODER.encode(some))))
                    counts[str(table.name)] += len(some)
                    progress(table.name, counts[str(table.name)])
            for name in papers.names(registry.DOCUMENTS):
                async for found in papers.papers(documents, name):
                    kept = await _committed(snapshot, name, found, began)
                    writer.put(Papers(name, [bytes(paper.raw) for paper in kept]))
                    counts[name] += len(kept)
                    progress(name, counts[name])
        writer.put(End(dict(counts)))
    return counts


async def _committed(snapshot: Snapshot, name: str, found: Sequence[Paper], began: datetime) -> Sequence[Paper]:
    """Without the messages of tickets that were committed after the snapshot, of which its rows know nothing."""
    if name != TicketMessage.get_settings().name:
        return found
    young = {outbox_key(paper["_id"]): paper for paper in found if paper["at"] > began - IN_FLIGHT}
    if not young:
        return found
    later = await snapshot.later(table_of(OutboxRow).c.key, list(young))
    return [paper for paper in found if outbox_key(paper["_id"]) not in later]


async def restore(url: str, documents: Any, file: Path, secret: bytes, *, sealer: Sealer, progress: Progress) -> Mapping[str, int]:
    """Fills an empty place from a backup: all of it, or nothing; returns what it holds. Raises `NotRestored`."""
    try:
        vault.check(file, secret)
        head = _head(file, secret)
        _fits(head, sealer)
        collections = papers.names(registry.DOCUMENTS)
        if occupied := [*await rows.strangers(url), *await papers.full(documents, collections)]:
            raise NotRestored(f"The place isn't empty: there is something in {', '.join(occupied)}.")
        return await _loaded(url, documents, file, secret, collections, progress)
    except BadBackup as fault:
        raise NotRestored(f"{file} can't be restored: {fault}.") from None


def _head(file: Path, secret: bytes) -> Head:
    head = FRAME.decode(next(vault.frames(file, secret), b"\xc0"))
    if not isinstance(head, Head):
        raise BadBackup("it doesn't begin as a backup does")
    return head


def _fits(head: Head, sealer: Sealer) -> None:
    if head.migration != shape.newest():
        raise NotRestored(
            f"The backup is of migration {head.migration}, this release is at {shape.newest()}: restore it with "
            "the release it was made by, then migrate."
        )
    if not sealer.knows(head.key_id):
        raise NotRestored(
            f"Its secrets (PUK codes, authenticators, signing keys) are sealed under the master key {head.key_id}, and "
            f"SIMURGH_SECRET_KEY here is {sealer.key_id}: set the one it was made with."
        )


async def _loaded(
    url: str, documents: Any, file: Path, secret: bytes, collections: Sequence[str], progress: Progress
) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    tables = {table.name: table for table in rows.tables()}
    decoders = {name: rows.decoder(table) for name, table in tables.items()}
    expected: Mapping[str, int] | None = None
    try:
        async with rows.loading(url) as loading:
            for content in vault.frames(file, secret):
                match FRAME.decode(content):
                    case Rows(name, raw):
                        some = decoders[name].decode(raw)
                        await loading.put(tables[name], some)
                        counts[name] += len(some)
                        progress(name, counts[name])
                    case Papers(name, contents):
                        if contents:
                            await papers.put(documents, name, contents)
                        counts[name] += len(contents)
                        progress(name, counts[name])
                    case End(told):
                        expected = told
            if expected is None or {name: count for name, count in expected.items() if count} != +counts:
                raise BadBackup("it doesn't hold what it says")
    except BaseException:
        await papers.clear(documents, collections)
        raise
    return counts


async def faults(database: Database) -> Sequence[str]:
    """What doesn't hold of the books and of the audit trail, a sentence each."""
    async with database.read() as session:
        books = [f"{fault.id}: {fault.what}" for fault in await proof.prove(session, looks=LOOKS)]
        trail = [f"organization {id}: entry {number} doesn't fit" for id, number in (await chain.all_broken(session)).items() if number]
    return [*books, *trail]
