"""Reading SIM cards: pages of a fleet, single cards, counters, placements and access points."""

import functools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, column, func, literal_column, table, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.queries import held_then, path_of, path_then
from domain.accounts.tables import Account, AccountEdge, PaymentMode
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import Scope, path_end
from domain.kernel.text import search_key
from domain.reading import WINDOW, By, Limits, Wanted, Ways, count, members, names_of, narrowed, page, shaped, sifted, under
from domain.sims.rules import Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import (
    ApnAuthType,
    GroupMember,
    IpAllocation,
    PdnType,
    Sim,
    SimApn,
    SimCounter,
    SimGroup,
    SimPlacement,
    SimState,
)
from store.fragments import holders, holds, labels_of, parts_dialled, parts_wanted
from store.fragments import words as words_of
from store.session import Session
from store.statements import Bound, among, changed


class SimRow(msgspec.Struct, frozen=True):
    """A SIM card as it is shown: its ids and its place, and of its columns those that were wanted, as they are stored."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    if TYPE_CHECKING:
        msisdn: str | None
        iccid: str
        imsi: str
        imei: str | None
        locked_imei: str | None
        status: str
        status_reason: str | None
        status_since: datetime
        resumes_at: datetime | None
        barring: str
        barred_by: str | None
        payment_mode: str
        activated_at: datetime | None
        valid_until: datetime | None
        grace_until: datetime | None
        holder_name: str | None
        employee_number: str | None
        cost_centre_id: UUID | None
        tags: str
        plan_id: UUID | None
        last_usage_at: datetime | None
        balance: int | None
        booked: int | None
        credit_limit: int | None
        debt: int | None
        current_charge: int | None
        figures_at: datetime
        figures_source: str


SHOWN = (
    "msisdn", "iccid", "imsi", "imei", "locked_imei", "status", "status_reason", "status_since", "resumes_at", "barring", "barred_by",
    "payment_mode", "activated_at", "valid_until", "grace_until", "holder_name", "employee_number", "cost_centre_id", "tags", "plan_id",
    "last_usage_at", "balance", "booked", "credit_limit", "debt", "current_charge", "figures_at", "figures_source",
)  # fmt: skip


class FiguresRow(msgspec.Struct, frozen=True, gc=False):
    """The five money figures of a line (MI-17); one that doesn't apply to its payment mode is null."""

    remaining_credit_limit: Money | None
    balance: Money | None
    debt: Money | None
    current_charge: Money | None
    payable: Money | None
    as_of: datetime
    source: FigureSource


def standing(row: SimRow) -> Standing:
    """The state of a card as rules see it."""
    return Standing(
        STATUSES[row.status], REASONS[row.status_reason], BARRINGS[row.barring], BARRERS[row.barred_by], row.resumes_at,
        row.msisdn is not None,
    )  # fmt: skip


class CountersRow(msgspec.Struct, frozen=True):
    """How many SIM cards stand where (MI-12)."""

    total: int
    active: int
    blocked: int
    ready_to_activate: int
    other: int
    as_of: datetime
    source: FigureSource = FigureSource.INVENTORY


class PlacementRow(msgspec.Struct, frozen=True):
    """A SIM card's stay under an account."""

    account_id: UUID
    starts_at: datetime
    ends_at: datetime | None


class ApnRow(msgspec.Struct, frozen=True):
    """An access point as the carrier reported it (FEATURES 3.3)."""

    network_identifier: str
    operator_identifier: str | None
    pdn_type: PdnType
    ip_allocation: IpAllocation
    static_address: str | None
    qos_class: int | None
    arp: int | None
    ambr_uplink: int | None
    ambr_downlink: int | None
    charging_characteristics: str | None
    is_visited_allowed: bool
    is_private: bool
    auth_type: ApnAuthType
    is_active: bool
    activated_at: datetime | None
    as_of: datetime
    source: FigureSource = FigureSource.CARRIER


