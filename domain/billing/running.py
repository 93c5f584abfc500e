"""The bill run of a month: opened once, then done in steps, each committed with how far it came, so that a cut one is gone on with."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, tuple_, update
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.audit.writing import Command, Result, Work, carry_out
from domain.billing import figures, issuing, rules
from domain.billing.counting import TakenOver, accrue_fees, count_usage, open_book
from domain.billing.places import places_of, terms_of
from domain.billing.preview import paid_items
from domain.billing.states import BillLineKind, BillState
from domain.billing.tables import Bill, BillingBook, BillLine, BillNote, BillRun, RunningCharge
from domain.catalogue.queries import vat_rates
from domain.catalogue.rules import rate_at
from domain.kernel.calendar import JalaliMonth, day_borders, day_of
from domain.kernel.ids import Kind, uuid7
from domain.kernel.money import Money, taxed
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, ActorRef, system_scope
from domain.orders.tables import Order, OrderItem
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerReason, LedgerTransfer
from store.models import rows_changed, table_of
from store.session import Database, Session
from store.statements import among
from store.upsert import insert_all

AT_ONCE = 2_000
"""Charges or purchases whose lines are committed together."""
_RUN: Any = table_of(BillRun)
_BOOK: Any = table_of(BillingBook)
_CHARGE: Any = table_of(RunningCharge)


class Phase(StrEnum):
    """What a run does, in this order."""

    CHARGES = "CHARGES"
    PURCHASES = "PURCHASES"
    NOTES = "NOTES"
    BILLS = "BILLS"
    FIGURES = "FIGURES"
    DONE = "DONE"


AFTER: Mapping[Phase, Phase] = dict(zip(Phase, list(Phase)[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in charges, purchases, bills and cards."""

    phase: Phase
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Which bills are to be made when and by whom: of a month, with what came in up to an instant, held back for a check or not."""

    organization_id: UUID
    month: JalaliMonth
    at: datetime
    counted_to: datetime
    is_held: bool = False
    by: ActorRef = SYSTEM


async def run(database: Database, wish: Wish) -> AsyncIterator[Progress]:
    """Makes an organization's bills of a month, or goes on where it was left; tells after each step that is committed.

    Whoever asks may stop at any step. Raises `StateConflict` while the month isn't over, `TakenOver` while somebody else is at it.
    """
    rules.check_month(wish.month, at=wish.at)
    await _open(database, wish)
    while True:
        async with database.read() as session:
            found = await session.get_one(BillRun, (wish.organization_id, str(wish.month)))
        progress = Progress(Phase(found.phase), found.done, max(found.total, found.done))
        yield progress
        if progress.phase is Phase.DONE:
            return
        await STEPS[progress.phase](database, wish, found)


async def _open(database: Database, wish: Wish) -> None:
    """Counts what is to be billed, then decides once and for all which bills there will be and what goes on which."""
    key = (wish.organization_id, str(wish.month))
    async with database.write() as session:
        if await session.get(BillRun, key) is not None:
            return
        await open_book(session, wish.organization_id, since=wish.month.starts_at)
    await count_usage(database, wish.organization_id, to=wish.counted_to)
    await accrue_fees(database, wish.organization_id, to=max(wish.counted_to, wish.month.ends_at))
    async with database.write() as session:
        await _freeze(session, wish.organization_id, str(wish.month))
        await _decide(session, wish, await session.get_one(BillingBook, wish.organization_id))


async def _freeze(session: Session, organization_id: UUID, month: str | None) -> None:
    """Has nothing counted while a month's charges go on bills, or lets it go on again; raises `TakenOver` for another month's."""
    free = _BOOK.c.billing_month.is_(None) if month is not None else _BOOK.c.billing_month.is_not(None)
    frozen: Any = await session.execute(update(_BOOK).where(_BOOK.c.organization_id == organization_id, free).values(billing_month=month))
    if rows_changed(frozen) != 1:
        raise TakenOver


async def _decide(session: Session, wish: Wish, book: BillingBook) -> None:
    """Makes the month's bills, empty, and the run with the place of each."""
    hung = await places_of(session, wish.organization_id, wish.month.ends_at)
    terms = await terms_of(session, wish.organization_id)
    rate = rate_at(await vat_rates(session), wish.month.starts_at)
    bills: dict[UUID, dict[str, Any]] = {}
    places: dict[str, list[str]] = {}
    for path, place in hung.items():
        at = rules.billed_at(path, hung, terms)
        if at is None:
            continue
        billed = hung[at]
        months = terms.get(billed.account_id, rules.usual_terms(billed.depth)).cycle_months
        first = rules.cycle_ending(wish.month, months)
        if first is None:
            continue
        bill = bills.setdefault(billed.account_id, _bill(wish, billed.account_id, first, book.counted_to, rate))
        bill["path"] = at  # the later one, where the account moved: places come in the order of time
        places[path] = [bill["id"].hex, place.account_id.hex]
    await insert_all(session, Bill, bills.values())
    made = {
        "organization_id": wish.organization_id, "month": str(wish.month), "phase": Phase.CHARGES, "places": places,
        "is_held": wish.is_held, "done": 0, "total": await _open_charges(session, wish), "opened_at": wish.at,
    }  # fmt: skip
    await insert_all(session, BillRun, [made])


