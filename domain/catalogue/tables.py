"""Offerings of the operator and the tax rates by effective date."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from store.models import table_of
from store.revisions import keep_revisions
from store.types import DecimalText, Json, Ordered, UtcDateTime


class OfferingCategory(StrEnum):
    """Kind of an offering."""

    BUNDLE = "BUNDLE"
    PLAN = "PLAN"
    ROAMING = "ROAMING"


class ActivationMode(StrEnum):
    """When something starts."""

    NOW = "NOW"
    LATER = "LATER"
    FIRST_USE = "FIRST_USE"


class Offering(SQLModel, table=True):
    """Something on sale (TMF620).

    `names`, `descriptions` by locale; `net_price` in rials; `allowances` rows of {usage_type, amount, restriction by locale};
    `activations` and `payment_modes` lists of their enums' values. `search` holds code and names folded, `position` is its place in lists.
    """

    __tablename__ = "offerings"

    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    names: dict[str, str] = Field(sa_type=Json)
    descriptions: dict[str, str] = Field(sa_type=Json)
    category: str
    net_price: int = Field(sa_type=BigInteger)
    allowances: list[dict[str, Any]] = Field(sa_type=Json)
    valid_days: int | None = None
    activations: list[str] = Field(sa_type=Json)
    max_queued: int = 2
    is_rolled_over: bool = False
    payment_modes: list[str] = Field(sa_type=Json)
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
    position: int = 0
    search: str = Field(default="", sa_type=Ordered)


keep_revisions(table_of(Offering))


class VatRate(SQLModel, table=True):
    """Value added tax in percent from an instant on, until the next row's."""

    __tablename__ = "vat_rates"

    valid_from: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    rate: Decimal = Field(sa_type=DecimalText)
