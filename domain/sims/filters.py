"""What narrows and sorts a fleet, and by which index the cards are found that meet it."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, literal_column
from sqlmodel import col, select

from domain.accounts.queries import path_of
from domain.accounts.tables import Account, PaymentMode
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.reading import Limits, Ways, names_of, shaped, under
from domain.sims.grouping import in_group
from domain.sims.states import SimStatus
from domain.sims.tables import GroupMember, Sim, SimGroup
from store.fragments import holders, holds, labels_of, parts_dialled, parts_wanted
from store.fragments import words as words_of
from store.statements import Bound, among, one_of


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
    SimSortKey.HOLDER: col(Sim.by_holder),
    SimSortKey.STATUS: col(Sim.status),
    SimSortKey.CURRENT_CHARGE: col(Sim.by_current_charge),
    SimSortKey.DEBT: col(Sim.by_debt),
    SimSortKey.DATA_REMAINING: col(Sim.data_remaining),
    SimSortKey.LAST_USAGE_AT: col(Sim.by_last_usage_at),
    SimSortKey.VALID_UNTIL: col(Sim.by_valid_until),
}
OF_ORGANIZATION = col(Sim.organization_id) == bindparam("organization_id")
HOLDERS, OR_DIALLED = holders("sims", "words"), holders("sims", "words", "dialled")
_GROUP: Any = select(col(SimGroup.organization_id)).where(col(SimGroup.id) == bindparam("group_id"))
_GROUP_PATH: Any = select(col(Account.path)).join(SimGroup, col(SimGroup.account_id) == col(Account.id))
_GROUP_PATH = _GROUP_PATH.where(col(SimGroup.id) == bindparam("group_id")).scalar_subquery()
GROUPED: Any = select(col(GroupMember.sim_id)).where(
    col(GroupMember.organization_id) == _GROUP.scalar_subquery(), col(GroupMember.group_id) == bindparam("group_id")
)
"""The cards put into a group, wherever they stand."""
_IS_GROUPED: Any = GROUPED.where(col(GroupMember.sim_id) == col(Sim.id)).with_only_columns(literal_column("1")).limit(1).scalar_subquery()
CONDITIONS: Mapping[str, Any] = {
    "group_id": (_IS_GROUPED == 1) & under(col(Sim.path), _GROUP_PATH),  # of IN plans make joins, which lose the order
    "is_grouped": one_of(col(Sim.id), GROUPED) & under(col(Sim.path) + "", _GROUP_PATH),  # no index of places finds what few were put in
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
    "words": one_of(col(Sim.id), HOLDERS),
    "dialled": one_of(col(Sim.id), OR_DIALLED),
    "number_from": (col(Sim.by_msisdn) >= bindparam("number_from")) & (col(Sim.by_msisdn) < bindparam("number_to")),
}
"""What narrows a fleet, by the name of the value it compares with; `words` says by its index what a search or tags say, together with
`dialled` where a number may begin with what is searched for."""
LEADS: Mapping[str, Any] = {
    "account_id": Sim.path, "plan_ids": Sim.plan_id, "cost_centre_ids": Sim.cost_centre_id, "bucket_ends_before": Sim.next_bucket_end_at,
    "idle_since": Sim.by_last_usage_at, "debt": Sim.by_debt, "no_debt": Sim.by_debt, "statuses": Sim.status,
    "payment_mode": Sim.payment_mode,
}  # fmt: skip
"""By whose index the cards are collected that meet a condition; of several the first here, as it leaves the fewest as a rule."""
HOME = "+98"
"""What a number begins with in its international form in place of the zero it is dialled with here."""
RANGES = ("idle_since", "debt", "no_debt")
"""Conditions that are a range of a column which cards can be sorted by."""


@shaped
def _led(scope: Limits, lead: str | None) -> Select[Any]:
    """What an index has to be asked for to collect the cards at a place, or those that meet a condition."""
    cards: Select[Any] = select(literal_column("1")).select_from(Sim)
    statement = scope.limit(cards, col(Sim.organization_id), col(Sim.path), in_group)
    return statement.where(CONDITIONS[lead]).order_by(LEADS[lead]) if lead else statement.order_by(col(Sim.path))


def ways_of(place: Scope, given: Mapping[str, Any], candidates: Mapping[str, Any], searched: Bound) -> Ways:
    """How cards with these conditions are found; the numbers are those at which one way costs what the other does."""
    if "words" in candidates:
        ids = OR_DIALLED if "dialled" in candidates else HOLDERS
        return Ways(many=10_000, far=40_000, near=2_000, counting=ids, has_ids=True)
    if "group_id" in given:
        return Ways(many=10_000, far=12_000, near=0, counting=GROUPED, lead=Sim.id)
    if candidates:
        return Ways(many=44_000, far=6_000, near=2_000, counting=searched.prepared.select)
    lead = next((name for name in LEADS if name in given), None)
    counting = _led(place, lead if place.shape == (False,) else None).prepared.select
    lead_column = LEADS[lead] if lead else Sim.path
    return Ways(many=12_500, far=12_000, near=0, counting=counting, lead=lead_column)  # the orders' indexes say it all


@functools.cache
def along(conditions: tuple[str, ...]) -> Any:
    """The cards of an organization that meet conditions on the very column they are sorted by: a part of that order's index."""
    return and_(OF_ORGANIZATION, *(CONDITIONS[name] for name in conditions))


def given_by(filter: SimFilter, search: str | None, as_of: datetime | None) -> dict[str, Any]:
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


def candidates_of(organization_id: UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    """What says the same as these conditions by where all such cards are found: the index of fragments, or the place they stood at."""
    fragment, tags = given.get("search", ""), [tag for name, tag in given.items() if name.startswith("tag_")]
    labels = set().union(*map(labels_of, tags))
    words = words_of(organization_id, parts_wanted(fragment) | labels)
    dialled = words_of(organization_id, parts | labels) if (parts := parts_dialled(fragment)) else None
    found = {"words": words or None, "dialled": dialled, "is_joined": "as_of" in given or None, "is_grouped": "group_id" in given or None}
    return {name: found[name] for name in names_of(found)}
