"""Proof that somebody may see or do something, and where: no scope, no data; only `auth` makes one for a caller."""

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.kernel.errors import NotFound
from domain.kernel.permissions import Permission

Statement = TypeVar("Statement", bound=Any)


def path_end(path: str) -> str:
    """The first path after everything under `path`: paths end with '.', whose successor is '/'."""
    return path[:-1] + "/"


@dataclass(frozen=True, slots=True)
class Reach:
    """A part of the world: one organization's subtree by path prefix (`""` for the whole of it), or everything when both are empty."""

    organization_id: UUID | None
    path: str = ""

    def covers(self, organization_id: UUID, path: str) -> bool:
        """Whether something of this organization on this path lies inside."""
        return self.organization_id is None or (self.organization_id == organization_id and path.startswith(self.path))


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who acts, as it is written into records: person, token and the ticket behind a support view."""

    id: UUID
    label: str
    person_id: UUID | None = None
    api_token_id: UUID | None = None
    ticket_id: UUID | None = None
    is_operator: bool = False

    def as_json(self) -> dict[str, Any]:
        """The actor as it is written into records."""
        ids = {"person": self.person_id, "token": self.api_token_id, "ticket": self.ticket_id}
        return {"id": self.id.hex, "label": self.label, "operator": self.is_operator} | {k: v.hex if v else None for k, v in ids.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ActorRef":
        """Reads a written actor."""
        person, token, ticket = (UUID(data[name]) if data[name] else None for name in ("person", "token", "ticket"))
        return cls(UUID(data["id"]), data["label"], person, token, ticket, data["operator"])


SYSTEM = ActorRef(UUID(int=0), "Simurgh")
"""The system itself, when nobody asked."""
CONSOLE = replace(SYSTEM, is_operator=True)
"""The system at the operator's command line."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one actor may reach with one right at one instant."""

    actor: ActorRef
    permission: Permission
    reach: tuple[Reach, ...]
    at: datetime
    is_masked: bool = False

    def limit(self, statement: Statement, organization_id: Any, path: Any = None) -> Statement:
        """Restricts a statement to the scope; without a path column whoever reaches any part of the organization sees the row."""
        if any(part.organization_id is None for part in self.reach):
            return statement
        conditions = []
        for part in self.reach:
            inside = organization_id == part.organization_id
            if path is not None and part.path:
                inside = inside & (path >= part.path) & (path < path_end(part.path))
            conditions.append(inside)
        if not conditions:
            return statement.where(organization_id.in_([]))  # type: ignore[no-any-return]
        return statement.where(functools.reduce(operator.or_, conditions))  # type: ignore[no-any-return]

    def covers(self, organization_id: UUID, path: str) -> bool:
        """Whether something of this organization on this path is in scope."""
        return any(part.covers(organization_id, path) for part in self.reach)

    def require(self, organization_id: UUID, path: str, *field: str) -> None:
        """Raises `NotFound` when it is out of scope."""
        if not self.covers(organization_id, path):
            raise NotFound(field=field)

    @property
    def organization_ids(self) -> Sequence[UUID]:
        """Organizations named in the reach; empty when it is everything."""
        return sorted({part.organization_id for part in self.reach if part.organization_id is not None})


def system_scope(permission: Permission, at: datetime, *, by: ActorRef = SYSTEM) -> Scope:
    """A scope over everything, for what no caller asks for: work after a commit and the operator's command line."""
    return Scope(by, permission, (Reach(None),), at)
