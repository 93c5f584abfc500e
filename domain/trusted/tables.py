"""Registered documents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime


class TrustedDocument(SQLModel, table=True):
    """A GraphQL document by the SHA-256 (hex) of its text; it never changes, so whoever knows the hash knows what runs."""

    __tablename__ = "trusted_documents"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    digest: str = Field(primary_key=True)
    text: str
    by: dict[str, Any] = Field(sa_type=Json)
    registered_at: datetime = Field(sa_type=UtcDateTime)
