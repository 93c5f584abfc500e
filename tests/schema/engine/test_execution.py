"""What the engine does besides answering as graphql-core: when it compiles, when it gives up, what it keeps, what it refuses."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult
from strawberry.extensions import FieldExtension, ParserCache, SchemaExtension

from schema.engine import compiler, plans
from schema.engine.documents import Documents
from schema.engine.encoding import encode
from schema.engine.executor import CompiledExecutor, run
from schema.engine.fields import batched, plain
from schema.engine.loading import Loaders


class Row:
    """A thing served from its attributes."""

    def __init__(self, number: int, part: "Row | None" = None) -> None:
        self.number: Any = number
        self.part = part
        self.parts = [part] * 3 if part else []
        setattr(self, "class", f"class {number}")


class Failing(FieldExtension):
    """A guard with a bug."""

    def allows(self, context: Any) -> bool:
        raise RuntimeError("no idea")

    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return next_(source, info, **arguments)


async def doubled(context: "Request", keys: list[int]) -> list[int]:
    context.loads += 1
    await context.before_loading()
    return [key * 2 for key in keys]


@strawberry.type
class Thing:
    number: int
    class_: str = strawberry.field(name="class", resolver=lambda root: getattr(root, "class"), graphql_type=str)
    text: str = plain(lambda row: f"number {row.number}", description="")
    double: int = batched(doubled, key="number", description="")
    part: "Thing | None"
    parts: list["Thing"]
    doubtful: int | None = plain(lambda row: row.number, description="", extensions=[Failing()])


@strawberry.type
class Query:
    @strawberry.field
    async def things(self, info: strawberry.Info, first: int = 3) -> list[Thing]:
        return info.context.rows[:first]  # type: ignore[no-any-return]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, info: strawberry.Info) -> list[Thing]:
        info.context.rows.append(Row(len(info.context.rows)))
        return list(info.context.rows)


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation)


class Request:
    """One request's context."""

    def __init__(self, rows: int = 40, before_loading: Callable[[], Any] | None = None) -> None:
        self.rows = [Row(number, Row(-number)) for number in range(rows)]
        self.loads = 0
        self.loaders = Loaders(self)
        self._before_loading = before_loading

    async def before_loading(self) -> None:
        if self._before_loading is not None:
            await self._before_loading()


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, kept=10)


async def answer(documents: Documents, source: str, context: Request | None = None, /, *, native: bool = False, **variables: Any) -> ExecutionResult:
    operation = documents.prepared(source).operation(None)
    assert operation is not None, documents.prepared(source).errors
    return await run(SCHEMA, operation, variables, context or Request(), native=native)


async def test_few_rows_are_not_worth_compiling_until_they_add_up(documents: Documents) -> None:
    await answer(documents, "{ things(first: 3) { number } }")
    assert documents.stats.compiled == 0

    for _ in range(plans.PAYS_AFTER // 3 + 1):
        await answer(documents, "{ things(first: 3) { number } }")

    assert documents.stats.compiled == 1
    assert documents.stats.hits > 0


async def test_many_rows_are_worth_it_at_once(documents: Documents) -> None:
    result = await answer(documents, "{ things(first: 40) { number text } }")

    assert result.data is not None
    assert result.data["things"][39] == {"number": 39, "text": "number 39"}
    assert (documents.stats.compiled, documents.stats.hits, documents.stats.fallbacks) == (1, 1, 0)


async def test_structs_and_dicts_are_the_same_json(documents: Documents) -> None:
    source = "query($first: Int!) { things(first: $first) { kind: __typename number double parts { text part { number } } } }"

    dicts, structs = [await answer(documents, source, first=40, native=native) for native in (False, True)]

    assert dicts.data is not None and structs.data is not None
    assert isinstance(dicts.data["things"][0], dict)
    assert not isinstance(structs.data["things"][0], dict)
    assert encode(structs.data) == encode(dicts.data)
    assert json.loads(encode(structs.data)) == dicts.data


async def test_what_is_loaded_alike_is_loaded_once_for_all_rows_and_places(documents: Documents) -> None:
    context = Request()

    result = await answer(documents, "{ things(first: 40) { double part { double } } }", context)

    assert result.data is not None
    assert result.data["things"][5] == {"double": 10, "part": {"double": -10}}
    assert context.loads == 1


async def test_a_payload_below_a_mutation_is_compiled_and_the_mutation_runs_once(documents: Documents) -> None:
    context = Request()
    context.rows[7].number = "seven"

    result = await answer(documents, "mutation { add { text number } }", context)

    assert len(context.rows) == 41
    assert documents.stats.deopts == 1
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["add", 7, "number"]]


async def test_a_fault_while_loading_is_told_for_each_row_as_graphql_core_does(documents: Documents) -> None:
    async def broken() -> None:
        raise OSError("down")

    result = await answer(documents, "{ things(first: 40) { number double } }", Request(before_loading=broken))

    assert result.data is None
    assert {error.message for error in result.errors or ()} == {"down"}
    assert documents.stats.deopts == 1


async def test_who_cancels_a_request_ends_it(documents: Documents) -> None:
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(answer(documents, "{ things(first: 40) { double } }", Request(before_loading=forever)))
    await started.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert documents.stats.deopts == 0


