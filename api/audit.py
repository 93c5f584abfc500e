"""`simurgh audit verify`: reads every organization's chain from its first entry to its last."""

from uuid import UUID

from api.settings import Settings
from domain.audit import chain
from store.session import Database


async def verify(settings: Settings) -> dict[UUID, int | None]:
    """By organization the number of the first entry that doesn't fit, null where the chain is whole."""
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await chain.all_broken(session)
    finally:
        await database.close()
