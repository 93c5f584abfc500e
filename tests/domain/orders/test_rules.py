"""Who may buy what when, what it costs, and how orders move on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue.tables import ActivationMode as A
from domain.kernel.errors import DomainError, ErrorCode, InvalidInput, NotEligible
from domain.kernel.ids import uuid7
from domain.orders import rules
from domain.orders.rules import Card, Line
from domain.orders.tables import OrderState as S
from domain.sims.states import SimStatus as Status
from tests.world import NOW

DAY = timedelta(days=1)
ANY = ["PREPAID", "POSTPAID"]


@pytest.mark.parametrize(
    ("status", "activation", "number", "payment", "same", "key"),
    [
        (Status.ACTIVE, A.NOW, True, "POSTPAID", 0, None),
        (Status.ACTIVE, A.LATER, True, "PREPAID", 0, None),
        (Status.ACTIVE, A.FIRST_USE, True, "POSTPAID", 0, None),
        (Status.CAP_EXCEEDED, A.NOW, True, "POSTPAID", 0, None),
        (Status.READY_TO_ACTIVATE, A.FIRST_USE, True, "POSTPAID", 0, None),
        (Status.READY_TO_ACTIVATE, A.NOW, True, "POSTPAID", 0, "orders.not_activated"),
        (Status.READY_TO_ACTIVATE, A.LATER, True, "POSTPAID", 0, "orders.not_activated"),
        (Status.BLOCKED, A.NOW, True, "POSTPAID", 0, "orders.barred"),
        (Status.BLOCKED, A.FIRST_USE, True, "POSTPAID", 0, "orders.barred"),
        (Status.SUSPENDED, A.NOW, True, "POSTPAID", 0, "orders.barred"),
        (Status.IMEI_MISMATCH, A.NOW, True, "POSTPAID", 0, "orders.barred"),
        (Status.TERMINATED, A.FIRST_USE, True, "POSTPAID", 0, "orders.terminated"),
        (Status.ACTIVE, A.NOW, False, "POSTPAID", 0, "orders.no_number"),
        (Status.ACTIVE, A.NOW, True, "OTHER", 0, "orders.payment_mode"),
        (Status.ACTIVE, A.NOW, True, "POSTPAID", 2, None),
        (Status.ACTIVE, A.NOW, True, "POSTPAID", 3, "orders.queue_full"),
    ],
)
def test_eligibility(status: Status, activation: A, number: bool, payment: str, same: int, key: str | None) -> None:
    refusal = rules.refusal(Card(status, payment, number, same), activation, payment_modes=ANY, max_queued=2)

    assert (refusal.message_key if refusal else None) == key


@pytest.mark.parametrize(
    ("activation", "days", "error"),
    [
        (A.NOW, None, None),
        (A.FIRST_USE, None, None),
        (A.LATER, 1, None),
        (A.LATER, 11, None),
        (A.LATER, 11.01, InvalidInput),
        (A.LATER, 0, InvalidInput),
        (A.LATER, -1, InvalidInput),
        (A.LATER, None, InvalidInput),
        (A.NOW, 1, InvalidInput),
        (A.FIRST_USE, 1, InvalidInput),
    ],
)
def test_a_start_lies_within_eleven_days(activation: A, days: float | None, error: type[DomainError] | None) -> None:
    line = Line(uuid7(), [uuid7()], activation, NOW + days * DAY if days is not None else None)

    if error is None:
        rules.check_start(line, 0, list(A), at=NOW)
        return
    with pytest.raises(error) as caught:
        rules.check_start(line, 3, list(A), at=NOW)
    assert caught.value.field == ("lines", "3", "activateAt")


def test_a_start_that_the_offering_does_not_allow() -> None:
    with pytest.raises(NotEligible) as caught:
        rules.check_start(Line(uuid7(), [uuid7()], A.FIRST_USE), 0, [A.NOW], at=NOW)
    assert caught.value.code is ErrorCode.NOT_ELIGIBLE


@pytest.mark.parametrize("sizes", [[], [0], [101], [60, 41], [5] * 21, [1, 0]])
def test_lines_and_targets_are_bounded(sizes: list[int]) -> None:
    with pytest.raises(InvalidInput):
        rules.check_lines([Line(uuid7(), [uuid7() for _ in range(size)]) for size in sizes])


@pytest.mark.parametrize("sizes", [[1], [100], [60, 40], [5] * 20])
def test_lines_and_targets_within_bounds(sizes: list[int]) -> None:
    rules.check_lines([Line(uuid7(), [uuid7() for _ in range(size)]) for size in sizes])


def test_receipts_go_to_the_buyer_first_and_to_each_address_once() -> None:
    assert rules.addresses("b@x.example", ["a@x.example", "b@x.example"]) == ["b@x.example", "a@x.example"]
    assert rules.addresses(None, ["a@x.example"]) == ["a@x.example"]
    with pytest.raises(InvalidInput):
        rules.addresses("b@x.example", [f"{place}@x.example" for place in range(5)])


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=100), st.decimals(0, 30, places=2))
def test_tax_is_rounded_once_a_line_and_the_total_is_their_sum(nets: list[int], rate: Decimal) -> None:
    prices = [rules.price(net, rate) for net in nets]
    total = rules.total(prices, rate)

    assert total.net.minor == sum(nets)
    assert total.gross.minor == sum(price.gross.minor for price in prices)
    assert all(abs(price.vat.amount - price.net.amount * rate / 100) <= Decimal("0.5") for price in prices)


@pytest.mark.parametrize(
    ("items", "state"),
    [
        ([S.ACKNOWLEDGED], S.ACKNOWLEDGED),
        ([S.ACKNOWLEDGED, S.IN_PROGRESS], S.IN_PROGRESS),
        ([S.ACKNOWLEDGED, S.COMPLETED], S.IN_PROGRESS),
        ([S.IN_PROGRESS, S.FAILED], S.IN_PROGRESS),
        ([S.COMPLETED, S.COMPLETED], S.COMPLETED),
        ([S.FAILED], S.FAILED),
        ([S.COMPLETED, S.FAILED], S.PARTIAL),
    ],
)
def test_an_order_stands_where_its_items_stand(items: list[S], state: S) -> None:
    assert rules.order_state(items) is state


@given(st.sampled_from(S), st.sampled_from(S))
def test_what_is_final_stays(state: S, after: S) -> None:
    if state in rules.FINAL:
        assert not rules.may_become(state, after)
    assert not rules.may_become(state, state)


def test_the_network_is_asked_ever_more_rarely() -> None:
    waits = [rules.ask_again_at(NOW - age * timedelta(seconds=1), at=NOW) - NOW for age in (0, 3, 60, 7200)]

    assert [wait.total_seconds() for wait in waits] == [2, 2, 30, 600]
