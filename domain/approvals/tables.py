"""Budgets and what was spent of them, amount bands, stand-ins, and approvals. Money in rials."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import Json, Ordered, UtcDateTime


class ApprovalState(StrEnum):
    """State of an approval."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Budget(SQLModel, table=True):
    """What an account or a cost centre may spend in a Jalali month, and what it has.

    A month nobody set inherits the newest one before it; its row is made when money is first spent in it. `subject_kind` is the code of a
    `Kind`; `amount` null says that there is none from this month on; `told` is the highest threshold, in percent, that people were told of.
    """

    __tablename__ = "budgets"
    __table_args__ = (UniqueConstraint("organization_id", "subject_id", "month"), Index("ix_budgets_month", "organization_id", "month"))

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    subject_kind: str
    subject_id: UUID
    month: str = Field(sa_type=Ordered)
    amount: int | None = Field(default=None, sa_type=BigInteger)
    thresholds: list[int] = Field(sa_type=Json)
    is_set: bool = True
    spent: int = Field(default=0, sa_type=BigInteger)
    committed: int = Field(default=0, sa_type=BigInteger)
    told: int = 0


class SpendingState(StrEnum):
    """Whether something counts as committed, as spent, or no more."""

    COMMITTED = "COMMITTED"
    SPENT = "SPENT"
    RELEASED = "RELEASED"


class Spending(SQLModel, table=True):
    """What one cause, an order say, takes of which budgets: `parts` are those of `rules.Part`; `api_token_id` and `day` whose day it took.

    There is none of an order that touches no budget and no token; of what is spent without asking `amount` is what wasn't given back.
    """

    __tablename__ = "spendings"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    cause_id: UUID = Field(primary_key=True)
    cause_kind: str
    state: str
    amount: int = Field(sa_type=BigInteger)
    parts: list[dict[str, Any]] = Field(sa_type=Json)
    api_token_id: UUID | None = None
    day: date | None = None


class TokenBudget(SQLModel, table=True):
    """What an API token may spend in a day."""

    __tablename__ = "token_budgets"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    api_token_id: UUID = Field(primary_key=True)
    amount: int = Field(sa_type=BigInteger)


class TokenDay(SQLModel, table=True):
    """What an API token has spent on a day of Tehran."""

    __tablename__ = "token_days"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    api_token_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    spent: int = Field(default=0, sa_type=BigInteger)


class ApprovalBand(SQLModel, table=True):
    """From an amount on, somebody has to approve what an account, or one below without bands of its own, spends at once."""

    __tablename__ = "approval_bands"
    __table_args__ = (UniqueConstraint("organization_id", "account_id", "from_amount"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    from_amount: int = Field(sa_type=BigInteger)
    approver_id: UUID = Field(foreign_key="persons.id")


class ApprovalDelegation(SQLModel, table=True):
    """Somebody stands in for an approver of an organization for a time that has an end."""

    __tablename__ = "approval_delegations"
    __table_args__ = (
        Index("ix_approval_delegations_from", "organization_id", "from_person_id", "valid_to"),
        Index("ix_approval_delegations_to", "to_person_id", "valid_to"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    from_person_id: UUID = Field(foreign_key="persons.id")
    to_person_id: UUID = Field(foreign_key="persons.id")
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime = Field(sa_type=UtcDateTime)


class Approval(SQLModel, table=True):
    """A decision that somebody has to take; `path` is the place of the account whose money it is, as it was when it was asked.

    `over` names the accounts and cost centres whose managers have to say yes, `is_over_band` says that its amount calls for it;
    `hold_id` is the money held on a wallet until then; `changed_at` is when anything of it last changed.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_inbox", "organization_id", "state", "requested_at", "id"),
        Index("ix_approvals_subject", "organization_id", "subject_id"),
        Index("ix_approvals_due", "state", "due_at"),
        Index("ix_approvals_changed", "changed_at"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    reason: str
    state: str
    amount: int | None = Field(default=None, sa_type=BigInteger)
    subject_kind: str
    subject_id: UUID
    by: dict[str, Any] = Field(sa_type=Json)
    requester_id: UUID | None = Field(default=None, foreign_key="persons.id")
    requested_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    plan: dict[str, Any] = Field(sa_type=Json)
    is_over_band: bool = False
    over: list[str] = Field(default_factory=list, sa_type=Json)
    hold_id: UUID | None = None
    decided_by: dict[str, Any] | None = Field(default=None, sa_type=Json)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str | None = None
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ApprovalAsked(SQLModel, table=True):
    """Whose answer an approval waits or waited for, stand-ins apart."""

    __tablename__ = "approval_asked"
    __table_args__ = (Index("ix_approval_asked_person", "person_id", "approval_id"),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    approval_id: UUID = Field(primary_key=True, foreign_key="approvals.id")
    person_id: UUID = Field(primary_key=True, foreign_key="persons.id")
