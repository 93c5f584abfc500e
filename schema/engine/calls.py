"""Fields outside of compiled subtrees: resolved as strawberry resolves them, but with all prepared that no request changes."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any, NamedTuple, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    Undefined,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import coerce_argument
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import build_field_extension_resolvers
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from schema.engine.facts import Attribute, Facts, declared_by
from schema.engine.fields import Plain

Values = Mapping[str, Any]
LASTING = (str, int, float, Enum, type(None))
"""What an argument's literal may be coerced to so that all requests can have the same one."""


class Read:
    """A leaf that is read off its row: an attribute or a plain field."""

    __slots__ = ("_arguments", "_read", "_takes_context", "field", "write")

    def __init__(self, field: GraphQLField, source: Attribute | Plain, write: Callable[[Any], Any]) -> None:
        self.field = field
        self.write = write
        """What graphql-core writes for a value; raises for all that it doesn't simply write."""
        self._read = source.function if isinstance(source, Plain) else source.resolver
        self._takes_context = isinstance(source, Plain) and source.takes_context
        self._arguments = () if isinstance(source, Plain) else (source.name,)

    def value(self, row: Any, context: Any) -> Any:
        """What the field's resolver answers."""
        return self._read(row, context) if self._takes_context else self._read(row, *self._arguments)


class Argument(NamedTuple):
    """An argument of a resolver; null instead of `convert` where the resolver takes what graphql-core coerces."""

    python_name: str
    name: str
    convert: Callable[..., Any] | None
    takes_null: bool
    """Whether null is converted to something else."""


class Given(NamedTuple):
    """An argument of a field of an operation: its variable, if it has one, and its value where that has none."""

    name: str
    variable: str | None
    value: Any
    is_non_null: bool


class Resolver:
    """A field's own resolver within its extensions, as strawberry calls it."""

    def __init__(self, schema: Schema, field: GraphQLField, declared: StrawberryField) -> None:
        converter, own = schema.schema_converter, cast(Any, declared.base_resolver)
        self.field, self.declared = field, declared
        self.arguments = [_argument(converter, argument) for argument in declared.arguments]
        self._info_class = converter.config.info_class
        self._extensions = build_field_extension_resolvers(declared)
        self._own = own
        self._takes_self = own.self_parameter is not None
        self._row_names = [parameter.name for parameter in (own.parent_parameter, own.root_parameter) if parameter]
        self._info_name = own.info_parameter.name if own.info_parameter else None

    def called(self, row: Any, raw_info: GraphQLResolveInfo[Any], given: Values) -> Any:
        """Its answer, for arguments as graphql-core coerces them."""
        info = self._info_class(_raw_info=raw_info, _field=self.declared)
        named = {}
        for python_name, name, convert, takes_null in self.arguments:
            if name in given:
                value = given[name]
                named[python_name] = value if convert is None or (value is None and not takes_null) else convert(value, info=info)
        for name in self._row_names:
            named[name] = row
        positional = (row,) if self._takes_self else ()
        is_apart = self._info_name == "info" and bool(self._extensions)  # extensions are handed it by itself
        if self._info_name is not None and not is_apart:
            named[self._info_name] = info
        if not self._extensions:
            return self._own(*positional, **named)

        def last(_row: Any, info: Any, **named: Any) -> Any:
            if is_apart:
                named["info"] = info
            return self._own(*positional, **named)

        chain: Any = last
        for extension in self._extensions:
            chain = partial(extension, chain)
        return chain(row, info, **named)

    async def awaited(self, row: Any, raw_info: GraphQLResolveInfo[Any], given: Values) -> Any:
        """The same for an asynchronous field, which does nothing until it is awaited."""
        result = self.called(row, raw_info, given)
        return await result if optimized_is_awaitable(result) else result


