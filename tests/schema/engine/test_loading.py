"""Batched reads of one request."""

import asyncio
from typing import Any

import pytest

from schema.engine.loading import Loaders


class Shop:
    """Reads that note what they were asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.broken = False
        self.pause = 0.0
        self.loaders = Loaders(self)


async def doubles(shop: Shop, keys: list[int]) -> list[int]:
    shop.asked.append(list(keys))
    await asyncio.sleep(shop.pause)
    if shop.broken:
        raise OSError("down")
    return [key * 2 for key in keys]


async def short(_shop: Shop, keys: list[int]) -> list[int]:
    return keys[1:]


async def begun(shop: Shop) -> None:
    """Steps on until something is being read."""
    for _ in range(10):
        await asyncio.sleep(0)
    assert shop.asked


async def later(shop: Shop, key: int) -> Any:
    await asyncio.sleep(0)
    return await shop.loaders.load(doubles, key)


async def test_siblings_are_read_together_even_if_some_come_a_step_later() -> None:
    shop = Shop()

    found = await asyncio.gather(shop.loaders.load(doubles, 1), shop.loaders.load(doubles, 2), later(shop, 3), shop.loaders.load(doubles, 1))

    assert found == [2, 4, 6, 2]
    assert shop.asked == [[1, 2, 3]]


async def test_what_was_read_is_kept_until_it_is_cleared() -> None:
    shop = Shop()

    assert await shop.loaders.load_many(doubles, [3, 1, 3]) == [6, 2, 6]
    assert await shop.loaders.load_many(doubles, [1, 4]) == [2, 8]
    assert await shop.loaders.load(doubles, 3) == 6
    shop.loaders.clear()
    assert await shop.loaders.load(doubles, 3) == 6

    assert shop.asked == [[3, 1], [4], [3]]


async def test_many_join_what_is_being_read_already() -> None:
    shop = Shop()

    found = await asyncio.gather(shop.loaders.load(doubles, 1), shop.loaders.load_many(doubles, [1, 2], at_once=True))

    assert found == [2, [2, 4]]
    assert shop.asked == [[1, 2]]


async def test_several_who_have_many_are_read_together_unless_at_once() -> None:
    shop = Shop()

    await asyncio.gather(shop.loaders.load_many(doubles, [1, 2]), shop.loaders.load_many(doubles, [3, 1]))
    await asyncio.gather(*(shop.loaders.load_many(doubles, keys, at_once=True) for keys in ([4], [5])))

    assert shop.asked == [[1, 2, 3], [4], [5]]


async def test_what_somebody_reads_at_once_is_not_read_again_meanwhile() -> None:
    shop = Shop()

    found = await asyncio.gather(
        shop.loaders.load_many(doubles, [1, 2], at_once=True),
        shop.loaders.load_many(doubles, [2, 1], at_once=True),
        shop.loaders.load(doubles, 2),
        later(shop, 1),
    )

    assert found == [[2, 4], [4, 2], 4, 2]
    assert shop.asked == [[1, 2]]


async def test_the_fault_of_a_read_at_once_reaches_who_joined_it() -> None:
    shop = Shop()
    shop.broken = True

    found = await asyncio.gather(
        shop.loaders.load_many(doubles, [1, 2], at_once=True),
        shop.loaders.load_many(doubles, [2], at_once=True),
        shop.loaders.load(doubles, 1),
        return_exceptions=True,
    )

    assert [type(one) for one in found] == [OSError, OSError, OSError]
    assert shop.asked == [[1, 2]]


async def test_who_joined_one_that_is_cancelled_reads_on() -> None:
    shop = Shop()
    shop.pause = 0.01
    leaving = asyncio.create_task(shop.loaders.load_many(doubles, [1, 2], at_once=True))
    await asyncio.sleep(0)
    staying = asyncio.create_task(shop.loaders.load_many(doubles, [2], at_once=True))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == [4]
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert shop.asked == [[1, 2], [2]]


async def test_a_fault_reaches_everybody_and_is_not_kept() -> None:
    shop = Shop()
    shop.broken = True

    found = await asyncio.gather(shop.loaders.load(doubles, 1), shop.loaders.load(doubles, 2), return_exceptions=True)

    assert [type(one) for one in found] == [OSError, OSError]
    with pytest.raises(OSError, match="down"):
        await shop.loaders.load_many(doubles, [1])
    shop.broken = False
    assert await shop.loaders.load_many(doubles, [1]) == [2]


async def test_a_read_that_brings_too_little_is_a_bug() -> None:
    for many in (Shop().loaders.load(short, 1), Shop().loaders.load_many(short, [1, 2])):
        with pytest.raises(ValueError, match="brought"):
            await many


async def test_one_who_is_cancelled_takes_nobody_along() -> None:
    shop = Shop()
    leaving, staying = (asyncio.create_task(shop.loaders.load(doubles, key)) for key in (1, 2))
    await asyncio.sleep(0)

    leaving.cancel()

    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_many_that_come_in_two_batches_are_all_there() -> None:
    shop = Shop()
    shop.pause = 0.01
    first = asyncio.create_task(shop.loaders.load(doubles, 1))
    await begun(shop)

    found = await shop.loaders.load_many(doubles, [1, 2])

    assert found == [2, 4]
    assert await first == 2
    assert shop.asked == [[1], [2]]


async def test_the_fault_of_one_batch_reaches_who_waits_for_two() -> None:
    shop = Shop()
    shop.pause, shop.broken = 0.01, True
    first = asyncio.create_task(shop.loaders.load(doubles, 1))
    await begun(shop)

    with pytest.raises(OSError, match="down"):
        await shop.loaders.load_many(doubles, [1, 2])
    with pytest.raises(OSError, match="down"):
        await first
    shop.broken = False
    assert await shop.loaders.load_many(doubles, [1, 2]) == [2, 4]
