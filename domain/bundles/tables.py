"""Products of a line and the buckets they granted."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class ProductStatus(StrEnum):
    """State of a product (TMF637)."""

    PENDING_ACTIVE = "PENDING_ACTIVE"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"


class BucketStatus(StrEnum):
    """State of a bucket."""

    ACTIVE = "ACTIVE"
    QUEUED = "QUEUED"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"


class Product(SQLModel, table=True):
    """Something a line has (TMF637); `order_item_id` is null when it came otherwise.

    `status` holds between its dates (`rules.product_status`): PENDING_ACTIVE waits for the first use and has no dates yet.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_sim", "organization_id", "sim_id", "status"),
        Index("ix_products_item", "order_item_id", unique=True),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    offering_id: UUID = Field(foreign_key="offerings.id")
    order_item_id: UUID | None = None
    order_id: UUID | None = None
    status: str
    starts_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_renewing: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class Bucket(SQLModel, table=True):
    """Where a grant lives and is used up (TMF654); amounts in the unit of its usage type.

    `status` holds between its dates (`rules.bucket_status`): QUEUED waits for the first use; `priority` orders the use on its line.
    """

    __tablename__ = "buckets"
    __table_args__ = (Index("ix_buckets_sim", "organization_id", "sim_id", "priority"), Index("ix_buckets_product", "product_id"))

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    sim_id: UUID = Field(foreign_key="sims.id")
    product_id: UUID | None = Field(default=None, foreign_key="products.id")
    offering_id: UUID | None = Field(default=None, foreign_key="offerings.id")
    usage_type: str
    priority: int
    status: str
    total: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    reserved: int = Field(default=0, sa_type=BigInteger)
    max_overrun: int = Field(default=0, sa_type=BigInteger)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    as_of: datetime = Field(sa_type=UtcDateTime)
    source: str
