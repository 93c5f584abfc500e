"""Which attributes of rows a selection reads, so that whoever fetches the rows fetches no more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)

from schema.engine.facts import Attribute, Facts
from schema.engine.fields import Batched, Plain, itself

Wanted = frozenset[str] | None
"""Names of attributes; null is all of them."""


class Selections:
    """The selections of a document, seen without asking its variables: what @skip or @include leave out is taken for selected."""

    def __init__(self, facts: Facts, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._facts = facts
        self._fragments = fragments
        self._known: dict[Any, Wanted] = {}

    def wanted(self, type_: Any, nodes: Sequence[FieldNode], path: Sequence[str] = ()) -> Wanted:
        """The attributes of the rows at the end of a path of field names below some fields of a type."""
        key = (*map(id, nodes), *path)  # the nodes live as long as the document, and so does this
        if key not in self._known:
            self._known[key] = self._below(type_, nodes, path)
        return self._known[key]

    def _below(self, type_: Any, nodes: Sequence[FieldNode], path: Sequence[str]) -> Wanted:
        type_ = get_named_type(type_)
        if not isinstance(type_, GraphQLObjectType):
            return None
        if not path:
            return self._of(type_, self._fields(nodes, frozenset()))
        field = type_.fields.get(path[0])
        within = [each for each in self._fields(nodes, frozenset()) if each.name.value == path[0]]
        return self._below(field.type, within, path[1:]) if field is not None else None

    def _of(self, type_: GraphQLObjectType, fields: Iterable[FieldNode]) -> Wanted:
        names: set[str] = set()
        for node in fields:
            name = node.name.value
            if name == "__typename":
                continue
            field = type_.fields.get(name)
            way = self._facts.way(type_, name, field) if field is not None else None
            source = way.source if way is not None else None
            found: Wanted = None
            if isinstance(source, Attribute):
                found = frozenset({source.name})
            elif isinstance(source, Batched) and not callable(source.key):
                found = frozenset({source.key} if isinstance(source.key, str) else source.key)
            elif isinstance(source, Plain):
                found = self._below(field.type, [node], ()) if field is not None and source.function is itself else source.needs
            if found is None:
                return None
            names |= found
        return frozenset(names)

    def _fields(self, nodes: Iterable[FieldNode], above: frozenset[str]) -> Iterator[FieldNode]:
        for node in nodes:
            yield from self._selected(node.selection_set, above)

    def _selected(self, selections: SelectionSetNode | None, above: frozenset[str]) -> Iterator[FieldNode]:
        for part in selections.selections if selections else ():
            if isinstance(part, FieldNode):
                yield part
            elif isinstance(part, InlineFragmentNode):
                yield from self._selected(part.selection_set, above)
            elif isinstance(part, FragmentSpreadNode) and part.name.value not in above:
                fragment = self._fragments.get(part.name.value)
                if fragment is not None:
                    yield from self._selected(fragment.selection_set, above | {part.name.value})
