"""Batched reads of the rules of transfers."""

from domain.transfers import queries
from domain.transfers.queries import TransferPolicyRow
from domain.wallet.queries import WalletRow
from schema.kernel.context import Context


async def policies(context: Context, wallets: list[WalletRow]) -> list[TransferPolicyRow | None]:
    """What may be moved out of wallets in view, and how much of it is left."""
    async with context.read() as session:
        return await queries.policies_of(session, wallets, context.now)
