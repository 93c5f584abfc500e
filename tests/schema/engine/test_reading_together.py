"""Compiled code reads no more often than graphql-core would: siblings together, and what is asked for twice once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry

from schema.engine import plans
from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.fields import batched
from schema.engine.loading import Loaders


@dataclass
class Row:
    """A house, its tenant or its owner."""

    id: int
    tenant_id: int
    owner_id: int


async def people(viewer: "Viewer", keys: list[int]) -> list[Row]:
    viewer.asked.append(sorted(keys))
    return [Row(key, key + 1, key + 2) for key in keys]


@strawberry.type
class Person:
    id: int
    owner: "Person" = batched(people, key="owner_id", description="Who owns them.")


@strawberry.type
class House:
    id: int
    tenant: Person = batched(people, key="tenant_id", description="Who lives there.")
    owner: Person = batched(people, key="owner_id", description="Who owns it.")


@strawberry.type
class Street:
    id: int

    @strawberry.field
    async def houses(root: strawberry.Parent[Any], count: int) -> list[House]:
        return [Row(number, 100 * root.id + number, 1000 * root.id + number) for number in range(count)]  # type: ignore[misc]  # served from rows


@strawberry.type
class Query:
    @strawberry.field
    def houses(self, count: int) -> list[House]:
        return [Row(number, 100 + number, 1000 + number) for number in range(count)]  # type: ignore[misc]  # served from rows

    @strawberry.field
    def streets(self, count: int) -> list[Street]:
        return [Row(number, 0, 0) for number in range(count)]  # type: ignore[misc]  # served from rows


class Viewer:
    def __init__(self) -> None:
        self.loaders = Loaders(self)
        self.asked: list[list[int]] = []


SCHEMA = strawberry.Schema(query=Query)


@pytest.fixture(autouse=True)
def compiled_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every subtree is compiled when it is first met."""
    monkeypatch.setattr(plans, "PAYS_AFTER", 1)
    yield


async def asked(document: str) -> list[list[int]]:
    documents, viewer = Documents(SCHEMA, kept=1), Viewer()
    operation = documents.prepared(document).operation(None)
    assert operation is not None
    result = await run(SCHEMA, operation, {}, viewer)
    assert not result.errors
    assert documents.stats.hits
    return viewer.asked


async def test_the_parts_of_a_list_are_read_together() -> None:
    assert await asked("{ streets(count: 3) { houses(count: 2) { tenant { id } } } }") == [[0, 1, 100, 101, 200, 201]]


async def test_two_fields_that_are_read_alike_are_read_together() -> None:
    assert await asked("{ houses(count: 2) { tenant { id } owner { id } } }") == [[100, 101, 1000, 1001]]


async def test_what_stands_alone_is_read_by_itself_and_level_by_level() -> None:
    assert await asked("{ houses(count: 2) { tenant { id owner { id } } } }") == [[100, 101], [102, 103]]
