"""The documents as the store keeps them, byte for byte, and back into empty collections."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from beanie import Document
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from store.documents import insert_new

AT_ONCE: Final = 1_000
Paper = RawBSONDocument
"""A document whose fields are read when somebody asks for them."""


def names(models: Sequence[type[Document]]) -> Sequence[str]:
    """The collections of these models."""
    return [str(model.get_settings().name) for model in models]


async def papers(documents: AsyncDatabase[dict[str, Any]], name: str) -> AsyncIterator[Sequence[Paper]]:
    """The documents of a collection, some at a time; those that are there when it begins are among them."""
    some: list[Paper] = []
    async for paper in _raw(documents, name).find({}, batch_size=AT_ONCE):
        some.append(paper)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


async def put(documents: AsyncDatabase[dict[str, Any]], name: str, contents: Sequence[bytes]) -> None:
    """Adds documents to a collection."""
    await insert_new(_raw(documents, name).insert_many, [RawBSONDocument(content) for content in contents])


async def full(documents: AsyncDatabase[dict[str, Any]], collections: Sequence[str]) -> Sequence[str]:
    """Which of these collections hold documents."""
    return [name for name in collections if await documents[name].find_one({}, projection={"_id": 1}) is not None]


async def clear(documents: AsyncDatabase[dict[str, Any]], collections: Sequence[str]) -> None:
    """Empties collections."""
    for name in collections:
        await documents[name].delete_many({})


def _raw(documents: AsyncDatabase[dict[str, Any]], name: str) -> AsyncCollection[Any]:
    options = documents.codec_options
    raw: CodecOptions[Any] = CodecOptions(
        document_class=RawBSONDocument, tz_aware=options.tz_aware, uuid_representation=options.uuid_representation
    )
    return documents.get_collection(name, codec_options=raw)
