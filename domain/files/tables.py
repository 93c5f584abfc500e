"""Files as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class File(SQLModel, table=True):
    """A file of an organization, at most 5 MB; its content never changes."""

    __tablename__ = "files"

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    name: str
    media_type: str
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
