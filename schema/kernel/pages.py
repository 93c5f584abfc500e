"""Connections: pages of rows with their cursors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import strawberry

from domain.kernel.paging import Page
from schema.engine.fields import batched
from schema.kernel.context import Context

T = TypeVar("T")
Read = Callable[[Any], Awaitable[Page[Any]]]
Count = Callable[[Any], Awaitable[int]]
"""Reads in a session that is handed to them."""


@strawberry.type(description="Where a page stands in its connection.")
class PageInfo:
    """Cursors of both ends and whether there is more."""

    has_next_page: bool = strawberry.field(description="More rows follow.")
    has_previous_page: bool = strawberry.field(description="Rows precede.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row, null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row, null on an empty page.")


@strawberry.type(description="Row of a page.")
class Edge(Generic[T]):
    """A row with its place."""

    cursor: str = strawberry.field(description="Place of the row.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="Page of rows.")
class Connection(Generic[T]):
    """A page without a count: counting would be dear."""

    edges: list[Edge[T]] = strawberry.field(description="Rows.")
    page_info: PageInfo = strawberry.field(description="Place of the page.")

    @classmethod
    def of(cls, page: Page[Any]) -> "Connection[T]":
        """Shows a page."""
        return cls(edges=_edges(page), page_info=_info(page))

    @classmethod
    async def read(cls, context: Context, page: Read) -> "Connection[T]":
        """Reads a page and shows it."""
        async with context.read() as session:
            return cls.of(await page(session))


async def _totals(_context: Context, counts: list[Callable[[], Awaitable[int]]]) -> Sequence[int]:
    return await asyncio.gather(*(count() for count in counts))


@strawberry.type(name="Connection", description="Page of rows.")
class CountedConnection(Generic[T]):
    """A page whose rows are counted, but only when asked."""

    edges: list[Edge[T]] = strawberry.field(description="Rows.")
    page_info: PageInfo = strawberry.field(description="Place of the page.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    total_count: int = batched(_totals, key="count", description="All rows, counted only when asked.")

    @classmethod
    def of(cls, page: Page[Any], count: Callable[[], Awaitable[int]]) -> "CountedConnection[T]":
        """Shows a page; `count` runs only when the total is selected."""
        return cls(edges=_edges(page), page_info=_info(page), count=count)

    @classmethod
    async def read(cls, context: Context, page: Read, count: Count) -> "CountedConnection[T]":
        """Reads a page and shows it; `count` gets a session of its own, and only when the total is selected."""

        async def counted() -> int:
            async with context.read() as session:
                return await count(session)

        async with context.read() as session:
            return cls.of(await page(session), counted)


class EdgeRow(msgspec.Struct, frozen=True, gc=False):
    """What an edge is served from: a fifth of what an `Edge` costs, two hundred times a page."""

    cursor: str
    node: Any


def _edges(page: Page[Any]) -> list[Any]:
    return list(map(EdgeRow, page.cursors, page.rows))


def _info(page: Page[Any]) -> PageInfo:
    ends = (page.cursors[0], page.cursors[-1]) if page.cursors else (None, None)
    return PageInfo(has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=ends[0], end_cursor=ends[1])
