"""Two bills, or a bill and the preview, with every rial of their difference explained and the lines on both sides of it."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, bindparam, or_
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.billing.comparison import BillCauseKind, ComparedBill, ComparedLine, compared
from domain.billing.rows import BillLineRow, BillRow
from domain.billing.states import BillLineKind
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.quantity import UsageType
from domain.kernel.scope import path_end
from domain.sims.tables import SimPlacement
from store.session import Session
from store.statements import Prepared, among
from store.types import UtcDateTime

_WHOLE_MONTH = 29 * 30 * 31
"""A month's fee in parts that months of any length divide: a whole month is as much as any other."""


class CauseDetailRow(msgspec.Struct, frozen=True):
    """A cause on one card, or on the account itself; the lines it comes of on the asked bill and on the other."""

    place: int
    amount: Money
    sim_id: UUID | None
    line: BillLineRow | None
    other_line: BillLineRow | None


class CauseRow(msgspec.Struct, frozen=True):
    """A cause of a difference; the details, largest first, sum to the amount."""

    kind: BillCauseKind
    service: UsageType | None
    amount: Money
    details: Sequence[CauseDetailRow]


class ComparisonRow(msgspec.Struct, frozen=True):
    """Two bills of one account; the causes sum to the difference."""

    bill: BillRow
    other: BillRow
    difference: Money
    causes: Sequence[CauseRow]


async def comparison(
    session: Session, bill: BillRow, lines: Sequence[BillLineRow], other: BillRow, other_lines: Sequence[BillLineRow]
) -> ComparisonRow:
    """Why a bill differs from another of its account, by all lines of both."""
    here, there = ({line.sim_id for line in side if line.sim_id} for side in (lines, other_lines))
    ours = ComparedBill([_compared(line) for line in lines], here | await _stayed(session, bill, there - here))
    theirs = ComparedBill([_compared(line) for line in other_lines], there | await _stayed(session, other, here - there))
    rows, other_rows = {line.id: line for line in lines}, {line.id: line for line in other_lines}
    causes = [
        CauseRow(
            cause.kind, cause.service, Money(cause.amount),
            [
                CauseDetailRow(
                    place, Money(one.amount), one.sim_id, rows[one.line_id] if one.line_id else None,
                    other_rows[one.other_line_id] if one.other_line_id else None,
                )
                for place, one in enumerate(cause.details, 1)
            ],
        )
        for cause in await asyncio.to_thread(compared, ours, theirs)  # large bills take seconds, in which others are served
    ]  # fmt: skip
    return ComparisonRow(bill, other, bill.total.gross - other.total.gross, causes)


def _compared(line: BillLineRow) -> ComparedLine:
    """What comparing needs of a line; a late one of an earlier month is its own thing."""
    count, unit = (line.quantity.count, line.quantity.unit) if line.quantity is not None else (None, None)
    if line.kind is BillLineKind.SUBSCRIPTION and line.days is not None:
        count = line.days * (_WHOLE_MONTH // JalaliMonth.of(line.period.starts_at).days)
    price = line.price
    return ComparedLine(
        line.id, line.kind, line.sim_id, line.account_id, line.service, (line.offering_id, line.counted_from is not None), unit, count,
        price.net.minor, price.vat.minor, price.vat_rate,
    )  # fmt: skip


_STAYED: Any = (
    select(SimPlacement.sim_id)
    .join(Account, and_(col(Account.organization_id) == col(SimPlacement.organization_id), col(Account.id) == col(SimPlacement.account_id)))
    .where(
        col(SimPlacement.organization_id) == bindparam("organization_id"),
        among(col(SimPlacement.sim_id), "sim_ids"),
        col(SimPlacement.valid_from) < bindparam("ends_at", type_=UtcDateTime),
        or_(col(SimPlacement.valid_to).is_(None), col(SimPlacement.valid_to) > bindparam("starts_at", type_=UtcDateTime)),
        col(Account.path) >= bindparam("path"),
        col(Account.path) < bindparam("path_end"),
    )
    .distinct()
)
_STAYS = Prepared(_STAYED)


async def _stayed(session: Session, bill: BillRow, sim_ids: AbstractSet[UUID]) -> AbstractSet[UUID]:
    """Those of some cards that stood at or below the bill's account in its cycle."""
    if not sim_ids:
        return frozenset()
    rows = await session.rows(
        _STAYS, organization_id=bill.organization_id, sim_ids=sorted(sim_ids), path=bill.path, path_end=path_end(bill.path),
        starts_at=bill.period.starts_at, ends_at=bill.period.ends_at or bill.as_of,
    )  # fmt: skip
    return {row[0] for row in rows}


def details_page(cause: CauseRow, window: Window) -> Page[CauseDetailRow]:
    """One window of a cause's details, which were made together."""
    place = _place(window)
    rows = cause.details
    if window.is_backward:
        within = rows[: place - 1] if place is not None else rows
        shown = within[-window.count :]
    else:
        within = rows[place:] if place is not None else rows
        shown = within[: window.count]
    is_cut, came_from = len(within) > len(shown), place is not None
    has_next, has_previous = (came_from, is_cut) if window.is_backward else (is_cut, came_from)
    return Page(shown, [cursor_of("bill.details", [row.place]) for row in shown], has_next, has_previous)


def _place(window: Window) -> int | None:
    """The place in a window's cursor, from 1."""
    if window.cursor is None:
        return None
    field = "before" if window.is_backward else "after"
    match key_of("bill.details", window.cursor, field):
        case (int() as place,) if place > 0:
            return place
        case _:
            raise InvalidInput("error.cursor", field=(field,))
