"""What all processes count together, kept in Redis: buckets that fill again, one atomic step each by the clock of Redis."""

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from store.faults import StoreLost

PATIENCE_SECONDS: Final = 0.25
"""How long a request waits for Redis at most: it stands before everything else that the request does."""
STEP: Final = """
local capacity, rate, amount, is_forced = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = capacity
if kept[1] then left = math.min(capacity, kept[1] + math.max(now - kept[2], 0) * rate / 1000) end
local after = math.min(capacity, left - amount)
if is_forced or after >= 0 then left = after end
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - left) * 1000 / rate) + 1000)
return string.format('%.3f', after)
"""
"""One step of a bucket; a bucket that would be full again is forgotten by Redis itself."""


class Shared:
    """A Redis by URL, for all processes that name the same one."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS, retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )  # fmt: skip
        self._step = self._redis.register_script(STEP)

    async def take(self, bucket: str, amount: float, *, capacity: int, rate: int, is_forced: bool = False) -> float:
        """Takes an amount from a bucket that refills by `rate` a second, and returns what is left.

        Below zero so much is missing and nothing was taken, unless forced: then it is a debt. Raises `StoreLost`.
        """
        try:
            return float(await self._step([f"simurgh:bucket:{bucket}"], [capacity, rate, amount, int(is_forced)]))
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreLost(type(error).__name__) from error

    async def answers(self) -> bool:
        """Whether Redis answers in time."""
        try:
            async with asyncio.timeout(2 * PATIENCE_SECONDS):
                return await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """Closes every connection."""
        await self._redis.aclose()
