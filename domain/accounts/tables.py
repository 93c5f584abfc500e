"""Organizations, their accounts, and where each account hung at any time."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from store.models import table_of
from store.revisions import keep_revisions
from store.types import Json, Ordered, UtcDateTime

IS_TOP = column("parent_id").is_(None)
"""An organization has one account without another above it."""


class AccountKind(StrEnum):
    """Place of an account in the tree."""

    CORPORATE_GENERAL = "CORPORATE_GENERAL"
    BILLING = "BILLING"
    SUB = "SUB"


def kind_at(depth: int) -> AccountKind:
    """What an account is by its depth: the corporate general account, a commercial account, or one below."""
    return (AccountKind.CORPORATE_GENERAL, AccountKind.BILLING, AccountKind.SUB)[min(depth, 2)]


class PaymentMode(StrEnum):
    """How usage is paid."""

    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"


class Organization(SQLModel, table=True):
    """A legal entity (TMF632).

    `last_seq` is the last number given to one of its accounts' path segments, `next_move_at` the earliest instant from which something
    stands elsewhere than the present columns say: a move that nobody carried out yet.
    """

    __tablename__ = "organizations"
    __table_args__ = (Index("ix_organizations_next_move", "next_move_at"),)

    id: UUID = Field(primary_key=True)
    name: str
    name_fold: str = Field(sa_type=Ordered)
    legal_id: str = Field(unique=True)
    economic_code: str | None = None
    contacts: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    locale: str = "FA"
    last_seq: int = 0
    next_move_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Account(SQLModel, table=True):
    """A node of an account tree as it hangs now.

    `path` is its place: segments of its ancestors and its own, each ending with '.'; `former_paths` are the places it had before, where
    what was recorded about it then still lies. From `overdue_from` on its oldest unpaid bill is overdue; billing keeps it.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_accounts_tree", "organization_id", "path", unique=True),
        Index("ix_accounts_overdue", "organization_id", "overdue_from"),
        Index("ix_accounts_top", "organization_id", unique=True, postgresql_where=IS_TOP, sqlite_where=IS_TOP),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    number: str
    name: str
    name_fold: str = Field(sa_type=Ordered)
    kind: str
    payment_mode: str
    parent_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    depth: int
    former_paths: list[str] = Field(default_factory=list, sa_type=Json)
    overdue_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


keep_revisions(
    table_of(Account), scope="organization_id",
    columns=("organization_id", "number", "name", "kind", "payment_mode", "parent_id", "path", "depth", "former_paths"),
)  # fmt: skip


class AccountEdge(SQLModel, table=True):
    """Where an account hangs from one instant to another (D12), past, present and planned; that of now equals the account's own columns."""

    __tablename__ = "account_edges"
    __table_args__ = (
        Index("ix_account_edges_tree", "organization_id", "path", "valid_from"),
        Index("ix_account_edges_account", "organization_id", "account_id", "valid_from", unique=True),
        Index("ix_account_edges_begin", "organization_id", "valid_from"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    parent_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    depth: int
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CostCentre(SQLModel, table=True):
    """A department or project that costs are booked on."""

    __tablename__ = "cost_centres"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    code: str
    name: str


class NumberSeries(SQLModel, table=True):
    """The last human reference given out in an organization, by series: orders, tickets, accounts."""

    __tablename__ = "number_series"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    series: str = Field(primary_key=True)
    last: int = 0
