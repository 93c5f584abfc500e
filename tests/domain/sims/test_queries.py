"""Pages of a fleet on random data: every sort and filter, both directions, to the end without repeats or gaps; folded search."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, CostCentre, PaymentMode
from domain.kernel.errors import Forbidden, InvalidInput
from domain.kernel.ids import uuid7
from domain.kernel.paging import Window, cursor_of
from domain.kernel.permissions import Permission
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.kernel.text import fold, search_key
from domain.reading import Ways
from domain.sims import queries
from domain.sims.filters import SimFilter, SimSort, SimSortKey
from domain.sims.intake import search_text
from domain.sims.queries import sims_count, sims_page
from domain.sims.states import SimStatus
from domain.sims.tables import GroupMember, Sim, SimGroup
from store.fragments import FRAGMENTS
from store.ordering import EPOCH
from store.session import Database
from tests.world import NOW, TwoTenants, counted_statements, luhn

SERIALS = itertools.count(1)
HOLDERS = ["علی کریمی", "علي كريمي", "نیک‌آذین", "Зоя Петрова", "Zoë Miller", "100%_safe", None]
instants = st.sampled_from([None, *(NOW + timedelta(days=days, microseconds=days) for days in (-90, -1, 0, 30))])
amounts = st.sampled_from([None, 0, 1, 5_000_000_000])


@st.composite
def fleets(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What differs between cards, with many ties."""
    card = st.fixed_dictionaries(
        {
            "is_spare": st.booleans(),
            "is_below": st.booleans(),
            "status": st.sampled_from(list(SimStatus)),
            "holder_name": st.sampled_from(HOLDERS),
            "payment_mode": st.sampled_from(list(PaymentMode)),
            "debt": amounts,
            "current_charge": amounts,
            "data_remaining": st.sampled_from([0, 7, 2**40]),
            "last_usage_at": instants,
            "valid_until": instants,
            "next_bucket_end_at": instants,
            "tags": st.sampled_from(["|", "|van|", "|van|night shift|", "|vans|"]),
            "has_cost_centre": st.booleans(),
        }
    )
    return draw(st.lists(card, max_size=14))


@dataclasses.dataclass(frozen=True)
class Fleet:
    """A company of one example: its two accounts, its cards in the order they were made."""

    top: Account
    below: Account
    cost_centre_id: UUID
    group_id: UUID
    grouped: list[Sim]
    cards: list[Sim]

    @property
    def scope(self) -> Scope:
        return Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, (Reach(self.top.organization_id),), NOW)


async def made(database: Database, described: Sequence[dict[str, Any]]) -> Fleet:
    """Puts a company with these cards into the database."""
    async with database.write() as session:
        organization = await make_organization(session, id=uuid7(), name="Fleet", legal_id=uuid7().hex, at=NOW)
        place: dict[str, Any] = {"payment_mode": PaymentMode.PREPAID, "at": NOW}
        top = await make_account(session, organization.id, id=uuid7(), number="1", name="Top", parent_id=None, **place)
        below = await make_account(session, organization.id, id=uuid7(), number="2", name="Below", parent_id=top.id, **place)
        centre = CostCentre(id=uuid7(), organization_id=organization.id, code="CC", name="Vans")
        session.add(centre)
        await session.flush()
        cards = []
        for values in described:
            given = dict(values)
            serial, account = next(SERIALS), below if given.pop("is_below") else top
            msisdn = None if given.pop("is_spare") else f"+98935{serial * 7919 % 10**7:07d}"
            iccid, holder = luhn(f"8998352{serial:011d}"), given["holder_name"] or ""
            cards.append(
                Sim(
                    id=uuid7(), organization_id=organization.id, account_id=account.id, path=account.path, msisdn=msisdn, iccid=iccid,
                    imsi=f"43235{serial:010d}", status_since=NOW, figures_at=NOW, figures_source="BILLING", holder_fold=fold(holder),
                    cost_centre_id=centre.id if given.pop("has_cost_centre") else None,
                    search=search_text(msisdn, iccid, holder), **given,
                )
            )  # fmt: skip
        session.add_all(cards)
        group = SimGroup(
            id=uuid7(), organization_id=organization.id, account_id=below.id, name="Every other", name_fold="everyother", created_at=NOW
        )
        session.add(group)
        await session.flush()
        session.add_all(GroupMember(organization_id=organization.id, group_id=group.id, sim_id=card.id) for card in cards[::2])
    return Fleet(top, below, centre.id, group.id, cards[::2], cards)


