"""Runs documents by graphql-core and by the engine, and compares data and errors."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from inspect import isawaitable
from random import Random
from typing import Any, cast

from graphql import ExecutionResult, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.engine.documents import Documents
from schema.engine.encoding import encode
from schema.engine.executor import run
from schema.engine.operations import Operation
from schema.engine.plans import Stats
from tests.schema.engine.random_documents import VARIABLES, Writer
from tests.schema.engine.random_schemas import NATIVES, Context, Made, World, random_schema

CUT = "null at "
ADDRESS = re.compile(r"0x[0-9a-f]+")


class Mismatch(AssertionError):
    """The engine's answer isn't graphql-core's."""


@dataclass
class Count:
    """What a fuzz did."""

    executions: int = 0
    compiled: int = 0
    """Executions in which compiled code made something."""
    fallen: int = 0
    """Executions in which graphql-core made something that compiled code gave up or couldn't be compiled for."""
    deopts: int = 0
    faulty: int = 0
    """Executions with errors."""
    unsettled: int = 0
    """Executions whose errors competed for the same null, which time decides in graphql-core too."""
    documents: int = 0
    invalid: int = 0

    def note(self, before: Stats, after: Stats) -> None:
        """Adds one execution."""
        self.executions += 1
        self.compiled += after.hits > before.hits
        self.deopts += after.deopts > before.deopts
        self.fallen += after.deopts > before.deopts or after.fallbacks > before.fallbacks


@dataclass(frozen=True)
class Answer:
    """An answer by graphql-core, and whether nothing in it had to wait, so that even the order of its errors is determined."""

    data: Any
    errors: list[str]
    places: set[str]
    is_ordered: bool

    @property
    def is_cut(self) -> bool:
        """Whether an error took more with it than its own field: how much below was resolved by then is a matter of time."""
        return any(place.startswith(CUT) for place in self.places)


async def by_core(operation: Operation, variables: Mapping[str, Any], context: Any) -> Answer:
    """graphql-core's answer, as strawberry runs it."""
    result: Any = execute(
        operation.engine.facts.schema, operation.document, variable_values=dict(variables), operation_name=operation.name,
        context_value=context, is_awaitable=cast(Any, optimized_is_awaitable), executor_class=StrawberryGraphQLCoreExecutionContext,
    )  # fmt: skip
    is_ordered = not isawaitable(result)
    result = result if is_ordered else await result
    return Answer(result.data, told(result), places(result), is_ordered)


def told(result: ExecutionResult) -> list[str]:
    """The errors as text."""
    return [ADDRESS.sub("0x", json.dumps(error.formatted, default=str, sort_keys=True)) for error in result.errors or ()]


def places(result: ExecutionResult) -> set[str]:
    """What the errors made null: where several errors make one place null, which of them is told is a matter of time."""
    found = set()
    for error, text in zip(result.errors or (), told(result), strict=True):
        value, place = result.data, []
        for step in error.path or ():
            if value is None:
                break
            value = value[step]
            place.append(step)
        found.add(f"{CUT}{place}" if len(place) < len(error.path or ()) else text)
    return found


def written(data: Any, *, is_native: bool) -> str:
    """Data as text: in JSON as it is sent, or in Python with the types of values."""
    try:
        text = encode(data).decode() if is_native else repr(data)
    except TypeError as error:  # a JSON scalar with what is none
        text = str(error)
    return ADDRESS.sub("0x", text)


def compare(core: Answer, ours: ExecutionResult, *, is_native: bool) -> bool:
    """Whether two answers are the same to the letter; raises `Mismatch` unless they are but for errors that competed for the same null."""
    expected, got = written(core.data, is_native=is_native), written(ours.data, is_native=is_native)
    errors = told(ours)
    if expected != got:
        raise Mismatch(f"data\n{expected}\n{got}\nerrors\n{core.errors}\n{errors}")
    if core.errors == errors or (not core.is_ordered and sorted(core.errors) == sorted(errors)):
        return True
    if core.is_ordered or core.places != places(ours):
        raise Mismatch(f"errors\n{core.errors}\n{errors}\ndata\n{expected}")
    return False


def literal(random: Random, _field: str, _name: str, _argument: Any) -> str | None:
    """The only argument of random schemas is a small number."""
    return random.choice([None, "2", "0"])


async def fuzz(seeds: Iterable[int], *, documents: int, runs: int, count: Count) -> None:
    """Compares on the random schemas of these seeds; raises `Mismatch` at the first difference."""
    for seed in seeds:
        await fuzz_one(seed, documents=documents, runs=runs, count=count)


async def fuzz_one(seed: int, *, documents: int, runs: int, count: Count) -> None:
    """The same on one schema."""
    await _fuzz_schema(random_schema(seed), Random(seed), documents, runs, count)


async def _fuzz_schema(made: Made, random: Random, documents: int, runs: int, count: Count) -> None:
    store = Documents(made.schema, kept=documents, natives=NATIVES)
    roots = [each for each in (made.schema._schema.query_type, made.schema._schema.query_type, made.schema._schema.mutation_type) if each]
    for _ in range(documents):
        root = random.choice(roots)
        writer = Writer(made.schema._schema, random, literal, rate=random.choice((0, 0.15, 0.3)), is_free_outside=random.random() < 0.3)
        source = writer.operation(root, list(root.fields))
        operation = store.prepared(source).operation(None)
        count.documents += 1
        if operation is None:
            count.invalid += 1
            continue
        viewers = [({name: random.random() < 0.6 for name in VARIABLES}, level) for level in random.sample((0, 1, 2, 2), 2)]
        for _ in range(runs):
            variables, level = random.choice(viewers)
            if random.random() < 0.5:
                variables = {name: value for name, value in variables.items() if name != "no"}
            seed, faults = random.randrange(10**9), random.choice((0, 0, 0, 0.01, 0.04))
            try:
                await _compare_run(made, operation, source, variables, level, seed, faults, count)
            except Mismatch as mismatch:
                raise Mismatch(f"{source}\n{variables} level {level} world {seed} faults {faults}\n{mismatch}") from None


async def _compare_run(
    made: Made, operation: Operation, source: str, variables: Mapping[str, Any], level: int, seed: int, faults: float, count: Count
) -> None:
    world = World(made, seed, faults, source)
    try:
        first, expected = world, Context(world, level)
        core = await by_core(operation, variables, expected)
        await _settled()
        for is_native in (False, True):
            world, before = world.again(), copy(operation.engine.stats)
            context = Context(world, level)
            ours = await run(made.schema, operation, variables, context, view=level, native=is_native)
            await _settled()
            is_less = context.seen < expected.seen and core.is_cut  # neither more than graphql-core would ever resolve nor other rows
            is_noted = context.seen == expected.seen or is_less or (core.errors and context.seen > expected.seen)
            if world is first and not is_noted:
                raise Mismatch(f"{len(context.seen)} instead of {len(expected.seen)} rows were seen behind guards")
            count.note(before, operation.engine.stats)
            count.faulty += bool(core.errors)
            count.unsettled += not compare(core, ours, is_native=is_native)
    finally:
        world.close()


async def _settled() -> None:
    """Lets end what an execution left in the background, as graphql-core does where an error overtakes what still waits."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left)
