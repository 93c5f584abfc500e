"""The composition root: every part that a request, the worker or a command needs, opened once and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from api.settings import Settings
from domain import registry
from domain.kernel.clock import Clock, SystemClock
from gateways.inbox import Inbox
from store.document_server import document_server
from store.documents import open_documents
from store.session import Database


@dataclass(frozen=True)
class World:
    """One running system's parts; `inbox` only in development."""

    settings: Settings
    database: Database
    documents: Any
    clock: Clock
    inbox: Inbox | None


@asynccontextmanager
async def open_world(settings: Settings, *, clock: Clock | None = None, owns_documents: bool = False) -> AsyncIterator[World]:
    """Opens the stores and adapters that the settings name; `owns_documents` starts the embedded document server rather than joining it."""
    async with AsyncExitStack() as parts:
        url = settings.mongodb_url
        if url is None:
            url = await parts.enter_async_context(document_server(settings.data_dir, join=not owns_documents))
        documents = await parts.enter_async_context(open_documents(url, registry.DOCUMENTS))
        database = Database(settings.database_url)
        parts.push_async_callback(database.close)
        inbox = None if settings.production else Inbox(settings.data_dir / "inbox")
        yield World(settings, database, documents, clock or SystemClock(), inbox)
