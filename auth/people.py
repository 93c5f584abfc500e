"""Who a typed identity belongs to, and whether that person may sign in now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from auth import policy
from auth.tables import Totp
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.permissions import Role
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from store.session import Session


@dataclass(frozen=True, slots=True)
class Known:
    """A person with at least one role now; `has_totp` when an authenticator is set up."""

    id: UUID
    mobile: str | None
    email: str | None
    locale: str | None
    line_changed_at: datetime | None
    has_totp: bool
    is_staff: bool

    def address_for(self, channel: Channel) -> str | None:
        """Where a code goes."""
        return self.mobile if channel is Channel.SMS else self.email


async def by_identity(session: Session, identity: Identity, at: datetime) -> Known | None:
    """The person of a mobile number or e-mail address, if they may sign in."""
    column = Person.mobile if identity.channel is Channel.SMS else Person.email
    return await _known(session, col(column) == identity.address, at)


async def by_id(session: Session, person_id: UUID | None, at: datetime) -> Known | None:
    """The person of an id, if they may sign in."""
    return await _known(session, col(Person.id) == person_id, at)


async def _known(session: Session, which: ColumnElement[bool], at: datetime) -> Known | None:
    statement = (
        select(Person, col(Totp.sealed).is_not(None).label("has_totp"), Membership.role)
        .join(Membership, col(Membership.person_id) == Person.id)
        .outerjoin(Totp, col(Totp.person_id) == Person.id)
        .where(which, is_held(at), or_(col(Membership.organization_id).is_not(None), col(Membership.role).in_(policy.STAFF)))
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        return None
    person, has_totp, _ = rows[0]
    is_staff = any(Role(role) in policy.STAFF for _, _, role in rows)
    return Known(person.id, person.mobile, person.email, person.locale, person.line_changed_at, bool(has_totp), is_staff)
