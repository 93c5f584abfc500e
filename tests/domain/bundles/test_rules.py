"""How bundles start, wait, are used in order and end."""

from datetime import datetime, timedelta

import pytest

from domain.bundles import rules
from domain.bundles.tables import Bucket, BucketStatus, ProductStatus
from domain.catalogue.tables import ActivationMode
from domain.kernel.ids import uuid7
from tests.world import NOW

DAY = timedelta(days=1)
A = ActivationMode


@pytest.mark.parametrize(
    ("stored", "starts", "ends", "shown"),
    [
        ("PENDING_ACTIVE", None, None, ProductStatus.PENDING_ACTIVE),
        ("ACTIVE", -1, 1, ProductStatus.ACTIVE),
        ("ACTIVE", 0, None, ProductStatus.ACTIVE),
        ("ACTIVE", 1, 2, ProductStatus.PENDING_ACTIVE),
        ("ACTIVE", -2, 0, ProductStatus.TERMINATED),
        ("SUSPENDED", -1, 1, ProductStatus.SUSPENDED),
        ("SUSPENDED", -2, -1, ProductStatus.TERMINATED),
    ],
)
def test_dates_decide_the_state_of_a_product(stored: str, starts: int | None, ends: int | None, shown: ProductStatus) -> None:
    assert rules.product_status(stored, at(starts), at(ends), NOW) is shown


@pytest.mark.parametrize(
    ("activation", "activate", "follows", "starts", "ends"),
    [
        (A.NOW, None, None, 0, 30),
        (A.NOW, None, 5, 5, 35),
        (A.LATER, 3, None, 3, 33),
        (A.LATER, 3, 5, 5, 35),
        (A.LATER, 7, 5, 7, 37),
        (A.FIRST_USE, None, 5, None, None),
    ],
)
def test_start_and_end(activation: A, activate: int | None, follows: int | None, starts: int | None, ends: int | None) -> None:
    assert rules.period(activation, at(activate), 30, at=NOW, follows=at(follows)) == (at(starts), at(ends))


def test_an_open_end_stays_open() -> None:
    assert rules.period(A.NOW, None, None, at=NOW, follows=None) == (NOW, None)


def test_one_runs_and_max_queued_wait() -> None:
    assert [rules.may_take(same, 2) for same in range(4)] == [True, True, True, False]


def test_the_earliest_end_is_used_first_and_what_waits_for_first_use_last() -> None:
    open_end, late, soon, waiting = (
        bucket(ends=None), bucket(ends=20), bucket(ends=3), bucket(ends=None, status=BucketStatus.QUEUED),
    )  # fmt: skip

    assert rules.order_of_use([waiting, open_end, late, soon]) == [soon, late, open_end, waiting]


def test_figures_count_what_can_be_used_now() -> None:
    buckets = [bucket(ends=3, remaining=5), bucket(starts=1, ends=2, remaining=7), bucket(ends=9, remaining=1, usage_type="VOICE")]

    assert rules.data_remaining(buckets, NOW) == 5
    assert rules.next_end_at(buckets, NOW) == NOW + 3 * DAY
    assert rules.next_end_at([bucket(ends=3, remaining=0)], NOW) == NOW
    assert rules.next_end_at([bucket(ends=None)], NOW) is None


def at(days: int | None) -> datetime | None:
    return None if days is None else NOW + days * DAY


def bucket(
    *, starts: int = -1, ends: int | None, status: BucketStatus = BucketStatus.ACTIVE, remaining: int = 1, usage_type: str = "DATA"
) -> Bucket:
    return Bucket(
        id=uuid7(), usage_type=usage_type, priority=0, status=status, total=9, remaining=remaining, starts_at=NOW + starts * DAY,
        ends_at=at(ends),
    )  # fmt: skip
