"""Orders, their items and their steps."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from store.types import DecimalText, Json, Ordered, UtcDateTime


class OrderState(StrEnum):
    """State of an order and of its items (TMF622)."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    HELD = "HELD"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


class Order(SQLModel, table=True):
    """A purchase; money in rials, `path` the paying account's place when it was placed.

    `group_id` is the group whose manager bought it as such; it may be gone by now.
    One for many is filled by a job with money held for it: until then `is_filling`; `unsold` targets have no item, as yet or for good.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("organization_id", "external_reference"),
        Index("ix_orders_history", "organization_id", "placed_at", "id", "path", "state", "placed_by_id"),
        Index("ix_orders_receipt", "receipt_file_id"),
        Index("ix_orders_group", "organization_id", "group_id", "placed_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    path: str = Field(sa_type=Ordered)
    number: str
    external_reference: str | None = None
    state: str
    by: dict[str, Any] = Field(sa_type=Json)
    placed_by_id: UUID | None = None
    placed_at: datetime = Field(sa_type=UtcDateTime)
    net: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    vat_rate: Decimal = Field(sa_type=DecimalText)
    refunded: int = Field(default=0, sa_type=BigInteger)
    purchase_order_number: str | None = None
    memo: str | None = None
    receipt_emails: list[str] = Field(sa_type=Json)
    locale: str
    receipt_file_id: UUID | None = Field(default=None, foreign_key="files.id")
    job_id: UUID | None = None
    hold_id: UUID | None = None
    is_filling: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    unsold: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    group_id: UUID | None = None


class OrderItem(SQLModel, table=True):
    """One target of an order; `cost_centre_id` is what it is booked on, `failure` why it failed, as a stored reason.

    `sent_at` is when the network was to hear of it first: it may have waited long behind others of its line.
    """

    __tablename__ = "order_items"
    __table_args__ = (
        Index("ix_order_items_order", "organization_id", "order_id", "position", unique=True),
        Index("ix_order_items_sim", "organization_id", "sim_id"),
        Index("ix_order_items_state", "organization_id", "order_id", "state"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    order_id: UUID = Field(foreign_key="orders.id")
    position: int
    offering_id: UUID = Field(foreign_key="offerings.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    cost_centre_id: UUID | None = Field(default=None, foreign_key="cost_centres.id")
    state: str
    activation: str
    activate_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_renewing: bool = False
    net: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    vat_rate: Decimal = Field(sa_type=DecimalText)
    product_id: UUID | None = Field(default=None, foreign_key="products.id")
    transfer_id: UUID | None = Field(default=None, foreign_key="ledger_transfers.id")
    failure: dict[str, Any] | None = Field(default=None, sa_type=Json)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OrderStep(SQLModel, table=True):
    """A step of an order."""

    __tablename__ = "order_steps"
    __table_args__ = (Index("ix_order_steps_order", "organization_id", "order_id", "at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    order_id: UUID = Field(foreign_key="orders.id")
    state: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)