class SimSortKey(StrEnum):
    """What SIM cards are sorted by."""

    MSISDN = "MSISDN"
    HOLDER = "HOLDER"
    STATUS = "STATUS"
    CURRENT_CHARGE = "CURRENT_CHARGE"
    DEBT = "DEBT"
    DATA_REMAINING = "DATA_REMAINING"
    LAST_USAGE_AT = "LAST_USAGE_AT"
    VALID_UNTIL = "VALID_UNTIL"


@dataclass(frozen=True, slots=True)
class SimSort:
    """Order of SIM cards; ties are broken by id."""

    key: SimSortKey = SimSortKey.MSISDN
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class SimFilter:
    """Which SIM cards; all given conditions hold, null is any."""

    account_id: UUID | None = None
    statuses: Sequence[SimStatus] | None = None
    payment_mode: PaymentMode | None = None
    plan_ids: Sequence[UUID] | None = None
    tags: Sequence[str] | None = None
    cost_centre_ids: Sequence[UUID] | None = None
    group_id: UUID | None = None
    idle_since: datetime | None = None
    bucket_ends_before: datetime | None = None
    has_debt: bool | None = None


SORT_COLUMNS: dict[SimSortKey, Any] = {
    SimSortKey.MSISDN: col(Sim.by_msisdn),
    SimSortKey.HOLDER: col(Sim.holder_fold),
    SimSortKey.STATUS: col(Sim.status),
    SimSortKey.CURRENT_CHARGE: col(Sim.by_current_charge),
    SimSortKey.DEBT: col(Sim.by_debt),
    SimSortKey.DATA_REMAINING: col(Sim.data_remaining),
    SimSortKey.LAST_USAGE_AT: col(Sim.by_last_usage_at),
    SimSortKey.VALID_UNTIL: col(Sim.by_valid_until),
}

def figures(row: SimRow, at: datetime) -> FiguresRow:
    """The five figures from what is stored: payable = debt + current charge, remaining credit limit = limit - payable.

    Once money was moved through a line's own wallet its balance is the ledger's, at the instant of reading.
    """
    if row.booked is not None:
        return FiguresRow(None, Money(row.booked), None, None, None, at, FigureSource.LEDGER)
    balance, limit, debt, charge = row.balance, row.credit_limit, row.debt, row.current_charge
    payable = None if debt is None or charge is None else debt + charge
    return FiguresRow(
        None if limit is None or payable is None else Money(limit - payable),
        None if balance is None else Money(balance),
        None if debt is None else Money(debt),
        None if charge is None else Money(charge),
        None if payable is None else Money(payable),
        row.figures_at,
        SOURCES[row.figures_source],
    )


STATUSES, REASONS, BARRINGS, BARRERS = members(SimStatus), members(SimStatusReason), members(Barring), members(BarredBy)
SOURCES = members(FigureSource)


def _kind(wanted: Wanted) -> type[SimRow]:
    return narrowed(SimRow, SHOWN, wanted)


_LEDGER = table("ledger_accounts", column("id", Sim.id.type), column("balance", BigInteger))  # type: ignore[attr-defined]
BOOKED = select(_LEDGER.c.balance).where(_LEDGER.c.id == col(Sim.id)).scalar_subquery()
"""The balance of a line's own wallet, which bears the line's id; the ledger lies above this area, so its table is named here alone."""


def _selected(scope: Limits, wanted: Wanted) -> Select[Any]:
    statement: Select[Any] = select(*(BOOKED if name == "booked" else getattr(Sim, name) for name in _kind(wanted).__struct_fields__))
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


