"""Reading wallets, their movements and their statements. Money in rials; a movement is authorised by the path of its time."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, true
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.kernel.batches import grouped, in_order
from domain.kernel.ids import KINDS, Kind, Ref
from domain.kernel.money import ZERO, Money
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import ActorRef, Scope
from domain.reading import By, Limits, members, names_of, page, shaped
from domain.sims.tables import Sim
from domain.wallet.lots import IN_ORDER
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer, WalletLot
from store.session import Session
from store.statements import Prepared, among

MOST_TRANSFERS = 100
MOST_LOTS = 50
WALLET: tuple[Any, ...] = (
    LedgerAccount.id, LedgerAccount.organization_id, LedgerAccount.owner_id, LedgerAccount.balance, LedgerAccount.held,
    LedgerAccount.floor, LedgerAccount.ceiling, Account.path,
)  # fmt: skip
ENTRY: tuple[Any, ...] = (
    LedgerEntry.id, LedgerEntry.transfer_id, LedgerEntry.ledger_account_id, LedgerEntry.amount, LedgerEntry.balance_after,
    LedgerAccount.kind,
)  # fmt: skip
TRANSFER: tuple[Any, ...] = (
    LedgerTransfer.id, LedgerTransfer.posted_at, LedgerTransfer.reason, LedgerTransfer.by, LedgerTransfer.cause_kind,
    LedgerTransfer.cause_id, LedgerTransfer.memo, LedgerTransfer.reverses_id,
)  # fmt: skip
LINE_WALLET: tuple[Any, ...] = (
    Sim.id, Sim.organization_id, Sim.path, Sim.balance, Sim.figures_at, Sim.figures_source, LedgerAccount.balance, LedgerAccount.held,
    LedgerAccount.floor, LedgerAccount.ceiling,
)  # fmt: skip
LOT: tuple[Any, ...] = (WalletLot.ledger_account_id, WalletLot.remaining, WalletLot.created_at, WalletLot.expires_at)
CAUSE = TRANSFER.index(LedgerTransfer.cause_id)


class WalletRow(msgspec.Struct, frozen=True):
    """A wallet as it stands at the instant of reading."""

    id: UUID
    organization_id: UUID
    owner: Ref
    path: str
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


class LotRow(msgspec.Struct, frozen=True):
    """Money in a wallet that came together; `expires_at` is when the rest is lost."""

    remaining: Money
    created_at: datetime
    expires_at: datetime


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

OF_WALLET = (col(LedgerEntry.organization_id) == bindparam("organization_id"), col(LedgerEntry.ledger_account_id) == bindparam("wallet_id"))
CONDITIONS: Mapping[str, Any] = {
    "since": col(LedgerEntry.posted_at) >= bindparam("since"),
    "before": col(LedgerEntry.posted_at) < bindparam("before"),
    "reasons": among(col(LedgerTransfer.reason), "reasons"),
}
"""What narrows movements, by the name of the value it compares with."""
NEWEST = (By(col(LedgerEntry.seq), is_descending=True),)
SIDES, REASONS, SOURCES = members(LedgerAccountKind), members(LedgerReason), members(FigureSource)


@shaped
def _wallets_by_ids(scope: Limits) -> Select[Any]:
    return _wallets(scope).where(among(col(LedgerAccount.id), "ids"))


async def wallets_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[WalletRow | None]:
    """Wallets in the order asked, null for those out of scope."""
    found = {row[0]: _wallet(row, scope.at) for row in await session.rows(_wallets_by_ids(scope), ids=ids)}
    if rest := [id for id in ids if id not in found]:  # a line's wallet bears the line's id
        found |= {row[0]: _line_wallet(row, scope.at) for row in await session.rows(_wallets_of_lines(scope), ids=rest)}
    return [found.get(id) for id in ids]


async def wallets_of_lines(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[WalletRow | None]:
    """The wallet of each prepaid line in the order asked, null for others; one that nothing moved yet holds what the network told."""
    return in_order(sim_ids, (_line_wallet(row, scope.at) for row in await session.rows(_wallets_of_lines(scope), ids=sim_ids)))


@shaped
def _wallets_of_lines(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*LINE_WALLET).outerjoin(LedgerAccount, col(LedgerAccount.id) == col(Sim.id))
    statement = statement.where(col(Sim.payment_mode) == PaymentMode.PREPAID, among(col(Sim.id), "ids"))
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


_IN_ORDER: Any = func.row_number().over(
    partition_by=col(WalletLot.ledger_account_id), order_by=IN_ORDER
).label("place")  # fmt: skip
_PLACED: tuple[Any, ...] = (*LOT, _IN_ORDER)
_LEFT: Any = (
    select(*_PLACED)
    .where(among(col(WalletLot.organization_id), "organization_ids"), among(col(WalletLot.ledger_account_id), "ids"))
    .where(col(WalletLot.remaining) > 0)
    .subquery()
)
_LOTS = Prepared(select(*_LEFT.c).where(_LEFT.c.place <= MOST_LOTS).order_by(_LEFT.c.ledger_account_id, _LEFT.c.place))


async def lots_of_wallets(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[list[LotRow]]:
    """What is left of the lots of wallets that were read in scope, by (organization, wallet): in the order of use, the next 50."""
    organization_ids, ids = list({organization_id for organization_id, _ in keys}), [id for _, id in keys]
    rows = await session.rows(_LOTS, organization_ids=organization_ids, ids=ids)
    return grouped(ids, ((id, LotRow(Money(remaining), created_at, expires_at)) for id, remaining, created_at, expires_at, _ in rows))


@shaped
def _wallets_of_accounts(scope: Limits) -> Select[Any]:
    return _wallets(scope).where(among(col(LedgerAccount.owner_id), "account_ids"))


async def wallets_of_accounts(session: Session, scope: Scope, account_ids: Sequence[UUID]) -> list[WalletRow | None]:
    """The wallet of each account in the order asked, null where there is none or the account is out of scope."""
    found = {row[2]: _wallet(row, scope.at) for row in await session.rows(_wallets_of_accounts(scope), account_ids=account_ids)}
    return [found.get(id) for id in account_ids]


@shaped
def _entries_of_wallet(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    statement = _entries(scope).where(*OF_WALLET)
    if "reasons" in given:
        statement = statement.join(LedgerTransfer, col(LedgerTransfer.id) == col(LedgerEntry.transfer_id))
    return statement.where(*(CONDITIONS[name] for name in given))


async def entries_page(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    wallet_id: UUID,
    *,
    window: Window,
    posted: Posted,
    reasons: Sequence[LedgerReason] | None,
) -> Page[LedgerEntryRow]:
    """Movements of an organization's wallet, the last booked first."""
    values = {"since": posted.since, "before": posted.before, "reasons": reasons}
    statement = _entries_of_wallet(scope, names_of(values))(organization_id=organization_id, wallet_id=wallet_id, **values)
    return (await page(session, statement, window, NEWEST, name="wallet.entries")).map(_entry)


