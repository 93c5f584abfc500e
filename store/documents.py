"""Opens the document store: MongoDB by URL, real or embedded."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from beanie import Document, init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

IDLE_MS = 60_000
"""Connections that were idle for longer aren't used again: the embedded server closes them after some minutes, and the write would fail."""
AT_ONCE = 100
"""Documents to a statement. The embedded server can't write any page that a statement touches before it ends, and each document of random
id touches pages of its own: when they are a fifth of its memory (`document_server.CACHE`), the statement never ends."""
DUPLICATE_KEY = 11000


@asynccontextmanager
async def open_documents(
    url: str, models: Sequence[type[Document]], *, name: str | None = None
) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """Connects, makes the collections and indexes of `models` and closes at the end; `name` overrides the URL's database."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        url, tz_aware=True, uuidRepresentation="standard", serverSelectionTimeoutMS=5000, maxIdleTimeMS=IDLE_MS
    )
    try:
        database = client[name] if name else client.get_default_database("simurgh")
        await init_beanie(database=database, document_models=list(models))
        yield database
    finally:
        await client.close()


async def insert_new(insert_many: Callable[..., Coroutine[Any, Any, Any]], documents: Sequence[Any]) -> int:
    """Inserts documents in whatever order, by a collection's or a model's `insert_many`; returns how many were new.

    Those that are there already, by id, stay as they are: the same batch may be sent again after any failure.
    """
    new = 0
    for start in range(0, len(documents), AT_ONCE):
        some = documents[start : start + AT_ONCE]
        new += len(some)
        try:
            await insert_many(some, ordered=False)
        except BulkWriteError as error:
            faults = error.details["writeErrors"]
            if any(fault["code"] != DUPLICATE_KEY for fault in faults):
                raise
            new -= len(faults)
    return new
