"""Connections: pages of rows with their cursors."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from domain.kernel.paging import Page

T = TypeVar("T")


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
    def of(cls, page: Page[Any]) -> Any:
        """Shows a page."""
        return cls(edges=_edges(page), page_info=_info(page))


@strawberry.type(name="Connection", description="Page of rows.")
class CountedConnection(Generic[T]):
    """A page whose rows are counted, but only when asked."""

    edges: list[Edge[T]] = strawberry.field(description="Rows.")
    page_info: PageInfo = strawberry.field(description="Place of the page.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All rows, counted only when asked.")
    async def total_count(self) -> int:
        """Counts now."""
        return await self.count()

    @classmethod
    def of(cls, page: Page[Any], count: Callable[[], Awaitable[int]]) -> Any:
        """Shows a page; `count` runs only when the total is selected."""
        return cls(edges=_edges(page), page_info=_info(page), count=count)


def _edges(page: Page[Any]) -> list[Any]:
    return [Edge(cursor=cursor, node=row) for cursor, row in zip(page.cursors, page.rows, strict=True)]


def _info(page: Page[Any]) -> PageInfo:
    ends = (page.cursors[0], page.cursors[-1]) if page.cursors else (None, None)
    return PageInfo(has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=ends[0], end_cursor=ends[1])
