"""Batched reads of wallets and movements of money."""

from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.wallet import queries
from domain.wallet.queries import LedgerEntryRow, LedgerTransferRow, LotRow, WalletRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def wallets(context: Context, ids: list[UUID]) -> list[WalletRow | None]:
    """Wallets in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.wallets_by_ids(session, scope, ids, at=context.now)


async def balances_seen(context: Context, balances: list[tuple[UUID, Money]]) -> list[Money | None]:
    """Balances of wallets, null where the wallet isn't in scope; read together with the wallets themselves."""
    found = await context.loaders.load_many(wallets, [wallet_id for wallet_id, _ in balances])
    return [balance if wallet else None for wallet, (_, balance) in zip(found, balances, strict=True)]


async def wallets_of_accounts(context: Context, account_ids: list[UUID]) -> list[WalletRow | None]:
    """The wallet of each account in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.wallets_of_accounts(session, scope, account_ids, at=context.now)


async def wallets_of_lines(context: Context, sim_ids: list[UUID]) -> list[WalletRow | None]:
    """The wallet of each prepaid line in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.wallets_of_lines(session, scope, sim_ids, at=context.now)


async def lots_of_wallets(context: Context, keys: list[tuple[UUID, UUID]]) -> list[list[LotRow]]:
    """What is left of the lots of wallets in view, by (organization, wallet)."""
    async with context.read() as session:
        return await queries.lots_of_wallets(session, keys)


async def entries(context: Context, ids: list[UUID]) -> list[LedgerEntryRow | None]:
    """Entries in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.entries_by_ids(session, scope, ids)


async def entries_of_transfers(context: Context, transfer_ids: list[UUID]) -> list[list[LedgerEntryRow]]:
    """The sides of each movement in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.entries_of_transfers(session, scope, transfer_ids)


async def transfers(context: Context, ids: list[UUID]) -> list[LedgerTransferRow | None]:
    """Movements in scope."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.transfers_by_ids(session, scope, ids)


async def transfers_told(context: Context, ids: list[UUID]) -> list[LedgerTransferRow | None]:
    """Movements that a record names; none for a viewer who may not see money."""
    return await transfers(context, ids) if Permission.WALLET_READ in context.asking().permissions else [None for _ in ids]


async def transfers_of_causes(context: Context, keys: list[tuple[UUID, UUID]]) -> list[list[LedgerTransferRow]]:
    """The movements in scope that each order caused, by (organization, order)."""
    scope = context.scope(Permission.WALLET_READ)
    async with context.read() as session:
        return await queries.transfers_of_causes(session, scope, keys)


FINDERS[Kind.WALLET] = wallets
FINDERS[Kind.LEDGER_ENTRY] = entries
FINDERS[Kind.LEDGER_TRANSFER] = transfers
