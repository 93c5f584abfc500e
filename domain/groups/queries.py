"""Reading groups: an organization's, those a card is in, their managers and how many cards they have.

A card counts where it was put in and stands at or below the group's account (decision 0102).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, func
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.people.queries import is_held
from domain.people.tables import Membership
from domain.reading import By, Limits, count, names_of, page, shaped, under
from domain.sims.queries import CountersRow, counted
from domain.sims.tables import GroupMember, Sim, SimGroup
from store.fragments import holds
from store.session import Session
from store.statements import Bound, Prepared, among
from store.types import UtcDateTime

MOST_OF_A_SIM = 20


class GroupRow(msgspec.Struct, frozen=True):
    """A group as it is shown; `path` is its account's place."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    name: str


_COLUMNS: tuple[Any, ...] = (SimGroup.id, SimGroup.organization_id, SimGroup.account_id, Account.path, SimGroup.name)
_BY_NAME = (By(col(SimGroup.name_fold)), By(col(SimGroup.id)))
CONDITIONS = {
    "organization_id": col(SimGroup.organization_id) == bindparam("organization_id"),
    "search": holds(col(SimGroup.name_fold), "search"),
    "ids": among(col(SimGroup.id), "ids"),
}
"""What narrows the list, by the name of the value it compares with."""
IN_PLACE = and_(
    col(GroupMember.organization_id) == col(SimGroup.organization_id), col(GroupMember.group_id) == col(SimGroup.id),
    col(Sim.organization_id) == col(GroupMember.organization_id), col(Sim.id) == col(GroupMember.sim_id),
    under(col(Sim.path), col(Account.path)),
)  # fmt: skip
"""A card that was put into a group and still stands where it may be in it."""


def _groups(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS).join(Account, col(Account.id) == col(SimGroup.account_id))
    return scope.limit(statement, col(Account.organization_id), col(Account.path))


@shaped
def _narrowed(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    return _groups(scope).where(*(CONDITIONS[name] for name in given))


def _list(scope: Scope, organization_id: UUID, search: str | None) -> Bound:
    values = {"organization_id": organization_id, "search": search_key(search) or None if search else None}
    return _narrowed(scope, names_of(values))(**values)


async def groups_page(
    session: Session, scope: Scope, organization_id: UUID, *, window: Window, search: str | None = None
) -> Page[GroupRow]:
    """An organization's groups in scope, by name; `search` is a part of that, folded."""
    found = await page(session, _list(scope, organization_id, search), window, _BY_NAME, name="groups")
    return found.map(lambda row: GroupRow(*row[: len(_COLUMNS)]))


async def groups_count(session: Session, scope: Scope, organization_id: UUID, *, search: str | None = None) -> int:
    """How many groups that is."""
    return await count(session, _list(scope, organization_id, search))


async def groups_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[GroupRow | None]:
    """Groups in the order asked, null for those out of scope."""
    found = {row[0]: GroupRow(*row) for row in await session.rows(_narrowed(scope, ("ids",)), ids=ids)}
    return [found.get(id) for id in ids]


@shaped
def _groups_of_sims(scope: Limits) -> Select[Any]:
    columns: tuple[Any, ...] = (GroupMember.sim_id, *_COLUMNS)
    statement: Any = select(*columns).select_from(SimGroup).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id)).join(Sim, IN_PLACE)
    statement = statement.where(among(col(GroupMember.sim_id), "sim_ids")).order_by(col(SimGroup.name_fold), col(SimGroup.id))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path)))


async def groups_of_sims(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[GroupRow]]:
    """The groups in scope that each card is in, by name, at most 20 each."""
    found: dict[UUID, list[GroupRow]] = defaultdict(list)
    for sim_id, *group in await session.rows(_groups_of_sims(scope), sim_ids=sim_ids):
        found[sim_id].append(GroupRow(*group))
    return [found[sim_id][:MOST_OF_A_SIM] for sim_id in sim_ids]


_MANAGER: tuple[Any, ...] = (Membership.group_id, Membership.person_id)
_MANAGERS = Prepared(
    select(*_MANAGER)
    .where(among(col(Membership.group_id), "group_ids"), is_held(bindparam("at", type_=UtcDateTime)))
    .order_by(col(Membership.valid_from), col(Membership.id))
)


async def managers_of(session: Session, group_ids: Sequence[UUID], *, at: datetime) -> list[UUID | None]:
    """Who manages each group at an instant, by the ids of persons."""
    found = dict(tuple(row) for row in await session.rows(_MANAGERS, group_ids=group_ids, at=at))
    return [found.get(id) for id in group_ids]


@shaped
def _counted(scope: Limits) -> Select[Any]:
    columns: tuple[Any, ...] = (SimGroup.id, Sim.status, func.count(col(Sim.id)))
    statement: Any = select(*columns).select_from(SimGroup).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id)).join(Sim, IN_PLACE)
    statement = statement.where(among(col(SimGroup.id), "group_ids")).group_by(col(SimGroup.id), col(Sim.status))
    return cast(Select[Any], scope.limit(statement, col(Sim.organization_id), col(Sim.path)))


async def counters(session: Session, scope: Scope, group_ids: Sequence[UUID], *, at: datetime) -> list[CountersRow]:
    """The cards in scope of each group, counted by status."""
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group_id, status, number in await session.rows(_counted(scope), group_ids=group_ids):
        sums[group_id][status] += number
    return [counted(sums[group_id], at) for group_id in group_ids]
