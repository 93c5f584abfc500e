"""How persons and their roles are read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.accounts.tables import Account
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.people.tables import Membership, Person
from domain.reading import By, page

MOST_HELD = 50


class PersonRow(msgspec.Struct, frozen=True):
    """A person as others see them."""

    id: UUID
    name: str
    mobile: str | None
    email: str | None


class MembershipRow(msgspec.Struct, frozen=True):
    """A role of a person for a time."""

    id: UUID
    person_id: UUID
    role: str
    organization_id: UUID | None
    account_id: UUID | None
    valid_from: datetime
    valid_to: datetime | None


def is_held(at: datetime) -> ColumnElement[bool]:
    """Whether a membership holds at an instant: half-open, `valid_from <= at < valid_to`."""
    return and_(col(Membership.valid_from) <= at, or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > at))


async def persons(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, PersonRow]:
    """Persons by id, for whoever sees the thing that names them; unknown ids are left out."""
    if not ids:
        return {}
    rows = await session.execute(select(*_PERSON).where(col(Person.id).in_(set(ids))))
    return {row.id: PersonRow(*row) for row in rows}


async def memberships_held(session: AsyncSession, person_id: UUID, at: datetime) -> list[MembershipRow]:
    """The roles a person holds at an instant, oldest first, at most 50."""
    statement = select(*_COLUMNS).where(col(Membership.person_id) == person_id, is_held(at))
    rows = await session.execute(statement.order_by(col(Membership.valid_from), col(Membership.id)).limit(MOST_HELD))
    return [MembershipRow(*row) for row in rows]


async def membership(session: AsyncSession, scope: Scope, membership_id: UUID) -> MembershipRow | None:
    """One membership in scope."""
    statement = select(*_COLUMNS).outerjoin(Account, col(Account.id) == Membership.account_id).where(col(Membership.id) == membership_id)
    row = (await session.execute(scope.limit(statement, col(Membership.organization_id), col(Account.path)))).one_or_none()
    return MembershipRow(*row) if row else None


async def memberships_page(
    session: AsyncSession, scope: Scope, organization_id: UUID, window: Window, *, as_of: datetime
) -> Page[MembershipRow]:
    """An organization's appointed people as it stood then, in order of appointment; in scope alone."""
    statement = _of_organization(scope, organization_id, as_of, *_COLUMNS)
    rows = await page(session, statement, window, [By(col(Membership.valid_from)), By(col(Membership.id))], name="memberships")
    return rows.map(lambda row: MembershipRow(*row[: len(_COLUMNS)]))


async def memberships_count(session: AsyncSession, scope: Scope, organization_id: UUID, *, as_of: datetime) -> int:
    """How many rows all those pages have."""
    return int((await session.execute(_of_organization(scope, organization_id, as_of, func.count()))).scalar_one())


_PERSON: tuple[Any, ...] = (Person.id, Person.name, Person.mobile, Person.email)
_COLUMNS: tuple[Any, ...] = (
    Membership.id, Membership.person_id, Membership.role, Membership.organization_id, Membership.account_id, Membership.valid_from,
    Membership.valid_to,
)  # fmt: skip


def _of_organization(scope: Scope, organization_id: UUID, as_of: datetime, *columns: Any) -> Select[Any]:
    statement = (
        select(*columns)
        .select_from(Membership)
        .join(Account, col(Account.id) == Membership.account_id)
        .where(col(Membership.organization_id) == organization_id, is_held(as_of))
    )
    return scope.limit(statement, col(Membership.organization_id), col(Account.path))
