"""The proof of the ledger: no rial lost, doubled or made up, and no byte changed of what was booked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, union_all
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, select

from domain.wallet import digests
from domain.wallet.rules import positive
from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerHold, LedgerTransfer, LotUse, WalletLot
from store.models import table_of
from store.session import Session

CHECKED: Mapping[str, type[SQLModel]] = {
    "ledger accounts": LedgerAccount, "transfers": LedgerTransfer, "entries": LedgerEntry, "holds": LedgerHold, "lots": WalletLot,
    "uses of lots": LotUse,
}  # fmt: skip
"""What the proof goes over, by the name it tells it by."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the ledger that can't be; `what` says it for an operator, `id` is the transfer, entry or ledger account."""

    what: str
    id: UUID


Look = Callable[[Session, UUID | None], Awaitable[Iterable[Fault]]]
"""Looks for one kind of fault, of one organization or all."""


async def prove(session: Session, organization_id: UUID | None = None, *, looks: Mapping[str, Look] | None = None) -> list[Fault]:
    """Looks for everything that can't be, of one organization or all, and returns it; an empty list is the proof.

    Every transfer sums to zero over two sides or more, every balance is the sum of its entries, every entry follows the one
    before it without a gap, nothing is undone by less than all of it, no movement joins two organizations, no account is below
    its floor, what is held is what its holds hold, what remains of an account's lots is its balance and of a lot what came less its
    uses, and everything that never changes is what was written, to the byte. Or what other `looks` find.
    """
    faults: list[Fault] = []
    for look in (looks or LOOKS).values():
        faults += await look(session, organization_id)
    return faults


async def counted(session: Session, tables: Mapping[str, type[SQLModel]] = CHECKED) -> Mapping[str, int]:
    """How many rows of each kind the proof goes over."""
    return {name: (await session.execute(select(func.count()).select_from(table))).scalar_one() for name, table in tables.items()}