OF_ORGANIZATION = col(Sim.organization_id) == bindparam("organization_id")
HOLDERS, OR_DIALLED = holders("sims", "words"), holders("sims", "words", "dialled")
_GROUP: Any = select(col(SimGroup.organization_id)).where(col(SimGroup.id) == bindparam("group_id"))
_GROUP_PATH: Any = select(col(Account.path)).join(SimGroup, col(SimGroup.account_id) == col(Account.id))
_GROUP_PATH = _GROUP_PATH.where(col(SimGroup.id) == bindparam("group_id")).scalar_subquery()
GROUPED: Any = select(col(GroupMember.sim_id)).where(
    col(GroupMember.organization_id) == _GROUP.scalar_subquery(), col(GroupMember.group_id) == bindparam("group_id")
)
"""The cards put into a group, wherever they stand."""
CONDITIONS: Mapping[str, Any] = {
    "group_id": col(Sim.id).in_(GROUPED) & under(col(Sim.path), _GROUP_PATH),
    "account_id": under(col(Sim.path), path_of("account_id")),
    "plan_ids": among(col(Sim.plan_id), "plan_ids"),
    "cost_centre_ids": among(col(Sim.cost_centre_id), "cost_centre_ids"),
    "bucket_ends_before": col(Sim.next_bucket_end_at) < bindparam("bucket_ends_before"),
    "idle_since": col(Sim.by_last_usage_at) < bindparam("idle_since"),
    "debt": col(Sim.by_debt) > 0,
    "no_debt": col(Sim.by_debt) <= 0,
    "statuses": among(col(Sim.status), "statuses"),
    "payment_mode": col(Sim.payment_mode) == bindparam("payment_mode"),
    "search": holds(col(Sim.search), "search"),
    "words": col(Sim.id).in_(HOLDERS),
    "dialled": col(Sim.id).in_(OR_DIALLED),
    "number_from": (col(Sim.by_msisdn) >= bindparam("number_from")) & (col(Sim.by_msisdn) < bindparam("number_to")),
}
"""What narrows a fleet, by the name of the value it compares with; `words` says by its index what a search or tags say, together with
`dialled` where a number may begin with what is searched for."""
LEADS: Mapping[str, Any] = {
    "group_id": Sim.id,
    "account_id": Sim.path, "plan_ids": Sim.plan_id, "cost_centre_ids": Sim.cost_centre_id, "bucket_ends_before": Sim.next_bucket_end_at,
    "idle_since": Sim.by_last_usage_at, "debt": Sim.by_debt, "no_debt": Sim.by_debt, "statuses": Sim.status,
    "payment_mode": Sim.payment_mode,
}  # fmt: skip
"""By whose index the cards are collected that meet a condition; of several the first here, as it leaves the fewest as a rule."""
HOME = "+98"
"""What a number begins with in its international form in place of the zero it is dialled with here."""
NAMED_AT_ONCE = 5_000
RANGES = ("idle_since", "debt", "no_debt")
"""Conditions that are a range of a column which cards can be sorted by."""


@shaped
def _led(scope: Limits, lead: str | None) -> Select[Any]:
    """What an index has to be asked for to collect the cards at a place, or those that meet a condition."""
    cards: Select[Any] = select(literal_column("1")).select_from(Sim)
    statement = scope.limit(cards, col(Sim.organization_id), col(Sim.path))
    return statement.where(CONDITIONS[lead]).order_by(LEADS[lead]) if lead else statement.order_by(col(Sim.path))


def _ways(place: Scope, given: Mapping[str, Any], candidates: Mapping[str, Any], searched: Bound) -> Ways:
    """How cards with these conditions are found; the numbers are those at which one way costs what the other does."""
    if "words" in candidates:
        return Ways(many=1_500, far=6_000, near=1_000, counting=OR_DIALLED if "dialled" in candidates else HOLDERS)
    if "group_id" in given:
        return Ways(many=1_500, far=6_000, near=0, counting=_led(place, "group_id").prepared.select, lead=Sim.id)
    if candidates:
        return Ways(many=1_500, far=6_000, near=2_000, counting=searched.prepared.select)
    lead = next((name for name in LEADS if name in given), None)
    counting = _led(place, lead if place.shape == (False,) else None).prepared.select
    return Ways(many=800, far=12_000, near=0, counting=counting, lead=LEADS[lead] if lead else Sim.path)  # the orders' indexes say it all


@functools.cache
def _along(conditions: tuple[str, ...]) -> Any:
    """The cards of an organization that meet conditions on the very column they are sorted by: a part of that order's index."""
    return and_(OF_ORGANIZATION, *(CONDITIONS[name] for name in conditions))


