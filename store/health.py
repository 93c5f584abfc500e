"""Asks the stores whether they answer, for the readiness probe."""

import asyncio
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from store.session import Database

PATIENCE_SECONDS = 2


async def sql_answers(database: Database) -> bool:
    """Whether the SQL store answers a query in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.read() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def documents_answer(documents: AsyncDatabase[dict[str, Any]]) -> bool:
    """Whether the document store answers a ping in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await documents.command("ping")
    except (PyMongoError, TimeoutError):
        return False
    return True
