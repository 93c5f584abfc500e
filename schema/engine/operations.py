"""What of an operation no request changes: its fragments, its variables' types, and on what its selections depend."""

from collections.abc import Hashable, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_named_type,
    is_input_object_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values, input_is_nested_too_deeply
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from schema.engine.plans import Engine, Selection
from schema.engine.wanted import Selections

MOST_ERRORS = 50
"""Faults of variables that are told at once, as graphql-core has it."""


class Operation:
    """One operation of a validated document."""

    __slots__ = (
        "__weakref__", "_conditions", "_is_plain", "_objects", "_signatures", "definitions", "document", "engine", "fragments", "kind",
        "name", "node", "selections", "state",
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
        told = [signature for signature in self._signatures if not isinstance(signature, GraphQLError)]
        self._objects = {signature.name for signature in told if is_input_object_type(get_named_type(signature.type))}

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
                if name in self._objects and input_is_nested_too_deeply(value, type_):
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
        key = (self, chosen, view, is_native)
        found = self.engine.selection(key)
        if found is not None:
            return found
        try:
            fields, deferred, _ = collect_fields(self._schema, self.fragments, values, root_type, self.node)
        except RecursionError:
            return None
        if deferred:
            return None
        return self.engine.keep(key, Selection(self.engine, fields, view, is_native=is_native))


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
