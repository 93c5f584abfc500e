"""Batched reads of one request: what is asked for in the same step of an execution is read together, and read once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Container, Sequence
from typing import Any, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
Read = Callable[[Any, list[Key]], Awaitable[Sequence[Value]]]
"""A batched read: `read(context, keys)` answers a value for each key, in their order, or raises for all of them."""


class Loaders:
    """Loads by key through batched reads, and keeps what was read until it is cleared or the request ends."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._shelves: dict[Any, _Shelf] = {}
        self.is_alone = False
        """Whether the operation's only root field is being resolved."""

    async def load(self, read: Read[Key, Value], key: Key, at_once: bool = False) -> Value:
        """One value; a fault of the read is raised to everybody who waits for it, and the next caller reads again.

        With `at_once`, for resolvers that load nothing else beside it, the only root field of an operation waits for nobody else's keys.
        """
        if at_once and self.is_alone:
            return (await self.load_many(read, [key], True))[0]
        shelf = self._shelf(read)
        if shelf.under_way and key not in shelf.values:
            await shelf.others([key])
        if key not in shelf.values:
            await _together([shelf.batch_of(key)])
        return shelf.values[key]  # type: ignore[no-any-return]

    async def load_many(self, read: Read[Key, Value], keys: Sequence[Key], at_once: bool = False) -> list[Value]:
        """Their values in order; keys may repeat. With `at_once` the read waits for nobody else's keys, unless some are on their way."""
        shelf = self._shelf(read)
        values = shelf.values
        asked = dict.fromkeys(keys)
        missing = [key for key in asked if key not in values] if values else list(asked)
        if missing and shelf.under_way:
            await shelf.others(missing)
            missing = [key for key in missing if key not in values]
        if shelf.coming or not at_once:
            if missing:
                await _together({shelf.batch_of(key): None for key in missing})
        elif missing:
            brought = await shelf.read_at_once(missing, asked)
            if len(missing) == len(keys):  # each once: some keys are dear to hash, such as UUIDs
                return list(brought)
        return [values[key] for key in keys]

    def _shelf(self, read: Read[Key, Value]) -> "_Shelf":
        shelf = self._shelves.get(read)
        if shelf is None:
            shelf = self._shelves[read] = _Shelf(self._context, read)
        return shelf

    def clear(self) -> None:
        """Forgets everything, as after a write; what is being read meanwhile still reaches who waits for it, and nobody else."""
        self._shelves.clear()


class _Shelf:
    """What one read has brought, and which batches bring what is still to come."""

    __slots__ = ("coming", "context", "next", "read", "under_way", "values")

    def __init__(self, context: Any, read: Any) -> None:
        self.context = context
        self.read = read
        self.values: dict[Any, Any] = {}
        self.coming: dict[Any, _Batch] = {}
        self.next: _Batch | None = None
        self.under_way: list[tuple[Container[Any], list[asyncio.Future[None]]]] = []
        """Keys that somebody is reading at once, and who waits until that is over."""

    async def read_at_once(self, missing: list[Any], asked: Container[Any]) -> Sequence[Any]:
        """Brings some keys; others know meanwhile that all that are asked are being read, and a fault reaches them."""
        waiting: list[asyncio.Future[None]] = []
        fault: Exception | None = None
        self.under_way.append((asked, waiting))
        try:
            brought = await self.brought(missing)
            self.values.update(zip(missing, brought, strict=True))
        except Exception as error:
            fault = error
            raise
        finally:
            self.under_way = [one for one in self.under_way if one[1] is not waiting]
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_result(None) if fault is None else waiter.set_exception(fault)
        return brought

    async def others(self, keys: Sequence[Any]) -> None:
        """Waits until nobody is reading any of these keys; what is still missing then, for its reader was cancelled, the next one reads."""
        while (waiting := next((waiting for asked, waiting in self.under_way if any(key in asked for key in keys)), None)) is not None:
            waiter = asyncio.get_running_loop().create_future()
            waiting.append(waiter)
            await waiter

    async def brought(self, keys: list[Any]) -> Sequence[Any]:
        """What the read brings for some keys; raises `ValueError` when it isn't as many values."""
        values: Sequence[Any] = await self.read(self.context, keys)
        if len(values) != len(keys):
            raise ValueError(f"{self.read!r} was asked for {len(keys)} values and brought {len(values)}.")
        return values

    def batch_of(self, key: Any) -> "_Batch":
        """The batch that brings a key: one under way, or the next one."""
        batch = self.coming.get(key)
        if batch is None:
            batch = self.next
            if batch is None:
                batch = self.next = _Batch(self)
            self.coming[key] = batch
            batch.keys.append(key)
        return batch


class _Batch:
    """Some keys that are read together, two steps of the event loop after the first of them was asked for."""

    __slots__ = ("_fault", "_shelf", "_task", "_waiting", "keys")

    def __init__(self, shelf: _Shelf) -> None:
        self.keys: list[Any] = []
        self._shelf = shelf
        self._waiting: dict[asyncio.Future[None], None] | None = {}  # null once it is over
        self._fault: BaseException | None = None
        self._task: asyncio.Task[Sequence[Any]] | None = None
        asyncio.get_running_loop().call_soon(self._wait_a_step)

    def join(self) -> "asyncio.Future[None]":
        """Done when the keys are on the shelf, or with what the read raised; one for each caller: who is cancelled takes no one along."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting is not None:
            self._waiting[waiter] = None
        else:
            _tell(waiter, self._fault)
        return waiter

    def leave(self, waiter: "asyncio.Future[None]") -> None:
        """The last to leave ends the read; nobody need look at what a done one says."""
        if waiter.done():
            _ = waiter.cancelled() or waiter.exception()
        elif self._waiting is not None:
            self._waiting.pop(waiter, None)
            if not self._waiting and self._task is not None:
                self._task.cancel()

    def _wait_a_step(self) -> None:
        """Siblings whose resolvers await once more than the first one's still come along."""
        asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._shelf.next = None
        if self._waiting:
            self._task = asyncio.create_task(self._shelf.brought(self.keys))  # awaited by nobody but watched by `_end`
            self._task.add_done_callback(self._end)
        else:
            self._settle(None)

    def _end(self, task: "asyncio.Task[Sequence[Any]]") -> None:
        if task.cancelled():
            self._settle(asyncio.CancelledError())
        elif (fault := task.exception()) is not None:
            self._settle(fault)
        else:
            self._shelf.values.update(zip(self.keys, task.result(), strict=True))
            self._settle(None)

    def _settle(self, fault: BaseException | None) -> None:
        """Tells everybody who waits."""
        waiting, self._waiting, self._fault = self._waiting, None, fault
        for key in self.keys:
            self._shelf.coming.pop(key, None)
        for waiter in waiting or ():
            _tell(waiter, fault)


def _tell(waiter: "asyncio.Future[None]", fault: BaseException | None) -> None:
    if waiter.done():
        return
    if fault is None:
        waiter.set_result(None)
    elif isinstance(fault, asyncio.CancelledError):
        waiter.cancel()
    else:
        waiter.set_exception(fault)


async def _together(batches: Collection[_Batch]) -> None:
    """Waits for batches, all of which know of it before the first is waited for: one that nobody waits for brings nothing."""
    waiters = [(batch, batch.join()) for batch in batches]
    try:
        for _, waiter in waiters:
            await waiter
    finally:
        for batch, waiter in waiters:
            batch.leave(waiter)