async def walk(database: Database, fleet: Fleet, size: int, *, is_backward: bool, **wanted: Any) -> list[UUID]:
    """Every id in order, read page by page from the beginning or from the end."""
    found: list[UUID] = []
    cursor = None
    while True:
        async with database.read() as session:
            page = await sims_page(
                session, fleet.scope, fleet.top.organization_id, fleet.top.path, window=Window(size, cursor, is_backward), **wanted
            )
        rows = [row.id for row in page.rows]
        assert len(rows) <= size
        found = rows + found if is_backward else found + rows
        if not (page.has_previous if is_backward else page.has_next):
            return found
        cursor = page.cursors[0] if is_backward else page.cursors[-1]


KEYS: dict[SimSortKey, Callable[[Sim], Any]] = {
    SimSortKey.MSISDN: lambda card: (card.msisdn is None, card.msisdn),
    SimSortKey.HOLDER: lambda card: (card.holder_fold == "", card.holder_fold.encode()),
    SimSortKey.STATUS: lambda card: card.status,
    SimSortKey.CURRENT_CHARGE: lambda card: card.current_charge or 0,
    SimSortKey.DEBT: lambda card: card.debt or 0,
    SimSortKey.DATA_REMAINING: lambda card: card.data_remaining,
    SimSortKey.LAST_USAGE_AT: lambda card: card.last_usage_at or EPOCH,
    SimSortKey.VALID_UNTIL: lambda card: card.valid_until or EPOCH,
}


def test_every_sort_is_known_here() -> None:
    assert set(KEYS) == set(SimSortKey)


WAYS = [(many, far, near) for many in (0, 2, 50) for far in (1, 3, 50) for near in (0, 2)]
"""Few, some or all cards collected, and met near by or far off: so that small fleets are looked through in every way that large ones are."""


def take_ways(monkeypatch: pytest.MonkeyPatch, way: tuple[int, int, int]) -> None:
    """Has fleets looked through with these numbers."""
    chosen = queries.ways_of
    many, far, near = way

    def ways(*given: Any, **more: Any) -> Ways:
        return dataclasses.replace(chosen(*given, **more), many=many, far=far, near=near)

    monkeypatch.setattr(queries, "ways_of", ways)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(described=fleets(), is_descending=st.booleans(), is_backward=st.booleans(), size=st.integers(1, 5))
async def test_every_sort_walks_whole(
    database: Database, described: list[dict[str, Any]], is_descending: bool, is_backward: bool, size: int
) -> None:
    fleet = await made(database, described)

    for key, value in KEYS.items():
        expected = [card.id for card in sorted(fleet.cards, key=lambda card: (value(card), card.id), reverse=is_descending)]
        assert await walk(database, fleet, size, is_backward=is_backward, sort=SimSort(key, is_descending)) == expected, key


def filters(fleet: Fleet) -> list[tuple[SimFilter, Callable[[Sim], bool]]]:
    """Each filter alone, and all of them together, with what it means."""
    alone: list[tuple[dict[str, Any], Callable[[Sim], bool]]] = [
        ({"account_id": fleet.below.id}, lambda card: card.account_id == fleet.below.id),
        ({"account_id": fleet.top.id}, lambda card: True),
        ({"account_id": uuid7()}, lambda card: False),
        ({"statuses": [SimStatus.ACTIVE, SimStatus.BLOCKED]}, lambda card: card.status in ("ACTIVE", "BLOCKED")),
        ({"payment_mode": PaymentMode.POSTPAID}, lambda card: card.payment_mode == PaymentMode.POSTPAID),
        ({"plan_ids": [uuid7()]}, lambda card: False),
        ({"tags": ["van"]}, lambda card: "|van|" in card.tags),
        ({"tags": ["van", "night shift"]}, lambda card: card.tags == "|van|night shift|"),
        ({"cost_centre_ids": [fleet.cost_centre_id]}, lambda card: card.cost_centre_id is not None),
        ({"group_id": fleet.group_id}, lambda card: card in fleet.grouped and card.account_id == fleet.below.id),
        ({"group_id": fleet.group_id, "has_debt": False}, lambda card: card in fleet.grouped and card.account_id == fleet.below.id and not card.debt),
        ({"group_id": uuid7()}, lambda card: False),
        ({"idle_since": NOW}, lambda card: card.last_usage_at is None or card.last_usage_at < NOW),
        ({"bucket_ends_before": NOW}, lambda card: card.next_bucket_end_at is not None and card.next_bucket_end_at < NOW),
        ({"has_debt": True}, lambda card: bool(card.debt)),
        ({"has_debt": False}, lambda card: not card.debt),
    ]
    chosen = [alone[0], alone[3], alone[6], alone[9], alone[-1]]
    together: dict[str, Any] = {name: value for given, _ in chosen for name, value in given.items()}
    every = (together, lambda card: all(fits(card) for _, fits in chosen))
    return [(SimFilter(**given), fits) for given, fits in [*alone, every]]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    described=fleets(), is_backward=st.booleans(), size=st.integers(1, 5), key=st.sampled_from(SimSortKey), is_descending=st.booleans(),
    way=st.sampled_from(WAYS),
)
async def test_every_filter_walks_whole_and_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch, described: list[dict[str, Any]], is_backward: bool, size: int, key: SimSortKey,
    is_descending: bool, way: tuple[int, int, int],
) -> None:
    fleet = await made(database, described)

    for filter, fits in filters(fleet):
        ordered = sorted(fleet.cards, key=lambda card: (KEYS[key](card), card.id), reverse=is_descending)
        expected = [card.id for card in ordered if fits(card)]
        with monkeypatch.context() as patch:
            take_ways(patch, way)
            sort = SimSort(key, is_descending)
            assert await walk(database, fleet, size, is_backward=is_backward, sort=sort, filter=filter) == expected, filter
        async with database.read() as session:
            counted = await sims_count(session, fleet.scope, fleet.top.organization_id, fleet.top.path, filter=filter)
        assert counted == len(expected)


