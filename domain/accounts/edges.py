"""The dated rows of new accounts, which follow the account above wherever it is planned to go."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import AccountEdge
from domain.accounts.tree import Place, last_segment
from store.session import Session

Planned = tuple[datetime, str, int]
"""From when an account will hang where: path and depth."""


async def planned_stays(session: Session, organization_id: UUID, *, at: datetime) -> Mapping[UUID, list[Planned]]:
    """Where accounts of an organization will hang after an instant, in order of time; those alone for which something is planned."""
    columns: Sequence[Any] = (AccountEdge.account_id, AccountEdge.valid_from, AccountEdge.path, AccountEdge.depth)
    statement: Any = select(*columns).where(col(AccountEdge.organization_id) == organization_id, col(AccountEdge.valid_from) > at)
    found: dict[UUID, list[Planned]] = defaultdict(list)
    for account_id, *stay in await session.execute(statement.order_by(col(AccountEdge.valid_from))):
        found[account_id].append((stay[0], stay[1], stay[2]))
    return found


def followed(place: Place, planned: Sequence[Planned]) -> list[Planned]:
    """What is planned for an account at a place by what is planned for the one above it."""
    own = last_segment(place.path)
    return [(begins, path + own, depth + 1) for begins, path, depth in planned]


def edges_of(
    organization_id: UUID, place: Place, parent_id: UUID | None, planned: Sequence[Planned], *, at: datetime, new_id: Callable[[], UUID]
) -> list[dict[str, Any]]:
    """The rows of a new account from `at` on; `planned` is what is planned for the account above."""
    stays: list[Planned] = [(at, place.path, place.depth), *followed(place, planned)]
    return [
        {
            "id": new_id(), "organization_id": organization_id, "account_id": place.id, "parent_id": parent_id, "path": stay[1],
            "depth": stay[2], "valid_from": stay[0], "valid_to": following[0] if following else None,
        }
        for stay, following in pairwise([*stays, None])
        if stay is not None
    ]  # fmt: skip
