"""How persons and their roles are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, or_, select
from sqlmodel import col

from domain.accounts.tables import Account, AccountEdge, Organization
from domain.kernel.batches import in_order
from domain.kernel.errors import NotFound
from domain.kernel.paging import Page, Window
from domain.kernel.permissions import Role
from domain.kernel.scope import Scope
from domain.people.tables import Membership, Person
from domain.reading import By, Limits, count, page, shaped
from store.session import Session
from store.statements import Prepared, among
from store.types import UtcDateTime

MOST_HELD = 50


class PersonRow(msgspec.Struct, frozen=True):
    """A person as others see them."""

    id: UUID
    name: str
    mobile: str | None
    email: str | None
    is_operator: bool = False


class MembershipRow(msgspec.Struct, frozen=True):
    """A role of a person for a time."""

    id: UUID
    person_id: UUID
    role: str
    organization_id: UUID | None
    account_id: UUID | None
    valid_from: datetime
    valid_to: datetime | None
    group_id: UUID | None = None


class Place(msgspec.Struct, frozen=True):
    """An organization, and the account a role covers; none for the root."""

    organization_id: UUID
    account_id: UUID | None


def is_held(at: Any) -> ColumnElement[bool]:
    """Whether a membership holds at an instant, which may be a named parameter: half-open, `valid_from <= at < valid_to`."""
    return and_(col(Membership.valid_from) <= at, or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > at))


_ORGANIZATION_ID: tuple[Any, ...] = (Organization.id,)
_ACCOUNT_ID: tuple[Any, ...] = (Account.id,)
_MEMBERSHIP_ID: tuple[Any, ...] = (Membership.id,)
_PERSON_ID: tuple[Any, ...] = (Membership.person_id,)
_PERSON: tuple[Any, ...] = (
    Person.id, Person.name, func.coalesce(Person.mobile, Person.contact_mobile), func.coalesce(Person.email, Person.contact_email)
)
_COLUMNS: tuple[Any, ...] = (
    Membership.id, Membership.person_id, Membership.role, Membership.organization_id, Membership.account_id, Membership.valid_from,
    Membership.valid_to, Membership.group_id,
)  # fmt: skip
_AT: Any = bindparam("at", type_=UtcDateTime)
_OLDEST = (By(col(Membership.valid_from)), By(col(Membership.id)))


def _membership(row: Any) -> MembershipRow:
    return MembershipRow(*row[: len(_COLUMNS)])


def _persons(is_near: Any) -> Select[Any]:
    """Persons, whether they are the operator's, and whether they are near."""
    is_staff = exists().where(col(Membership.person_id) == Person.id, col(Membership.organization_id).is_(None))
    return select(*_PERSON, is_staff, is_near).where(among(col(Person.id), "ids"))


_FAR_PERSONS = Prepared(_persons(false()))


@shaped
def _persons_with_nearness(scope: Limits) -> Select[Any]:
    roles = select(*_MEMBERSHIP_ID).join(Account, col(Account.id) == Membership.account_id)
    roles = roles.where(col(Membership.person_id) == Person.id).correlate(Person)
    return _persons(scope.limit(roles, col(Membership.organization_id), col(Account.path)).exists())


async def persons_seen(
    session: Session, scope: Scope | None, ids: Sequence[UUID], *, own_id: UUID | None = None
) -> list[PersonRow | None]:
    """Persons in the order asked: oneself and people with a role in scope (null scope: none), of the operator's people the name alone.

    A role counts whether it holds now or not: who was appointed once stays readable in what they did.
    """
    is_all = scope is not None and scope.shape is None
    statement = _FAR_PERSONS if scope is None else _persons_with_nearness(scope)
    found: dict[UUID, PersonRow] = {}
    for id, name, mobile, email, is_staff, is_near in await session.rows(statement, ids=ids):
        if is_near or id == own_id or (is_staff and is_all):
            found[id] = PersonRow(id, name, mobile, email, bool(is_staff))
        elif is_staff:
            found[id] = PersonRow(id, name, None, None, True)
    return [found.get(id) for id in ids]


_HELD = Prepared(
    select(*_COLUMNS)
    .where(col(Membership.person_id) == bindparam("person_id"), is_held(_AT))
    .order_by(col(Membership.valid_from), col(Membership.id))
    .limit(MOST_HELD)
)


