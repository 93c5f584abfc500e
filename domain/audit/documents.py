"""Who looked at customer data, as documents."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from beanie import Document
from pydantic import Field, field_validator
from pymongo import DESCENDING, IndexModel

from domain.kernel.ids import KINDS, encode


class AccessLogEntry(Document):
    """One read of an organization's data; `subjects` names what was looked at by global ids, at most 20."""

    id: UUID = Field()  # type: ignore[assignment]
    organization_id: UUID
    at: datetime
    by: dict[str, Any]
    person_id: UUID | None
    is_operator: bool
    operation: str
    subjects: list[str]
    path: str
    reason: str | None
    address: str

    @field_validator("subjects", mode="before")
    @classmethod
    def _named(cls, subjects: list[Any]) -> list[str]:
        """Entries of before decision 0120 name each by the code of its kind and its UUID."""
        return [subject if isinstance(subject, str) else encode(KINDS[subject[0]], subject[1]) for subject in subjects]

    class Settings:
        """Collection and indexes."""

        name = "access_log"
        indexes: ClassVar = [IndexModel([("organization_id", 1), ("at", DESCENDING), ("_id", DESCENDING)])]
