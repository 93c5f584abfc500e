"""The double-entry ledger: accounts, transfers, entries. Amounts in rials, credit on a wallet positive."""

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
    REVENUE = "REVENUE"
    TAX = "TAX"
    CLEARING = "CLEARING"


class LedgerReason(StrEnum):
    """Why money moved."""

    ORDER = "ORDER"
    REFUND = "REFUND"
    ADJUSTMENT = "ADJUSTMENT"


class LedgerAccount(SQLModel, table=True):
    """A purse, or one of an organization's house accounts (their `owner_id` is the organization).

    `balance` is the sum of its entries and `entry_count` their number; a wallet's balance less what is held never falls below its floor.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "owner_id"),
        CheckConstraint("kind <> 'WALLET' OR balance - held >= floor", name="wallet_above_floor"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    kind: str
    owner_id: UUID
    balance: int = Field(default=0, sa_type=BigInteger)
    held: int = Field(default=0, sa_type=BigInteger)
    floor: int = Field(default=0, sa_type=BigInteger)
    ceiling: int | None = Field(default=None, sa_type=BigInteger)
    entry_count: int = Field(default=0, sa_type=BigInteger)


class LedgerTransfer(SQLModel, table=True):
    """An immutable movement of money; its entries sum to zero, and another transfer undoes it once at most."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        Index("ix_ledger_transfers_cause", "organization_id", "cause_id"),
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
