"""Who looked at customer data, as documents."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from beanie import Document
from pydantic import Field
from pymongo import DESCENDING, IndexModel


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

    class Settings:
        """Collection and indexes."""

        name = "access_log"
        indexes: ClassVar = [IndexModel([("organization_id", 1), ("at", DESCENDING), ("_id", DESCENDING)])]
