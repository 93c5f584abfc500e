"""Courses of events in a tree: accounts, cards and managers move in time, and at every turn the product is held to the naive tree."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from auth.identify import viewer_now
from auth.links import Viewer
from auth.tables import SignInSession
from auth.wiring import Auth
from domain.accounts.queries import accounts_by_ids, accounts_page, places_at
from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.documents import paths_within
from domain.hierarchy import service
from domain.jobs.service import Many, at_once
from domain.kernel.errors import DomainError
from domain.kernel.ids import uuid7
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import BulkErrorPolicy, RowsRejected
from domain.kernel.scope import Scope
from domain.kernel.text import fold
from domain.orders.queries import orders_by_ids
from domain.orders.tables import Order
from domain.people.tables import Membership, Person
from domain.sims.counting import counters
from domain.sims.queries import sims_by_ids, sims_page
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.service import BLOCK, UNBLOCK, block_request
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.stays import accounts_at
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimState
from store.session import Database
from tests.desk import open_auth
from tests.domain.hierarchy.moving import done, move_account, move_sims, scope_of, settled
from tests.domain.hierarchy.naive import Decisions, Naive
from tests.world import NOW, luhn

SERIALS = itertools.count(1)
DEEPEST_AT_FIRST, ACCOUNTS, MOST_ACCOUNTS, CARDS, MANAGERS = 8, 12, 18, 10, 3
AHEAD = [timedelta(hours=1), timedelta(days=1), timedelta(days=2), timedelta(days=30)]
BACK = [timedelta(minutes=10), timedelta(hours=6), timedelta(days=1), timedelta(days=6), timedelta(days=20)]
WAITS = [timedelta(microseconds=1), timedelta(minutes=7), timedelta(hours=5), timedelta(days=1), timedelta(days=9)]
Step = tuple[int, int, int, int, int]
"""What happens, to which thing, towards which other, when, and how long it takes."""


@dataclass
class Course:
    """One company, its clock, and what the naive tree knows of it."""

    database: Database
    auth: Auth
    id: UUID
    at: datetime
    naive: Naive = field(default_factory=Naive)
    viewers: dict[UUID, Viewer] = field(default_factory=dict)
    paths: dict[UUID, str] = field(default_factory=dict)
    """Under which path each record was written."""
    turns: list[datetime] = field(default_factory=list)
    moves: int = 0
    last: UUID | None = None
    """The account that moved last."""

    @property
    def scope(self) -> Scope:
        """That of the company's profile manager now."""
        return scope_of(self.id, at=self.at)

    def planned(self) -> list[datetime]:
        """Instants to come at which something was decided to move."""
        known = (*self.naive.hangs.values(), *self.naive.stands.values())
        return sorted({since for decisions in known for since, _ in decisions if since > self.at})


async def begun(database: Database, tree: Sequence[int]) -> Course:
    """A company with a tree of accounts (each number chooses an account above), with cards and managers at all of them."""
    course = Course(database, open_auth(database), uuid7(), NOW)
    made_at, naive = NOW - timedelta(days=90), course.naive
    async with database.write() as session:
        await make_organization(session, id=course.id, name="Course", legal_id=course.id.hex, at=made_at)
        accounts: list[Account] = []
        for number, choice in enumerate([0, *tree]):
            able = [one for one in accounts if one.depth < DEEPEST_AT_FIRST]
            parent = able[-1 - choice % min(len(able), 3)] if able else None  # rather deep than wide
            account = await make_account(
                session, course.id, id=uuid7(), number=str(number), name=f"Account {number}", parent_id=parent.id if parent else None,
                payment_mode=PaymentMode.POSTPAID, at=made_at,
            )  # fmt: skip
            accounts.append(account)
            naive.hangs[account.id] = [(made_at, account.parent_id)]
        for number in range(CARDS):
            account = accounts[number * 7 % len(accounts)]
            serial = next(SERIALS)
            card = Sim(
                id=uuid7(), organization_id=course.id, account_id=account.id, path=account.path, msisdn=f"+98936{serial:07d}",
                iccid=luhn(f"8998353{serial:011d}"), imsi=f"43236{serial:010d}", status=SimStatus.ACTIVE, status_since=made_at,
                payment_mode=PaymentMode.POSTPAID, figures_at=made_at, figures_source="BILLING",
            )  # fmt: skip
            naive.stands[card.id], naive.states[card.id] = [(made_at, account.id)], [(made_at, SimStatus.ACTIVE.value)]
            session.add(card)
            await session.flush()
            dated = {"id": uuid7(), "organization_id": course.id, "sim_id": card.id, "valid_from": made_at}
            session.add_all([SimPlacement(account_id=account.id, **dated), SimState(status=card.status, **dated)])
        for account_id, count in Counter(stay[0][1] for stay in naive.stands.values()).items():
            session.add(SimCounter(organization_id=course.id, account_id=account_id, status=SimStatus.ACTIVE, count=count))
        for _ in range(MANAGERS):
            person = Person(id=uuid7(), name="Manager", name_fold=fold("Manager"), created_at=made_at)
            held = SignInSession(
                id=uuid7(), person_id=person.id, address="127.0.0.1", created_at=made_at, last_used_at=made_at, proven_at=made_at,
                expires_at=NOW + timedelta(days=9_999),
            )  # fmt: skip
            session.add(person)
            await session.flush()
            session.add(held)
            course.viewers[person.id] = Viewer(person.id, held.id, is_token=False)
    for number, person_id in enumerate(course.viewers):
        await _appoint(course, person_id, accounts[(number * 5 + 1) % len(accounts)].id, made_at, None)
    return course


