"""Proof that somebody may see or do something, and where: no scope, no data; only `auth` makes one for a caller."""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
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


def is_top(path: str) -> bool:
    """Whether it is the path of an organization's one top account, below which everything lies."""
    return path.count(".") == 1


@dataclass(frozen=True, slots=True)
class Reach:
    """A part of the world: one organization's subtree by path prefix (`""` for the whole of it), or everything when both are empty."""

    organization_id: UUID | None
    path: str = ""

    def covers(self, organization_id: UUID, path: str) -> bool:
        """Whether something of this organization on this path lies inside."""
        return self.organization_id is None or (self.organization_id == organization_id and path.startswith(self.path))


@dataclass(frozen=True, slots=True)
class GroupReach:
    """The SIM cards of one group that stand at or below a place of an organization: what its manager reaches there."""

    organization_id: UUID
    path: str
    group_id: UUID

    def covers(self, organization_id: UUID, path: str) -> bool:
        """Never a place with all that lies there."""
        return False


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who acts, as it is written into records: person, token, the ticket behind a support view, the approval that let it pass."""

    id: UUID
    label: str
    person_id: UUID | None = None
    api_token_id: UUID | None = None
    ticket_id: UUID | None = None
    is_operator: bool = False
    approval_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """The actor as it is written into records."""
        ids = {"person": self.person_id, "token": self.api_token_id, "ticket": self.ticket_id}
        written = {"id": self.id.hex, "label": self.label, "operator": self.is_operator} | {k: v.hex if v else None for k, v in ids.items()}
        return written | {"approval": self.approval_id.hex} if self.approval_id else written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ActorRef":
        """Reads a written actor."""
        person, token, ticket, approval = data["person"], data["token"], data["ticket"], data.get("approval")
        return cls(
            UUID(data["id"]), data["label"], UUID(person) if person else None, UUID(token) if token else None,
            UUID(ticket) if ticket else None, data["operator"], UUID(approval) if approval else None,
        )  # fmt: skip


Shape = tuple[bool | None, ...] | None
"""The kind of a scope's bounds: for each part of its reach whether that is a subtree, null for a group; none for everything."""
OfGroup = Callable[[Any], Any]
"""Says of a statement's row, as a condition, whether it is of the group of an id."""

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
    groups: tuple[GroupReach, ...] = ()

    @property
    def shape(self) -> Shape:
        """What kind of bounds it has, whatever their values."""
        if any(part.organization_id is None for part in self.reach):
            return None
        return (*(bool(part.path) for part in self.reach), *(None for _ in self.groups))

    @property
    def has_subtrees(self) -> bool:
        """Whether it reaches but a part of some organization, so that places matter."""
        return any(kind is not False for kind in self.shape or ())

    @property
    def bounds(self) -> dict[str, Any]:
        """The values of its bounds by the names that `limited` asks for."""
        values: dict[str, Any] = {}
        for index, part in enumerate(self.reach):
            values[f"scope_{index}"] = part.organization_id
            if part.path:
                values |= {f"scope_{index}_from": part.path, f"scope_{index}_to": path_end(part.path)}
        for index, group in enumerate(self.groups, len(self.reach)):
            values |= {f"scope_{index}": group.organization_id, f"scope_{index}_group": group.group_id}
            values |= {f"scope_{index}_from": group.path, f"scope_{index}_to": path_end(group.path)}
        return values

    def limit(self, statement: Statement, organization_id: Any, path: Any = None, of_group: OfGroup | None = None) -> Statement:
        """Restricts a statement to the scope; without a path column whoever reaches any part of the organization sees the row.

        Who reaches but a group sees nothing where `of_group` doesn't say which rows are the group's.
        """
        return limited(statement, self.shape, self.bounds, organization_id, path, of_group)

    def within(self, organization_id: UUID, *paths: str) -> "Scope":
        """The part of the scope at or below some places: as a rule the places themselves, so that one bound says both."""
        parts: list[Reach] = []
        for path in paths:
            if self.covers(organization_id, path):
                parts.append(Reach(organization_id, "" if is_top(path) else path))
            else:
                parts += (part for part in self.reach if part.organization_id == organization_id and part.path.startswith(path))
        groups = (
            replace(group, path=max(group.path, path, key=len)) for path in paths for group in self.groups
            if group.organization_id == organization_id and (group.path.startswith(path) or path.startswith(group.path))
        )  # fmt: skip
        reached, grouped = tuple(dict.fromkeys(parts)), tuple(dict.fromkeys(groups))
        return Scope(self.actor, self.permission, reached, self.at, self.is_masked, grouped)  # `replace` takes three times as long

    def paid_by(self, organization_id: UUID, path: str) -> "Scope":
        """The part that an account's money may be spent on: all of it for who covers the account, else the groups that belong to it."""
        if self.covers(organization_id, path):
            return self
        groups = tuple(group for group in self.groups if (group.organization_id, group.path) == (organization_id, path))
        return replace(self, reach=(), groups=groups)

    def places(self, organization_id: UUID) -> list[str]:
        """What it reaches of an organization as it is written down; `scope_at` reads it."""
        groups = (f"{group.path}@{group.group_id.hex}" for group in self.groups if group.organization_id == organization_id)
        return [*(part.path for part in self.reach if part.organization_id in (None, organization_id)), *groups]

    def covers(self, organization_id: UUID, path: str) -> bool:
        """Whether something of this organization on this path is in scope."""
        for part in self.reach:  # asked of every row of a page: any() and `Reach.covers` cost three times as much
            if part.organization_id is None or (part.organization_id == organization_id and path.startswith(part.path)):
                return True
        return False

    def names(self, organization_id: UUID, path: str) -> bool:
        """Whether an account on this path is in scope, or may be named to who reaches cards of a group there."""
        mine = (group for group in self.groups if group.organization_id == organization_id)
        return self.covers(organization_id, path) or any(path.startswith(group.path) for group in mine)

    def require(self, organization_id: UUID, path: str, *field: str) -> None:
        """Raises `NotFound` when it is out of scope."""
        if not self.covers(organization_id, path):
            raise NotFound(field=field)

    @property
    def organization_ids(self) -> Sequence[UUID]:
        """Organizations named in the reach; empty when it is everything."""
        reached = {part.organization_id for part in self.reach if part.organization_id is not None}
        return sorted(reached | {group.organization_id for group in self.groups})