async def managers_of(session: Session, organization_id: UUID, path: str, *, at: datetime) -> list[UUID]:
    """Who manages the account at a path at an instant, by a role there or anywhere above, in the order of their ids."""
    covers = or_(
        col(Membership.account_id).is_(None),
        exists().where(
            col(Account.id) == col(Membership.account_id), col(Account.organization_id) == organization_id,
            col(Account.path).in_(_upwards(path)),
        ),
    )  # fmt: skip
    managers = select(*_PERSON_ID).where(
        col(Membership.organization_id) == organization_id, is_held(at), covers,
        col(Membership.role).in_((Role.PROFILE_MANAGER, Role.ACCOUNT_MANAGER)),
    )  # fmt: skip
    return sorted((await session.scalars(managers.distinct())).all())


def _upwards(path: str) -> list[str]:
    """A place and all places above it."""
    ends = [place + 1 for place, sign in enumerate(path) if sign == "."]
    return [path[:end] for end in ends]


async def memberships_held(session: Session, person_id: UUID, at: datetime) -> list[MembershipRow]:
    """The roles a person holds at an instant, oldest first, at most 50."""
    return [_membership(row) for row in await session.rows(_HELD, person_id=person_id, at=at)]


@shaped
def _memberships_by_ids(scope: Limits) -> Select[Any]:
    statement = select(*_COLUMNS).outerjoin(Account, col(Account.id) == Membership.account_id).where(among(col(Membership.id), "ids"))
    return scope.limit(statement, col(Membership.organization_id), col(Account.path))


async def memberships_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[MembershipRow | None]:
    """Memberships in the order asked, null for those out of scope."""
    return in_order(ids, map(_membership, await session.rows(_memberships_by_ids(scope), ids=ids)))


async def place(session: Session, scope: Scope, legal_id: str, account_number: str | None) -> Place:
    """The place that people name by a company's legal id and an account's number; raises `NotFound`."""
    organization = select(*_ORGANIZATION_ID).where(col(Organization.legal_id) == legal_id)
    organization_id = (await session.scalars(scope.limit(organization, col(Organization.id)))).one_or_none()
    if organization_id is None:
        raise NotFound(field=("organization",))
    if account_number is None:
        return Place(organization_id, None)
    account = select(*_ACCOUNT_ID).where(col(Account.organization_id) == organization_id, col(Account.number) == account_number)
    account_id = (await session.scalars(account)).one_or_none()
    if account_id is None:
        raise NotFound(field=("account",))
    return Place(organization_id, account_id)


async def membership_at(session: Session, place: Place, mobile: str, at: datetime) -> UUID:
    """The role that the person of a mobile number holds at a place now, at its root when no account is named; raises `NotFound`."""
    statement = (
        select(*_MEMBERSHIP_ID)
        .join(Person, col(Person.id) == Membership.person_id)
        .join(Account, col(Account.id) == Membership.account_id)
        .where(col(Person.mobile) == mobile, col(Membership.organization_id) == place.organization_id, is_held(at))
        .where(col(Account.id) == place.account_id if place.account_id else col(Account.parent_id).is_(None))
    )
    found: UUID | None = (await session.scalars(statement.limit(1))).first()
    if found is None:
        raise NotFound(field=("mobile",))
    return found


@shaped
def _memberships(scope: Limits) -> Select[Any]:
    place = and_(col(AccountEdge.organization_id) == Membership.organization_id, col(AccountEdge.account_id) == Membership.account_id)
    hung = and_(col(AccountEdge.valid_from) <= _AT, or_(col(AccountEdge.valid_to).is_(None), col(AccountEdge.valid_to) > _AT))
    statement = select(*_COLUMNS).join(AccountEdge, and_(place, hung))
    statement = statement.where(col(Membership.organization_id) == bindparam("organization_id"), is_held(_AT))
    return scope.limit(statement, col(Membership.organization_id), col(AccountEdge.path))


async def memberships_page(
    session: Session, scope: Scope, organization_id: UUID, window: Window, *, as_of: datetime
) -> Page[MembershipRow]:
    """An organization's appointed people as it stood then, in order of appointment; in scope alone."""
    statement = _memberships(scope)(organization_id=organization_id, at=as_of)
    return (await page(session, statement, window, _OLDEST, name="memberships")).map(_membership)


async def memberships_count(session: Session, scope: Scope, organization_id: UUID, *, as_of: datetime) -> int:
    """How many rows all those pages have."""
    return await count(session, _memberships(scope)(organization_id=organization_id, at=as_of))
