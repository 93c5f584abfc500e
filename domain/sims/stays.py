"""Where SIM cards stood, stand and are planned to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, literal_column, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.queries import held_then, path_then
from domain.accounts.tables import Account, AccountEdge
from domain.kernel.batches import grouped
from domain.kernel.scope import Scope
from domain.reading import Limits, shaped, under
from domain.sims.tables import Sim, SimPlacement
from store.session import Session
from store.statements import among


class PlacementRow(msgspec.Struct, frozen=True):
    """A SIM card's stay under an account."""

    account_id: UUID
    starts_at: datetime
    ends_at: datetime | None


@shaped
def _placements(scope: Limits) -> Select[Any]:
    placement, edge = SimPlacement, AccountEdge
    statement: Any = select(placement.sim_id, placement.account_id, placement.valid_from, placement.valid_to)
    if scope.has_subtrees:
        ends, began = col(placement.valid_to), col(edge.valid_to).is_(None) | (col(edge.valid_to) > placement.valid_from)
        hung = (
            col(edge.organization_id) == placement.organization_id, col(edge.account_id) == placement.account_id, began,
            ends.is_(None) | (ends > edge.valid_from),
        )  # fmt: skip
        place: Any = select(literal_column("1")).where(*hung).correlate(placement)
        statement = statement.where(scope.limit(place, col(edge.organization_id), col(edge.path)).exists())
    statement = statement.where(among(col(placement.sim_id), "sim_ids")).order_by(col(placement.valid_from).desc())
    return cast(Select[Any], scope.limit(statement, col(placement.organization_id)))


async def placements(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[PlacementRow]]:
    """Where each card stood, stands and is planned to, newest first, the last 50 of each; at places that were in scope then alone."""
    rows = await session.rows(_placements(scope), sim_ids=sim_ids)
    return grouped(sim_ids, ((row[0], PlacementRow(*row[1:])) for row in rows), most=50)


@shaped
def _accounts_at(scope: Limits) -> Select[Any]:
    placement, edge = SimPlacement, AccountEdge
    hung = and_(col(edge.organization_id) == placement.organization_id, col(edge.account_id) == placement.account_id, held_then(edge))
    statement: Any = select(placement.sim_id, placement.account_id).join(edge, hung)
    statement = statement.where(among(col(placement.sim_id), "sim_ids"), held_then(placement))
    return cast(Select[Any], scope.limit(statement, col(edge.organization_id), col(edge.path)))


async def accounts_at(session: Session, scope: Scope, keys: Sequence[tuple[UUID, datetime]]) -> list[UUID | None]:
    """Under which account cards stood at an instant, in the order asked; null where that was nowhere or out of scope."""
    found: dict[tuple[UUID, datetime], UUID] = {}
    for as_of in {at for _, at in keys}:
        rows = await session.rows(_accounts_at(scope), as_of=as_of, sim_ids=[id for id, at in keys if at == as_of])
        found |= {(row[0], as_of): row[1] for row in rows}
    return [found.get(key) for key in keys]


def placed_then(has_account: bool) -> tuple[Any, Any]:
    """Where a card stood at an instant: the conditions of its placement and of where that account hung, below what is asked about."""
    placement, edge = SimPlacement, AccountEdge
    stood = and_(
        col(placement.organization_id) == col(Sim.organization_id), col(placement.sim_id) == col(Sim.id), held_then(placement)
    )
    hung = and_(
        col(edge.organization_id) == col(placement.organization_id), col(edge.account_id) == col(placement.account_id), held_then(edge),
        under(col(edge.path), _path_then()), under(col(edge.path), path_then("account_id")) if has_account else true(),
    )  # fmt: skip
    return stood, hung


def _path_then() -> Any:
    """The path at an instant of the account whose present path is given."""
    account, edge = aliased(Account), aliased(AccountEdge)
    hung = and_(col(edge.organization_id) == account.organization_id, col(edge.account_id) == account.id, held_then(edge))
    now = (col(account.organization_id) == bindparam("organization_id"), col(account.path) == bindparam("path"))
    return select(edge.path).join(account, hung).where(*now).scalar_subquery()