@shaped
def _fleet(scope: Limits, given: tuple[str, ...], wanted: Wanted) -> Select[Any]:
    statement = _selected(scope, wanted)
    if "as_of" in given:
        stood, hung = _placed_then("account_id" in given)
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
    return statement.where(*tags, *(CONDITIONS[name] for name in given if name in CONDITIONS.keys() - said))


def _given(filter: SimFilter, search: str | None, as_of: datetime | None) -> dict[str, Any]:
    """The values that narrow a fleet, by name."""
    values = {
        "as_of": as_of,
        "account_id": filter.account_id,
        "statuses": filter.statuses or None,
        "payment_mode": filter.payment_mode,
        "plan_ids": filter.plan_ids,
        "cost_centre_ids": filter.cost_centre_ids,
        "group_id": filter.group_id,
        "idle_since": filter.idle_since,
        "bucket_ends_before": filter.bucket_ends_before,
        "debt": filter.has_debt or None,
        "no_debt": filter.has_debt is False or None,
        "search": search_key(search) or None if search else None,
        **{f"tag_{index}": f"|{tag.replace('|', '')}|" for index, tag in enumerate(filter.tags or ())},
    }
    return {name: values[name] for name in names_of(values)}


def _candidates(organization_id: UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    """What says the same as these conditions by where all such cards are found: the index of fragments, or the place they stood at."""
    fragment, tags = given.get("search", ""), [tag for name, tag in given.items() if name.startswith("tag_")]
    labels = set().union(*map(labels_of, tags))
    words = words_of(organization_id, parts_wanted(fragment) | labels)
    dialled = words_of(organization_id, parts | labels) if (parts := parts_dialled(fragment)) else None
    found = {"words": words or None, "dialled": dialled, "is_joined": "as_of" in given or None}
    return {name: found[name] for name in names_of(found)}


def matching(
    scope: Scope, organization_id: UUID, path: str, filter: SimFilter, search: str | None, as_of: datetime | None, wanted: Wanted = None
) -> Bound:
    """The statement of a fleet: cards at or below a path, now or as placed at an instant."""
    if search and scope.is_masked:
        raise Forbidden  # whoever sees holders masked can't search by them
    given = _given(filter, search, as_of)
    return _matching(scope, organization_id, path, given | _candidates(organization_id, given), wanted)


def _matching(scope: Scope, organization_id: UUID, path: str, given: Mapping[str, Any], wanted: Wanted) -> Bound:
    here = scope if "as_of" in given else scope.within(organization_id, path)
    return _fleet(here, tuple(given), wanted)(organization_id=organization_id, path=path, **given)


def _placed_then(has_account: bool) -> tuple[Any, Any]:
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
    given, place = _given(filter, search, as_of), scope.within(organization_id, path)
    statement = _matching(scope, organization_id, path, given, wanted)
    if not given and place.shape == (False,):
        found = await page(session, statement, window, order, name=name)
    else:
        candidates = _candidates(organization_id, given)
        run = None
        if sort.key is SimSortKey.MSISDN and "dialled" in candidates and (number := given["search"]).isdecimal():
            del candidates["dialled"]
            of_number = {"number_from": f"{HOME}{number[1:]}", "number_to": f"{HOME}{number[1:]}:"}
            run = _matching(scope, organization_id, path, given | of_number, wanted)
        searched = _matching(scope, organization_id, path, given | candidates, wanted) if candidates else statement
        ways = _ways(place, given, candidates, searched)
        ways = replace(ways, near=0) if run else ways
        whole = _along(tuple(lead for lead in RANGES if lead in given and LEADS[lead] is SORT_COLUMNS[sort.key]))
        found = await sifted(session, statement, window, order, name=name, whole=whole, ways=ways, searched=searched, run=run)
    kind = _kind(wanted)
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
    if filter == SimFilter() and not search and as_of is None:
        return int((await session.rows(_kept(scope.within(organization_id, path))))[0][0])
    return await count(session, matching(scope, organization_id, path, filter, search, as_of))


@shaped
def _sims_by_ids(scope: Limits, wanted: Wanted) -> Select[Any]:
    return _selected(scope, wanted).where(among(col(Sim.id), "ids"))


class NamedSim(SimRow, frozen=True):
    """A card as a record names it whose reader doesn't see the card any more: its number and serial, and nothing of its present."""

    msisdn: str | None
    iccid: str

    def __getattr__(self, name: str) -> Any:
        if name not in SHOWN:
            raise AttributeError(name)
        if name in UNTOLD:
            raise NotFound("sims.left")
        return "|" if name == "tags" else None


UNTOLD = frozenset({"imsi", "status", "status_since", "barring", "payment_mode", "figures_at", "figures_source"})
"""What every card has and isn't told of one that left."""


@shaped
def _sims_named(scope: Limits) -> Select[Any]:
    statement: Any = select(*(getattr(Sim, name) for name in NamedSim.__struct_fields__)).where(among(col(Sim.id), "ids"))
    return cast(Select[Any], scope.limit(statement, col(Sim.organization_id)))


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
    kind = _kind(wanted)
    found = {row[0]: kind(*row) for row in await session.rows(_sims_by_ids(scope, wanted), ids=ids)}
    return [found.get(id) for id in ids]


def _named(statement: Select[Any], is_by_ids: bool) -> Select[Any]:
    """The ids of cards with what people call them, in order of their ids."""
    columns: tuple[Any, ...] = (Sim.id, func.coalesce(Sim.msisdn, Sim.iccid))
    named: Select[Any] = statement.with_only_columns(*columns).order_by(col(Sim.id)).limit(WINDOW)
    return named.where(among(col(Sim.id), "ids")) if is_by_ids else named


async def sims_chosen(
    session: Session, scope: Scope, filter: SimFilter, ids: Sequence[UUID] | None = None, *, most: int
) -> Sequence[tuple[UUID, str]]:
    """The first cards in scope that match a filter, whose place the scope says, among some ids if given: id and number, or serial."""
    given = _given(filter, None, None)
    statement = changed(_fleet(scope, tuple(given), frozenset())(**given), _named, ids is not None)
    return await session.rows(statement, ids=ids, window=most)


@shaped
def _groups_seen(scope: Limits) -> Select[Any]:
    statement: Any = select(col(SimGroup.id)).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.where(col(SimGroup.id) == bindparam("group_id"))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path)))


