"""The proof of the ledger: no rial lost, doubled or made up."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerHold, LedgerTransfer, WalletLot
from store.session import Session


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the ledger that can't be; `what` says it for an operator, `id` is the transfer, entry or ledger account."""

    what: str
    id: UUID


async def prove(session: Session) -> list[Fault]:
    """Looks for everything that can't be and returns it; an empty list is the proof.

    Every transfer sums to zero over two sides or more, every balance is the sum of its entries, every entry follows the one
    before it without a gap, nothing is undone by less than all of it, no movement joins two organizations, no account is below
    its floor, what is held is what its holds hold, and what remains of an account's lots is its balance.
    """
    faults: list[Fault] = []
    for look in (_transfers, _balances, _sequences, _reversals, _tenants, _floors, _holds, _lots):
        faults += await look(session)
    return faults


async def _transfers(session: Session) -> Iterable[Fault]:
    """Transfers that don't sum to zero, or have fewer than two sides."""
    total, sides = func.coalesce(func.sum(LedgerEntry.amount), 0), func.count(col(LedgerEntry.id))
    statement = (
        select(LedgerTransfer.id, total, sides)
        .outerjoin(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
        .group_by(col(LedgerTransfer.id))
        .having((total != 0) | (sides < 2))
    )
    rows = await session.execute(statement)
    return [Fault(f"transfer of {count} sides sums to {int(amount)}", id) for id, amount, count in rows]


async def _balances(session: Session) -> Iterable[Fault]:
    """Ledger accounts whose balance or number of entries isn't that of their entries."""
    total, number = func.coalesce(func.sum(LedgerEntry.amount), 0), func.count(col(LedgerEntry.id))
    account = LedgerAccount
    statement = (
        select(account.id, account.balance, total)
        .outerjoin(LedgerEntry, col(LedgerEntry.ledger_account_id) == col(account.id))
        .group_by(col(account.id), col(account.balance), col(account.entry_count))
        .having((col(account.balance) != total) | (col(account.entry_count) != number))
    )
    rows = await session.execute(statement)
    return [Fault(f"balance is {balance}, its entries sum to {int(amount)} or are of another number", id) for id, balance, amount in rows]


async def _sequences(session: Session) -> Iterable[Fault]:
    """Entries that don't carry on from the one before: a gap, or another balance."""
    entry, before = LedgerEntry, aliased(LedgerEntry)
    previous = and_(
        col(before.organization_id) == col(entry.organization_id),
        col(before.ledger_account_id) == col(entry.ledger_account_id),
        col(before.seq) == col(entry.seq) - 1,
    )
    expected = func.coalesce(col(before.balance_after), 0) + col(entry.amount)
    statement = (
        select(entry.id, entry.balance_after, expected)
        .outerjoin(before, previous)
        .where((col(entry.balance_after) != expected) | (col(before.id).is_(None) & (col(entry.seq) != 1)))
    )
    rows = await session.execute(statement)
    return [Fault(f"entry leaves {after} where {wanted} follows, or the one before is missing", id) for id, after, wanted in rows]


async def _reversals(session: Session) -> Iterable[Fault]:
    """Transfers that undo another with other amounts: the two together have to leave every ledger account as it was."""
    undoing, account = LedgerTransfer, col(LedgerEntry.ledger_account_id)
    both = (col(LedgerEntry.transfer_id) == col(undoing.id)) | (col(LedgerEntry.transfer_id) == col(undoing.reverses_id))
    statement = (
        select(undoing.id)
        .join(LedgerEntry, both)
        .where(col(undoing.reverses_id).is_not(None))
        .group_by(col(undoing.id), account)
        .having(func.sum(LedgerEntry.amount) != 0)
    )
    return [Fault("transfer doesn't undo what it says it undoes", id) for id in set(await session.scalars(statement))]


async def _tenants(session: Session) -> Iterable[Fault]:
    """Entries that belong to another organization than their transfer or ledger account."""
    owner = col(LedgerEntry.organization_id)
    statement = (
        select(LedgerEntry.id)
        .join(LedgerTransfer, col(LedgerTransfer.id) == col(LedgerEntry.transfer_id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where((owner != col(LedgerTransfer.organization_id)) | (owner != col(LedgerAccount.organization_id)))
    )
    return [Fault("entry joins two organizations", id) for id in await session.scalars(statement)]


async def _floors(session: Session) -> Iterable[Fault]:
    """Accounts below their floor."""
    account = LedgerAccount
    spendable = col(account.balance) - col(account.held) - col(account.floor)
    statement = select(account.id, spendable).where(col(account.floor).is_not(None), spendable < 0)
    return [Fault(f"account is {-short} below its floor", id) for id, short in await session.execute(statement)]


async def _holds(session: Session) -> Iterable[Fault]:
    """Accounts that hold another amount than their holds."""
    total, account = func.coalesce(func.sum(LedgerHold.remaining), 0), LedgerAccount
    statement = (
        select(account.id, account.held, total)
        .outerjoin(LedgerHold, col(LedgerHold.ledger_account_id) == col(account.id))
        .group_by(col(account.id), col(account.held))
        .having(col(account.held) != total)
    )
    rows = await session.execute(statement)
    return [Fault(f"{held} is held where holds of {int(amount)} remain", id) for id, held, amount in rows]


async def _lots(session: Session) -> Iterable[Fault]:
    """Accounts whose lots hold another amount than their balance."""
    total, account, lot = func.coalesce(func.sum(WalletLot.remaining), 0), LedgerAccount, WalletLot
    expected = case((col(account.balance) > 0, col(account.balance)), else_=0)
    short = (
        select(account.id, account.balance, total)
        .outerjoin(lot, col(lot.ledger_account_id) == col(account.id))
        .where(col(account.lot_months).is_not(None))
        .group_by(col(account.id), col(account.balance))
        .having(expected != total)
    )
    rows = await session.execute(short)
    return [Fault(f"lots of {int(amount)} remain of a balance of {balance}", id) for id, balance, amount in rows]
