"""`simurgh ledger prove`: shows from the stored entries that no rial was lost, doubled or made up."""

from api.settings import Settings
from domain.wallet import proof
from domain.wallet.proof import Fault
from store.session import Database


async def prove(settings: Settings) -> list[Fault]:
    """Everything in the ledger that can't be; nothing is the proof."""
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await proof.prove(session)
    finally:
        await database.close()
