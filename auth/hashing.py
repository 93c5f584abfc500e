"""Hashes passwords by Argon2id in a few threads of their own, so that neither the event loop nor memory gives way under many at once."""

import asyncio
import base64
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from domain.kernel.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 2
MOST_INSIDE = 32
MEMORY_KIB = 46 * 1024
"""What a guess costs whoever stole the table: 46 MiB and one pass, about 55 ms of a core."""


class Hasher:
    """Makes and compares hashes; at most `threads` at a time, and beyond `most_inside` of those who wait everybody is sent away."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, threads: int = THREADS, most_inside: int = MOST_INSIDE) -> None:
        self._argon2 = PasswordHasher(time_cost=1, memory_cost=memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._most_inside, self._inside = most_inside, 0
        self._nobodys = _hash_of_nothing(self._argon2)

    @contextmanager
    def room(self) -> Iterator[None]:
        """A place in the line for the block, taken before anything is counted or written; raises `Busy` when the line is full."""
        if self._inside >= self._most_inside:
            raise Busy
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does other work on a password in these threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))

    async def hash(self, password: str) -> str:
        """A salted hash in PHC form, which names its own parameters."""
        return await self.run(self._argon2.hash, password)

    async def is_right(self, hash: str | None, password: str) -> bool:
        """Whether a password belongs to a hash; without a hash nothing does, at the same cost."""
        return await self.run(self._verify, hash or self._nobodys, password)

    def close(self) -> None:
        """Ends the threads; work that didn't begin is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(hash, password)
        except VerifyMismatchError:
            return False


def _hash_of_nothing(argon2: PasswordHasher) -> str:
    """A well-formed hash of the same cost that no password is known to give."""
    salt, digest = (base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (argon2.salt_len, argon2.hash_len))
    return f"$argon2id$v=19$m={argon2.memory_cost},t={argon2.time_cost},p={argon2.parallelism}${salt}${digest}"
