"""Random valid documents of any schema: aliases, merges, fragments, @skip and @include, with arguments from whoever knows them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

Literal = Callable[[Random, str, str, GraphQLArgument], str | None]
"""An argument's value as it is written in a document, by its field and its name; null to leave it out, or its field if it is required."""

VARIABLES = ("yes", "no", "maybe", "perhaps")
"""Booleans that documents may ask for; `no` has a default."""


@dataclass
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    random: Random
    literal: Literal
    deepest: int = 4
    most: int = 40
    fragments: dict[str, str] = field(default_factory=dict)
    count: int = 0
    spreading: int = 0
    """How many fragments are being written around."""
    rate: float = 0.2
    """How often something has a condition."""
    is_free_outside: bool = False
    """Whether there are conditions in fragments only."""

    def operation(self, root: GraphQLObjectType, names: list[str]) -> str:
        """An operation on some of these root fields."""
        chosen = [self.random.choice(names) for _ in range(self.random.choice((1, 2, 2)))]
        chosen = [chosen[0], *(name if self.random.random() < 0.7 else chosen[0] for name in chosen[1:])]  # often the same one again
        roots = [self._field(root, name, root.fields[name], self.deepest, f"root{number}_") for number, name in enumerate(chosen)]
        body = " ".join(filter(None, roots)) or "__typename"
        used = " ".join(f"fragment {name} {text}" for name, text in self.fragments.items())
        asked = [name for name in VARIABLES if f"${name})" in body + used]
        given = ", ".join(f"${name}: Boolean{' = false' if name == 'no' else '!'}" for name in asked)
        kind = "mutation" if root is self.schema.mutation_type else "query"
        return f"{kind} Random{f'({given})' if given else ''} {{ {body} }} {used}"

    def _selection(self, type_: GraphQLNamedType, depth: int, prefix: str = "") -> str:
        """Fields and fragments of a type, never none; `prefix` keeps the keys of one object type's fragment its own."""
        parts = []
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            names = list(type_.fields)
            for name in self.random.sample(names, min(len(names), self.random.randint(1, 6))):
                text = self._field(type_, name, type_.fields[name], depth, prefix)
                if text:
                    parts.append(text)
                    if self.random.random() < 0.08 and not type_.fields[name].args:  # merged with another of the same key
                        parts.append(self._field(type_, name, type_.fields[name], depth, prefix) or "")
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = self.schema.get_possible_types(type_)
            for each in self.random.sample(possible, min(len(possible), self.random.randint(1, 3))):
                parts.append(f"... on {each.name} {self._condition()} {{ {self._selection(each, depth, each.name + '_')} }}")
        elif self.random.random() < 0.15:
            opening = self.random.choice(["...", f"... on {type_.name}"])
            parts.append(f"{opening} {self._condition()} {{ {self._selection(type_, depth, prefix)} }}")
        if self.random.random() < 0.2:
            parts.append(self._spread(type_, depth, prefix))
        if not any(parts) or self.random.random() < 0.25:
            parts.append(self.random.choice(["__typename", f"{prefix}kind: __typename"]))
        self.random.shuffle(parts)
        return " ".join(parts)

    def _spread(self, type_: GraphQLNamedType, depth: int, prefix: str) -> str:
        name = f"On{type_.name}{prefix}{depth}"
        if name not in self.fragments:
            self.fragments[name] = ""  # no fragment spreads itself
            self.spreading += 1
            self.fragments[name] = f"on {type_.name} {{ {self._selection(type_, min(depth, 1), prefix)} }}"
            self.spreading -= 1
        if not self.fragments[name]:
            return "__typename"
        return f"...{name} {self._condition()}"

    def _field(self, type_: GraphQLNamedType, name: str, wanted: GraphQLField, depth: int, prefix: str = "") -> str | None:
        below = get_named_type(wanted.type)
        if not is_leaf_type(below) and (depth <= 0 or self.count > self.most):
            return None
        self.count += 1
        arguments = {key: self.literal(self.random, name, key, argument) for key, argument in wanted.args.items()}
        if any(value is None and is_required_argument(wanted.args[key]) for key, value in arguments.items()):
            return None
        given = ", ".join(f"{key}: {value}" for key, value in arguments.items() if value is not None)
        alias = f"{prefix}{name}: " if prefix else ""
        if wanted.args or self.random.random() < 0.1:
            alias = f"{prefix}a{self.count}_{name}: "
        selection = "" if is_leaf_type(below) else f"{{ {self._selection(below, depth - 1)} }}"
        return f"{alias}{name}{f'({given})' if given else ''} {self._condition() if depth < self.deepest else ''} {selection}"

    def _condition(self) -> str:
        if self.random.random() > self.rate or (self.is_free_outside and not self.spreading):
            return ""
        kinds = self.random.choice((("include",), ("skip",), ("include", "skip")))
        return " ".join(f"@{kind}(if: {self.random.choice(('true', 'false', *(f'${name}' for name in VARIABLES)))})" for kind in kinds)
