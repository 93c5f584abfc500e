"""Persons and their memberships."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.types import Ordered, UtcDateTime


class Person(SQLModel, table=True):
    """Somebody who acts, or is told.

    `mobile` and `email` are what people sign in with, put there by the operator alone; `contact_mobile` and `contact_email` are where
    somebody is told whom a company named itself. `line_changed_at` is when the carrier last saw another SIM card or device behind the
    mobile number (D6).
    """

    __tablename__ = "persons"

    id: UUID = Field(primary_key=True)
    name: str
    name_fold: str = Field(sa_type=Ordered)
    mobile: str | None = Field(default=None, unique=True)
    email: str | None = Field(default=None, unique=True)
    contact_mobile: str | None = None
    contact_email: str | None = None
    locale: str | None = None
    line_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Membership(SQLModel, table=True):
    """A role of a person for a time; without an organization for the operator's own people, at the root for a profile manager.

    A group manager's has the group, which may be gone by now, and its account.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_person", "person_id", "valid_from"),
        Index("ix_memberships_organization", "organization_id", "valid_from"),
        Index("ix_memberships_group", "group_id", "valid_from"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organizations.id")
    person_id: UUID = Field(foreign_key="persons.id")
    role: str
    account_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    group_id: UUID | None = None
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
