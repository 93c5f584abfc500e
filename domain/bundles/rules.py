"""How bundles start, wait, are used in order and end."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from domain.bundles.tables import BucketStatus, ProductStatus
from domain.catalogue.tables import ActivationMode
from domain.kernel.quantity import UsageType

NEVER = datetime.max.replace(tzinfo=UTC)


class Dated(Protocol):
    """What the rules need to know of a bucket."""

    id: UUID
    usage_type: str
    status: str
    remaining: int
    starts_at: datetime
    ends_at: datetime | None


AnyBucket = TypeVar("AnyBucket", bound=Dated)


def product_status(stored: str, starts_at: datetime | None, ends_at: datetime | None, at: datetime) -> ProductStatus:
    """The state of a product at an instant: its dates decide, so nothing has to run when they pass."""
    if ends_at is not None and at >= ends_at:
        return ProductStatus.TERMINATED
    if stored == ProductStatus.ACTIVE and (starts_at is None or at < starts_at):
        return ProductStatus.PENDING_ACTIVE
    return ProductStatus(stored)


def bucket_status(stored: str, starts_at: datetime, ends_at: datetime | None, at: datetime) -> BucketStatus:
    """The state of a bucket at an instant, by its dates too."""
    if ends_at is not None and at >= ends_at:
        return BucketStatus.EXPIRED
    if stored == BucketStatus.ACTIVE and at < starts_at:
        return BucketStatus.QUEUED
    return BucketStatus(stored)


def period(
    activation: ActivationMode, activate_at: datetime | None, valid_days: int | None, *, at: datetime, follows: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """When a granted product starts and ends: not before the same one that runs has ended (`follows`); no dates before the first use."""
    if activation is ActivationMode.FIRST_USE:
        return None, None
    wanted = activate_at if activation is ActivationMode.LATER and activate_at else at
    starts_at = max(wanted, at, follows or at)
    return starts_at, starts_at + timedelta(days=valid_days) if valid_days is not None else None


def may_take(same: int, max_queued: int) -> bool:
    """Whether one more of the same fits: one runs and `max_queued` wait behind it; `same` counts all that run, wait or are on the way."""
    return same <= max_queued


def order_of_use(buckets: Iterable[AnyBucket]) -> list[AnyBucket]:
    """Buckets as they are used: the earliest end first, an open end last, waiting for first use after all (M1-03)."""
    return sorted(
        buckets, key=lambda bucket: (bucket.status == BucketStatus.QUEUED, bucket.ends_at or NEVER, bucket.starts_at, bucket.id)
    )


def data_remaining(buckets: Sequence[Dated], at: datetime) -> int:
    """Bytes that can be used now."""
    return sum(bucket.remaining for bucket in _usable(buckets, at) if bucket.usage_type == UsageType.DATA)


def next_end_at(buckets: Sequence[Dated], at: datetime) -> datetime | None:
    """When the next usable bucket ends or has run dry: at once if one is empty, null if nothing ends."""
    ends = [bucket.ends_at if bucket.remaining else at for bucket in _usable(buckets, at)]
    return min((end for end in ends if end is not None), default=None)


def _usable(buckets: Sequence[AnyBucket], at: datetime) -> list[AnyBucket]:
    return [b for b in buckets if bucket_status(b.status, b.starts_at, b.ends_at, at) is BucketStatus.ACTIVE]
