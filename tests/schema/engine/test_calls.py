"""Fields outside of compiled subtrees are resolved as strawberry and graphql-core resolve them, whatever they take and however it is given."""

import asyncio
from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension

from schema.engine.calls import Call, Read
from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.fields import plain
from schema.engine.plans import Engine
from tests.schema.engine.comparing import by_core, told


@strawberry.enum
class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Size(Enum):
    SMALL = 1
    LARGE = 2


@strawberry.input
class Wish:
    colour: Colour
    size: Size | None = Size.SMALL
    sizes: list[Size] | None = None
    inner: "Wish | None" = None


class Noting(FieldExtension):
    """Tells what it was handed and what came of it."""

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        info.context.append(("before", info.field_name, sorted(arguments)))
        answer = await next_(source, info, **arguments)
        info.context.append(("after", info.field_name, str(answer)))
        return answer


class Doubling(FieldExtension):
    """Both ways."""

    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        return next_(source, info, **arguments) * 2

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        return await next_(source, info, **arguments) * 2


class Renaming(FieldExtension):
    """Hands the resolver another argument than the one given."""

    def map_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {"text": f"mapped {kwargs.get('text')}"}


def shown(**arguments: Any) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


async def say(text: str | None = "nothing") -> str:
    await asyncio.sleep(0)
    return shown(text=text)


def about_parent(here: strawberry.Parent[Any], info: strawberry.Info, number: int = 7) -> str:
    return f"{type(here).__name__} {info.field_name} {number}"


@strawberry.type
class Thing:
    name: str
    number: int | None
    wrong: int
    lost: str = strawberry.field(default_factory=str)
    upper: str = plain(lambda row: row.name.upper(), description="")
    broken: str | None = plain(lambda row: row.nothing, description="")

    @strawberry.field
    def below(self, info: strawberry.Info, id: strawberry.ID | None = None) -> "Thing":
        return made_thing(f"{self.name} {id} {info.path.key}")

    of_parent: str = strawberry.field(resolver=about_parent)


def made_thing(name: str) -> Thing:
    made = Thing(name=name, number=None, wrong="no number", lost="")  # type: ignore[arg-type]  # what a resolver gets wrong
    del made.lost
    return made


@strawberry.type
class Query:
    said: str = strawberry.field(resolver=say)
    noted: str | None = strawberry.field(resolver=say, extensions=[Noting()])
    twice: str = strawberry.field(resolver=say, extensions=[Doubling(), Noting()])
    mapped: str = strawberry.field(resolver=say, extensions=[Renaming()])

    @strawberry.field(extensions=[Doubling()])
    def twice_now(self, text: str) -> str:
        return text

    @strawberry.field
    def leaves(
        self, id: strawberry.ID, number: int = 3, colour: Colour | None = None, size: Size = Size.LARGE, camel_case: bool | None = None
    ) -> str:
        return shown(id=id, number=number, colour=colour, size=size, camel_case=camel_case)

    @strawberry.field
    def wishes(
        self, wish: Wish | None = None, many: list[Wish] | None = strawberry.UNSET,
        numbers: list[int] = [1],  # noqa: B006  what mustn't be shared, strawberry copies
    ) -> str:  # fmt: skip
        numbers.append(0)  # nobody else may see this
        return shown(wish=wish, many=many, numbers=numbers)

    @strawberry.field
    def maybe(self, text: strawberry.Maybe[str | None]) -> str:
        return shown(text=text)

    @strawberry.field
    def failing(self, number: int) -> str | None:
        raise ValueError(number)

    @strawberry.field
    async def failing_later(self, number: int | None = None) -> str | None:
        raise ValueError(number)

    @strawberry.field
    def thing(self) -> Thing:
        return made_thing("one")


