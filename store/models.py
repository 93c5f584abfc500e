"""What SQLModel and SQLAlchemy know of models and results, and their types don't tell: each said once, here."""

from typing import Any, cast

from sqlalchemy import CursorResult, Result, Table
from sqlmodel import SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that are to pass by the mapper."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # SQLModel doesn't tell of it


def rows_changed(result: Result[Any]) -> int:
    """How many rows an INSERT, UPDATE or DELETE changed."""
    return cast("CursorResult[Any]", result).rowcount
