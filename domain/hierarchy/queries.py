"""The stays of accounts and cards that a decision has to know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from domain.accounts.tables import Account, AccountEdge
from domain.hierarchy.rules import Placed, Stay
from domain.kernel.scope import Scope
from domain.reading import under
from domain.sims.tables import SimPlacement
from store.session import Session

_STAY: Sequence[Any] = (
    AccountEdge.account_id, AccountEdge.parent_id, AccountEdge.path, AccountEdge.depth, AccountEdge.valid_from, AccountEdge.valid_to,
    AccountEdge.id,
)  # fmt: skip


async def account_in_scope(session: Session, scope: Scope, account_id: UUID) -> Account | None:
    """An account as it hangs now, read anew."""
    statement = scope.limit(select(Account).where(col(Account.id) == account_id), col(Account.organization_id), col(Account.path))
    found: Account | None = (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()
    return found


async def stays_of(session: Session, organization_id: UUID, account_id: UUID, *, since: datetime) -> list[Stay]:
    """Where an account hangs from an instant on, in order of time; what ends at that very instant comes first."""
    statement = _stays(organization_id, since, is_closed=True).where(col(AccountEdge.account_id) == account_id)
    return [Stay(*row) for row in await session.execute(statement.order_by(col(AccountEdge.valid_from)))]


async def stays_below(session: Session, organization_id: UUID, paths: Iterable[str], *, since: datetime) -> list[Stay]:
    """What hangs at or below some paths at any time from an instant on, in order of time."""
    statement = _stays(organization_id, since).where(or_(*(under(col(AccountEdge.path), path) for path in sorted(set(paths)))))
    return [Stay(*row) for row in await session.execute(statement.order_by(col(AccountEdge.valid_from)))]


def _stays(organization_id: UUID, since: datetime, *, is_closed: bool = False) -> Select[Any]:
    ends = col(AccountEdge.valid_to)
    lasts = ends >= since if is_closed else ends > since
    return select(*_STAY).where(col(AccountEdge.organization_id) == organization_id, or_(ends.is_(None), lasts))


async def placements_of(
    session: Session, organization_id: UUID, sim_ids: Sequence[UUID], *, since: datetime
) -> Mapping[UUID, list[Placed]]:
    """Where each card stands from an instant on, in order of time."""
    columns: Sequence[Any] = (
        SimPlacement.sim_id, SimPlacement.id, SimPlacement.account_id, SimPlacement.valid_from, SimPlacement.valid_to,
    )  # fmt: skip
    ends = col(SimPlacement.valid_to)
    statement: Any = select(*columns).where(
        col(SimPlacement.organization_id) == organization_id, col(SimPlacement.sim_id).in_(sim_ids), or_(ends.is_(None), ends > since)
    )
    found: dict[UUID, list[Placed]] = defaultdict(list)
    for sim_id, *rest in await session.execute(statement.order_by(col(SimPlacement.valid_from))):
        found[sim_id].append(Placed(*rest))
    return found


async def labels(session: Session, account_ids: Iterable[UUID | None]) -> Mapping[UUID | None, str]:
    """What people call accounts: number and name."""
    columns: Sequence[Any] = (Account.id, Account.number, Account.name)
    wanted = sorted({id for id in account_ids if id is not None})
    return {id: f"{number} {name}" for id, number, name in await session.execute(select(*columns).where(col(Account.id).in_(wanted)))}
