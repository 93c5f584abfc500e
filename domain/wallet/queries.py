"""Reading wallets, their movements and their statements. Money in rials; a movement is authorised by the path of its time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, false, func, true
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import ActorRef, Scope
from domain.reading import By, Limits, page, shaped
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session
from store.statements import among

MOST_TRANSFERS = 100
WALLET: tuple[Any, ...] = (
    LedgerAccount.id, LedgerAccount.organization_id, LedgerAccount.owner_id, LedgerAccount.balance, LedgerAccount.held,
    LedgerAccount.floor, LedgerAccount.ceiling,
)  # fmt: skip
ENTRY: tuple[Any, ...] = (
    LedgerEntry.id, LedgerEntry.transfer_id, LedgerEntry.ledger_account_id, LedgerEntry.amount, LedgerEntry.balance_after,
    LedgerAccount.kind,
)  # fmt: skip


class WalletRow(msgspec.Struct, frozen=True):
    """A wallet as it stands at the instant of reading."""

    id: UUID
    organization_id: UUID
    balance: Money
    held: Money
    floor: Money
    ceiling: Money | None
    as_of: datetime
    source: FigureSource = FigureSource.LEDGER

    @property
    def available(self) -> Money:
        """What may be spent."""
        return self.balance - self.held - self.floor


class LedgerEntryRow(msgspec.Struct, frozen=True):
    """One side of a movement; `wallet_id` is null on the house's sides."""

    id: UUID
    transfer_id: UUID
    kind: LedgerAccountKind
    wallet_id: UUID | None
    amount: Money
    balance_after: Money


class LedgerTransferRow(msgspec.Struct, frozen=True):
    """A movement of money."""

    id: UUID
    posted_at: datetime
    reason: LedgerReason
    by: ActorRef
    cause: Ref | None
    memo: str | None
    reverses_id: UUID | None


class StatementRow(msgspec.Struct, frozen=True):
    """Sums of a span of a wallet: opening + credits − debits = closing."""

    opening: Money
    credits: Money
    debits: Money
    closing: Money
    entry_count: int


@dataclass(frozen=True, slots=True)
class Posted:
    """Booked from an instant on and before another; null is unbounded."""

    since: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        """What holds for entries booked then."""
        at = col(LedgerEntry.posted_at)
        since = () if self.since is None else (at >= self.since,)
        return since if self.before is None else (*since, at < self.before)


@shaped
def _wallets_by_ids(scope: Limits) -> Select[Any]:
    return _wallets(scope).where(among(col(LedgerAccount.id), "ids"))


async def wallets_by_ids(session: Session, scope: Scope, ids: Sequence[UUID], *, at: datetime) -> list[WalletRow | None]:
    """Wallets in the order asked, null for those out of scope."""
    found = {row[0]: _wallet(row, at) for row in await session.rows(_wallets_by_ids(scope), ids=ids)}
    return [found.get(id) for id in ids]


@shaped
def _wallets_of_accounts(scope: Limits) -> Select[Any]:
    return _wallets(scope).where(among(col(LedgerAccount.owner_id), "account_ids"))


async def wallets_of_accounts(session: Session, scope: Scope, account_ids: Sequence[UUID], *, at: datetime) -> list[WalletRow | None]:
    """The wallet of each account in the order asked, null where there is none or the account is out of scope."""
    found = {row[2]: _wallet(row, at) for row in await session.rows(_wallets_of_accounts(scope), account_ids=account_ids)}
    return [found.get(id) for id in account_ids]


async def entries_page(
    session: Session, scope: Scope, wallet_id: UUID, *, window: Window, posted: Posted, reasons: Sequence[LedgerReason] | None
) -> Page[LedgerEntryRow]:
    """Movements of a wallet, the last booked first."""
    statement = _entries(scope).where(col(LedgerEntry.ledger_account_id) == wallet_id, *posted.conditions())
    if reasons is not None:
        transfer = LedgerTransfer
        statement = statement.join(transfer, col(transfer.id) == col(LedgerEntry.transfer_id)).where(col(transfer.reason).in_(reasons))
    order = [By(col(LedgerEntry.seq), is_descending=True)]
    return (await page(session, statement, window, order, name="wallet.entries")).map(_entry)


