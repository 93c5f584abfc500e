"""Opens the document store: MongoDB by URL, real or embedded."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from beanie import Document, init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

IDLE_MS = 60_000
"""Connections that were idle for longer aren't used again: the embedded server closes them after some minutes, and the write would fail."""


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