@functools.cache
def _sums(given: tuple[str, ...]) -> Prepared:
    """A wallet's balance, the sum of its entries from a span's start on, and of the span what went in, what went out and their number."""
    amount, during = col(LedgerEntry.amount), CONDITIONS["before"] if "before" in given else true()
    columns: Sequence[Any] = (
        select(LedgerAccount.balance).where(LedgerAccount.id == bindparam("wallet_id")).scalar_subquery(),
        *(_sum(*of) for of in ((true(), amount), (during & (amount > 0), amount), (during & (amount < 0), -amount), (during, 1))),
    )
    return Prepared(select(*columns).where(*OF_WALLET, *(CONDITIONS[name] for name in given if name == "since")))


async def statement_of(session: Session, organization_id: UUID, wallet_id: UUID, posted: Posted) -> StatementRow:
    """What a wallet held before a span, what went in and out during it, and what it held at its end.

    Reckoned back from the balance, so that what it costs grows with the entries since the span's start and not with all of history.
    """
    values = {"since": posted.since, "before": posted.before}
    (sums,) = await session.rows(_sums(names_of(values)), organization_id=organization_id, wallet_id=wallet_id, **values)
    balance, moved, credits, debits, count = (int(number or 0) for number in sums)
    opening = balance - moved
    return StatementRow(Money(opening), Money(credits), Money(debits), Money(opening + credits - debits), count)


@shaped
def _entries_by_ids(scope: Limits) -> Select[Any]:
    return _entries(scope).where(among(col(LedgerEntry.id), "ids"))


async def entries_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[LedgerEntryRow | None]:
    """Entries in the order asked, null for those out of scope."""
    return in_order(ids, map(_entry, await session.rows(_entries_by_ids(scope), ids=ids)))