async def run(course: Course, steps: Sequence[Step], *, every: int = 12) -> None:
    """Lets the steps happen one after the other, and looks at everything every so often and at the end."""
    for number, step in enumerate(steps, 1):
        await _happen(course, step)
        if number % every == 0 or number == len(steps):
            await look(course, random.Random(number))


async def _happen(course: Course, step: Step) -> None:
    what, one, other, when, wait = step
    accounts, cards = list(course.naive.hangs), list(course.naive.stands)
    account, parent, card = accounts[one % len(accounts)], accounts[other % len(accounts)], cards[one % len(cards)]
    match what % 12:
        case 0 | 1 | 2 | 3:
            await _move_account(course, account, parent, _instant(course, when, course.naive.hangs[account]))
        case 4 | 5 | 6:
            await _move_card(course, card, parent, _instant(course, when, course.naive.stands[card]))
        case 7:
            await _appoint_anew(course, one, parent, when)
        case 8:
            await _record(course, parent)
        case 9:
            await _turn_state(course, card)
        case 10 if len(accounts) < MOST_ACCOUNTS:
            await _make_account(course, parent)
        case 11 if course.last:  # somebody thinks better of it, and would have had it otherwise from before on
            await _move_account(course, course.last, parent, course.at - BACK[when % len(BACK)])
    planned = course.planned()
    if wait % 4 == 0 and planned:
        course.at = max(course.at, planned[0] - timedelta(microseconds=wait % 8 // 4))  # the very instant of a move, or just before
    else:
        course.at += WAITS[wait % len(WAITS)]
    course.turns.append(course.at)


def _instant(course: Course, when: int, decisions: Decisions) -> datetime | None:
    """Now, to come, at the instant of another move, or back: some time, or to about when this one moved last."""
    planned, kind = course.planned(), when % 8
    if kind in (0, 1, 2):
        return None
    if kind == 7:
        return max(since for since, _ in decisions if since <= course.at) + timedelta(microseconds=when // 8 % 3 - 1)
    if kind in (3, 4) or (kind == 5 and not planned):
        return course.at + AHEAD[when // 8 % len(AHEAD)]
    return planned[when // 8 % len(planned)] if kind == 5 else course.at - BACK[when // 8 % len(BACK)]


async def _move_account(course: Course, account: UUID, parent: UUID, when: datetime | None) -> None:
    told = course.naive.move_account(account, parent, when or course.at, course.at) if not _is_closed(course, when) else {"closed_month"}
    refused = await _tried(move_account(course.database, course.scope, account, parent, when))
    assert refused in told if told else refused is None, (refused, told)
    if refused is None:
        course.moves, course.last = course.moves + 1, account


async def _move_card(course: Course, card: UUID, account: UUID, when: datetime | None) -> None:
    told = course.naive.move_card(card, account, when or course.at, course.at) if not _is_closed(course, when) else {"closed_month"}
    refused = await _tried(move_sims(course.database, course.scope, [card], account, when))
    assert refused in told if told else refused is None, (refused, told)
    course.moves += refused is None


def _is_closed(course: Course, when: datetime | None) -> bool:
    """Whether an instant lies in a Jalali month before the present one, whose first days in these years are written out here."""
    begins = [datetime.fromisoformat(f"{day}T20:30+00:00") for day in FIRST_DAYS]
    return when is not None and when < max(first for first in begins if first <= course.at)


FIRST_DAYS = (
    "2026-10-22", "2026-11-21", "2026-12-21", "2027-01-20", "2027-02-19", "2027-03-20", "2027-04-20", "2027-05-21", "2027-06-21",
    "2027-07-22", "2027-08-22", "2027-09-22", "2027-10-22", "2027-11-21", "2027-12-21", "2028-01-20", "2028-02-19", "2028-03-19",
    "2028-04-19", "2028-05-20", "2028-06-20", "2028-07-21", "2028-08-21", "2028-09-21", "2028-10-21", "2028-11-20", "2028-12-20",
)  # fmt: skip
"""The evenings, in UTC, on which Jalali months begin in Tehran, from Aban 1405 on."""


async def _tried(move: Any) -> str | None:
    """Moves, or says by which of its names it was refused."""
    try:
        await move
    except RowsRejected as rejected:
        return rejected.exclusions[0].reason.message_key.removeprefix("hierarchy.")
    except DomainError as error:
        return error.message_key.removeprefix("hierarchy.")
    return None


async def _make_account(course: Course, parent: UUID) -> None:
    naive, at = course.naive, course.at
    instants = {at, *(since for each in naive.hangs.values() for since, _ in each if since > at)}
    if not naive.is_there(parent, at) or max(len(naive.above(parent, instant)) for instant in instants) > DEEPEST_AT_FIRST:
        return
    made = await done(
        course.database, course.scope, lambda work: service.account_create(work, parent, name="New", payment_mode=PaymentMode.PREPAID)
    )
    assert made.result is not None
    naive.hangs[made.result["account"]] = [(at, parent)]


async def _turn_state(course: Course, card: UUID) -> None:
    is_active = course.naive.states[card][-1][1] == SimStatus.ACTIVE
    if course.naive.states[card][-1][0] == course.at:
        return
    deed, request = (BLOCK, block_request(Bar(SimStatusReason.REQUEST), None)) if is_active else (UNBLOCK, {"note": None})
    await done(course.database, course.scope, lambda work: at_once(work, Many(deed, request, SimSelection([card]), BulkErrorPolicy.REJECT_ALL)))
    course.naive.states[card].append((course.at, SimStatus.BLOCKED.value if is_active else SimStatus.ACTIVE.value))


async def _appoint_anew(course: Course, one: int, account: UUID, when: int) -> None:
    """A manager goes elsewhere, now or later; one whose role ended meanwhile may be without any."""
    person_id = list(course.viewers)[one % len(course.viewers)]
    begins = course.at + AHEAD[when % len(AHEAD)] * (when % 3)
    if when % 5:
        async with course.database.write() as session:
            rows = await session.scalars(select(Membership).where(col(Membership.person_id) == person_id))
            for row in rows:
                if row.valid_from < begins and (row.valid_to is None or row.valid_to > begins):
                    row.valid_to = begins
        course.naive.roles = [
            (person, place, since, begins) if person == person_id and since < begins and (until is None or until > begins) else
            (person, place, since, until)
            for person, place, since, until in course.naive.roles
        ]  # fmt: skip
    if course.naive.is_there(account, course.at):
        await _appoint(course, person_id, account, begins, None)


async def _appoint(course: Course, person_id: UUID, account: UUID, begins: datetime, ends: datetime | None) -> None:
    async with course.database.write() as session:
        session.add(
            Membership(
                id=uuid7(), organization_id=course.id, person_id=person_id, role=Role.ACCOUNT_MANAGER, account_id=account,
                valid_from=begins, valid_to=ends,
            )
        )  # fmt: skip
    course.naive.roles.append((person_id, account, begins, ends))


async def _record(course: Course, account: UUID) -> None:
    """Something is bought: its path is the account's place of that moment, as a request sees it."""
    if not course.naive.is_there(account, course.at):
        return
    viewer = next(iter(course.viewers.values()))
    await viewer_now(course.auth, viewer, "127.0.0.1", at=course.at)  # whoever asks lets what is due happen first
    await settled(course.database, course.id, course.at)
    async with course.database.write() as session:
        paying = (await session.scalars(select(Account).where(Account.id == account))).one()
        order = Order(
            id=uuid7(), organization_id=course.id, account_id=account, path=paying.path, number=uuid7().hex, state="COMPLETED", by={},
            placed_at=course.at, net=0, vat=0, vat_rate=0, receipt_emails=[], locale="EN",
        )  # fmt: skip
        order.by = {"id": uuid7().hex, "label": "", "operator": False, "person": None, "token": None, "ticket": None}
        session.add(order)
    course.paths[order.id] = paying.path
    course.naive.records[order.id] = frozenset(course.naive.above(account, course.at))


async def look(course: Course, dice: random.Random) -> None:
    """Holds everything that can be seen to the naive tree: first what each manager sees now, then any date."""
    for person_id, viewer in course.viewers.items():
        await _look_as(course, person_id, viewer, dice)
    await settled(course.database, course.id, course.at)
    await _look_at_counters(course, None)
    dates = [course.at, *dice.sample(course.turns, min(2, len(course.turns))), *course.planned()[:2]]
    dates += [instant - timedelta(microseconds=1) for instant in dates[1:]]
    for date in dates:
        await _look_at_counters(course, date)


async def _look_as(course: Course, person_id: UUID, viewer: Viewer, dice: random.Random) -> None:
    naive, at = course.naive, course.at
    tops = naive.tops(person_id, at)
    actor = await viewer_now(course.auth, viewer, "127.0.0.1", at=at)
    assert (actor is not None) is bool(tops)
    if actor is None:
        return
    scope = actor.scope(Permission.SIM_READ, at)
    accounts, cards, records = list(naive.hangs), list(naive.stands), list(naive.records)
    then = dice.choice(course.turns)
    async with course.database.read() as session:
        seen_accounts = {row.id for row in await accounts_by_ids(session, scope, accounts) if row}
        seen_cards = {row.id for row in await sims_by_ids(session, scope, cards) if row}
        seen_records = {row.id for row in await orders_by_ids(session, scope, records) if row}
        places = await places_at(session, scope, [(account, then) for account in accounts])
        stood = await accounts_at(session, scope, [(card, then) for card in cards])
        listed = await accounts_page(session, scope, course.id, window=Window(100), as_of=then)
        top_rows = [row for row in await accounts_by_ids(session, scope, sorted(tops)) if row]
        placed = {
            row.id for top in top_rows for row in (await sims_page(session, scope, course.id, top.path, window=Window(50), as_of=then)).rows
        }  # fmt: skip
    assert seen_accounts == {one for one in accounts if naive.is_there(one, at) and tops & set(naive.above(one, at))}
    assert seen_cards == {card for card in cards if tops & set(naive.above(naive.account_of(card, at), at))}
    assert seen_records == {record for record, line in naive.records.items() if tops & line}
    inside = paths_within(scope, course.id)
    assert seen_records == {record for record, path in course.paths.items() if _meets(inside, path)}
    there = {one for one in accounts if naive.is_there(one, then) and tops & set(naive.above(one, then))}
    assert {one for one, place in zip(accounts, places, strict=True) if place} == there == {row.id for row in listed.rows}
    for one, place in zip(accounts, places, strict=True):
        if place:
            line = naive.above(one, then)
            assert (place.depth, place.parent_id) == (len(line) - 1, line[1] if len(line) > 1 else None)
    was = {card: naive.account_of(card, then) for card in cards}
    reached = {card: tops & set(naive.above(was[card], then)) if was[card] else set() for card in cards}
    assert stood == [was[card] if reached[card] else None for card in cards]
    assert placed == {card for card in cards if reached[card]} & seen_cards
    await _look_at_counters(course, then, scope=scope, tops=tops)


def _meets(condition: dict[str, Any] | None, path: str) -> bool:
    """Whether a path meets the condition on a document's."""
    if condition is None:
        return False
    parts = condition.get("$or", [condition])
    return any("path" not in part or part["path"]["$gte"] <= path < part["path"]["$lt"] for part in parts)


async def _look_at_counters(
    course: Course, date: datetime | None, *, scope: Scope | None = None, tops: frozenset[UUID] | None = None
) -> None:
    """Counters of all accounts at a date, with what is below and without, are what counting each card tells."""
    naive, then = course.naive, date or course.at
    async with course.database.read() as session:
        rows = [row for row in await accounts_by_ids(session, course.scope, list(naive.hangs)) if row]
        asked = [(course.id, row.path, date, is_deep) for row in rows for is_deep in (True, False)]
        found = await counters(session, scope or course.scope, asked, at=course.at)
    for (row, is_deep), counted in zip(itertools.product(rows, (True, False)), found, strict=True):
        if not naive.is_there(row.id, then) or (tops is not None and not tops & set(naive.above(row.id, then))):
            assert counted.total == 0 or tops is not None
            continue
        told = naive.counters(row.id, then, is_deep=is_deep, within=tops)
        assert (counted.total, counted.active, counted.blocked) == (told.total(), told[SimStatus.ACTIVE], told[SimStatus.BLOCKED])
