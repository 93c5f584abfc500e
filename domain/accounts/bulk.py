"""Hanging many accounts into a tree at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from domain.accounts import tree
from domain.accounts.tables import Account, AccountEdge, AccountKind, Organization, PaymentMode
from domain.kernel.text import fold
from store.session import Session
from store.upsert import insert_all


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account hangs."""

    id: UUID
    path: str
    depth: int


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
    """Makes accounts from `at` on in three statements, parents first; adds theirs to `places`, which holds the existing ones by number."""
    taken = await session.execute(
        update(Organization)
        .where(col(Organization.id) == organization_id)
        .values(last_seq=col(Organization.last_seq) + len(accounts))
        .returning(col(Organization.last_seq))
    )
    first = taken.scalar_one() - len(accounts) + 1
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    for seq, new in enumerate(accounts, first):
        parent = places[new.parent_number] if new.parent_number is not None else None
        depth = parent.depth + 1 if parent else 0
        place = Place(new.id, (parent.path if parent else "") + tree.segment(seq), depth)
        places[new.number] = place
        shared = {"organization_id": organization_id, "parent_id": parent.id if parent else None, "path": place.path, "depth": depth}
        nodes.append(
            shared
            | {
                "id": new.id, "number": new.number, "name": new.name, "name_fold": fold(new.name), "kind": kind_at(depth),
                "payment_mode": new.payment_mode, "created_at": at,
            }
        )  # fmt: skip
        edges.append(shared | {"id": new_id(), "account_id": new.id, "valid_from": at})
    await insert_all(session, Account, nodes)
    await insert_all(session, AccountEdge, edges)


def kind_at(depth: int) -> AccountKind:
    """What an account is by its depth: the corporate general account, a commercial account, or one below."""
    return (AccountKind.CORPORATE_GENERAL, AccountKind.BILLING, AccountKind.SUB)[min(depth, 2)]
