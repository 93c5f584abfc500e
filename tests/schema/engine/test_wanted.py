"""Which attributes of rows a selection reads."""

from dataclasses import dataclass
from typing import Any

import pytest
import strawberry

from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.fields import batched, itself, plain
from schema.engine.loading import Loaders

FETCHED: list[Any] = []


@dataclass
class Row:
    """What everything here is served from."""

    id: int
    name: str = "n"
    born: int = 1
    owner_id: int = 7


async def owners(_context: Any, keys: list[int], wanted: frozenset[str] | None) -> list[Row]:
    FETCHED.append(wanted)
    return [Row(key) for key in keys]


async def deeds(_context: Any, keys: list[tuple[int, int]]) -> list[str]:
    return [f"{id} of {born}" for id, born in keys]


def upper(row: Row) -> str:
    return row.name.upper()


@strawberry.type
class Life:
    born: int


@strawberry.type
class Thing:
    id: int
    loud: str = plain(upper, description="Loud.", needs=("name",))
    unsaid: str = plain(upper, description="Loud, too.")
    life: Life = plain(itself, description="A part of the row.")
    owner: "Thing" = batched(owners, key="owner_id", description="Another.")
    deed: str = batched(deeds, key=("id", "born"), description="By two attributes.")

    @strawberry.field
    def resolved(self, times: int = 1) -> str:
        return "x" * times


@strawberry.type
class Page:
    things: list[Thing]


@strawberry.type
class Query:
    @strawberry.field
    def page(self, info: strawberry.Info) -> Page:
        FETCHED.append(info.context.wanted(info))
        return Page(things=[Row(number) for number in range(20)])  # type: ignore[misc]  # served from rows


class Asking:
    def __init__(self, operation: Any) -> None:
        self.loaders = Loaders(self)
        self.operation = operation

    def wanted(self, info: strawberry.Info) -> Any:
        asked = info._raw_info
        return self.operation.selections.wanted(asked.return_type, asked.field_nodes, ["things"])


SCHEMA = strawberry.Schema(query=Query)


async def fetched(document: str, **variables: Any) -> list[Any]:
    operation = Documents(SCHEMA, kept=1).prepared(document).operation(None)
    assert operation is not None
    FETCHED.clear()
    result = await run(SCHEMA, operation, variables, Asking(operation))
    assert not result.errors
    return list(FETCHED)


@pytest.mark.parametrize(
    ("selected", "wanted"),
    [
        ("id", {"id"}),
        ("__typename", set()),
        ("loud life { born }", {"name", "born"}),
        ("... on Thing { other: id ...F }", {"id", "name"}),
        ("owner { loud }", {"owner_id"}),
        ("deed", {"id", "born"}),
        ("unsaid", None),
        ("id resolved", None),
        ("id @skip(if: $no) loud @include(if: $no)", {"id", "name"}),
    ],
)
async def test_a_resolver_learns_what_is_read_of_its_rows(selected: str, wanted: set[str] | None) -> None:
    document = "query($no: Boolean = false) { page { things { __typename @skip(if: $no) %s ...F @skip(if: true) } } } fragment F on Thing { %s }"

    found = await fetched(document % (selected, "loud" if "...F" in selected else "__typename"))

    assert found[0] == (None if wanted is None else frozenset(wanted))


async def test_a_batched_read_learns_it_too() -> None:
    assert await fetched("{ page { things { id owner { loud } } } }") == [{"id", "owner_id"}, {"name"}]


async def test_several_ways_to_one_thing_want_all_of_it() -> None:
    assert (await fetched("{ page { things { id } } page { things { loud } } }"))[0] == {"id", "name"}
