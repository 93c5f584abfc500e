"""Standing instructions to pay, how lines stand to them, and what they did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from store.types import Json, Ordered, UtcDateTime


class PaymentPolicy(SQLModel, table=True):
    """A standing instruction to pay for a group's lines from a wallet.

    With `amount` it recharges prepaid lines that fall below `trigger_below` rials, or bytes; without one it pays bills on a day of the
    Jalali month, when more than `threshold` rials are due, or both.
    """

    __tablename__ = "payment_policies"
    __table_args__ = (Index("ix_payment_policies_group", "organization_id", "group_id", "created_at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    group_id: UUID = Field(foreign_key="sim_groups.id")
    wallet_id: UUID = Field(foreign_key="ledger_accounts.id")
    trigger_below: int | None = Field(default=None, sa_type=BigInteger)
    trigger_unit: str | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    day_of_month: int | None = None
    threshold: int | None = Field(default=None, sa_type=BigInteger)
    is_active: bool
    notify_emails: list[str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class PolicyStanding(SQLModel, table=True):
    """Where a line stands to a policy: below its trigger or not, after so many crossings, with so many entries of its wallet looked at.

    `seen` is -1 until somebody looked.
    """

    __tablename__ = "policy_standings"

    organization_id: UUID = Field(primary_key=True)
    policy_id: UUID = Field(primary_key=True)
    sim_id: UUID = Field(primary_key=True)
    is_below: bool
    crossings: int
    seen: int = Field(sa_type=BigInteger)


class PaymentPolicyRun(SQLModel, table=True):
    """One firing of a policy on one line, standing under `path` then; `occasion` is what a policy fires for once."""

    __tablename__ = "payment_policy_runs"
    __table_args__ = (
        Index("ix_payment_policy_runs_occasion", "organization_id", "policy_id", "occasion", unique=True),
        Index("ix_payment_policy_runs_at", "organization_id", "policy_id", "at", "id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    path: str = Field(sa_type=Ordered)
    policy_id: UUID
    sim_id: UUID = Field(foreign_key="sims.id")
    occasion: str
    at: datetime = Field(sa_type=UtcDateTime)
    amount: int = Field(sa_type=BigInteger)
    transfer_id: UUID | None = Field(default=None, foreign_key="ledger_transfers.id")
    failure: dict[str, Any] | None = Field(default=None, sa_type=Json)
