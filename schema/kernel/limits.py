"""How large a document may be, measured in linear time, and what its answer may cost (QUALITY, what hostile input gets)."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    value_from_ast_untyped,
)

from schema.engine.documents import Operation

SOURCE_BYTES = 16 * 1024
TOKENS = 1000
OPERATIONS = 5
INTROSPECTION_DEPTH = 20
ENDLESS = 10**9
LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything that could grow; a fragment that spreads itself counts as endless."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0

    def __add__(self, other: "Size") -> "Size":
        mine, theirs = astuple(self), astuple(other)
        return Size(max(mine[0], theirs[0]), *(min(a + b, ENDLESS) for a, b in zip(mine[1:], theirs[1:], strict=True)))


ALLOWED = Size(depth=10, fields=500, aliases=15, directives=50, roots=20)
ALL_ENDLESS = Size(*(ENDLESS,) * 5)


def refused(reason: str, **values: object) -> GraphQLError:
    """A refusal of a document, with a code and in words that say the bound."""
    return GraphQLError(reason.format(**values), extensions={"code": "DOCUMENT_TOO_LARGE"})


def measured(document: DocumentNode) -> Size:
    """The most of each in any operation or fragment; every fragment is measured once, so that spreads of spreads cost nothing."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    known: dict[str, Size] = {}

    def of_fragment(name: str, above: frozenset[str]) -> Size:
        if name in above:
            return ALL_ENDLESS
        if name not in known and name in fragments:
            known[name] = of(fragments[name].selection_set, above | {name})
        return known.get(name, Size())

    def of(selections: SelectionSetNode | None, above: frozenset[str]) -> Size:
        size = Size()
        for part in selections.selections if selections else ():
            directives = Size(directives=len(part.directives or ()))
            if isinstance(part, FieldNode):
                below = of(part.selection_set, above)
                inner = Size(min(below.depth + 1, ENDLESS), below.fields, below.aliases, below.directives, 0)
                size = size + inner + Size(0, 1, 1 if part.alias else 0, 0, 1) + directives
            elif isinstance(part, InlineFragmentNode):
                size = size + of(part.selection_set, above) + directives
            elif isinstance(part, FragmentSpreadNode):
                size = size + of_fragment(part.name.value, above) + directives
        return size

    sizes = [of(part.selection_set, frozenset()) for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    sizes += [of_fragment(name, frozenset()) for name in fragments]
    return Size(*(max(column) for column in zip(*map(astuple, sizes), strict=True))) if sizes else Size()


def is_introspection(document: DocumentNode) -> bool:
    """Whether every root field of every operation asks about the schema itself."""
    roots = [
        part
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for part in operation.selection_set.selections
    ]
    return bool(roots) and all(isinstance(part, FieldNode) and part.name.value.startswith("__") for part in roots)


def asks_schema(document: DocumentNode) -> bool:
    """Whether any part of the document asks about the schema (`__typename` apart)."""

    def within(selections: SelectionSetNode | None) -> bool:
        return any(
            (isinstance(part, FieldNode) and part.name.value in {"__schema", "__type"})
            or (isinstance(part, FieldNode | InlineFragmentNode) and within(part.selection_set))
            for part in (selections.selections if selections else ())
        )

    parts = (part for part in document.definitions if isinstance(part, OperationDefinitionNode | FragmentDefinitionNode))
    return any(within(part.selection_set) for part in parts)


def check(document: DocumentNode) -> None:
    """Raises a refusal when the document passes a bound."""
    operations = sum(isinstance(part, OperationDefinitionNode) for part in document.definitions)
    if operations > OPERATIONS:
        raise refused("A document may hold at most {most} operations.", most=OPERATIONS)
    size, depth = measured(document), INTROSPECTION_DEPTH if is_introspection(document) else ALLOWED.depth
    for name, found, most in (
        ("levels deep", size.depth, depth),
        ("fields", size.fields, ALLOWED.fields),
        ("aliases", size.aliases, ALLOWED.aliases),
        ("directives", size.directives, ALLOWED.directives),
        ("root fields", size.roots, ALLOWED.roots),
    ):
        if found > most:
            raise refused("A document may have at most {most} {name}; ask for less or in parts.", most=most, name=name)


class Cost:
    """What an operation may cost at most, in objects: each selected object counts one, those in a page or asked for by ids as often.

    Worked out once but for the sizes of its pages that variables say.
    """

    __slots__ = ("_defaults", "_fragments", "_parts", "_sure")

    def __init__(self, operation: OperationDefinitionNode, document: DocumentNode) -> None:
        self._fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
        defaults = {part.variable.name.value: part.default_value for part in operation.variable_definitions or () if part.default_value}
        self._defaults = {name: value_from_ast_untyped(value) for name, value in defaults.items()}
        self._sure, self._parts = self._of(operation.selection_set)

    def of(self, variables: Mapping[str, Any]) -> int:
        """The cost under these variables."""
        return 1 + _summed(self._sure, self._parts, {**self._defaults, **variables})

    def _of(self, selections: SelectionSetNode) -> tuple[int, list["_Part"]]:
        """What some selections cost for sure, and the parts that depend on variables."""
        sure, parts = 0, []
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                if selection.selection_set is None:
                    continue
                sizes = _sizes(selection)
                inner, below = self._of(selection.selection_set)
                if below or any(isinstance(size, str) for size in sizes):
                    parts.append((sizes, 1 + inner, below))
                else:
                    sure += _size(sizes, {}) * (1 + inner)
                continue
            spread: Any = self._fragments.get(selection.name.value) if isinstance(selection, FragmentSpreadNode) else selection
            if spread is not None:
                inner, below = self._of(spread.selection_set)
                sure, parts = sure + inner, parts + below
        return min(sure, ENDLESS), parts


_Part = tuple[list[int | str], int, list["_Part"]]
"""A field with selections: the sizes its arguments say (a number, or a variable's name), what it costs for sure and what depends."""


def _summed(sure: int, parts: list[_Part], values: Mapping[str, Any]) -> int:
    for sizes, inner, below in parts:
        sure += _size(sizes, values) * (_summed(inner, below, values) if below else inner)
    return min(sure, ENDLESS)


def _size(sizes: list[int | str], values: Mapping[str, Any]) -> int:
    """How often a field's objects count: by the first of its sizes that is known."""
    for size in sizes:
        given = values.get(size) if isinstance(size, str) else size
        if isinstance(given, list):
            given = len(given)
        if isinstance(given, int):
            return min(max(given, 1), LARGEST_PAGE)
    return 1


def _sizes(field: FieldNode) -> list[int | str]:
    sizes: list[int | str] = []
    for argument in field.arguments or ():
        value = argument.value
        if argument.name.value in {"first", "last", "ids"}:
            if isinstance(value, VariableNode):
                sizes.append(value.name.value)
            elif isinstance(value, IntValueNode):
                sizes.append(int(value.value))
            elif isinstance(value, ListValueNode):
                sizes.append(len(value.values))
    return sizes


_COSTS: WeakKeyDictionary[Operation, Cost] = WeakKeyDictionary()


def cost(operation: Operation, variables: Mapping[str, Any]) -> int:
    """What a valid operation may cost at most under these variables, in objects."""
    found = _COSTS.get(operation)
    if found is None:
        found = _COSTS[operation] = Cost(operation.node, operation.document)
    return found.of(variables)
