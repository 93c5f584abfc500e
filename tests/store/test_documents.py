"""Documents go in some at a time, and again without harm."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from domain.audit.documents import AccessLogEntry
from store.documents import AT_ONCE, insert_new


async def test_documents_go_in_a_few_at_a_time_and_those_there_stay(documents: Any) -> None:
    collection, sizes = AccessLogEntry.get_pymongo_collection(), list[int]()

    async def insert_many(some: list[Any], **options: Any) -> Any:
        sizes.append(len(some))
        return await collection.insert_many(some, **options)

    old = [{"_id": number, "told": "first"} for number in range(0, 2 * AT_ONCE, 2)]
    both = [{"_id": number, "told": "second"} for number in range(2 * AT_ONCE + 1)]

    assert await insert_new(insert_many, old) == AT_ONCE
    assert await insert_new(insert_many, both) == AT_ONCE + 1
    assert sizes == [AT_ONCE, AT_ONCE, AT_ONCE, 1]
    assert await collection.count_documents({"told": "first"}) == AT_ONCE
    assert await collection.count_documents({}) == len(both)
    await collection.delete_many({})


async def test_other_refusals_are_told(documents: Any) -> None:
    async def insert_many(some: list[Any], **_: Any) -> None:
        raise BulkWriteError({"writeErrors": [{"index": 0, "code": 11000}, {"index": 1, "code": 121}]})

    with pytest.raises(BulkWriteError):
        await insert_new(insert_many, [{}, {}])