def _bill(wish: Wish, account_id: UUID, first: JalaliMonth, counted_to: datetime, rate: Decimal) -> dict[str, Any]:
    return {
        "id": uuid7(), "organization_id": wish.organization_id, "account_id": account_id, "path": "", "month": str(wish.month),
        "starts_at": first.starts_at, "ends_at": wish.month.ends_at, "state": BillState.NEW, "counted_to": counted_to, "line_count": 0,
        "net": 0, "vat": 0, "vat_rate": rate, "paid": 0, "amount_due": 0,
    }  # fmt: skip


def _is_open(ends_at: datetime) -> Any:
    """Charges of before an instant that aren't wholly on bills."""
    differs = or_(_CHARGE.c.net != _CHARGE.c.billed_net, _CHARGE.c.quantity != _CHARGE.c.billed_quantity)
    return and_(_CHARGE.c.starts_at < ends_at, differs)


async def _open_charges(session: Session, wish: Wish) -> int:
    mine = (_CHARGE.c.organization_id == wish.organization_id, _is_open(wish.month.ends_at))
    return int((await session.execute(select(func.count()).select_from(_CHARGE).where(*mine))).scalar_one())


async def _charges(database: Database, wish: Wish, run: BillRun) -> None:
    """The lines of the next cards, for what isn't on a bill yet."""
    columns: Sequence[Any] = (*_CHARGE.c, Sim.cost_centre_id)
    mine = [_CHARGE.c.organization_id == wish.organization_id, _is_open(wish.month.ends_at)]
    if run.after is not None:
        mine.append(_CHARGE.c.sim_id > run.after)
    statement = select(*columns).join(Sim, col(Sim.id) == _CHARGE.c.sim_id)
    statement = statement.where(*mine, col(Sim.payment_mode) == PaymentMode.POSTPAID)
    in_order = (_CHARGE.c.sim_id, _CHARGE.c.starts_at, _CHARGE.c.path, _CHARGE.c.kind, _CHARGE.c.item)
    async with database.write() as session:
        rows = (await session.execute(statement.order_by(*in_order).limit(AT_ONCE))).all()
        if len(rows) == AT_ONCE:  # the last card may have more
            rows = [row for row in rows if row.sim_id != rows[-1].sim_id]
        await _advance(session, run, after=rows[-1].sim_id if rows else None, done=len(rows), is_over=not rows)
        if not rows:
            await _freeze(session, wish.organization_id, None)
        billed = [row for row in rows if row.path in run.places]
        bills, rates = await _bills(session, run), await vat_rates(session)
        lines = [_line_of_charge(row, run.places[row.path], rates) for row in billed if row.net != row.billed_net]
        await insert_all(session, BillLine, _in_order(lines))
        if billed:
            await _mark(session, billed, [bills[UUID(run.places[row.path][0])] for row in billed])


def _line_of_charge(row: Any, place: Sequence[str], rates: Sequence[tuple[datetime, Decimal]]) -> dict[str, Any]:
    price = taxed(Money(row.net - row.billed_net), rate_at(rates, row.starts_at))
    is_fee = row.kind == BillLineKind.SUBSCRIPTION
    bill_id, account_id = map(UUID, place)
    key = rules.key_of(row.sim_id, row.starts_at.timestamp(), row.path, row.kind, row.item)
    return _line(row.organization_id, bill_id, key, BillLineKind(row.kind), row.path, account_id) | {
        "sim_id": row.sim_id, "cost_centre_id": row.cost_centre_id, "service": None if is_fee else row.item,
        "offering_id": UUID(row.item) if is_fee else None, "starts_at": row.starts_at, "ends_at": row.ends_at,
        "quantity": row.quantity - row.billed_quantity, "net": price.net.minor, "vat": price.vat.minor, "vat_rate": price.vat_rate,
        "counted_from": row.billed_to,
    }  # fmt: skip


