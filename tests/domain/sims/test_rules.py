"""The table of states: who may do what from where."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.kernel.errors import DomainError, InvalidInput
from domain.kernel.permissions import Permission
from domain.sims import rules
from domain.sims.rules import Bar, Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
LATER = AT + timedelta(days=3)
READY = Standing(SimStatus.READY_TO_ACTIVATE)
ACTIVE = Standing(SimStatus.ACTIVE)
BLOCKED = Standing(SimStatus.BLOCKED, SimStatusReason.LOST, Barring.ALL, BarredBy.COMPANY)
SUSPENDED = Standing(SimStatus.SUSPENDED, SimStatusReason.REQUEST, Barring.OUTGOING, BarredBy.COMPANY, LATER)
OPERATOR_BAR = Standing(SimStatus.BLOCKED, SimStatusReason.UNPAID, Barring.ALL, BarredBy.OPERATOR)
CAPPED = Standing(SimStatus.CAP_EXCEEDED, SimStatusReason.POLICY, Barring.ALL, BarredBy.SYSTEM)
GONE = Standing(SimStatus.TERMINATED)
EVERY = [READY, replace(READY, has_number=False), ACTIVE, BLOCKED, SUSPENDED, OPERATOR_BAR, CAPPED, GONE]
LOST = Bar(SimStatusReason.LOST)
PAUSE = Bar(SimStatusReason.REQUEST, Barring.OUTGOING, LATER)


def outcome(change: Callable[[], Standing]) -> Standing | str:
    try:
        return change()
    except DomainError as error:
        return error.message_key


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (READY, ACTIVE),
        (replace(READY, has_number=False), "sims.no_number"),
        (ACTIVE, "sims.not_ready"),
        (BLOCKED, "sims.not_ready"),
        (SUSPENDED, "sims.not_ready"),
        (CAPPED, "sims.not_ready"),
        (GONE, "sims.not_ready"),
    ],
)
def test_activating(now: Standing, expected: Standing | str) -> None:
    assert outcome(lambda: rules.activate(now)) == expected


@pytest.mark.parametrize(
    ("now", "bar", "by", "expected"),
    [
        (ACTIVE, LOST, BarredBy.COMPANY, BLOCKED),
        (ACTIVE, PAUSE, BarredBy.COMPANY, SUSPENDED),
        (BLOCKED, LOST, BarredBy.COMPANY, "sims.barred_already"),
        (BLOCKED, PAUSE, BarredBy.COMPANY, SUSPENDED),
        (SUSPENDED, LOST, BarredBy.COMPANY, BLOCKED),
        (SUSPENDED, replace(PAUSE, until=LATER + timedelta(days=1)), BarredBy.COMPANY, replace(SUSPENDED, resumes_at=LATER + timedelta(days=1))),
        (BLOCKED, replace(LOST, barring=Barring.OUTGOING), BarredBy.COMPANY, replace(BLOCKED, barring=Barring.OUTGOING)),
        (OPERATOR_BAR, LOST, BarredBy.COMPANY, "sims.barred_by_operator"),
        (CAPPED, LOST, BarredBy.COMPANY, "sims.barred_by_system"),
        (READY, LOST, BarredBy.COMPANY, "sims.not_in_use"),
        (GONE, LOST, BarredBy.COMPANY, "sims.not_in_use"),
        (ACTIVE, Bar(SimStatusReason.UNPAID), BarredBy.OPERATOR, OPERATOR_BAR),
        (BLOCKED, Bar(SimStatusReason.UNPAID), BarredBy.OPERATOR, OPERATOR_BAR),
        (CAPPED, Bar(SimStatusReason.UNPAID), BarredBy.OPERATOR, "sims.barred_by_system"),
    ],
)
def test_blocking(now: Standing, bar: Bar, by: BarredBy, expected: Standing | str) -> None:
    assert outcome(lambda: rules.block(now, bar, by)) == expected


@pytest.mark.parametrize(
    ("now", "by", "expected"),
    [
        (BLOCKED, BarredBy.COMPANY, ACTIVE),
        (SUSPENDED, BarredBy.COMPANY, ACTIVE),
        (ACTIVE, BarredBy.COMPANY, "sims.not_barred"),
        (READY, BarredBy.COMPANY, "sims.not_barred"),
        (GONE, BarredBy.COMPANY, "sims.not_barred"),
        (OPERATOR_BAR, BarredBy.COMPANY, "sims.barred_by_operator"),
        (CAPPED, BarredBy.COMPANY, "sims.barred_by_system"),
        (OPERATOR_BAR, BarredBy.OPERATOR, ACTIVE),
        (BLOCKED, BarredBy.OPERATOR, ACTIVE),
        (CAPPED, BarredBy.OPERATOR, "sims.barred_by_system"),
    ],
)
def test_unblocking(now: Standing, by: BarredBy, expected: Standing | str) -> None:
    assert outcome(lambda: rules.unblock(now, by)) == expected


def test_only_a_suspension_ends_by_itself() -> None:
    assert rules.resume(SUSPENDED) == ACTIVE
    assert {outcome(lambda now=now: rules.resume(now)) for now in EVERY if now != SUSPENDED} == {"sims.not_barred"}


@pytest.mark.parametrize(
    ("bar", "by", "key"),
    [
        (Bar(SimStatusReason.UNPAID), BarredBy.COMPANY, "sims.reason"),
        (Bar(SimStatusReason.POLICY), BarredBy.OPERATOR, "sims.reason"),
        (replace(LOST, barring=Barring.NONE), BarredBy.COMPANY, "sims.barring"),
        (replace(LOST, until=AT), BarredBy.COMPANY, "sims.until"),
    ],
)
def test_bars_that_cannot_be_asked_for(bar: Bar, by: BarredBy, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_bar(bar, by, at=AT)

    assert refused.value.message_key == key


def test_bars_that_can_be_asked_for() -> None:
    for reason in (SimStatusReason.LOST, SimStatusReason.REQUEST, SimStatusReason.FRAUD):
        rules.check_bar(Bar(reason, Barring.OUTGOING, LATER), BarredBy.COMPANY, at=AT)
    rules.check_bar(Bar(SimStatusReason.UNPAID), BarredBy.OPERATOR, at=AT)


@pytest.mark.parametrize(("now", "by"), list(itertools.product(EVERY, (BarredBy.COMPANY, BarredBy.OPERATOR))))
def test_shown_rights_are_those_the_rules_grant(now: Standing, by: BarredBy) -> None:
    bars = (Bar(SimStatusReason.FRAUD), Bar(SimStatusReason.FRAUD, Barring.OUTGOING, LATER))
    changes = [lambda bar=bar: rules.block(now, bar, by) for bar in bars] + [lambda: rules.unblock(now, by)]
    can_bar = any(isinstance(outcome(change), Standing) for change in changes)

    shown = rules.rights(now, by)

    assert (Permission.SIM_BLOCK in shown) == can_bar
    assert (Permission.SIM_ACTIVATE in shown) == isinstance(outcome(lambda: rules.activate(now)), Standing)
