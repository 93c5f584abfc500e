"""SIM cards counted by status, at present and at an instant of the past."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func
from sqlmodel import col, select

from domain.accounts.queries import held_then
from domain.accounts.tables import Account, AccountEdge
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import Scope, path_end
from domain.reading import Limits, shaped
from domain.sims.states import SimStatus
from domain.sims.tables import SimCounter, SimPlacement, SimState
from store.session import Session
from store.statements import among


class CountersRow(msgspec.Struct, frozen=True):
    """How many SIM cards stand where (MI-12)."""

    total: int
    active: int
    blocked: int
    ready_to_activate: int
    other: int
    as_of: datetime
    source: FigureSource = FigureSource.INVENTORY


async def counters(
    session: Session, scope: Scope, keys: Sequence[tuple[UUID, str, datetime | None, bool]], *, at: datetime
) -> list[CountersRow]:
    """Cards counted by status for accounts given as (organization, present path, as of, with descendants), in the order asked.

    One statement for the present, one more for each instant asked of the past.
    """
    counted: dict[tuple[datetime | None, UUID], list[tuple[str, str, int]]] = defaultdict(list)
    then: dict[tuple[datetime | None, UUID, str], str] = {}
    for as_of in {key[2] for key in keys}:
        organizations = {key[0] for key in keys if key[2] == as_of}
        rows = await session.rows(_present(scope) if as_of is None else _past(scope)(as_of=as_of), organization_ids=list(organizations))
        for organization_id, now, place, status, number in rows:
            then[as_of, organization_id, now] = place
            if status is not None:
                counted[as_of, organization_id].append((place, status, int(number)))
    for places in counted.values():
        places.sort()  # so that a subtree stands together
    return [
        _summed(counted[as_of, owner], then.get((as_of, owner, path), path), as_of or at, is_deep=is_deep)
        for owner, path, as_of, is_deep in keys
    ]


def _summed(places: Sequence[tuple[str, str, int]], path: str, at: datetime, *, is_deep: bool) -> CountersRow:
    sums: dict[str, int] = defaultdict(int)
    end = path_end(path)
    for index in range(bisect_left(places, (path,)), len(places)):
        place, status, number = places[index]
        if place >= end or not (is_deep or place == path):
            break
        sums[status] += number
    return counted(sums, at)


def counted(sums: Mapping[str, int], at: datetime) -> CountersRow:
    """Counters from the numbers of cards in each state, none of which is left out."""
    sums = defaultdict(int, sums)
    total = sum(number for status, number in sums.items() if status != SimStatus.TERMINATED)
    active, blocked, ready = (sums[status] for status in (SimStatus.ACTIVE, SimStatus.BLOCKED, SimStatus.READY_TO_ACTIVATE))
    return CountersRow(total, active, blocked, ready, total - active - blocked - ready, at)


@shaped
def _present(scope: Limits) -> Select[Any]:
    columns: Sequence[Any] = (Account.organization_id, Account.path, col(Account.path).label("then"), SimCounter.status, SimCounter.count)
    statement: Any = select(*columns).join(
        SimCounter,
        and_(col(SimCounter.organization_id) == col(Account.organization_id), col(SimCounter.account_id) == col(Account.id)),
    ).where(among(col(Account.organization_id), "organization_ids"))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path)))


@shaped
def _past(scope: Limits) -> Select[Any]:
    """Counts from history: where accounts hung then, by their present paths, and the cards that stood there by the state they were in."""
    edge, placement, state = AccountEdge, SimPlacement, SimState
    columns: Sequence[Any] = (Account.organization_id, Account.path, edge.path, state.status, func.count(col(state.id)))
    statement: Any = (
        select(*columns)
        .join(edge, and_(col(edge.organization_id) == Account.organization_id, col(edge.account_id) == Account.id, held_then(edge)))
        .outerjoin(
            placement,
            and_(
                col(placement.organization_id) == Account.organization_id, col(placement.account_id) == Account.id, held_then(placement)
            ),
        )
        .outerjoin(
            state,
            and_(col(state.organization_id) == placement.organization_id, col(state.sim_id) == placement.sim_id, held_then(state)),
        )
        .where(among(col(Account.organization_id), "organization_ids"))
        .group_by(col(Account.organization_id), col(Account.path), col(AccountEdge.path), col(SimState.status))
    )  # fmt: skip
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(AccountEdge.path)))