def system_scope(permission: Permission, at: datetime, *, by: ActorRef = SYSTEM) -> Scope:
    """A scope over everything, for what no caller asks for: work after a commit and the operator's command line."""
    return Scope(by, permission, (Reach(None),), at)


def scope_at(actor: ActorRef, permission: Permission, organization_id: UUID, places: Sequence[str], at: datetime) -> Scope:
    """The scope of somebody in one organization whose places were written down."""
    parts = [place.partition("@") for place in places]
    reach = tuple(Reach(organization_id, path) for path, _, group in parts if not group)
    groups = tuple(GroupReach(organization_id, path, UUID(group)) for path, _, group in parts if group)
    return Scope(actor, permission, reach, at, groups=groups)


def limited(
    statement: Statement, shape: Shape, bounds: Mapping[str, Any], organization_id: Any, path: Any = None, of_group: OfGroup | None = None
) -> Statement:
    """Restricts a statement to a scope of this shape, whose bounds are values or named parameters; see `Scope.limit`."""
    if shape is None:
        return statement
    conditions = []
    for index, is_subtree in enumerate(shape):
        if is_subtree is None and of_group is None:
            continue
        inside = organization_id == bounds[f"scope_{index}"]
        if is_subtree is None and of_group is not None:
            inside = inside & of_group(bounds[f"scope_{index}_group"])
        if path is not None and is_subtree is not False:
            inside = inside & (path >= bounds[f"scope_{index}_from"]) & (path < bounds[f"scope_{index}_to"])
        conditions.append(inside)
    if not conditions:  # a reach of nothing: never true, whatever the column holds, and without a value that a store would have to know
        return statement.where(organization_id != organization_id)  # type: ignore[no-any-return]  # statements are Any to this layer
    return statement.where(functools.reduce(operator.or_, conditions))  # type: ignore[no-any-return]
