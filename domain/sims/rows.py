"""SIM cards as they are shown: rows, and what is worked out from one."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from domain.kernel.errors import NotFound
from domain.kernel.money import Money
from domain.kernel.quantity import FigureSource
from domain.reading import Wanted, members, narrowed
from domain.sims.rules import Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason


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


def kind_of(wanted: Wanted) -> type[SimRow]:
    """The rows that have, besides their ids and place, what is wanted."""
    return narrowed(SimRow, SHOWN, wanted)


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


class FiguresRow(msgspec.Struct, frozen=True, gc=False):
    """The five money figures of a line (MI-17); one that doesn't apply to its payment mode is null."""

    remaining_credit_limit: Money | None
    balance: Money | None
    debt: Money | None
    current_charge: Money | None
    payable: Money | None
    as_of: datetime
    source: FigureSource


STATUSES, REASONS, BARRINGS, BARRERS = members(SimStatus), members(SimStatusReason), members(Barring), members(BarredBy)
SOURCES = members(FigureSource)


def standing(row: SimRow) -> Standing:
    """The state of a card as rules see it."""
    return Standing(
        STATUSES[row.status], REASONS[row.status_reason], BARRINGS[row.barring], BARRERS[row.barred_by], row.resumes_at,
        row.msisdn is not None,
    )  # fmt: skip


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
