"""Guards: fields that compiled code may show, and what they learn of it."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension

from schema.engine import plans
from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.fields import batched
from schema.engine.loading import Loaders

ROWS = 40
CURSED = 13


@dataclass
class Row:
    """A thing with a secret."""

    id: int
    secret: str = "s"


class Lock(FieldExtension):
    """Refuses everybody but the keeper, and is told what was shown."""

    def allows(self, context: Any) -> bool:
        return bool(context.is_keeper)

    def seen(self, context: Any, shown: list[tuple[Row, str]]) -> None:
        context.seen.append([(row.id, value) for row, value in shown])

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        if not info.context.is_keeper:
            raise PermissionError("locked")
        info.context.slowly.append(source.id)
        shown = next_(source, info, **kwargs)
        return await shown if isawaitable(shown) else shown


async def loot(_context: Any, keys: list[int]) -> list[str | Exception | None]:
    """Nothing for every third row; the thirteenth is cursed."""
    return [OSError("cursed") if key == CURSED else f"gold {key}" if key % 3 else None for key in keys]


@strawberry.type
class Thing:
    id: int
    secret: str | None = strawberry.field(extensions=[Lock()])
    loot: str | None = batched(loot, key="id", description="Loaded.", extensions=[Lock()])


@strawberry.type
class Query:
    @strawberry.field
    def things(self, count: int = ROWS) -> list[Thing]:
        return [Row(number) for number in range(count)]  # type: ignore[misc]  # served from rows

    @strawberry.field
    def none(self) -> list[Thing]:
        return []


class Viewer:
    def __init__(self, is_keeper: bool) -> None:
        self.is_keeper = is_keeper
        self.loaders = Loaders(self)
        self.seen: list[list[tuple[int, str]]] = []
        self.slowly: list[int] = []


SCHEMA = strawberry.Schema(query=Query)
DOCUMENTS = Documents(SCHEMA, kept=5)


async def answered(document: str, viewer: Viewer) -> Any:
    operation = DOCUMENTS.prepared(document).operation(None)
    assert operation is not None
    return await run(SCHEMA, operation, {}, viewer, view=viewer.is_keeper)


async def test_who_is_let_pass_is_served_by_compiled_code_and_the_guard_is_told_once() -> None:
    viewer = Viewer(is_keeper=True)

    result = await answered("{ things { id secret } }", viewer)

    assert not result.errors
    assert result.data is not None
    assert result.data["things"][-1] == {"id": ROWS - 1, "secret": "s"}
    assert viewer.seen == [[(number, "s") for number in range(ROWS)]]
    assert not viewer.slowly


@pytest.mark.parametrize("turn", [1, 2])
async def test_who_is_refused_gets_every_error_whatever_was_compiled_for_others(turn: int) -> None:
    await answered("{ things { id secret } }", Viewer(is_keeper=True))
    viewer = Viewer(is_keeper=False)

    result = await answered("{ things { id secret } }", viewer)

    assert len(result.errors or ()) == ROWS
    assert {error.message for error in result.errors or ()} == {"locked"}
    assert viewer.seen == []


async def test_a_guard_is_told_what_was_loaded_and_not_of_nulls() -> None:
    viewer = Viewer(is_keeper=True)

    result = await answered("{ things(count: 13) { loot } }", viewer)
    result = await answered("{ things(count: 13) { loot } }", viewer)

    assert not result.errors
    assert viewer.seen == [[(number, f"gold {number}") for number in range(CURSED) if number % 3]]


async def test_a_loaded_exception_is_raised_where_it_belongs_alone() -> None:
    viewer = Viewer(is_keeper=True)

    result = await answered("{ things { loot } }", viewer)

    assert [(error.message, error.path) for error in result.errors or ()] == [("cursed", ["things", CURSED, "loot"])]
    assert result.data is not None
    assert result.data["things"][CURSED - 2 : CURSED + 2] == [{"loot": "gold 11"}, {"loot": None}, {"loot": None}, {"loot": "gold 14"}]
    assert viewer.seen == []


async def test_a_field_that_was_not_asked_is_not_told_of() -> None:
    viewer = Viewer(is_keeper=True)

    await answered("{ things { id } }", viewer)

    assert viewer.seen == []


async def test_nobody_is_told_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "PAYS_AFTER", 0)
    viewer, before = Viewer(is_keeper=True), DOCUMENTS.stats.hits

    await answered("{ none { id secret } }", viewer)

    assert DOCUMENTS.stats.hits == before + 1
    assert viewer.seen == []