CARD = {
    "is_spare": False, "is_below": False, "status": SimStatus.ACTIVE, "holder_name": None, "payment_mode": PaymentMode.PREPAID,
    "has_cost_centre": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("علی", {"علی کریمی", "علي كريمي"}),
        ("كريمي", {"علی کریمی", "علي كريمي"}),
        ("عليكريمی", {"علی کریمی", "علي كريمي"}),
        ("نیکاذین", {"نیک‌آذین"}),
        ("نيك آذين", {"نیک‌آذین"}),
        ("ЗОЯ", {"Зоя Петрова"}),
        ("zoe", {"Zoë Miller"}),
        ("%", {"100%_safe"}),
        ("0%_s", {"100%_safe"}),
        ("_", {"100%_safe"}),
        ("nobody", set()),
        ("'; drop table sims", set()),
    ],
)
async def test_search_reads_what_people_type(database: Database, search: str, found: set[str]) -> None:
    fleet = await made(database, [CARD | {"holder_name": name} for name in HOLDERS])

    async with database.read() as session:
        page = await sims_page(session, fleet.scope, fleet.top.organization_id, fleet.top.path, window=Window(50), search=search)

    assert {row.holder_name for row in page.rows} == found


async def test_search_finds_parts_of_numbers_in_any_digits(database: Database) -> None:
    fleet = await made(database, [CARD for _ in range(3)])
    card = fleet.cards[1]
    assert card.msisdn is not None
    persian = card.msisdn[-6:].translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    arabic = card.iccid[-8:].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    for search in (card.msisdn, card.msisdn[-7:], persian, card.iccid, arabic):
        assert card.id in await walk(database, fleet, 2, is_backward=False, search=search)


async def test_who_sees_holders_masked_neither_searches_nor_sorts_by_them(database: Database, two_tenants: TwoTenants) -> None:
    fleet = await made(database, [CARD])
    masked = dataclasses.replace(fleet.scope, is_masked=True)

    async with database.read() as session:
        for wanted in ({"search": "Zo"}, {"sort": SimSort(SimSortKey.HOLDER)}):
            with pytest.raises(Forbidden):
                await sims_page(session, masked, fleet.top.organization_id, fleet.top.path, window=Window(5), **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "key", [[1, 2], ["x"], [], ["x", "y"], ["x", True], [None, uuid7()], [datetime(2026, 1, 1, tzinfo=UTC), uuid7()], ["\x00", uuid7()], [10**40, uuid7()]]
)
async def test_forged_cursors_are_refused(database: Database, key: list[Any]) -> None:
    fleet = await made(database, [CARD])
    cursor = cursor_of("sims.MSISDN.asc", key)

    async with database.read() as session:
        with pytest.raises(InvalidInput):
            await sims_page(session, fleet.scope, fleet.top.organization_id, fleet.top.path, window=Window(5, cursor))