@shaped
def _entries_of_transfers(scope: Limits) -> Select[Any]:
    statement = _entries(scope).where(among(col(LedgerEntry.transfer_id), "ids"))
    return statement.order_by(col(LedgerEntry.amount), col(LedgerEntry.id))


async def entries_of_transfers(session: Session, scope: Scope, transfer_ids: Sequence[UUID]) -> list[list[LedgerEntryRow]]:
    """The sides of each movement in the order asked, what leaves first."""
    return grouped(transfer_ids, ((row[1], _entry(row)) for row in await session.rows(_entries_of_transfers(scope), ids=transfer_ids)))


@shaped
def _transfers_by_ids(scope: Limits) -> Select[Any]:
    return _transfers(scope).where(among(col(LedgerTransfer.id), "ids"))


async def transfers_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[LedgerTransferRow | None]:
    """Movements in the order asked, null for those without a side in scope."""
    return in_order(ids, map(_transfer, await session.rows(_transfers_by_ids(scope), ids=ids)))


@shaped
def _transfers_of_causes(scope: Limits) -> Select[Any]:
    caused = among(col(LedgerTransfer.organization_id), "organization_ids"), among(col(LedgerTransfer.cause_id), "ids")
    statement = _transfers(scope).where(*caused)
    return statement.order_by(col(LedgerTransfer.posted_at), col(LedgerTransfer.id))


async def transfers_of_causes(session: Session, scope: Scope, keys: Sequence[tuple[UUID, UUID]]) -> list[list[LedgerTransferRow]]:
    """The movements that each order caused, by (organization, order): refunds included, in the order of booking, the first 100 of each."""
    organization_ids, ids = list({organization_id for organization_id, _ in keys}), [id for _, id in keys]
    rows = await session.rows(_transfers_of_causes(scope), organization_ids=organization_ids, ids=ids)
    return grouped(ids, ((row[CAUSE], _transfer(row)) for row in rows), most=MOST_TRANSFERS)


def _wallets(scope: Limits) -> Select[Any]:
    wallet = LedgerAccount
    owner = and_(col(Account.organization_id) == col(wallet.organization_id), col(Account.id) == col(wallet.owner_id))
    statement: Select[Any] = select(*WALLET).join(Account, owner).where(col(wallet.kind) == LedgerAccountKind.WALLET)
    return scope.limit(statement, col(Account.organization_id), col(Account.path))


def _wallet(row: Any, at: datetime) -> WalletRow:
    id, organization_id, owner_id, balance, held, floor, ceiling, path = row
    most = None if ceiling is None else Money(ceiling)
    return WalletRow(id, organization_id, Ref(Kind.ACCOUNT, owner_id), path, Money(balance), Money(held), Money(floor), most, at)


def _line_wallet(row: Any, at: datetime) -> WalletRow:
    id, organization_id, path, told, told_at, source, balance, held, floor, ceiling = row
    owner = Ref(Kind.SIM, id)
    if balance is None:
        return WalletRow(id, organization_id, owner, path, Money(max(told or 0, 0)), ZERO, ZERO, None, told_at, SOURCES[source])
    most = None if ceiling is None else Money(ceiling)
    return WalletRow(id, organization_id, owner, path, Money(balance), Money(held), Money(floor), most, at)


def _entries(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*ENTRY).join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
    return scope.limit(statement, col(LedgerEntry.organization_id), col(LedgerEntry.path))


def _entry(row: Any) -> LedgerEntryRow:
    id, transfer_id, account_id, amount, balance_after, kind, *_ = row
    wallet_id = account_id if kind == LedgerAccountKind.WALLET else None
    return LedgerEntryRow(id, transfer_id, SIDES[kind], wallet_id, Money(amount), Money(balance_after))


def _transfers(scope: Limits) -> Select[Any]:
    side: Select[Any] = select(LedgerEntry.id).where(col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
    seen = scope.limit(side, col(LedgerEntry.organization_id), col(LedgerEntry.path)).correlate(LedgerTransfer)
    statement: Select[Any] = select(*TRANSFER).where(seen.exists())
    return statement


def _transfer(row: Any) -> LedgerTransferRow:
    id, posted_at, reason, by, kind, cause_id, memo, reverses_id = row
    cause = Ref(KINDS[kind], cause_id) if kind and cause_id else None
    return LedgerTransferRow(id, posted_at, REASONS[reason], ActorRef.from_json(by), cause, memo, reverses_id)


def _sum(condition: Any, amount: Any) -> ColumnElement[Any]:
    return func.sum(case((condition, amount), else_=0))
