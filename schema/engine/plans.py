"""Compiled subtrees, kept within bounds for as long as they are used, and how they fare."""

import logging
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from inspect import getattr_static
from time import perf_counter
from types import MemberDescriptorType
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from strawberry import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Core

from schema.engine.calls import Call, Calls, Read
from schema.engine.compiler import Compiler, Plan, Shapes, Site, Uncompilable
from schema.engine.facts import Attribute, Facts
from schema.engine.fields import Guard
from schema.engine.natives import Natives
from schema.engine.wanted import Selections

LOG = logging.getLogger("schema.engine")
Key = tuple[Hashable, ...]
"""Of a selection: its operation, then what decides about it there."""
PAYS_AFTER = 16
"""Rows after which a subtree is compiled: compiling it takes about as long as graphql-core takes for so many (README.md, Measured)."""
MOST_SELECTIONS = 2000
"""Selections that are kept: of all operations, by what their @skip and @include say, by view and by form."""
MOST_PLANNED = 50_000
"""Fields of all plans that are kept, at about a kilobyte each."""
MOST_DEOPTS = 8
"""Failures after which a plan is given up that has failed more often than not."""


@dataclass(slots=True)
class Stats:
    """Counts since the start."""

    compiled: int = 0
    """Subtrees compiled."""
    hits: int = 0
    """Subtrees made by compiled code."""
    deopts: int = 0
    """Subtrees that compiled code gave up, so that graphql-core made them."""
    fallbacks: int = 0
    """Subtrees that can't be compiled and were left to graphql-core."""
    faults: int = 0
    """Subtrees that couldn't be compiled by a bug of the compiler; each is logged."""
    compile_seconds: float = 0.0


class Engine:
    """One schema's side of compiled execution, shared by all its operations."""

    def __init__(self, schema: Schema, natives: Natives | None = None) -> None:
        """Raises `ValueError` for a schema whose resolvers are wrapped by what compiled code would go round."""
        if schema.directives or any(extension._implements_resolve() for extension in schema.get_extensions()):
            raise ValueError("Schema extensions with a `resolve` hook and operation directives of one's own aren't supported.")
        if schema.config.enable_experimental_incremental_execution:
            raise ValueError("Incremental delivery isn't supported.")
        self.schema = schema
        self.facts = Facts(schema._schema, natives or {})
        self.calls = Calls(schema, self.facts)
        self.shapes = Shapes()
        self.stats = Stats()
        self._selections: OrderedDict[Key, Selection] = OrderedDict()
        self._planned = 0

    def selection(self, key: Key) -> "Selection | None":
        """A selection that is kept; being used, it stays."""
        found = self._selections.get(key)
        if found is not None:
            self._selections.move_to_end(key)
        return found

    def keep(self, key: Key, selection: "Selection") -> "Selection":
        """Keeps a selection, and lets the least used go where there are too many."""
        selection.is_kept = True
        self._selections[key] = selection
        self._trim()
        return selection

    def planned(self, selection: "Selection", fields: int) -> None:
        """Notes that a selection has some more fields in plans."""
        if selection.is_kept:
            selection.planned += fields
            self._planned += fields
            self._trim()

    def forget(self, operations: Collection[Any]) -> None:
        """Lets the selections of some operations go, whose document isn't kept any more: they would hold all of it."""
        for key in [key for key in self._selections if key[0] in operations]:
            self._drop(key)

    def _trim(self) -> None:
        while self._selections and (len(self._selections) > MOST_SELECTIONS or self._planned > MOST_PLANNED):
            self._drop(next(iter(self._selections)))

    def _drop(self, key: Key) -> None:
        gone = self._selections.pop(key)
        gone.is_kept = False
        self._planned -= gone.planned