async def _transfers(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Transfers that don't sum to zero, or have fewer than two sides."""
    total, sides = func.coalesce(func.sum(LedgerEntry.amount), 0), func.count(col(LedgerEntry.id))
    statement = (
        select(LedgerTransfer.id, total, sides)
        .outerjoin(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
        .where(*within(LedgerTransfer, of))
        .group_by(col(LedgerTransfer.id))
        .having((total != 0) | (sides < 2))
    )
    rows = await session.execute(statement)
    return [Fault(f"transfer of {count} sides sums to {int(amount)}", id) for id, amount, count in rows]


async def _balances(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Ledger accounts whose balance or number of entries isn't that of their entries."""
    total, number = func.coalesce(func.sum(LedgerEntry.amount), 0), func.count(col(LedgerEntry.id))
    account = LedgerAccount
    statement = (
        select(account.id, account.balance, total)
        .outerjoin(LedgerEntry, col(LedgerEntry.ledger_account_id) == col(account.id))
        .where(*within(account, of))
        .group_by(col(account.id), col(account.balance), col(account.entry_count))
        .having((col(account.balance) != total) | (col(account.entry_count) != number))
    )
    rows = await session.execute(statement)
    return [Fault(f"balance is {balance}, its entries sum to {int(amount)} or are of another number", id) for id, balance, amount in rows]


async def _sequences(session: Session, of: UUID | None) -> Iterable[Fault]:
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
        .where(*within(entry, of))
        .where((col(entry.balance_after) != expected) | (col(before.id).is_(None) & (col(entry.seq) != 1)))
    )
    rows = await session.execute(statement)
    return [Fault(f"entry leaves {after} where {wanted} follows, or the one before is missing", id) for id, after, wanted in rows]


async def _reversals(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Transfers that undo another with other amounts: the two together have to leave every ledger account as it was."""
    undoing, account = LedgerTransfer, col(LedgerEntry.ledger_account_id)
    both = (col(LedgerEntry.transfer_id) == col(undoing.id)) | (col(LedgerEntry.transfer_id) == col(undoing.reverses_id))
    statement = (
        select(undoing.id)
        .join(LedgerEntry, both)
        .where(col(undoing.reverses_id).is_not(None), *within(undoing, of))
        .group_by(col(undoing.id), account)
        .having(func.sum(LedgerEntry.amount) != 0)
    )
    return [Fault("transfer doesn't undo what it says it undoes", id) for id in set(await session.scalars(statement))]


async def _tenants(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Entries that belong to another organization than their transfer or ledger account."""
    owner = col(LedgerEntry.organization_id)
    statement = (
        select(LedgerEntry.id)
        .join(LedgerTransfer, col(LedgerTransfer.id) == col(LedgerEntry.transfer_id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where((owner != col(LedgerTransfer.organization_id)) | (owner != col(LedgerAccount.organization_id)), *within(LedgerEntry, of))
    )
    return [Fault("entry joins two organizations", id) for id in await session.scalars(statement)]


async def _floors(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Accounts below their floor."""
    account = LedgerAccount
    spendable = col(account.balance) - col(account.held) - col(account.floor)
    statement = select(account.id, spendable).where(col(account.floor).is_not(None), spendable < 0, *within(account, of))
    return [Fault(f"account is {-short} below its floor", id) for id, short in await session.execute(statement)]


async def _holds(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Accounts that hold another amount than their holds."""
    total, account = func.coalesce(func.sum(LedgerHold.remaining), 0), LedgerAccount
    statement = (
        select(account.id, account.held, total)
        .outerjoin(LedgerHold, col(LedgerHold.ledger_account_id) == col(account.id))
        .where(*within(account, of))
        .group_by(col(account.id), col(account.held))
        .having(col(account.held) != total)
    )
    rows = await session.execute(statement)
    return [Fault(f"{held} is held where holds of {int(amount)} remain", id) for id, held, amount in rows]


async def _lots(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Accounts whose lots hold another amount than their balance."""
    total, account, lot = func.coalesce(func.sum(WalletLot.remaining), 0), LedgerAccount, WalletLot
    expected = case((col(account.balance) > 0, col(account.balance)), else_=0)
    short = (
        select(account.id, account.balance, total)
        .outerjoin(lot, col(lot.ledger_account_id) == col(account.id))
        .where(col(account.lot_months).is_not(None), *within(account, of))
        .group_by(col(account.id), col(account.balance))
        .having(expected != total)
    )
    rows = await session.execute(short)
    return [Fault(f"lots of {int(amount)} remain of a balance of {balance}", id) for id, balance, amount in rows]


async def _uses(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Lots that hold another amount than what came less their uses, transfers that use another amount than they take, and strange uses."""
    total, lot = func.coalesce(func.sum(LotUse.amount), 0), WalletLot
    short: Any = (
        select(col(lot.id), col(lot.amount), col(lot.remaining), total)
        .outerjoin(LotUse, col(LotUse.lot_id) == col(lot.id))
        .where(*within(lot, of))
        .group_by(col(lot.id), col(lot.amount), col(lot.remaining))
        .having(col(lot.amount) - col(lot.remaining) != total)
    )
    rows = await session.execute(short)
    faults = [Fault(f"{remaining} remain of a lot of {amount} with uses of {int(used)}", id) for id, amount, remaining, used in rows]
    strange = select(LotUse.lot_id).join(lot, col(lot.id) == col(LotUse.lot_id))
    strange = strange.where(col(LotUse.organization_id) != col(lot.organization_id), *within(lot, of))
    faults += [Fault("use of a lot joins two organizations", id) for id in await session.scalars(strange)]
    return faults + await _lots_of_entries(session, of)


async def _lots_of_entries(session: Session, of: UUID | None) -> list[Fault]:
    """Entries of accounts that keep lots which change the balance by another amount than came as lots less what was used of them."""
    lot, entry = WalletLot, LedgerEntry
    of_lots: Any = select(col(lot.transfer_id), col(lot.ledger_account_id), col(lot.amount).label("amount")).where(*within(lot, of))
    of_uses: Any = select(col(LotUse.transfer_id), col(lot.ledger_account_id), (-col(LotUse.amount)).label("amount"))
    parts = union_all(of_lots, of_uses.join(lot, col(lot.id) == col(LotUse.lot_id)).where(*within(lot, of))).subquery()
    total = func.sum(parts.c.amount).label("total")
    of_account = (parts.c.transfer_id, parts.c.ledger_account_id)
    changes = select(*of_account, total).group_by(*of_account).subquery()
    own = and_(changes.c.transfer_id == col(entry.transfer_id), changes.c.ledger_account_id == col(entry.ledger_account_id))
    columns: tuple[Any, ...] = (entry.id, entry.amount, entry.balance_after, func.coalesce(changes.c.total, 0))
    statement: Select[Any] = select(*columns).join(LedgerAccount, col(LedgerAccount.id) == col(entry.ledger_account_id))
    statement = statement.outerjoin(changes, own).where(col(LedgerAccount.lot_months).is_not(None), *within(entry, of))
    return [
        Fault(f"entry of {amount} changes lots by {int(change)}", id)
        for id, amount, after, change in await session.execute(statement)
        if positive(after) - positive(after - amount) != change
    ]


async def _entry_digests(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Entries that aren't, with their transfers, what was booked to the byte."""
    faults, last, sealed = [], None, b""
    statement: Any = select(LedgerTransfer, LedgerEntry).join(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
    async for transfer, entry in _rows(session, statement.where(*within(LedgerTransfer, of)).order_by(col(LedgerTransfer.id))):
        if transfer["id"] != last:
            last, sealed = transfer["id"], digests.written(digests.TRANSFER, transfer)
        if digests.of_entry(sealed, entry) != entry["digest"]:
            faults.append(Fault("entry or its transfer isn't what was booked", entry["id"]))
    return faults


async def _row_digests(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Terms of accounts, holds and lots that aren't what was written to the byte."""
    faults = []
    for table, names in ((LedgerAccount, digests.ACCOUNT), (LedgerHold, digests.HOLD), (WalletLot, digests.LOT)):
        async for (row,) in _rows(session, select(table).where(*within(table, of))):
            if digests.of_row(names, row) != row["digest"]:
                faults.append(Fault(f"row of {table.__tablename__} isn't what was written", row["id"]))
    return faults


def within(table: Any, of: UUID | None) -> list[Any]:
    """Rows of one organization, or all."""
    return [] if of is None else [col(table.organization_id) == of]


async def _rows(session: Session, statement: Select[Any]) -> AsyncIterator[tuple[Mapping[str, Any], ...]]:
    """The rows of whole tables as plain values, some at a time."""
    tables = [column["entity"] for column in statement.column_descriptions]
    names = [list(table_of(table).columns.keys()) for table in tables]
    columns = [getattr(table, name) for table, of_table in zip(tables, names, strict=True) for name in of_table]
    found = await session.stream(statement.with_only_columns(*columns, maintain_column_froms=True).execution_options(yield_per=1_000))
    async for row in found:
        values = iter(row)
        yield tuple(dict(zip(of_table, values, strict=False)) for of_table in names)


LOOKS: Mapping[str, Look] = {
    "transfers": _transfers, "balances": _balances, "sequences": _sequences, "reversals": _reversals, "organizations": _tenants,
    "floors": _floors, "holds": _holds, "lots": _lots, "uses of lots": _uses, "entries": _entry_digests, "rows": _row_digests,
}  # fmt: skip
"""What is looked for, by name; each can be looked for by itself."""
