"""Compares an answer with the selection that asked for it: every selected field there, nothing else, nulls only where allowed."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


def differences(schema: GraphQLSchema, document: DocumentNode, data: dict[str, Any]) -> list[str]:
    """What is wrong with the answer, as paths with words; empty when nothing is."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _Comparison(schema, fragments).object(root, [operation.selection_set], data, operation.operation.value)


class _Comparison:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema, self._fragments = schema, fragments

    def object(self, kind: Any, selections: list[SelectionSetNode], data: Any, path: str) -> list[str]:
        """An object against what may be selected on it; on an abstract type any one member must fit."""
        if not isinstance(data, dict):
            return [f"{path} is no object"]
        if not isinstance(kind, GraphQLObjectType):
            assert isinstance(kind, GraphQLInterfaceType | GraphQLUnionType)
            members = self._schema.get_possible_types(kind)
            if "__typename" in data:
                members = [one for one in members if one.name == data["__typename"]]
            tried = [self.object(member, selections, data, path) for member in members]
            return [] if any(not faults for faults in tried) else min(tried, key=len, default=[f"{path} is of no possible type"])
        wanted: dict[str, list[FieldNode]] = {}
        for selection in selections:
            self._collect(kind, selection, wanted)
        faults = [f"{path}.{name} was not asked for" for name in data.keys() - wanted.keys()]
        for name, nodes in wanted.items():
            if name not in data:
                faults.append(f"{path}.{name} is missing")
            elif name == "__typename":
                faults += [] if data[name] == kind.name else [f"{path}.__typename is {data[name]}"]
            else:
                below = [node.selection_set for node in nodes if node.selection_set]
                faults += self.value(kind.fields[nodes[0].name.value].type, below, data[name], f"{path}.{name}")
        return faults

    def value(self, kind: Any, below: list[SelectionSetNode], data: Any, path: str) -> list[str]:
        if isinstance(kind, GraphQLNonNull):
            return [f"{path} is null"] if data is None else self.value(kind.of_type, below, data, path)
        if data is None:
            return []
        if isinstance(kind, GraphQLList):
            return [fault for at, one in enumerate(data) for fault in self.value(kind.of_type, below, one, f"{path}[{at}]")]
        if isinstance(kind, GraphQLEnumType):
            return [] if data in kind.values else [f"{path} is {data}"]
        return self.object(kind, below, data, path) if below else []

    def _collect(self, kind: GraphQLObjectType, selection: SelectionSetNode, wanted: dict[str, list[FieldNode]]) -> None:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                wanted.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            part = node if isinstance(node, InlineFragmentNode) else self._fragments[node.name.value]
            condition = part.type_condition.name.value if part.type_condition else kind.name
            target = self._schema.get_type(condition)
            if target is kind or (isinstance(target, GraphQLInterfaceType | GraphQLUnionType) and self._schema.is_sub_type(target, kind)):
                self._collect(kind, part.selection_set, wanted)
