"""What of an operation no request changes: its variables' types, its collected fields and its compiled subtrees, all bounded."""

import logging
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from inspect import getattr_static
from time import perf_counter
from types import MemberDescriptorType
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, FragmentDetails, GroupedFieldSet, collect_fields
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values, input_is_nested_too_deeply
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value
from strawberry import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Core

from schema.engine.compiler import Compiler, Plan, Shapes, Site, Uncompilable
from schema.engine.facts import Attribute, Facts
from schema.engine.fields import Guard
from schema.engine.natives import Native, Natives
from schema.engine.wanted import Selections

__all__ = ["Engine", "Native", "Natives", "Operation", "Selection", "Stats", "Subtree"]
LOG = logging.getLogger("schema.engine")
PAYS_AFTER = 16
"""Rows after which a subtree is compiled: compiling it takes about as long as graphql-core takes for so many (README.md, Measured)."""
MOST_SELECTIONS = 32
"""Kept ways to see one operation: by what its @skip and @include say, by view and by form."""
MOST_DEOPTS = 8
"""Failures after which a plan is given up that has failed more often than not."""
MOST_ERRORS = 50
"""Faults of variables that are told at once, as graphql-core has it."""


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
        self.shapes = Shapes()
        self.stats = Stats()


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

    __slots__ = ("_engine", "_is_native", "_subtrees", "_view", "collected", "root", "stats")

    def __init__(self, engine: Engine, root: GroupedFieldSet, view: Hashable, *, is_native: bool) -> None:
        self.root = root
        self.collected: dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]] = {}
        """The executor's own memory of sub-fields, kept from one request to the next."""
        self.stats = engine.stats
        self._engine = engine
        self._view = view
        self._is_native = is_native
        self._subtrees: dict[int, Subtree] = {}

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
        compiler = Compiler(engine.facts, engine.shapes, executor.collect_subfields, is_allowed, wanted, is_native=self._is_native)
        try:
            subtree.plan = compiler.plan(Site(info.parent_type, info.field_nodes, info.return_type), details)
            engine.stats.compiled += 1
        except Uncompilable:
            subtree.is_left = True
        except Exception:  # what graphql-core can answer is answered
            subtree.is_left = True
            engine.stats.faults += 1
            LOG.exception("%s.%s could not be compiled", info.parent_type, info.field_name)
        engine.stats.compile_seconds += perf_counter() - started


class Operation:
    """One operation of a validated document."""

    __slots__ = (
        "_conditions", "_is_plain", "_selections", "_signatures", "definitions", "document", "engine", "fragments", "kind", "name", "node",
        "selections", "state",
    )  # fmt: skip

    def __init__(self, engine: Engine, document: DocumentNode, node: OperationDefinitionNode) -> None:
        definitions = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
        self.engine = engine
        self.document = document
        self.node = node
        self.name = node.name.value if node.name else None
        self.kind = node.operation
        self.definitions = definitions
        self.fragments = {name: FragmentDetails(part) for name, part in definitions.items()}
        self.selections = Selections(engine.facts, definitions)
        """Who fetches rows asks it what of them is wanted."""
        self.state: dict[str, Any] | None = None
        """The part of an executor's state that is the same for all requests, once there was one."""
        self._is_plain = not node.directives and not any(part.variable_definitions for part in definitions.values())
        self._conditions = tuple(sorted(_conditions(node, definitions)))
        self._signatures = [get_variable_signature(self._schema, part) for part in node.variable_definitions or ()]
        self._selections: OrderedDict[Hashable, Selection] = OrderedDict()

    @property
    def _schema(self) -> GraphQLSchema:
        return self.engine.facts.schema

    def values(self, variables: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The variables coerced, or what is wrong with them, as graphql-core has both."""
        try:
            found = self._coerced(variables)
        except Exception:  # it is told below
            found = None
        return found or get_variable_values(self._schema, self.node.variable_definitions or (), dict(variables), max_errors=MOST_ERRORS)

    def _coerced(self, variables: Mapping[str, Any]) -> VariableValues | None:
        """The variables coerced by their known types; null if anything is wrong."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._signatures:
            if isinstance(signature, GraphQLError):
                return None
            name, type_ = signature.name, signature.type
            value = variables.get(name, Undefined)
            sources[name] = VariableValueSource(signature, value)
            if value is not Undefined:
                if is_input_object_type(get_named_type(type_)) and input_is_nested_too_deeply(value, type_):
                    return None
                coerced[name] = coerce_input_value(value, type_)
            elif signature.default is not None:
                coerced[name] = coerce_default_value(signature)
            elif is_non_null_type(type_):
                return None
            else:
                continue
            if coerced[name] is Undefined:
                return None
        return VariableValues(sources, coerced)

    def selection(self, values: VariableValues, view: Hashable, *, is_native: bool) -> Selection | None:
        """The operation's fields for these variables and this viewer; null where they can't be kept."""
        chosen = tuple([values.coerced.get(name) for name in self._conditions])
        root_type = self._schema.get_root_type(self.kind)
        if not self._is_plain or root_type is None or not all(value is True or value is False for value in chosen):
            return None
        key = (chosen, view, is_native)
        found = self._selections.get(key)
        if found is not None:
            self._selections.move_to_end(key)
            return found
        try:
            fields, deferred, _ = collect_fields(self._schema, self.fragments, values, root_type, self.node)
        except RecursionError:
            return None
        if deferred:
            return None
        found = self._selections[key] = Selection(self.engine, fields, view, is_native=is_native)
        if len(self._selections) > MOST_SELECTIONS:
            self._selections.popitem(last=False)
        return found


def _conditions(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """The variables that directives of the operation's selections ask."""
    names: set[str] = set()
    met: set[str] = set()
    waiting: list[Any] = [operation]
    while waiting:
        node = waiting.pop()
        for directive in node.directives or ():
            names |= _variables(directive)
        if isinstance(node, FragmentSpreadNode) and node.name.value not in met and node.name.value in fragments:
            met.add(node.name.value)
            waiting.append(fragments[node.name.value])
        selections = getattr(node, "selection_set", None)
        waiting.extend(selections.selections if selections else ())
    return names


def _variables(directive: DirectiveNode) -> set[str]:
    return {argument.value.name.value for argument in directive.arguments or () if isinstance(argument.value, VariableNode)}
