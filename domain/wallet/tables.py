"""The double-entry ledger: accounts, transfers, entries, holds, lots. In rials; credit is positive, what a customer owes negative.

A `digest` is of what never changes in a row (`domain/wallet/digests.py`); that of an entry is of its transfer too.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import Json, Ordered, UtcDateTime


class LedgerAccountKind(StrEnum):
    """Kind of a ledger account."""

    WALLET = "WALLET"
    DEPOSIT = "DEPOSIT"
    RECEIVABLE = "RECEIVABLE"
    REVENUE = "REVENUE"
    TAX = "TAX"
    CLEARING = "CLEARING"
    PROMOTION = "PROMOTION"
    VOUCHER = "VOUCHER"


class LedgerReason(StrEnum):
    """Why money moved."""

    TOP_UP = "TOP_UP"
    ORDER = "ORDER"
    USAGE = "USAGE"
    BILL = "BILL"
    TRANSFER = "TRANSFER"
    FEE = "FEE"
    REFUND = "REFUND"
    ADJUSTMENT = "ADJUSTMENT"
    DEPOSIT = "DEPOSIT"
    EXPIRY = "EXPIRY"
    SETTLEMENT = "SETTLEMENT"


class LedgerAccount(SQLModel, table=True):
    """What belongs to one owner for one purpose: a purse of an account or a line, or one of an organization's house accounts.

    `balance` is the sum of its entries and `entry_count` their number; balance less what is held never falls below the floor, where
    there is one. No top-up or transfer lifts a balance above its ceiling. What comes in is kept as lots where `lot_months` says how long
    it lasts.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "owner_id"),
        CheckConstraint("floor IS NULL OR balance - held >= floor", name="above_floor"),
        CheckConstraint("held >= 0", name="holds_are_positive"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    kind: str
    owner_kind: str
    owner_id: UUID
    balance: int = Field(default=0, sa_type=BigInteger)
    held: int = Field(default=0, sa_type=BigInteger)
    floor: int | None = Field(default=None, sa_type=BigInteger)
    ceiling: int | None = Field(default=None, sa_type=BigInteger)
    lot_months: int | None = None
    entry_count: int = Field(default=0, sa_type=BigInteger)
    digest: str = ""


class LedgerTransfer(SQLModel, table=True):
    """An immutable movement of money; its entries sum to zero, and another transfer undoes it once at most."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        Index("ix_ledger_transfers_cause", "organization_id", "cause_id"),
        Index("ix_ledger_transfers_posted", "organization_id", "posted_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    posted_at: datetime = Field(sa_type=UtcDateTime)
    reason: str
    by: dict[str, Any] = Field(sa_type=Json)
    cause_kind: str | None = None
    cause_id: UUID | None = None
    memo: str | None = None
    reverses_id: UUID | None = Field(default=None, foreign_key="ledger_transfers.id")


class LedgerEntry(SQLModel, table=True):
    """One side of a transfer.

    `seq` numbers the entries of a ledger account in the order in which they were booked, from 1 without a gap, so that each
    `balance_after` is the one before plus the amount; `posted_at` is the transfer's, and may run a moment behind that order.
    `path` is the place in the tree, at that time, of the account for which money moved; the house's sides have it as well.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("organization_id", "ledger_account_id", "seq"),
        Index("ix_ledger_entries_posted", "organization_id", "ledger_account_id", "posted_at"),
        Index("ix_ledger_entries_transfer", "transfer_id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    transfer_id: UUID = Field(foreign_key="ledger_transfers.id")
    ledger_account_id: UUID = Field(foreign_key="ledger_accounts.id")
    seq: int = Field(sa_type=BigInteger)
    posted_at: datetime = Field(sa_type=UtcDateTime)
    amount: int = Field(sa_type=BigInteger)
    balance_after: int = Field(sa_type=BigInteger)
    path: str = Field(sa_type=Ordered)
    digest: str = ""


class LedgerHold(SQLModel, table=True):
    """Money that waits for its business to end: not to be spent otherwise, then taken (captured) or set free (released), in parts or whole.

    `remaining` is what is still held of `amount`; the account's `held` is the sum of what remains.
    """

    __tablename__ = "ledger_holds"
    __table_args__ = (
        Index("ix_ledger_holds_account", "organization_id", "ledger_account_id", "held_at"),
        Index("ix_ledger_holds_cause", "organization_id", "cause_id"),
        CheckConstraint("remaining >= 0 AND remaining <= amount", name="within_amount"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    ledger_account_id: UUID = Field(foreign_key="ledger_accounts.id")
    amount: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    cause_kind: str
    cause_id: UUID
    held_at: datetime = Field(sa_type=UtcDateTime)
    digest: str = ""


class WalletLot(SQLModel, table=True):
    """Money that came together and is lost together; used up in the order in which it came.

    What remains of an account's lots is its balance, or nothing when that is negative.
    """

    __tablename__ = "wallet_lots"
    __table_args__ = (
        Index("ix_wallet_lots_account", "organization_id", "ledger_account_id", "created_at", "id"),
        Index("ix_wallet_lots_expiry", "expires_at"),
        CheckConstraint("remaining >= 0 AND remaining <= amount", name="within_amount"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    ledger_account_id: UUID = Field(foreign_key="ledger_accounts.id")
    transfer_id: UUID = Field(foreign_key="ledger_transfers.id")
    amount: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    digest: str = ""


class LotUse(SQLModel, table=True):
    """So much of a lot used by a transfer; undoing the transfer gives it back to the same lot, which is a use of less than nothing."""

    __tablename__ = "lot_uses"
    __table_args__ = (Index("ix_lot_uses_transfer", "organization_id", "transfer_id"),)

    lot_id: UUID = Field(primary_key=True, foreign_key="wallet_lots.id")
    transfer_id: UUID = Field(primary_key=True, foreign_key="ledger_transfers.id")
    organization_id: UUID = Field(foreign_key="organizations.id")
    amount: int = Field(sa_type=BigInteger)
