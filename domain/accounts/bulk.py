"""Hanging many accounts into a tree at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from domain.accounts import tree
from domain.accounts.edges import edges_of, followed, planned_stays
from domain.accounts.tables import Account, AccountEdge, Organization, PaymentMode, kind_at
from domain.accounts.tree import Place
from domain.kernel.text import fold
from store.session import Session
from store.upsert import insert_all


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made; `parent_number` names one that exists or comes earlier in the list, null is the top."""

    id: UUID
    number: str
    name: str
    parent_number: str | None
    payment_mode: PaymentMode


async def make_accounts(
    session: Session,
    organization_id: UUID,
    accounts: Sequence[NewAccount],
    places: dict[str, Place],
    *,
    at: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Makes accounts from `at` on in four statements, parents first; adds theirs to `places`, which holds the existing ones by number."""
    taken = await session.execute(
        update(Organization)
        .where(col(Organization.id) == organization_id)
        .values(last_seq=col(Organization.last_seq) + len(accounts))
        .returning(col(Organization.last_seq))
    )
    first = taken.scalar_one() - len(accounts) + 1
    planned = dict(await planned_stays(session, organization_id, at=at))
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    for seq, new in enumerate(accounts, first):
        parent = places[new.parent_number] if new.parent_number is not None else None
        depth = parent.depth + 1 if parent else 0
        place = Place(new.id, (parent.path if parent else "") + tree.segment(seq), depth)
        places[new.number] = place
        parent_id = parent.id if parent else None
        nodes.append(
            {
                "id": new.id, "organization_id": organization_id, "number": new.number, "name": new.name, "name_fold": fold(new.name),
                "kind": kind_at(depth), "payment_mode": new.payment_mode, "parent_id": parent_id, "path": place.path, "depth": depth,
                "former_paths": [], "created_at": at,
            }
        )  # fmt: skip
        above = planned.get(parent_id, []) if parent_id else []
        edges += edges_of(organization_id, place, parent_id, above, at=at, new_id=new_id)
        if above:
            planned[new.id] = followed(place, above)
    await insert_all(session, Account, nodes)
    await insert_all(session, AccountEdge, edges)