SCHEMA = strawberry.Schema(query=Query)
THINGS = "{ thing { %s } }"
PREPARED = [
    ("{ said }", {}),
    ('{ said(text: "x") a: said(text: null) }', {}),
    ("query ($t: String) { said(text: $t) }", {"t": "given"}),
    ("query ($t: String) { said(text: $t) }", {"t": None}),
    ("query ($t: String) { said(text: $t) }", {}),
    ('query ($t: String = "by default") { said(text: $t) noted(text: $t) }', {}),
    ('{ noted twice(text: "2") }', {}),
    ('{ twiceNow(text: "2") }', {}),
    ("query ($i: ID!, $n: Int! = 5, $c: Colour) { leaves(id: $i, number: $n, colour: $c) }", {"i": 12, "c": "BLUE"}),
    ("query ($i: ID!, $s: Size!) { leaves(id: $i, size: $s, camelCase: true) }", {"i": "x", "s": "SMALL"}),
    ("{ leaves(id: 4, number: 1, colour: RED, size: SMALL) }", {}),
    ("query ($n: Int = 4) { leaves(id: 4, number: $n) }", {"n": None}),  # null in a place of its own default
    ("query ($w: Wish, $m: [Wish!]) { wishes(wish: $w, many: $m) }", {"w": {"colour": "RED", "inner": {"colour": "BLUE", "sizes": ["SMALL"]}}}),
    ("query ($w: Wish, $m: [Wish!]) { wishes(wish: $w, many: $m) }", {"m": [{"colour": "RED", "size": None}], "w": None}),
    ("query ($n: [Int!]!) { wishes(numbers: $n) }", {"n": [3]}),
    ("{ wishes }", {}),
    ("query ($t: String) { maybe(text: $t) }", {}),
    ("query ($t: String) { maybe(text: $t) }", {"t": None}),
    ("query ($t: String) { maybe(text: $t) }", {"t": "some"}),
    ("query ($n: Int!) { failing(number: $n) failingLater(number: $n) said }", {"n": 1}),
    (THINGS % "name number upper ofParent(number: 1)", {}),
    (THINGS % "name broken", {}),
    (THINGS % "wrong", {}),
    (THINGS % "lost", {}),
    (THINGS % "below { below(id: 3) { name ofParent } }", {}),
]
LEFT = [
    ("{ mapped }", {}),
    ("{ wishes(wish: {colour: RED, sizes: [LARGE]}, numbers: [2, 3]) }", {}),
    ("query ($c: Colour!) { wishes(wish: {colour: $c}) }", {"c": "RED"}),
]
"""Fields that are graphql-core's and strawberry's."""


async def both(source: str, variables: Mapping[str, Any]) -> tuple[Any, Engine]:
    """What comes of a document twice by graphql-core and twice by the engine, asserted to be the same to what extensions saw."""
    documents = Documents(SCHEMA, kept=10, check=lambda *_: [])
    prepared = documents.prepared(source)
    assert prepared.errors == ()
    operation = prepared.operation(None)
    assert operation is not None
    for _ in range(2):  # what is prepared by the first is used by the second
        seen_by_core: list[Any] = []
        seen: list[Any] = []
        expected = await by_core(operation, variables, seen_by_core)
        result = await run(SCHEMA, operation, variables, seen)
        assert (result.data, told(result)) == (expected.data, expected.errors)
        assert seen == seen_by_core
    return operation, operation.engine


def kinds(operation: Any) -> set[type]:
    """How the fields of an operation's selections were resolved."""
    return {type(call) for selection in operation.engine._selections.values() for _, call in selection._calls.values()}


@pytest.mark.parametrize(("source", "variables"), PREPARED)
async def test_prepared_fields_answer_as_strawberrys(source: str, variables: Mapping[str, Any]) -> None:
    operation, _ = await both(source, variables)

    assert kinds(operation) <= {Call, Read}


@pytest.mark.parametrize(("source", "variables"), LEFT)
async def test_others_are_left_to_them(source: str, variables: Mapping[str, Any]) -> None:
    operation, _ = await both(source, variables)

    assert kinds(operation) == {type(None)}


async def test_a_default_is_never_shared() -> None:
    documents = Documents(SCHEMA, kept=10, check=lambda *_: [])
    operation = documents.prepared("{ wishes }").operation(None)
    assert operation is not None

    answers = [(await run(SCHEMA, operation, {}, [])).data for _ in range(3)]

    assert answers == [{"wishes": "wish=None, many=UNSET, numbers=[1, 0]"}] * 3
