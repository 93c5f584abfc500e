"""Files as rows, their content in blocks, and how much was uploaded by whom."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class Purpose(StrEnum):
    """What a file is for, which decides who may have it."""

    UPLOAD = "UPLOAD"  # for nothing yet
    RECEIPT = "RECEIPT"
    BILL = "BILL"
    ATTACHMENT = "ATTACHMENT"
    PAPER = "PAPER"
    SLIP = "SLIP"
    SELECTION = "SELECTION"
    IMPORT = "IMPORT"
    EXPORT = "EXPORT"
    REJECTS = "REJECTS"


SHARED = frozenset({Purpose.ATTACHMENT})
"""What is sent to the operator's desk to be read there, as the words beside it are."""


class File(SQLModel, table=True):
    """A file of an organization; its content never changes. `by_id` is who uploaded it; it is deleted when it `expires_at`."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_expires_at", "expires_at"), Index("ix_files_of_organization", "organization_id", "purpose"))

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    name: str
    media_type: str
    size_bytes: int = Field(sa_type=BigInteger)
    purpose: str
    by_id: UUID | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FileBlock(SQLModel, table=True):
    """A part of a file's content, in order of `place`."""

    __tablename__ = "file_blocks"

    file_id: UUID = Field(primary_key=True, foreign_key="files.id", ondelete="CASCADE")
    place: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class UploadTally(SQLModel, table=True):
    """How much an organization, or somebody in it, uploaded on a day (UTC), refused files included."""

    __tablename__ = "upload_tallies"

    owner_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    files: int
    size_bytes: int = Field(sa_type=BigInteger)
