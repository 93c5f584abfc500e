"""Money moving in tests: each act in a transaction of its own, as the operator's administrator."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from domain.accounts.tables import Account
from domain.audit.writing import Command, Done, Work, carry_out, fingerprint
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money, Price, taxed
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, Scope
from domain.wallet import service
from domain.wallet.proof import Fault, prove
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from store.session import Database
from tests.world import NOW, operator_admin

PRICE = taxed(Money(250_005), Decimal(10))
"""Net 250,005, tax 25,001, together 275,006 rials."""


def admin() -> Scope:
    """What the administrator may correct: everything."""
    return operator_admin().scope(Permission.WALLET_ADJUST, NOW)


def work_on(session: AsyncSession, scope: Scope | None = None) -> Work:
    """A write in progress."""
    return Work(session, scope or admin(), NOW, MutationMode.APPLY)


async def adjust(database: Database, wallet_id: UUID, amount: int, *, scope: Scope | None = None, key: UUID | None = None) -> Done:
    """Corrects a wallet, the way `walletAdjust` does."""
    content = fingerprint({"wallet": wallet_id.hex, "amount": amount})
    command = Command("walletAdjust", MutationMode.APPLY, content, idempotency_key=key or uuid4())
    return await carry_out(
        database, scope or admin(), command, lambda work: service.adjust(work, wallet_id=wallet_id, amount=amount, reason="test"), at=NOW
    )


async def pay(
    database: Database, account: Account, prices: Sequence[Price], cause: Ref | None = None, *, scope: Scope | None = None
) -> list[UUID]:
    """Pays for items from an account's wallet; returns their transfers."""
    async with database.write() as session:
        items, work = [(uuid7(), price) for price in prices], work_on(session, scope)
        paid = await service.pay_for_items(work, account=account, items=items, cause=cause or Ref(Kind.ORDER, uuid7()))
    return list(paid.values())


async def refund(database: Database, transfer_id: UUID) -> UUID:
    """Gives an item back; returns the transfer that undid it."""
    async with database.write() as session:
        return await service.refund_item(session, transfer_id=transfer_id, by=SYSTEM, at=NOW, memo="refused by the carrier")


async def balances(database: Database, owner_ids: Sequence[UUID]) -> dict[tuple[UUID, str], int]:
    """Balances by owner and kind; house accounts that nothing moved yet are left out."""
    async with database.read() as session:
        rows = await session.scalars(select(LedgerAccount).where(LedgerAccount.owner_id.in_(owner_ids)))
        return {(row.owner_id, row.kind): row.balance for row in rows if row.entry_count or row.kind == LedgerAccountKind.WALLET}


async def faults(database: Database) -> list[Fault]:
    """What the proof finds."""
    async with database.read() as session:
        return await prove(session)
