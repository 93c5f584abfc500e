"""What each asker may spend on queries: a bucket that fills again while they wait, of this process alone or of all together."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from store.faults import StoreLost

CAPACITY = 50_000
RESTORE_RATE = 2_500
"""Objects a bucket holds, and objects given back a second: a fleet page of 200 cards costs about 3,200."""
KEPT = 50_000
AWAY = timedelta(seconds=1)
"""How long Redis isn't asked again once it failed: requests must not wait for it one after the other."""
LOG = structlog.get_logger("budget")


def seconds_until(missing: float) -> int:
    """How long to wait for what is missing."""
    return max(1, int(missing / RESTORE_RATE) + 1)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Budget:
    """Buckets by asker; those that are full again are forgotten first."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    async def take(self, asker: str, cost: int, *, now: datetime) -> int:
        """Takes `cost` and returns what is left; below zero so much is missing, and nothing was taken."""
        bucket = self._buckets.pop(asker, None) or _Bucket(CAPACITY, now)
        bucket.left = min(CAPACITY, bucket.left + max((now - bucket.at).total_seconds(), 0) * RESTORE_RATE)
        bucket.at = now
        self._buckets[asker] = bucket
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        after = bucket.left - cost
        if after >= 0:
            bucket.left = after
        return int(after // 1)

    async def settle(self, asker: str, unused: int, *, now: datetime) -> int:
        """Returns what an answer cost less than feared, takes what it cost more, and tells what is left: below zero is a debt."""
        bucket = self._buckets.get(asker)
        if bucket is None:  # forgotten meanwhile, for so many others
            return CAPACITY
        bucket.left = min(CAPACITY, bucket.left + unused)
        return max(int(bucket.left), 0)


class Counter(Protocol):
    """Counts for all processes together."""

    async def take(self, bucket: str, amount: float, *, capacity: int, rate: int, is_forced: bool = False) -> float:
        """Takes an amount and returns what is left; raises `StoreLost` (`store/shared.py`)."""
        ...


class SharedBudget(Budget):
    """Buckets that all processes share; while these can't be reached, each process counts by itself, so that a limit always holds."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self._counter = counter
        self._away_until: datetime | None = None

    async def take(self, asker: str, cost: int, *, now: datetime) -> int:
        """As `Budget` has it, of all processes."""
        return await self._asked(asker, cost, False, now, lambda: super(SharedBudget, self).take(asker, cost, now=now))

    async def settle(self, asker: str, unused: int, *, now: datetime) -> int:
        """As `Budget` has it, of all processes."""
        left = await self._asked(asker, -unused, True, now, lambda: super(SharedBudget, self).settle(asker, unused, now=now))
        return max(left, 0)

    async def _asked(self, asker: str, amount: int, is_forced: bool, now: datetime, alone: Callable[[], Awaitable[int]]) -> int:
        if self._away_until is not None and now < self._away_until:
            return await alone()
        try:
            left = await self._counter.take(f"budget:{asker}", amount, capacity=CAPACITY, rate=RESTORE_RATE, is_forced=is_forced)
        except StoreLost as error:
            if self._away_until is None:
                LOG.error("budget_counted_alone", error=str(error))
            self._away_until = now + AWAY
            return await alone()
        if self._away_until is not None:
            self._away_until = None
            LOG.warning("budget_counted_together")
        return int(left // 1)
