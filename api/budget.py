"""What each asker may spend on queries: a bucket that fills again while they wait; of this process alone."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

CAPACITY = 50_000
RESTORE_RATE = 2_500
"""Objects a bucket holds, and objects given back a second: a fleet page of 200 cards costs about 3,200."""
KEPT = 50_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Budget:
    """Buckets by asker; those that are full again are forgotten first."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, asker: str, cost: int, *, now: datetime) -> int | None:
        """Takes `cost` and returns what is left; null, taking nothing, when there is too little."""
        bucket = self._buckets.pop(asker, None) or _Bucket(CAPACITY, now)
        bucket.left = min(CAPACITY, bucket.left + max((now - bucket.at).total_seconds(), 0) * RESTORE_RATE)
        bucket.at = now
        self._buckets[asker] = bucket
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        if cost > bucket.left:
            return None
        bucket.left -= cost
        return int(bucket.left)

    def settle(self, asker: str, unused: int) -> int:
        """Returns what an answer cost less than feared, takes what it cost more, and tells what is left: below zero is a debt."""
        bucket = self._buckets.get(asker)
        if bucket is None:  # forgotten meanwhile, for so many others
            return CAPACITY
        bucket.left = min(CAPACITY, bucket.left + unused)
        return max(int(bucket.left), 0)

    def seconds_until(self, asker: str, cost: int) -> int | None:
        """How long to wait for `cost`; null when it never fits."""
        if cost > CAPACITY:
            return None
        bucket = self._buckets.get(asker)
        return 0 if bucket is None else max(1, int((cost - bucket.left) / RESTORE_RATE) + 1)