async def sees_group(session: Session, scope: Scope, group_id: UUID) -> bool:
    """Whether a group is there and belongs to an account in scope."""
    return bool(await session.rows(_groups_seen(scope), group_id=group_id))


@shaped
def _sims_by_numbers(scope: Limits, name: str) -> Select[Any]:
    column: Any = {"msisdn": Sim.msisdn, "iccid": Sim.iccid}[name]
    columns: tuple[Any, ...] = (column, Sim.id)
    return scope.limit(select(*columns).where(among(column, "values")), col(Sim.organization_id), col(Sim.path))


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
    return _kind(wanted)(*rows[0])


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
    columns: Sequence[Any] = (Account.organization_id, Account.path, Account.path.label("then"), SimCounter.status, SimCounter.count)  # type: ignore[attr-defined]
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
    found: dict[UUID, list[PlacementRow]] = defaultdict(list)
    for sim_id, *rest in await session.rows(_placements(scope), sim_ids=sim_ids):
        if len(found[sim_id]) < 50:
            found[sim_id].append(PlacementRow(*rest))
    return [found[sim_id] for sim_id in sim_ids]


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


async def apns(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[ApnRow]]:
    """The access points of each card, active ones first, at most 10 each."""
    statement: Any = (
        select(SimApn)
        .join(Sim, and_(col(Sim.organization_id) == col(SimApn.organization_id), col(Sim.id) == col(SimApn.sim_id)))
        .where(col(SimApn.sim_id).in_(sim_ids))
        .order_by(col(SimApn.is_active).desc(), col(SimApn.network_identifier))
    )
    found: dict[UUID, list[ApnRow]] = defaultdict(list)
    for (apn,) in await session.execute(scope.limit(statement, col(Sim.organization_id), col(Sim.path))):
        if len(found[apn.sim_id]) < 10:
            found[apn.sim_id].append(msgspec.convert(apn, ApnRow, from_attributes=True))
    return [found[sim_id] for sim_id in sim_ids]
