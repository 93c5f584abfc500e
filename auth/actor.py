"""Who is asking: a person or a token, with the parts of the world each right reaches."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.errors import Forbidden
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.scope import ActorRef, Reach, Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """Some rights over one part of the world."""

    permissions: frozenset[Permission]
    reach: Reach


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of one request; `session_id` is null with an API token."""

    ref: ActorRef
    grants: tuple[Grant, ...]
    session_id: UUID | None = None
    proven_at: datetime | None = None
    locale: Locale | None = None
    is_masked: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        """Rights held anywhere."""
        return frozenset().union(*(grant.permissions for grant in self.grants))

    def scope(self, permission: Permission, at: datetime) -> Scope:
        """What the actor may reach with a right now; raises `Forbidden` when nothing."""
        reach = tuple(grant.reach for grant in self.grants if permission in grant.permissions)
        if not reach:
            raise Forbidden
        return Scope(self.ref, permission, reach, at, self.is_masked)
