"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

# Constraints have names, the same on both engines, so that a later migration can take one away.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC; SQLite would return it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive values and stores UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """None on PostgreSQL, whose driver answers in aware UTC."""
        return super().result_processor(dialect, coltype) if dialect.name == "sqlite" else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(TypeDecorator[Decimal]):
    """An exact number: NUMERIC on PostgreSQL, text on SQLite (which would make it a float)."""

    impl = Numeric(9, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text on SQLite."""
        return dialect.type_descriptor(String(20)) if dialect.name == "sqlite" else dialect.type_descriptor(Numeric(9, 4))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Text on SQLite."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Always a Decimal, without trailing zeros."""
        if value is None:
            return None
        number = Decimal(value)
        return number.quantize(1) if number == number.to_integral_value() else number.normalize()


Json = JSON().with_variant(JSONB(), "postgresql")
"""A free-form value."""

Ordered = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared byte by byte on both engines: tree paths, folded search text, numbers of lines."""