def _line(organization_id: UUID, bill_id: UUID, key: UUID, kind: BillLineKind, path: str, account_id: UUID) -> dict[str, Any]:
    """A line of nothing."""
    return {
        "organization_id": organization_id, "bill_id": bill_id, "key": key, "kind": kind.value, "path": path,
        "account_id": account_id, "sim_id": None, "cost_centre_id": None, "service": None, "offering_id": None, "quantity": None,
        "order_id": None, "placed_by_id": None, "transfer_id": None, "note_id": None, "counted_from": None, "text": None,
    }  # fmt: skip


def _in_order(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines with ids that keep their order, after those of all steps before."""
    first = uuid7().int
    return (line | {"id": UUID(int=first + place)} for place, line in enumerate(lines))


async def _mark(session: Session, rows: Sequence[Any], counted_to: Sequence[datetime]) -> None:
    """Notes that charges are on bills as they were read; what comes in meanwhile stays open."""
    names = ("sim_id", "starts_at", "path", "kind", "item")
    here = [_CHARGE.c.organization_id == rows[0].organization_id, *(_CHARGE.c[name] == _bind(f"the_{name}", name) for name in names)]
    now = {"billed_quantity": "quantity", "billed_net": "net", "billed_to": "billed_to"}
    values = {name: _bind(f"now_{column}", column) for name, column in now.items()}
    marks = [
        {f"the_{name}": getattr(row, name) for name in names} | {"now_quantity": row.quantity, "now_net": row.net, "now_billed_to": to}
        for row, to in zip(rows, counted_to, strict=True)
    ]
    await (await session.connection()).execute(update(_CHARGE).where(*here).values(values), marks)


def _bind(name: str, column: str) -> Any:
    return bindparam(name, type_=_CHARGE.c[column].type)


async def _bills(session: Session, run: BillRun) -> dict[UUID, datetime]:
    """The run's bills with the instant up to which usage is on them."""
    mine = (col(Bill.organization_id) == run.organization_id, col(Bill.month) == run.month)
    return {row[0]: row[1] for row in await session.execute(select(Bill.id, Bill.counted_to).where(*mine))}


async def _purchases(database: Database, wish: Wish, run: BillRun) -> None:
    """The lines of the next purchases and refunds of the cycle: one for each transfer that is on no bill yet."""
    transfer, item = LedgerTransfer, OrderItem
    columns: Sequence[Any] = (
        transfer.id, transfer.posted_at, transfer.reason, Order.id.label("order_id"), Order.path, Order.account_id, Order.placed_by_id,  # type: ignore[attr-defined]
        item.sim_id, item.offering_id, item.net, item.vat, item.vat_rate, Sim.cost_centre_id,
    )  # fmt: skip
    async with database.write() as session:
        since = (await session.get_one(BillingBook, wish.organization_id)).since
        mine = [
            col(transfer.organization_id) == wish.organization_id, col(transfer.posted_at) >= since,
            col(transfer.posted_at) < wish.month.ends_at, col(transfer.reason).in_((LedgerReason.ORDER, LedgerReason.REFUND)),
            col(transfer.cause_kind) == Kind.ORDER.value, col(BillLine.id).is_(None), among(col(Order.path), "paths"),
        ]  # fmt: skip
        if run.after is not None:
            last = await session.get_one(LedgerTransfer, run.after)
            mine.append(tuple_(col(transfer.posted_at), col(transfer.id)) > tuple_(last.posted_at, last.id))
        statement = paid_items(select(*columns)).outerjoin(BillLine, col(BillLine.transfer_id) == col(transfer.id))
        in_order = statement.where(*mine).order_by(col(transfer.posted_at), col(transfer.id)).limit(AT_ONCE)
        rows = (await session.execute(in_order, {"paths": [*run.places]})).all()
        await _advance(session, run, after=rows[-1].id if rows else None, done=len(rows), is_over=not rows)
        await insert_all(session, BillLine, _in_order([_line_of_purchase(wish.organization_id, row, run.places[row.path]) for row in rows]))


def _line_of_purchase(organization_id: UUID, row: Any, place: Sequence[str]) -> dict[str, Any]:
    is_refund = row.reason == LedgerReason.REFUND
    starts_at, ends_at = day_borders(day_of(row.posted_at))
    kind, sign = (BillLineKind.CREDIT, -1) if is_refund else (BillLineKind.ONE_OFF, 1)
    return _line(organization_id, UUID(place[0]), row.id, kind, row.path, row.account_id) | {
        "sim_id": row.sim_id, "cost_centre_id": row.cost_centre_id, "offering_id": row.offering_id, "starts_at": starts_at,
        "ends_at": ends_at, "net": sign * row.net, "vat": sign * row.vat, "vat_rate": row.vat_rate, "order_id": row.order_id,
        "placed_by_id": row.placed_by_id, "transfer_id": row.id,
    }  # fmt: skip


async def _notes(database: Database, wish: Wish, run: BillRun) -> None:
    """The lines of notes that are on no bill yet; those booked at once were taken off what was due then."""
    mine = (
        col(BillNote.organization_id) == wish.organization_id, col(BillNote.made_at) < wish.month.ends_at,
        col(BillNote.is_booked).is_(False), col(BillLine.id).is_(None), among(col(BillNote.path), "paths"),
    )  # fmt: skip
    statement = select(BillNote).outerjoin(BillLine, col(BillLine.note_id) == col(BillNote.id)).where(*mine).order_by(col(BillNote.id))
    async with database.write() as session:
        notes = (await session.scalars(statement, {"paths": [*run.places]})).all()
        await _advance(session, run, after=None, done=len(notes), is_over=True)
        await insert_all(session, BillLine, _in_order([_line_of_note(note, run.places[note.path]) for note in notes]))


def _line_of_note(note: BillNote, place: Sequence[str]) -> dict[str, Any]:
    starts_at, ends_at = day_borders(day_of(note.made_at))
    return _line(note.organization_id, UUID(place[0]), note.id, BillLineKind.NOTE, note.path, note.account_id) | {
        "sim_id": note.sim_id, "cost_centre_id": note.cost_centre_id, "service": note.service, "starts_at": starts_at, "ends_at": ends_at,
        "net": note.net, "vat": note.vat, "vat_rate": note.vat_rate, "note_id": note.id, "text": note.text,
    }  # fmt: skip


async def _complete(database: Database, wish: Wish, run: BillRun) -> None:
    """Adds up and issues the next bill."""
    mine = [col(Bill.organization_id) == wish.organization_id, col(Bill.month) == run.month]
    if run.after is not None:
        mine.append(col(Bill.id) > run.after)
    async with database.read() as session:
        bill_id = (await session.scalars(select(Bill.id).where(*mine).order_by(col(Bill.id)).limit(1))).first()

    async def complete(work: Work) -> Result:
        await _advance(work.sql, run, after=bill_id, done=1, is_over=False)
        assert bill_id is not None  # noqa: S101 (told apart below)
        return await issuing.complete(work, bill_id, is_held=run.is_held)

    if bill_id is None:
        async with database.write() as session:
            await _advance(session, run, after=None, done=0, is_over=True)
        return
    scope = system_scope(Permission.BILL_READ, wish.at, by=wish.by)
    await carry_out(database, scope, Command("billRun", MutationMode.APPLY, ""), complete, at=wish.at)


async def _figures(database: Database, wish: Wish, run: BillRun) -> None:
    """Brings the figures of the next cards up to date."""
    mine = [col(Sim.organization_id) == wish.organization_id, col(Sim.payment_mode) == PaymentMode.POSTPAID]
    if run.after is not None:
        mine.append(col(Sim.id) > run.after)
    async with database.write() as session:
        ids = (await session.scalars(select(Sim.id).where(*mine).order_by(col(Sim.id)).limit(AT_ONCE))).all()
        await _advance(session, run, after=ids[-1] if ids else None, done=len(ids), is_over=not ids, at=wish.at)
        await figures.refresh(session, wish.organization_id, ids, at=wish.counted_to)


STEPS = {
    Phase.CHARGES: _charges, Phase.PURCHASES: _purchases, Phase.NOTES: _notes, Phase.BILLS: _complete, Phase.FIGURES: _figures,
}  # fmt: skip


async def _advance(
    session: Session, run: BillRun, *, after: UUID | None, done: int, is_over: bool, at: datetime | None = None
) -> None:
    """Notes how far a run came; raises `TakenOver` when somebody else did this step."""
    phase = AFTER[Phase(run.phase)] if is_over else Phase(run.phase)
    here = (
        _RUN.c.organization_id == run.organization_id, _RUN.c.month == run.month, _RUN.c.phase == run.phase,
        _RUN.c.after.is_(None) if run.after is None else _RUN.c.after == run.after,
    )  # fmt: skip
    ends = {"finished_at": at} if phase is Phase.DONE else {}
    moved: Any = await session.execute(
        update(_RUN).where(*here).values(phase=phase, after=None if is_over else after, done=_RUN.c.done + done, **ends)
    )
    if rows_changed(moved) != 1:
        raise TakenOver