LETTERS = "علی كي۰5ژ%_'\"|+# aZ‌1239"
needles = st.one_of(
    st.text(alphabet=LETTERS, min_size=1, max_size=6),
    st.text(alphabet="0123456789۰٣+", min_size=1, max_size=9),
    st.text(alphabet="0123456789", max_size=3).map(lambda rest: "0935" + rest),
    st.tuples(st.integers(0, 60), st.integers(1, 18)),
)
"""Texts, and pieces of what a card is searched by."""


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    holders=st.lists(st.text(alphabet=LETTERS, max_size=9) | st.just("0935 93509350"), min_size=1, max_size=8), needle=needles,
    way=st.sampled_from(WAYS), sort=st.builds(SimSort, st.sampled_from(SimSortKey) | st.just(SimSortKey.MSISDN), st.booleans()),
    is_backward=st.booleans(),
)  # fmt: skip
async def test_search_is_what_holding_the_folded_fragment_is(
    database: Database, monkeypatch: pytest.MonkeyPatch, holders: list[str], needle: str | tuple[int, int], way: tuple[int, int, int],
    sort: SimSort, is_backward: bool,
) -> None:
    fleet = await made(database, [CARD | {"holder_name": holder, "is_spare": holder == ""} for holder in holders])
    if isinstance(needle, tuple):
        start, length = needle
        needle = fleet.cards[0].search[start : start + length] or "0"
    key = search_key(needle)

    with monkeypatch.context() as patch:
        take_ways(patch, way)
        found = await walk(database, fleet, 2, is_backward=is_backward, search=needle, sort=sort)

    ordered = sorted(fleet.cards, key=lambda card: (KEYS[sort.key](card), card.id), reverse=sort.is_descending)
    assert found == [card.id for card in ordered if key in card.search]
    async with database.read() as session:
        assert await sims_count(session, fleet.scope, fleet.top.organization_id, fleet.top.path, search=needle) == len(found)


async def test_the_index_of_fragments_follows_changes_and_deletions(database: Database) -> None:
    fleet = await made(database, [CARD | {"holder_name": "مریم رستگار", "tags": "|van|"}, CARD | {"holder_name": "Zoë Miller"}])
    first, second = (card.id for card in fleet.cards)

    async def found(**wanted: Any) -> list[UUID]:
        return await walk(database, fleet, 5, is_backward=False, **wanted)

    assert await found(search="رستگار") == [first] and await found(filter=SimFilter(tags=["van"])) == [first]
    async with database.write() as session:
        await session.execute(update(Sim).where(Sim.id == first).values(search="ایرج", tags="|boat|"))
        await session.execute(delete(Sim).where(Sim.id == second))

    assert await found(search="رستگار") == [] and await found(search="ایرج") == [first]
    assert await found(filter=SimFilter(tags=["van"])) == [] and await found(filter=SimFilter(tags=["boat"])) == [first]
    assert await found(search="miller") == []


async def test_an_index_of_fragments_that_is_missing_is_made_of_the_cards_that_are_there(database: Database) -> None:
    fleet = await made(database, [CARD | {"holder_name": "مریم رستگار"}])
    async with database.write() as session:
        for table in ("sims_fragments", "sims_fragments_words") if database.is_sqlite else ("sims_fragments",):
            await session.execute(text(f"DROP TABLE {table}"))

        await (await session.connection()).run_sync(Sim.metadata.tables["sims"].info[FRAGMENTS].make)

    assert await walk(database, fleet, 5, is_backward=False, search="رستگار") == [fleet.cards[0].id]
    fresh = await made(database, [CARD | {"holder_name": "رستگار"}])
    assert await walk(database, fresh, 5, is_backward=False, search="رستگار") == [fresh.cards[0].id]


NARROWED: dict[str, dict[str, Any]] = {
    "whole": {},
    "sorted": {"sort": SimSort(SimSortKey.DEBT, is_descending=True)},
    "few": {"filter": SimFilter(statuses=[SimStatus.ACTIVE])},
    "none": {"filter": SimFilter(statuses=[SimStatus.TERMINATED], has_debt=True)},
    "all": {"filter": SimFilter(has_debt=False)},
    "search": {"search": "zo"},
    "search for nothing": {"search": "zzq"},
    "tags": {"filter": SimFilter(tags=["van", "vip"])},
    "as of": {"as_of": NOW},
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_page_takes_one_statement_however_it_is_narrowed_and_found(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: tuple[int, int, int]
) -> None:
    fleet = await made(database, [CARD | {"holder_name": "Zoë", "tags": "|van|vip|", "is_below": index % 2 == 0} for index in range(9)])
    take_ways(monkeypatch, way)

    counts = {}
    for name, wanted in NARROWED.items():
        for place in (fleet.top, fleet.below):
            for is_backward in (False, True):
                async with database.read() as session:
                    given = session, fleet.scope, fleet.top.organization_id, place.path
                    first = await sims_page(*given, window=Window(2, is_backward=is_backward), **wanted)
                    after = first.cursors[0 if is_backward else -1] if first.cursors else None
                    with counted_statements(database) as statements:
                        await sims_page(*given, window=Window(2, after, is_backward), **wanted)
                counts[name, place.path, is_backward] = len(statements)

    assert set(counts.values()) == {1}, counts


async def test_what_nothing_narrows_is_not_counted_but_kept(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    scope = Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, (Reach(tenant.id),), NOW)
    async with database.read() as session:
        rows = (await session.execute(select(Sim.path).where(Sim.organization_id == tenant.id))).scalars().all()
        for account in tenant.accounts.values():
            kept = await sims_count(session, scope, tenant.id, account.path)
            assert kept == sum(path.startswith(account.path) for path in rows)