class Call:
    """A field with a resolver of its own, as an operation asks for it."""

    __slots__ = ("_given", "field", "value")

    def __init__(self, resolver: Resolver, given: list[Given]) -> None:
        self.field = resolver.field
        self.value = resolver.awaited if resolver.declared.is_async else resolver.called
        self._given = given

    def arguments(self, variables: Values) -> Values | None:
        """The values of its arguments; null where graphql-core finds a fault in them."""
        values = {}
        for name, variable, value, is_non_null in self._given:
            if variable is not None:
                value = variables.get(variable, value)
            if is_non_null and (value is None or value is Undefined):
                return None
            if value is not Undefined:
                values[name] = value
        return values


class Calls:
    """The fields of a schema that can be resolved so, each looked at once."""

    def __init__(self, schema: Schema, facts: Facts) -> None:
        self._schema, self._facts = schema, facts
        self._resolvers: dict[tuple[str, str], Resolver | None] = {}

    def prepared(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | Call | None:
        """How a field of an operation is resolved; null where that is left to graphql-core and strawberry."""
        node = details[0].node
        key = (parent.name, node.name.value)
        field = self._facts.schema.get_field(parent, node.name.value)
        if field is None or details[0].fragment_variable_values:
            return None
        way, leaf = self._facts.way(parent, key[1], field), get_nullable_type(field.type)
        if way is not None and isinstance(way.source, Attribute | Plain) and not way.guards and is_leaf_type(leaf):
            return None if node.arguments else Read(field, way.source, self._write(leaf, is_required=is_non_null_type(field.type)))
        if key not in self._resolvers:
            self._resolvers[key] = self._resolver(field)
        resolver = self._resolvers[key]
        given = _given(resolver, node) if resolver is not None else None
        return Call(resolver, given) if resolver is not None and given is not None else None

    def _resolver(self, field: GraphQLField) -> Resolver | None:
        declared = declared_by(field)
        if (
            declared is None
            or declared.base_resolver is None
            or len(declared.arguments) != len(field.args)
            or any(argument.out_name for argument in field.args.values())
            or any(type(extension).map_arguments is not FieldExtension.map_arguments for extension in declared.extensions)
            or self._schema.schema_converter._get_field_exception_handlers(declared)
        ):
            return None
        return Resolver(self._schema, field, declared)

    def _write(self, leaf: GraphQLLeafType, *, is_required: bool) -> Callable[[Any], Any]:
        write = self._facts.leaf(leaf, is_native=False).slowly
        return write if is_required else lambda value: None if value is None else write(value)


def _argument(converter: Any, argument: StrawberryArgument) -> Argument:
    name, type_ = converter.config.name_converter.from_argument(argument), argument.type
    inner = type_.of_type if isinstance(type_, StrawberryOptional) else type_
    is_leaf = inner is not GlobalID and (isinstance(inner, StrawberryEnumDefinition) or is_scalar(inner, converter.scalar_registry))
    convert = partial(convert_argument, type_=type_, config=converter.config, scalar_registry=converter.scalar_registry, path=(name,))
    return Argument(argument.python_name, name, None if is_leaf else convert, isinstance(type_, StrawberryMaybe))


def _given(resolver: Resolver, node: FieldNode) -> list[Given] | None:
    """The arguments of a field of an operation; null for what no request can share, and for faults."""
    nodes, found = {argument.name.value: argument for argument in node.arguments or ()}, []
    for name in [argument.name for argument in resolver.arguments]:
        declared, asked = resolver.field.args[name], nodes.get(name)
        variable = asked.value.name.value if asked is not None and isinstance(asked.value, VariableNode) else None
        standing: dict[str, Any] = {}
        if variable is None or not is_required_argument(declared):
            try:
                coerce_argument(standing, node, name, declared, None if variable else asked, None, None)
            except Exception:  # a fault in the document: graphql-core tells it, with its place
                return None
        value = standing.get(name, Undefined)
        if asked is not None and variable is None and not isinstance(value, LASTING):
            return None
        found.append(Given(name, variable, value, is_non_null_type(declared.type)))
    return found
