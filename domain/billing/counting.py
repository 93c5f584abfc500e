"""Counts what cards run up, once: usage in the order in which it came in, fees day by day; each step is committed with what it counted."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, update
from sqlmodel import col, select

from domain.accounts.tables import AccountEdge, PaymentMode
from domain.billing import rules
from domain.billing.figures import refresh_all
from domain.billing.rules import Span, Stay
from domain.billing.states import BillLineKind
from domain.billing.tables import BillingBook, RunningCharge
from domain.catalogue.queries import vat_rates
from domain.catalogue.tables import Offering
from domain.kernel.calendar import JalaliMonth
from domain.sims.states import SimStatus
from domain.sims.tables import Sim, SimPlacement
from domain.usage.charged import Charged, charged
from store.models import rows_changed, table_of
from store.session import Database, Session
from store.upsert import insert_or_add, insert_or_ignore

CARDS = 500
"""Cards whose charges are committed together."""
SLICE = timedelta(days=7)
"""How much of what came in is added up at a time, at most."""
SETTLED = timedelta(minutes=1)
"""Records that came in less than so long ago may still be on their way into the store."""
ADDED = ("quantity", "net")
_BOOK: Any = table_of(BillingBook)


class TakenOver(Exception):
    """Somebody else counts or bills the same at the same time, and is ahead."""


async def open_book(session: Session, organization_id: UUID, *, since: datetime) -> BillingBook:
    """The organization's book, begun with usage since an instant when there is none."""
    row = {"organization_id": organization_id, "since": since, "counted_to": milliseconds(since), "accrued_to": since}
    await insert_or_ignore(session, BillingBook, [row])
    return await session.get_one(BillingBook, organization_id)


async def catch_up(database: Database, organization_id: UUID, *, to: datetime) -> None:
    """Counts usage that came in up to an instant and fees of days begun by then, and brings the cards' figures up to it."""
    async with database.write() as session:
        book = await open_book(session, organization_id, since=JalaliMonth.of(to).starts_at)
        was_cut_off = book.counting_to is not None or book.accruing_to is not None
    touched = await count_usage(database, organization_id, to=to)
    if rules.midnights(book.accrued_to, to):
        touched |= await accrue_fees(database, organization_id, to=to)
    await refresh_all(database, organization_id, None if was_cut_off else touched, at=to)


async def count_usage(database: Database, organization_id: UUID, *, to: datetime) -> set[UUID]:
    """Adds up the usage that came in up to an instant, a week's worth at a time, from where it was left; returns the cards it was of.

    Raises `TakenOver`.
    """
    to, touched = milliseconds(to), set[UUID]()
    while True:
        async with database.read() as session:
            book = await session.get_one(BillingBook, organization_id)
            spans = rules.spans(book.since, JalaliMonth.of(to).ends_at, await vat_rates(session))
        end = book.counting_to or min(to, book.counted_to + SLICE)
        if end <= book.counted_to:
            return touched
        done, starts = book.counting_id, [span.starts_at for span in spans]
        async for rows in _by_cards(charged(organization_id, starts, after=book.counted_to, to=end, beyond=done)):
            last = rows[-1].sim_id
            async with database.write() as session:
                await _advance(session, book, {"counted_to": book.counted_to, "counting_id": done}, counting_to=end, counting_id=last)
                await insert_or_add(
                    session, RunningCharge, [_used(organization_id, row, spans[row.span]) for row in rows], added=ADDED
                )
            done = last
            touched.update(row.sim_id for row in rows)
        async with database.write() as session:
            held = {"counted_to": book.counted_to, "counting_id": done}
            await _advance(session, book, held, counted_to=end, counting_to=None, counting_id=None)


async def accrue_fees(database: Database, organization_id: UUID, *, to: datetime) -> set[UUID]:
    """Adds the fees of days that began before an instant for every postpaid card, from where it was left; returns those cards.

    Raises `TakenOver`.
    """
    touched = set[UUID]()
    while True:
        async with database.read() as session:
            book = await session.get_one(BillingBook, organization_id)
            rates = await vat_rates(session)
        end, done = book.accruing_to or to, book.accruing_id
        if end <= book.accrued_to:
            return touched
        whole = rules.spans(JalaliMonth.of(book.accrued_to).starts_at, JalaliMonth.of(end).ends_at, rates)
        time = [span for span in whole if span.ends_at > book.accrued_to and span.starts_at < end]
        while True:
            async with database.write() as session:
                cards = await _cards(session, organization_id, done, since=book.accrued_to, to=end)
                held = {"accrued_to": book.accrued_to, "accruing_id": done}
                if not cards:
                    await _advance(session, book, held, accrued_to=end, accruing_to=None, accruing_id=None)
                    break
                done = max(cards)
                await _advance(session, book, held, accruing_to=end, accruing_id=done)
                rows = [row for id, card in cards.items() for row in _accrued(organization_id, id, card, time)]
                await insert_or_add(session, RunningCharge, rows, added=ADDED)
            touched.update(cards)


