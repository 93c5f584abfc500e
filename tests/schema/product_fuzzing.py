"""Random documents over our own schema and a small company, by graphql-core and by the engine: the same answer, the same looks."""

import json
from collections.abc import Mapping
from copy import copy
from random import Random
from typing import Any

from graphql import GraphQLArgument, get_named_type, print_ast
from graphql.utilities import value_to_literal

from api.world import World
from auth.actor import Actor
from domain.audit.looking import Looks
from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.operations import Operation
from schema.kernel.context import Context
from schema.kernel.scalars import NATIVES
from schema.root import schema
from tests.architecture.full_world import Full
from tests.architecture.test_access import sample
from tests.schema.engine.comparing import Count, Mismatch, by_core, compare
from tests.schema.engine.random_documents import VARIABLES, Writer
from tests.world import Locale

ASKING = (
    "profile manager", "account manager", "account manager", "support in a view", "support in a view", "support", "operator administrator",
    "token that reads SIM cards", "stranger",
)  # fmt: skip
"""Who asks, some more often."""
ROOTS = ("viewer", "organization", "account", "account", "offerings", "order", "sim", "node", "node", "nodes")


class Questions:
    """Random queries that ask for what there is, mostly."""

    def __init__(self, full: Full, number: str, random: Random) -> None:
        self._full = full
        self._number = number
        self._random = random

    def next(self) -> str:
        """One query."""
        writer = Writer(schema._schema, self._random, self._literal, deepest=self._random.choice((3, 4, 5)), rate=self._random.choice((0, 0.1, 0.2)))
        query = schema._schema.query_type
        assert query is not None
        return writer.operation(query, list(ROOTS))

    def _literal(self, random: Random, field: str, name: str, argument: GraphQLArgument) -> str | None:
        kind = get_named_type(argument.type)
        is_required = str(argument.type).endswith("!")
        if kind.name == "ID":
            known = list(self._full.ids.values())
            by_name = {"account": "Account", "organization": "Organization"}.get(field)
            id = json.dumps(self._full.ids[by_name] if by_name else random.choice(known))
            return f"[{id}, {json.dumps(random.choice(known))}]" if field == "nodes" else id if is_required else None
        if name == "first":
            return random.choice(["3", "3", "3", "1", "1", "101"])
        if name == "by":
            return f"{{msisdn: {json.dumps(self._number)}}}"
        if name in {"last", "after", "before"} or (not is_required and random.random() < 0.9):
            return None
        literal = value_to_literal(sample(argument.type, name, self._full), argument.type)
        return print_ast(literal) if literal is not None else None


def context_of(world: World, actor: Actor | None, operation: Operation) -> Context:
    """One request."""
    return Context(
        database=world.database, now=world.clock.now(), locale=Locale.EN, actor=actor, address="127.0.0.1", user_agent="tests",
        request_id="test", parts=world, operation=operation,
    )  # fmt: skip


def looked(looks: Looks) -> Any:
    """What was looked at, in no order."""
    return looks.is_sensitive, {id: (look.paths, set(look.subjects)) for id, look in looks.by_organization.items()}


async def fuzz_product(world: World, full: Full, number: str, seed: int, *, documents: int, count: Count) -> None:
    """Compares on random queries, each asked by some of the actors, mostly managers; raises `Mismatch` at the first difference.

    `number` is the phone number of a SIM card.
    """
    random = Random(seed)
    questions, store = Questions(full, number, random), Documents(schema, kept=documents, natives=NATIVES)
    for _ in range(documents):
        source = questions.next()
        operation = store.prepared(source).operation(None)
        count.documents += 1
        if operation is None:
            count.invalid += 1
            continue
        for name in sorted({"profile manager", random.choice(ASKING)}):
            variables = {name: random.random() < 0.7 for name in VARIABLES}
            try:
                await _compare_run(world, full.actors[name], operation, variables, count)
            except Mismatch as mismatch:
                raise Mismatch(f"{source}\n{variables} as {name}, seed {seed}\n{mismatch}") from None


async def _compare_run(world: World, actor: Actor | None, operation: Operation, variables: Mapping[str, Any], count: Count) -> None:
    expected = context_of(world, actor, operation)
    core = await by_core(operation, variables, expected)
    for is_native in (False, True):
        context, before = context_of(world, actor, operation), copy(operation.engine.stats)
        ours = await run(schema, operation, variables, context, view=context.view, native=is_native)
        count.note(before, operation.engine.stats)
        count.faulty += bool(core.errors)
        count.unsettled += not compare(core, ours, is_native=is_native)
        if not core.errors and looked(context.looks) != looked(expected.looks):
            raise Mismatch(f"looks\n{looked(expected.looks)}\n{looked(context.looks)}")
