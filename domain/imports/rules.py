"""Which values of a SIM card's row fit together, and what follows from them; pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from domain.accounts.tables import PaymentMode
from domain.kernel.errors import InvalidInput
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason

BARRED = frozenset({SimStatus.BLOCKED, SimStatus.SUSPENDED, SimStatus.CAP_EXCEEDED, SimStatus.IMEI_MISMATCH})
NEEDS_NO_NUMBER = frozenset({SimStatus.READY_TO_ACTIVATE, SimStatus.TERMINATED})
SYSTEM_STATUSES = frozenset({SimStatus.CAP_EXCEEDED, SimStatus.IMEI_MISMATCH})
OPERATOR_REASONS = frozenset({SimStatusReason.UNPAID, SimStatusReason.FRAUD})
POSTPAID_ONLY = ("credit_limit", "debt", "current_charge")
PREPAID_ONLY = ("balance",)

Fault = tuple[str, InvalidInput]
"""The column at fault, and why."""


def status_of(values: Mapping[str, Any]) -> SimStatus:
    """The status that a row means when it names none."""
    given = values["status"]
    return given if given is not None else SimStatus.ACTIVE if values["activated_at"] else SimStatus.READY_TO_ACTIVATE


def barring_of(values: Mapping[str, Any], status: SimStatus) -> Barring:
    """What is barred when a row doesn't say."""
    return values["barring"] or (Barring.ALL if status in BARRED else Barring.NONE)


def barred_by(status: SimStatus, reason: SimStatusReason | None) -> BarredBy | None:
    """Who set the bar, and so may lift it."""
    if status not in BARRED:
        return None
    if status in SYSTEM_STATUSES or reason is SimStatusReason.POLICY:
        return BarredBy.SYSTEM
    return BarredBy.OPERATOR if reason in OPERATOR_REASONS else BarredBy.COMPANY


def since(values: Mapping[str, Any], status: SimStatus, at: datetime) -> datetime:
    """When the present status began."""
    given: datetime | None = values["status_since"] or (values["activated_at"] if status is SimStatus.ACTIVE else None)
    return given or at


def faults(values: Mapping[str, Any], payment_mode: PaymentMode, *, at: datetime) -> Iterator[Fault]:
    """Every contradiction inside a row, with the column to mend."""
    status = status_of(values)
    if values["msisdn"] is None and status not in NEEDS_NO_NUMBER:
        yield "msisdn", InvalidInput("import.number_needed")
    if status is SimStatus.READY_TO_ACTIVATE and values["activated_at"]:
        yield "activated_at", InvalidInput("import.not_activated")
    if (barring_of(values, status) is Barring.NONE) is (status in BARRED) and status is not SimStatus.TERMINATED:
        yield "barring", InvalidInput("import.barring")
    if values["status_reason"] and status in (SimStatus.ACTIVE, SimStatus.READY_TO_ACTIVATE):
        yield "status_reason", InvalidInput("import.no_reason")
    if values["resumes_at"] and (status is not SimStatus.SUSPENDED or values["resumes_at"] <= at):
        yield "resumes_at", InvalidInput("import.resumes")
    for column in ("activated_at", "status_since"):
        if values[column] and values[column] > at:
            yield column, InvalidInput("import.future")
    if values["status_since"] and values["activated_at"] and values["status_since"] < values["activated_at"]:
        yield "status_since", InvalidInput("import.before_activation")
    for column in POSTPAID_ONLY if payment_mode is PaymentMode.PREPAID else PREPAID_ONLY:
        if values[column]:
            yield column, InvalidInput("import.other_payment_mode")
    for column, other in (("puk1", "puk2"), ("puk2", "puk1")):
        if values[column] is None and values[other] is not None:
            yield column, InvalidInput("import.puk_pair")


def figures(values: Mapping[str, Any], payment_mode: PaymentMode) -> dict[str, int | None]:
    """The money of a line: what doesn't apply to its payment mode is null, an unknown credit limit too, all else begins at zero."""
    if payment_mode is PaymentMode.PREPAID:
        return {"balance": values["balance"] or 0, "credit_limit": None, "debt": None, "current_charge": None}
    return {
        "balance": None, "credit_limit": values["credit_limit"], "debt": values["debt"] or 0,
        "current_charge": values["current_charge"] or 0,
    }  # fmt: skip
