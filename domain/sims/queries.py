"""Reading SIM cards: pages of a fleet and single cards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import starmap
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, bindparam, column, func, literal_column, table
from sqlmodel import col, select

from domain.accounts.tables import Account, AccountEdge
from domain.kernel.batches import in_order
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.reading import WINDOW, By, Limits, Wanted, count, named_anyway, page, shaped, sifted
from domain.sims.filters import (
    CONDITIONS,
    HOME,
    LEADS,
    OF_ORGANIZATION,
    RANGES,
    SORT_COLUMNS,
    SimFilter,
    SimSort,
    SimSortKey,
    along,
    candidates_of,
    given_by,
    ways_of,
)
from domain.sims.grouping import in_group, is_group
from domain.sims.rows import NamedSim, SimRow, kind_of
from domain.sims.stays import placed_then
from domain.sims.tables import Sim, SimCounter, SimGroup, SimPlacement
from store.fragments import holds
from store.session import Session
from store.statements import Bound, among, changed

NAMED_AT_ONCE = 5_000
_LEDGER = table("ledger_accounts", column("id", Sim.id.type), column("balance", BigInteger))  # type: ignore[attr-defined]
BOOKED = select(_LEDGER.c.balance).where(_LEDGER.c.id == col(Sim.id)).scalar_subquery()
"""The balance of a line's own wallet, which bears the line's id; the ledger lies above this area, so its table is named here alone."""


def _selected(scope: Limits, wanted: Wanted) -> Select[Any]:
    statement: Select[Any] = select(*(BOOKED if name == "booked" else getattr(Sim, name) for name in kind_of(wanted).__struct_fields__))
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path), in_group)


@shaped
def _fleet(scope: Limits, given: tuple[str, ...], wanted: Wanted) -> Select[Any]:
    statement = _selected(scope, wanted)
    if "as_of" in given:
        stood, hung = placed_then("account_id" in given)
        place: Any = scope.limit(select(literal_column("1")).where(stood, hung), col(AccountEdge.organization_id), col(AccountEdge.path))
        joined = statement.join(SimPlacement, stood).join(AccountEdge, hung)
        statement = (
            scope.limit(joined, col(AccountEdge.organization_id), col(AccountEdge.path))
            if "is_joined" in given
            else statement.where(place.limit(1).scalar_subquery() == 1)  # of EXISTS plans make joins, which lose the order
        ).where(OF_ORGANIZATION)
    tags = [holds(col(Sim.tags), name) for name in given if name.startswith("tag_")]
    said = {"words"} if "dialled" in given else set()
    said |= {"account_id"} if "as_of" in given else set()
    said |= {"group_id"} if "is_grouped" in given else set()
    return statement.where(*tags, *(CONDITIONS[name] for name in given if name in CONDITIONS.keys() - said))


def matching(
    scope: Scope, organization_id: UUID, path: str, filter: SimFilter, search: str | None, as_of: datetime | None, wanted: Wanted = None
) -> Bound:
    """The statement of a fleet: cards at or below a path, now or as placed at an instant."""
    if search and scope.is_masked:
        raise Forbidden  # whoever sees holders masked can't search by them
    given = given_by(filter, search, as_of)
    return _matching(scope, organization_id, path, given | candidates_of(organization_id, given), wanted)


def _matching(scope: Scope, organization_id: UUID, path: str, given: Mapping[str, Any], wanted: Wanted) -> Bound:
    here = scope if "as_of" in given else scope.within(organization_id, path)
    return _fleet(here, tuple(given), wanted)(organization_id=organization_id, path=path, **given)


async def sims_page(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    path: str,
    *,
    window: Window,
    filter: SimFilter = SimFilter(),
    sort: SimSort = SimSort(),
    search: str | None = None,
    as_of: datetime | None = None,
    wanted: Wanted = None,
) -> Page[SimRow]:
    """One page of the cards at or below a path; `search` is a part of number, ICCID, holder or cost centre, folded."""
    if scope.is_masked and (search or sort.key is SimSortKey.HOLDER):
        raise Forbidden  # whoever sees holders masked can neither search nor sort by them
    order = [By(SORT_COLUMNS[sort.key], sort.is_descending), By(col(Sim.id), sort.is_descending)]
    name = f"sims.{sort.key.value}.{'desc' if sort.is_descending else 'asc'}"
    given, place = given_by(filter, search, as_of), scope.within(organization_id, path)
    statement = _matching(scope, organization_id, path, given, wanted)
    if not given and place.shape == (False,):
        found = await page(session, statement, window, order, name=name)
    else:
        candidates = candidates_of(organization_id, given)
        run = None
        if sort.key is SimSortKey.MSISDN and "dialled" in candidates and (number := given["search"]).isdecimal():
            del candidates["dialled"]
            of_number = {"number_from": f"{HOME}{number[1:]}", "number_to": f"{HOME}{number[1:]}:"}
            run = _matching(scope, organization_id, path, given | of_number, wanted)
        searched = _matching(scope, organization_id, path, given | candidates, wanted) if candidates else statement
        ways = ways_of(place, given, candidates, searched)
        ways = replace(ways, near=0) if run else ways
        whole = along(tuple(lead for lead in RANGES if lead in given and LEADS[lead] is SORT_COLUMNS[sort.key]))
        found = await sifted(session, statement, window, order, name=name, whole=whole, ways=ways, searched=searched, run=run)
    kind = kind_of(wanted)
    width = len(kind.__struct_fields__)
    return found.made(kind, width)


@shaped
def _kept(scope: Limits) -> Select[Any]:
    """The kept counters at a place."""
    statement: Any = select(func.coalesce(func.sum(SimCounter.count), 0)).join(
        Account, and_(col(Account.organization_id) == col(SimCounter.organization_id), col(Account.id) == col(SimCounter.account_id))
    )
    return scope.limit(statement, col(Account.organization_id), col(Account.path))


async def sims_count(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    path: str,
    *,
    filter: SimFilter = SimFilter(),
    search: str | None = None,
    as_of: datetime | None = None,
) -> int:
    """How many cards that is: kept where nothing narrows the place, else counted."""
    here = scope.within(organization_id, path)
    if filter == SimFilter() and not search and as_of is None and not here.groups:
        return int((await session.rows(_kept(here)))[0][0])
    return await count(session, matching(scope, organization_id, path, filter, search, as_of))


@shaped
def _sims_by_ids(scope: Limits, wanted: Wanted) -> Select[Any]:
    return _selected(scope, wanted).where(among(col(Sim.id), "ids"))


@shaped
def _sims_named(scope: Limits) -> Select[Any]:
    statement: Any = select(*(getattr(Sim, name) for name in NamedSim.__struct_fields__)).where(among(col(Sim.id), "ids"))
    return cast(Select[Any], scope.limit(statement, col(Sim.organization_id), of_group=named_anyway))


async def sims_named(session: Session, scope: Scope, ids: Sequence[UUID], wanted: Wanted = None) -> list[SimRow | None]:
    """Cards that a record in scope names, in the order asked; those that are out of scope by now as `NamedSim` (decision 0075)."""
    found = await sims_by_ids(session, scope, ids, wanted)
    gone = [id for id, row in zip(ids, found, strict=True) if row is None]
    if not gone or not scope.has_subtrees:
        return found
    named = {row[0]: NamedSim(*row) for row in await session.rows(_sims_named(scope), ids=gone)}
    return [row or named.get(id) for id, row in zip(ids, found, strict=True)]


async def sims_by_ids(session: Session, scope: Scope, ids: Sequence[UUID], wanted: Wanted = None) -> list[SimRow | None]:
    """Cards in the order asked, null for those out of scope."""
    kind = kind_of(wanted)
    return in_order(ids, starmap(kind, await session.rows(_sims_by_ids(scope, wanted), ids=ids)))


def _named(statement: Select[Any], is_by_ids: bool) -> Select[Any]:
    """The ids of cards with what people call them, in order of their ids."""
    columns: tuple[Any, ...] = (Sim.id, func.coalesce(Sim.msisdn, Sim.iccid))
    named: Select[Any] = statement.with_only_columns(*columns).order_by(col(Sim.id)).limit(WINDOW)
    return named.where(among(col(Sim.id), "ids")) if is_by_ids else named


async def sims_chosen(
    session: Session, scope: Scope, filter: SimFilter, ids: Sequence[UUID] | None = None, *, most: int
) -> Sequence[tuple[UUID, str]]:
    """The first cards in scope that match a filter, whose place the scope says, among some ids if given: id and number, or serial."""
    given = given_by(filter, None, None)
    statement = changed(_fleet(scope, tuple(given), frozenset())(**given), _named, ids is not None)
    return await session.rows(statement, ids=ids, window=most)


@shaped
def _groups_seen(scope: Limits) -> Select[Any]:
    statement: Any = select(col(SimGroup.id)).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.where(col(SimGroup.id) == bindparam("group_id"))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path), is_group))


async def sees_group(session: Session, scope: Scope, group_id: UUID) -> bool:
    """Whether a group is there and belongs to an account in scope."""
    return bool(await session.rows(_groups_seen(scope), group_id=group_id))


@shaped
def _sims_by_numbers(scope: Limits, name: str) -> Select[Any]:
    column: Any = {"msisdn": Sim.msisdn, "iccid": Sim.iccid}[name]
    columns: tuple[Any, ...] = (column, Sim.id)
    return scope.limit(select(*columns).where(among(column, "values")), col(Sim.organization_id), col(Sim.path), in_group)


async def sims_by_numbers(session: Session, scope: Scope, names: Iterable[str]) -> dict[str, UUID]:
    """Ids of cards in scope by their numbers and serials."""
    wanted, found = sorted(names), dict[str, UUID]()
    for start in range(0, len(wanted), NAMED_AT_ONCE):
        for name in ("msisdn", "iccid"):
            rows = await session.rows(_sims_by_numbers(scope, name), values=wanted[start : start + NAMED_AT_ONCE])
            found |= {value: id for value, id in rows}  # noqa: C416  rows of some drivers are no pairs
    return found


@shaped
def _sim_by(scope: Limits, name: str, wanted: Wanted) -> Select[Any]:
    column: Any = {"id": Sim.id, "msisdn": Sim.msisdn, "iccid": Sim.iccid, "imsi": Sim.imsi}[name]
    return _selected(scope, wanted).where(column == bindparam("value"))


async def sim_by(session: Session, scope: Scope, name: str, value: str | UUID, wanted: Wanted = None) -> SimRow:
    """One card by `id`, `msisdn`, `iccid` or `imsi`; somebody else's is not found."""
    rows = await session.rows(_sim_by(scope, name, wanted), value=value)
    if not rows:
        raise NotFound(field=("by", name))
    return kind_of(wanted)(*rows[0])