class Subtree:
    """The values of one field of an operation: how many were made so far, and their plan once it pays to have one."""

    __slots__ = ("_deopts", "_details", "_hits", "_lists", "_rows", "is_leaf", "is_left", "plan")

    def __init__(self, details: FieldDetailsList, lists: Iterable[str] = (), *, is_leaf: bool = False) -> None:
        """`lists` names attributes of its rows that hold lists."""
        self.plan: Plan | None = None
        self.is_leaf = is_leaf
        self.is_left = is_leaf
        """Left to graphql-core for good."""
        self._details = details  # held, for it is known by its id
        self._lists = tuple(lists)
        self._rows = self._hits = self._deopts = 0

    def pays(self, value: Any) -> bool:
        """Whether it pays to compile it now that this value is to be made: rows are counted, one list deep."""
        held = value if isinstance(value, list | tuple) else None
        self._rows += 1 if held is None else len(held)
        for name in self._lists if held is None else ():
            held = getattr_static(value, name, None)
            if isinstance(held, MemberDescriptorType):
                held = getattr(value, name, None)
            self._rows += len(held) if isinstance(held, list | tuple) else 0
        return self._rows >= PAYS_AFTER

    def made(self) -> None:
        """Notes that the plan made a value."""
        self._hits += 1

    def failed(self) -> None:
        """Notes that the plan gave up; one that mostly does is dropped."""
        self._deopts += 1
        if self._deopts >= MOST_DEOPTS and self._deopts > self._hits:
            self.plan, self.is_left = None, True


class Selection:
    """An operation as one viewer sees it under given values of what its @skip and @include ask."""

    __slots__ = ("_calls", "_engine", "_is_native", "_subtrees", "_view", "collected", "is_kept", "planned", "root", "stats")

    def __init__(self, engine: Engine, root: GroupedFieldSet, view: Hashable, *, is_native: bool) -> None:
        self.root = root
        self.collected: dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]] = {}
        """The executor's own memory of sub-fields, kept from one request to the next."""
        self.stats = engine.stats
        self.is_kept = False
        self.planned = 0
        """Fields in its plans."""
        self._engine = engine
        self._view = view
        self._is_native = is_native
        self._subtrees: dict[int, Subtree] = {}
        self._calls: dict[int, tuple[FieldDetailsList, Read | Call | None]] = {}

    def call(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | Call | None:
        """How a field is resolved outside of compiled subtrees; null where that is graphql-core's."""
        found = self._calls.get(id(details))
        if found is None:
            found = self._calls[id(details)] = details, self._engine.calls.prepared(parent, details)  # held, for it is known by its id
        return found[1]

    def subtree(self, executor: Core, details: FieldDetailsList, info: GraphQLResolveInfo[Any]) -> Subtree:
        """What is known of a field's values."""
        found = self._subtrees.get(id(details))
        if found is None:
            is_leaf = is_leaf_type(get_named_type(info.return_type))
            lists = () if is_leaf else self._lists(executor, details, info.return_type)
            found = self._subtrees[id(details)] = Subtree(details, lists, is_leaf=is_leaf)
        return found

    def _lists(self, executor: Core, details: FieldDetailsList, type_: GraphQLOutputType) -> Iterable[str]:
        object_type = get_nullable_type(type_)
        if isinstance(object_type, GraphQLObjectType):
            for of_key in executor.collect_subfields(object_type, details).grouped_field_set.values():
                name = of_key[0].node.name.value
                field = self._engine.facts.schema.get_field(object_type, name)
                if field is not None and isinstance(get_nullable_type(field.type), GraphQLList):
                    way = self._engine.facts.way(object_type, name, field)
                    if way is not None and isinstance(way.source, Attribute):
                        yield way.source.name

    def compile(self, executor: Core, subtree: Subtree, details: FieldDetailsList, info: GraphQLResolveInfo[Any]) -> None:
        """Gives a subtree its plan, or leaves it for good."""

        def is_allowed(guard: Guard) -> bool:
            return self._view is not None and guard.allows(executor.context_value)

        engine, started = self._engine, perf_counter()
        wanted = Selections(engine.facts, executor.fragment_definitions).wanted
        compiler = Compiler(
            engine.facts, engine.shapes, executor.collect_subfields, is_allowed, wanted, is_native=self._is_native,
            is_alone=not any(isinstance(key, int) for key in info.path.as_list()),
        )  # fmt: skip
        try:
            subtree.plan = compiler.plan(Site(info.parent_type, info.field_nodes, info.return_type), details)
            engine.stats.compiled += 1
            engine.planned(self, subtree.plan.size)
        except Uncompilable:
            subtree.is_left = True
        except Exception:  # what graphql-core can answer is answered
            subtree.is_left = True
            engine.stats.faults += 1
            LOG.exception("%s.%s could not be compiled", info.parent_type, info.field_name)
        engine.stats.compile_seconds += perf_counter() - started
