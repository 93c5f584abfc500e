"""What a schema says of its fields, its types and the classes of their rows, as far as compiled code relies on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, EnumType
from types import GeneratorType
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    default_type_resolver,
    is_specified_scalar_type,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import FieldExtension
from strawberry.schema.schema_converter import CustomGraphQLEnumType, GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition, has_object_definition
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE
from strawberry.types.field import StrawberryField

from schema.engine.fields import DECLARED, Batched, Guard, Plain
from schema.engine.natives import Native, Natives

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
CONVERTER = GraphQLCoreConverter.__module__
DYNAMIC = ("__class__", "__getattr__", "__getattribute__")
"""What lets each object of a class look different."""
MOST_CLASSES = 1000
"""Row classes remembered for one type; more only cost time."""


class Surprise(Exception):
    """A value that compiled code leaves to graphql-core."""

    def __init__(self, value: Any = None) -> None:
        super().__init__()
        self.value = value


def refuse(value: Any) -> None:
    """Gives a value up."""
    raise Surprise(value)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field read off its row by the schema's default resolver."""

    name: str
    resolver: Any


@dataclass(frozen=True, slots=True)
class Way:
    """How compiled code comes by a field's value, and who must let it."""

    source: Attribute | Plain | Batched
    guards: tuple[Guard, ...]


def declared_by(field: GraphQLField) -> StrawberryField | None:
    """What strawberry made a field of; null where others had a hand in how it resolves."""
    declared = field.extensions.get(DEFINITION)
    if (
        field.subscribe
        or not isinstance(declared, StrawberryField)
        or type(declared).get_result is not StrawberryField.get_result
        or getattr(field.resolve, "__module__", None) != CONVERTER
    ):
        return None
    return declared


def way_of(field: GraphQLField) -> Way | None:
    """How a field's value can be come by without its resolver; null if it can't."""
    declared = declared_by(field)
    if declared is None or field.args:
        return None
    resolving = [extension for extension in declared.extensions if not isinstance(extension, FieldExtension) or extension.has_resolver]
    guards = tuple(extension for extension in resolving if isinstance(extension, Guard))
    if len(guards) < len(resolving):
        return None
    source = declared.metadata.get(DECLARED)
    if source is None and declared.base_resolver is None:
        source = Attribute(declared.python_name, declared.default_resolver)
    return Way(source, guards) if isinstance(source, Attribute | Plain | Batched) else None


def is_sound(row: Any) -> bool:
    """Whether all rows of this row's class are ordinary objects; raises `Surprise` for one that isn't itself."""
    if row is None or row is Undefined or isinstance(row, Exception | GeneratorType) or optimized_is_awaitable(row):
        raise Surprise(row)
    return not any(name in vars(base) for base in type(row).__mro__[:-1] for name in DYNAMIC)


def is_bare(cls: type[Any]) -> bool:
    """Whether its instances bear nothing that strawberry's own type resolution looks for on them."""
    marks = [TYPE_CAST_ATTRIBUTE, *(f"_{base.__name__}__typename" for base in cls.__mro__)]
    return cls.__dictoffset__ == 0 and not has_object_definition(cls) and not any(hasattr(cls, mark) for mark in marks)


def tells_by_class(type_: GraphQLObjectType, cls: type[Any]) -> bool:
    """Whether the type's `is_type_of` says the same of all rows of a class."""
    if type_.is_type_of is None or getattr(type_.is_type_of, "by_class", False):
        return True
    definition = type_.extensions.get(DEFINITION)
    is_strawberrys = isinstance(definition, StrawberryObjectDefinition) and definition.is_type_of is None
    return is_strawberrys and is_bare(cls)


class Rows:
    """The rows of one object type: which classes are known to be such."""

    __slots__ = ("_sound", "_type", "known")

    def __init__(self, type_: GraphQLObjectType) -> None:
        self._type = type_
        self._sound: set[type[Any]] = set()
        """Classes of ordinary objects that are asked one by one."""
        self.known: set[type[Any]] = set()

    @property
    def are_asked(self) -> bool:
        """Whether rows are asked if they are of this type."""
        return self._type.is_type_of is not None

    def admit(self, row: Any, info: Any) -> None:
        """Checks a row of a class that isn't known; raises `Surprise` unless it is of this type."""
        cls = type(row)
        is_lasting = cls not in self._sound and is_sound(row)
        if self._type.is_type_of is not None and self._type.is_type_of(row, info) is not True:
            raise Surprise(row)
        if is_lasting and len(self._sound) + len(self.known) < MOST_CLASSES:
            (self.known if tells_by_class(self._type, cls) else self._sound).add(cls)


class Kinds:
    """The rows of an interface or union: which object type the classes known so far belong to, by name."""

    __slots__ = ("_possible", "_resolve", "_sound", "_type", "known")

    def __init__(self, type_: GraphQLAbstractType, possible: Sequence[GraphQLObjectType]) -> None:
        self._type = type_
        self._resolve = type_.resolve_type or default_type_resolver
        self._possible = {each.name: each for each in possible}
        self._sound: set[type[Any]] = set()
        """Classes of ordinary objects that are asked one by one."""
        self.known: dict[type[Any], str] = {}

    def name(self, row: Any, info: Any) -> str:
        """The object type of a row of a class that isn't known; raises `Surprise` unless it is told."""
        cls = type(row)
        is_lasting = cls not in self._sound and is_sound(row)
        name = self._resolve(row, info, self._type)
        if type(name) is not str or name not in self._possible:
            raise Surprise(name)
        if is_lasting and len(self._sound) + len(self.known) < MOST_CLASSES:
            if self._tells_by_class(cls):
                self.known[cls] = name
            else:
                self._sound.add(cls)
        return name

    def _tells_by_class(self, cls: type[Any]) -> bool:
        is_own = getattr(self._type.extensions.get(DEFINITION), "resolve_type", None) is not None
        return not is_own and is_bare(cls) and all(tells_by_class(each, cls) for each in self._possible.values())


