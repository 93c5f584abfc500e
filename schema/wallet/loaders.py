"""Batched reads of wallets and movements of money."""

from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.wallet import queries
from domain.wallet.queries import LedgerTransferRow, LotRow
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS

wallets = in_scope(Permission.WALLET_READ, queries.wallets_by_ids)
"""Wallets in scope."""


async def balances_seen(context: Context, balances: list[tuple[UUID, Money]]) -> list[Money | None]:
    """Balances of wallets, null where the wallet isn't in scope; read together with the wallets themselves."""
    found = await context.loaders.load_many(wallets, [wallet_id for wallet_id, _ in balances])
    return [balance if wallet else None for wallet, (_, balance) in zip(found, balances, strict=True)]


wallets_of_accounts = in_scope(Permission.WALLET_READ, queries.wallets_of_accounts)
"""The wallet of each account in scope."""
wallets_of_lines = in_scope(Permission.WALLET_READ, queries.wallets_of_lines)
"""The wallet of each prepaid line in scope."""


async def lots_of_wallets(context: Context, keys: list[tuple[UUID, UUID]]) -> list[list[LotRow]]:
    """What is left of the lots of wallets in view, by (organization, wallet)."""
    async with context.read() as session:
        return await queries.lots_of_wallets(session, keys)


entries = in_scope(Permission.WALLET_READ, queries.entries_by_ids)
"""Entries in scope."""
entries_of_transfers = in_scope(Permission.WALLET_READ, queries.entries_of_transfers)
"""The sides of each movement in scope."""
transfers = in_scope(Permission.WALLET_READ, queries.transfers_by_ids)
"""Movements in scope."""


async def transfers_told(context: Context, ids: list[UUID]) -> list[LedgerTransferRow | None]:
    """Movements that a record names; none for a viewer who may not see money."""
    return await transfers(context, ids) if Permission.WALLET_READ in context.asking().permissions else [None for _ in ids]


transfers_of_causes = in_scope(Permission.WALLET_READ, queries.transfers_of_causes)
"""The movements in scope that each order caused, by (organization, order)."""


FINDERS[Kind.WALLET] = wallets
FINDERS[Kind.LEDGER_ENTRY] = entries
FINDERS[Kind.LEDGER_TRANSFER] = transfers
