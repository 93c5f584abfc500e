"""What transfers rest on: the policies in force, what was moved (for windows of limits), and lines that want none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime


class TransferRule(SQLModel, table=True):
    """The policy of an organization for wallets of one kind of owner (`ac` accounts, `si` lines) from an instant on, until the next row's.

    `terms` is a policy's table as `domain/transfers/policies.toml` writes it, kept as it was then.
    """

    __tablename__ = "transfer_rules"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    owner_kind: str = Field(primary_key=True)
    valid_from: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    name: str
    terms: dict[str, Any] = Field(sa_type=Json)


class Transfer(SQLModel, table=True):
    """A transfer that was carried out; its id is the ledger transfer's, amounts in rials, `fee` with its tax."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index("ix_transfers_from", "organization_id", "from_wallet_id", "moved_at"),
        Index("ix_transfers_to", "organization_id", "to_wallet_id", "moved_at"),
        Index("ix_transfers_reference", "organization_id", "reference"),
    )

    id: UUID = Field(primary_key=True, foreign_key="ledger_transfers.id")
    organization_id: UUID = Field(foreign_key="organizations.id")
    from_wallet_id: UUID = Field(foreign_key="ledger_accounts.id")
    to_wallet_id: UUID = Field(foreign_key="ledger_accounts.id")
    amount: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    moved_at: datetime = Field(sa_type=UtcDateTime)
    policy: str
    reference: str


class TransferOptOut(SQLModel, table=True):
    """A line whose holder wants no money moved out of it or into it (MU-08)."""

    __tablename__ = "transfer_opt_outs"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    sim_id: UUID = Field(primary_key=True, foreign_key="sims.id")
    since: datetime = Field(sa_type=UtcDateTime)