@dataclass(frozen=True, slots=True)
class Case:
    """A quick way to write some values of a leaf: Python expressions of the value, a condition on `{0}` and what is written for `x`."""

    test: str
    value: str = "x"


@dataclass(frozen=True, slots=True)
class Leaf:
    """How values of a scalar or enum are written: by the first case that holds, else `slowly`; `names` is what the cases name."""

    cases: tuple[Case, ...]
    names: Mapping[str, object]
    slowly: Callable[[Any], Any]


def leaf_of(type_: GraphQLLeafType, natives: Sequence[Native]) -> Leaf:
    """How a scalar or enum is written."""
    cases, names = _cases(type_, natives)
    return Leaf(tuple(cases), names, _slowly(type_))


def _slowly(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = type_.coerce_output_value

    def write(value: Any) -> Any:
        """What graphql-core writes; raises `Surprise` where it would find null or a fault, or would wait."""
        if value is None or value is Undefined or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise Surprise(value)
        written = coerce(value)
        if written is None or written is Undefined:
            raise Surprise
        return written

    return write


TEXT = Case("type({0}) is str")
BUILT_IN: dict[str, Case] = {
    "String": TEXT,
    "ID": TEXT,
    "Int": Case("type({0}) is int and -2147483648 <= x <= 2147483647"),
    "Float": Case("type({0}) is float and x - x == 0.0"),
    "Boolean": Case("({0}) is True or x is False"),
}


def _cases(type_: GraphQLLeafType, natives: Sequence[Native]) -> tuple[list[Case], dict[str, object]]:
    if is_specified_scalar_type(type_):
        return [BUILT_IN[type_.name]], {}
    if isinstance(type_, GraphQLEnumType):
        return _enum_cases(type_)
    cases: list[Case] = []
    names: dict[str, object] = {}
    for number, native in enumerate(natives):
        cls = f"{type_.name}_{number}"
        condition = "" if native.when is None else f" and ({native.when.format('x')})"
        cases.append(Case(f"type({{0}}) is {cls}{condition}", native.value.format("x")))
        names |= {cls: native.of, **native.names}
    if type_.coerce_output_value is str:
        cases.append(TEXT)
    return cases, names


def _enum_cases(type_: GraphQLEnumType) -> tuple[list[Case], dict[str, object]]:
    """Members, and texts that are raw values of members."""
    cls = getattr(type_, "wrapped_cls", None)
    if not isinstance(type_, CustomGraphQLEnumType) or not isinstance(cls, EnumType):
        return [], {}
    kind, by_member, by_text = (f"{type_.name}_{what}" for what in ("class", "names", "texts"))
    is_slow = vars(Enum)["__hash__"] is getattr(cls, "__hash__", None)  # written in Python: members are looked up by their value instead
    members: list[Enum] = list(cls)
    try:
        names = {(member._value_ if is_slow else member): type_.coerce_output_value(member) for member in members}
        texts = {text: name for text, name in type_._value_lookup.items() if type(text) is str}
    except Exception:  # such as values without a hash
        return [], {}
    if not is_slow and all(names.get(text, name) == name for text, name in texts.items()):
        # what is equal is looked up alike, as graphql-core does
        known: dict[Any, str] = {**texts, **names}
        return [Case(f"({{0}}) in {by_member}", f"{by_member}[x]")], {by_member: known}
    member = Case(f"type({{0}}) is {kind}", f"{by_member}[{'x._value_' if is_slow else 'x'}]")
    return [member, Case(f"type({{0}}) is str and x in {by_text}", f"{by_text}[x]")], {kind: cls, by_member: names, by_text: texts}


class Facts:
    """All of this about one schema, looked up once."""

    def __init__(self, schema: GraphQLSchema, natives: Natives) -> None:
        self.schema = schema
        self._natives = natives
        self._ways: dict[tuple[str, str], Way | None] = {}
        self._rows: dict[str, Rows] = {}
        self._kinds: dict[str, Kinds] = {}
        self._leaves: dict[tuple[str, bool], Leaf] = {}

    def way(self, parent: GraphQLObjectType, name: str, field: GraphQLField) -> Way | None:
        """How a field's value can be come by without its resolver; null if it can't."""
        key = (parent.name, name)
        if key not in self._ways:
            self._ways[key] = way_of(field)
        return self._ways[key]

    def rows(self, type_: GraphQLObjectType) -> Rows:
        """The rows of an object type."""
        found = self._rows.get(type_.name)
        if found is None:
            found = self._rows[type_.name] = Rows(type_)
        return found

    def kinds(self, type_: GraphQLAbstractType) -> Kinds:
        """The rows of an interface or union."""
        found = self._kinds.get(type_.name)
        if found is None:
            found = self._kinds[type_.name] = Kinds(type_, self.schema.get_possible_types(type_))
        return found

    def leaf(self, type_: GraphQLLeafType, *, is_native: bool) -> Leaf:
        """How a scalar or enum is written, in answers of structs or of dicts."""
        key = (type_.name, is_native)
        found = self._leaves.get(key)
        if found is None:
            natives = [native for native in self._natives.get(type_.name, ()) if is_native or native.is_text]
            found = self._leaves[key] = leaf_of(type_, natives)
        return found