def _accrued(organization_id: UUID, sim_id: UUID, card: "_Card", time: Sequence[Span]) -> list[dict[str, Any]]:
    """A card's fees in some spans, one row for each and each place."""
    rows: dict[tuple[Span, str], dict[str, Any]] = {}
    for span, path, days, amount in rules.fees(card.price, card.stays, time):
        new = _charge(organization_id, sim_id, path, BillLineKind.SUBSCRIPTION, card.plan_id.hex, span, 0, 0)
        row = rows.setdefault((span, path), new)
        row["quantity"], row["net"] = row["quantity"] + days, row["net"] + amount
    return list(rows.values())


async def _by_cards(rows: AsyncIterator[Charged]) -> AsyncIterator[list[Charged]]:
    """The rows in portions of whole cards."""
    portion: list[Charged] = []
    count = 0
    async for row in rows:
        if portion and row.sim_id != portion[-1].sim_id:
            count += 1
            if count == CARDS:
                yield portion
                portion, count = [], 0
        portion.append(row)
    if portion:
        yield portion


async def _advance(session: Session, book: BillingBook, held: Mapping[str, Any], **values: Any) -> None:
    """Moves the book on from where it was seen; raises `TakenOver` when it stands elsewhere by now."""
    mine = (_BOOK.c.organization_id == book.organization_id) & _BOOK.c.billing_month.is_(None)
    seen = [column.is_(None) if value is None else column == value for column, value in ((_BOOK.c[name], held[name]) for name in held)]
    moved: Any = await session.execute(update(_BOOK).where(mine, *seen).values(**values))
    if rows_changed(moved) != 1:
        raise TakenOver


def _used(organization_id: UUID, row: Charged, span: Span) -> dict[str, Any]:
    kind = BillLineKind.CREDIT if row.is_credit else BillLineKind.USAGE
    return _charge(organization_id, row.sim_id, row.path, kind, row.service, span, row.quantity, row.charge)


def _charge(
    organization_id: UUID, sim_id: UUID, path: str, kind: BillLineKind, item: str, span: Span, quantity: int, net: int
) -> dict[str, Any]:
    return {
        "organization_id": organization_id, "sim_id": sim_id, "starts_at": span.starts_at, "path": path, "kind": kind.value, "item": item,
        "ends_at": span.ends_at, "quantity": quantity, "net": net, "billed_quantity": 0, "billed_net": 0,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Card:
    """A card's plan, what that costs a month, and where it was in use."""

    plan_id: UUID
    price: int
    stays: list[Stay]


async def _cards(session: Session, organization_id: UUID, beyond: UUID | None, *, since: datetime, to: datetime) -> dict[UUID, _Card]:
    """The next postpaid cards with a plan, and where they were in use between two instants."""
    columns: Sequence[Any] = (Sim.id, Sim.plan_id, Offering.net_price, Sim.activated_at, Sim.status, Sim.status_since)
    mine = [col(Sim.organization_id) == organization_id, col(Sim.payment_mode) == PaymentMode.POSTPAID, col(Sim.activated_at).is_not(None)]
    if beyond is not None:
        mine.append(col(Sim.id) > beyond)
    statement: Any = select(*columns).join(Offering, col(Offering.id) == col(Sim.plan_id)).where(*mine)
    found = (await session.execute(statement.order_by(col(Sim.id)).limit(CARDS))).all()
    stays = await _stays(session, organization_id, [row[0] for row in found], since=since, to=to)
    cards = {}
    for id, plan_id, price, activated_at, status, status_since in found:
        first, last = max(since, activated_at), min(to, status_since) if status == SimStatus.TERMINATED else to
        used = (Stay(stay.path, max(stay.starts_at, first), min(stay.ends_at or last, last)) for stay in stays[id])
        cards[id] = _Card(plan_id, price, [stay for stay in used if stay.ends_at is not None and stay.starts_at < stay.ends_at])
    return cards


async def _stays(
    session: Session, organization_id: UUID, sim_ids: Sequence[UUID], *, since: datetime, to: datetime
) -> Mapping[UUID, list[Stay]]:
    """Where cards stood at any time between two instants."""
    placed, hung = SimPlacement, AccountEdge
    columns: Sequence[Any] = (placed.sim_id, hung.path, placed.valid_from, hung.valid_from, placed.valid_to, hung.valid_to)
    same = and_(col(hung.organization_id) == col(placed.organization_id), col(hung.account_id) == col(placed.account_id))
    during = [
        condition
        for table in (placed, hung)
        for condition in (col(table.valid_from) < to, or_(col(table.valid_to).is_(None), col(table.valid_to) > since))
    ]
    mine = (col(placed.organization_id) == organization_id, col(placed.sim_id).in_(sim_ids))
    found: dict[UUID, list[Stay]] = defaultdict(list)
    for sim_id, path, *times in await session.execute(select(*columns).join(hung, same).where(*mine, *during)):
        starts, ends = max(times[:2]), [end for end in times[2:] if end is not None]
        if not ends or starts < min(ends):
            found[sim_id].append(Stay(path, starts, min(ends, default=None)))
    return found


def milliseconds(moment: datetime) -> datetime:
    """An instant as the document store keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