async def test_a_plan_that_mostly_gives_up_is_dropped(documents: Documents) -> None:
    for _ in range(plans.MOST_DEOPTS + 5):
        context = Request()
        context.rows[0].number = "zero"
        await answer(documents, "{ things(first: 40) { number } }", context)

    assert documents.stats.deopts == plans.MOST_DEOPTS
    assert documents.stats.fallbacks == 5


async def test_without_a_view_guarded_fields_are_left_to_their_guards(documents: Documents) -> None:
    await answer(documents, "{ things(first: 40) { number doubtful } }")

    assert documents.stats.hits == 0
    assert documents.stats.fallbacks > 0


async def test_a_bug_while_compiling_costs_no_answer(documents: Documents, caplog: pytest.LogCaptureFixture) -> None:
    operation = documents.prepared("{ things(first: 40) { doubtful } }").operation(None)
    assert operation is not None

    result = await run(SCHEMA, operation, {}, Request(), view="somebody")

    assert result.data is not None
    assert result.data["things"][39] == {"doubtful": 39}
    assert documents.stats.faults == 1
    assert "could not be compiled" in caplog.text


async def test_subtrees_that_grow_without_bound_are_left(documents: Documents) -> None:
    fragments = " ".join(f"fragment F{n} on Thing {{ a: part {{ ...F{n + 1} }} b: part {{ ...F{n + 1} }} }}" for n in range(30))
    source = f"{{ things(first: 40) {{ ...F0 }} }} {fragments} fragment F30 on Thing {{ number }}"

    result = await answer(documents, source)

    assert not result.errors
    assert documents.stats.compile_seconds < 5


async def test_lists_deeper_than_python_nests_loops_are_left(documents: Documents) -> None:
    source = "{ things(first: 40) " + "{ parts " * 22 + "{ number }" + " }" * 22 + " }"

    result = await answer(documents, source)

    assert not result.errors
    assert documents.stats.faults == 0


async def test_what_is_kept_is_bounded(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_PLANNED", 10)
    monkeypatch.setattr(compiler, "MOST_TEXT", 1)
    for number in range(30):
        await answer(documents, f"{{ things(first: 40) {{ n{number}: number text }} }}")

    engine = documents.engine
    assert len(documents) == 10
    assert engine._planned <= 10
    assert len(engine._selections) <= 5
    assert not engine.shapes._codes
    assert documents.stats.compiled == 30


async def test_the_least_used_document_leaves_and_a_pinned_one_stays(documents: Documents) -> None:
    pinned, first = documents.pin("{ __typename }"), documents.prepared("{ a: __typename }")

    for number in range(12):
        documents.prepared(f"{{ n{number}: __typename }}")

    assert documents.prepared("{ __typename }") is documents.pin("{ __typename }") is pinned
    assert documents.prepared("{ a: __typename }") is not first


def test_documents_are_checked_and_tell_what_is_wrong() -> None:
    documents = Documents(SCHEMA, kept=2, check=lambda document: len(document.definitions), most_tokens=20)

    assert documents.prepared("{ __typename } fragment F on Thing { number }").checked == 2
    assert documents.prepared("{").errors
    assert documents.prepared("{ nothing }").errors
    assert documents.prepared("{ nothing }").operation(None) is None
    assert documents.prepared("{ " + "a: __typename " * 20 + "}").errors
    assert documents.prepared("query A { __typename } query B { __typename }").operation(None) is None
    assert documents.prepared("query A { __typename } query B { __typename }").operation("B") is not None


async def test_variables_are_refused_in_graphql_cores_words(documents: Documents) -> None:
    result = await answer(documents, "query($first: Int!) { things(first: $first) { number } }", first="many")

    assert result.data is None
    assert "Int cannot represent non-integer value: 'many'" in (result.errors or ())[0].message


class Wrapping(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        return _next(root, info, *args, **kwargs)


async def test_a_schema_that_wraps_its_resolvers_is_refused() -> None:
    with pytest.raises(ValueError, match="resolve"):
        Documents(strawberry.Schema(query=Query, extensions=[Wrapping]), kept=1)
    operation = Documents(strawberry.Schema(query=Query), kept=1).prepared("{ __typename }").operation(None)
    assert operation is not None
    with pytest.raises(ValueError, match="another schema"):
        await run(SCHEMA, operation, {}, None)


@pytest.mark.parametrize("extensions", [[], [Wrapping]])
async def test_any_strawberry_schema_can_be_given_the_executor(extensions: list[Any]) -> None:
    def parsed() -> ParserCache:
        return ParserCache()

    schema = strawberry.Schema(query=Query, mutation=Mutation, extensions=[*extensions, parsed], execution_context_class=CompiledExecutor)
    ordinary = strawberry.Schema(query=Query, mutation=Mutation)
    source = "query($yes: Boolean!) { things(first: 40) { number double @include(if: $yes) part { text } } }"

    for yes in (True, False, True):
        got = await schema.execute(source, variable_values={"yes": yes}, context_value=Request())
        expected = await ordinary.execute(source, variable_values={"yes": yes}, context_value=Request())
        assert got.data == expected.data
        assert got.errors == expected.errors