async def statement_of(session: Session, wallet_id: UUID, posted: Posted) -> StatementRow:
    """What a wallet held before a span, what went in and out during it, and what it held at its end."""
    amount, during = col(LedgerEntry.amount), and_(true(), *posted.conditions())
    before = false() if posted.since is None else col(LedgerEntry.posted_at) < posted.since
    sums: Any = select(_sum(before, amount), _sum(during & (amount > 0), amount), _sum(during & (amount < 0), -amount), _sum(during, 1))
    sums = sums.where(col(LedgerEntry.ledger_account_id) == wallet_id)
    opening, credits, debits, count = (int(number or 0) for number in (await session.execute(sums)).one())
    return StatementRow(Money(opening), Money(credits), Money(debits), Money(opening + credits - debits), count)


async def entries_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[LedgerEntryRow | None]:
    """Entries in the order asked, null for those out of scope."""
    found = {row.id: _entry(row) for row in await session.execute(_entries(scope).where(col(LedgerEntry.id).in_(ids)))}
    return [found.get(id) for id in ids]


async def entries_of_transfers(session: Session, scope: Scope, transfer_ids: Sequence[UUID]) -> list[list[LedgerEntryRow]]:
    """The sides of each movement in the order asked, what leaves first."""
    statement = _entries(scope).where(col(LedgerEntry.transfer_id).in_(transfer_ids))
    found: dict[UUID, list[LedgerEntryRow]] = defaultdict(list)
    for row in await session.execute(statement.order_by(col(LedgerEntry.amount), col(LedgerEntry.id))):
        found[row.transfer_id].append(_entry(row))
    return [found[id] for id in transfer_ids]


async def transfers_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[LedgerTransferRow | None]:
    """Movements in the order asked, null for those without a side in scope."""
    rows = await session.scalars(_transfers(scope).where(col(LedgerTransfer.id).in_(ids)))
    found = {row.id: _transfer(row) for row in rows}
    return [found.get(id) for id in ids]


async def transfers_of_causes(session: Session, scope: Scope, cause_ids: Sequence[UUID]) -> list[list[LedgerTransferRow]]:
    """The movements that each order caused, refunds included, in the order of booking, the first 100 of each."""
    statement = _transfers(scope).where(col(LedgerTransfer.cause_id).in_(cause_ids))
    found: dict[UUID | None, list[LedgerTransferRow]] = defaultdict(list)
    for row in await session.scalars(statement.order_by(col(LedgerTransfer.posted_at), col(LedgerTransfer.id))):
        if len(found[row.cause_id]) < MOST_TRANSFERS:
            found[row.cause_id].append(_transfer(row))
    return [found[id] for id in cause_ids]


def _wallets(scope: Limits) -> Select[Any]:
    wallet = LedgerAccount
    owner = and_(col(Account.organization_id) == col(wallet.organization_id), col(Account.id) == col(wallet.owner_id))
    statement: Select[Any] = select(*WALLET).join(Account, owner).where(col(wallet.kind) == LedgerAccountKind.WALLET)
    return scope.limit(statement, col(Account.organization_id), col(Account.path))


def _wallet(row: Any, at: datetime) -> WalletRow:
    id, organization_id, _, balance, held, floor, ceiling = row
    most = None if ceiling is None else Money(ceiling)
    return WalletRow(id, organization_id, Money(balance), Money(held), Money(floor), most, at)


def _entries(scope: Scope) -> Select[Any]:
    statement: Select[Any] = select(*ENTRY).join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
    return scope.limit(statement, col(LedgerEntry.organization_id), col(LedgerEntry.path))


def _entry(row: Any) -> LedgerEntryRow:
    kind = LedgerAccountKind(row.kind)
    wallet_id = row.ledger_account_id if kind is LedgerAccountKind.WALLET else None
    return LedgerEntryRow(row.id, row.transfer_id, kind, wallet_id, Money(row.amount), Money(row.balance_after))


def _transfers(scope: Scope) -> Select[Any]:
    side: Select[Any] = select(LedgerEntry.id).where(col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
    seen = scope.limit(side, col(LedgerEntry.organization_id), col(LedgerEntry.path)).correlate(LedgerTransfer)
    return select(LedgerTransfer).where(seen.exists())


def _transfer(row: LedgerTransfer) -> LedgerTransferRow:
    cause = Ref(Kind(row.cause_kind), row.cause_id) if row.cause_kind and row.cause_id else None
    return LedgerTransferRow(row.id, row.posted_at, LedgerReason(row.reason), ActorRef.from_json(row.by), cause, row.memo, row.reverses_id)


def _sum(condition: Any, amount: Any) -> ColumnElement[Any]:
    return func.sum(case((condition, amount), else_=0))
