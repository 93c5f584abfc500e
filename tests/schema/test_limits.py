"""Bounds of documents: each refused one past its bound, hostile shapes measured in no time."""

import time
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse

from schema.kernel import limits


def nested(depth: int) -> str:
    return "{" + "a {" * (depth - 1) + "b" + "}" * (depth - 1) + "}"


@pytest.mark.parametrize(
    ("within", "beyond", "word"),
    [
        (nested(10), nested(11), "levels"),
        ("{ x {" + " ".join(f"a{i}" for i in range(499)) + "} }", "{ x {" + " ".join(f"a{i}" for i in range(500)) + "} }", "fields"),
        ("{ x {" + " ".join(f"b{i}: a" for i in range(15)) + "} }", "{ x {" + " ".join(f"b{i}: a" for i in range(16)) + "} }", "aliases"),
        ("{" + " ".join(f"a{i}" for i in range(20)) + "}", "{" + " ".join(f"a{i}" for i in range(21)) + "}", "root fields"),
        ("{ a " + "@d " * 50 + "}", "{ a " + "@d " * 51 + "}", "directives"),
    ],
)
def test_each_bound(within: str, beyond: str, word: str) -> None:
    limits.check(parse(within))

    with pytest.raises(GraphQLError, match=word):
        limits.check(parse(beyond))


def test_operations() -> None:
    limits.check(parse(" ".join(f"query Q{i} {{ a }}" for i in range(5))))

    with pytest.raises(GraphQLError, match="5 operations"):
        limits.check(parse(" ".join(f"query Q{i} {{ a }}" for i in range(6))))


def test_introspection_may_be_deeper() -> None:
    deep = "{ __schema {" + "a {" * 18 + "b" + "}" * 18 + "} }"

    limits.check(parse(deep))
    with pytest.raises(GraphQLError, match="levels"):
        limits.check(parse(deep.replace("{ __schema", "{ other __schema")))


def test_fragments_count_as_often_as_they_are_spread_and_are_measured_once() -> None:
    spreads = " ".join(f"fragment F{i} on T {{ x {{ ...F{i + 1} }} y {{ ...F{i + 1} }} }}" for i in range(60))
    hostile = parse("{ ...F0 } " + spreads + " fragment F60 on T { z }")
    began = time.perf_counter()

    with pytest.raises(GraphQLError):
        limits.check(hostile)

    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("document", ["{ ...A } fragment A on T { ...A }", "{ ...A } fragment A on T { x { ...B } } fragment B on T { ...A }"])
def test_circles_are_endless(document: str) -> None:
    with pytest.raises(GraphQLError):
        limits.check(parse(document))


def test_cost_counts_objects_by_page_size() -> None:
    document = parse("query($n: Int) { account { sims(first: $n) { edges { node { id holder { name } } } } } }")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    assert limits.cost(operation, document, {"n": 1}) == 1 + 1 + 4
    assert limits.cost(operation, document, {"n": 50}) == 1 + 1 + 50 * 4
    assert limits.cost(operation, document, {"n": 10**12}) == 1 + 1 + 200 * 4


@pytest.mark.parametrize(
    ("source", "variables", "cost"),
    [
        ("query($n: Int = 50) { a { sims(first: $n) { edges { node { id } } } } }", {}, 1 + 1 + 50 * 3),
        ("query($n: Int = 50) { a { sims(first: $n) { edges { node { id } } } } }", {"n": 2}, 1 + 1 + 2 * 3),
        ('{ nodes(ids: ["a", "b", "c"]) { ... on Account { wallet { id } } } }', {}, 1 + 3 * 2),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Account { wallet { id } } } }", {"ids": ["a"] * 80}, 1 + 80 * 2),
    ],
)
def test_cost_knows_defaults_and_ids(source: str, variables: dict[str, Any], cost: int) -> None:
    document = parse(source)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    assert limits.cost(operation, document, variables) == cost


@pytest.mark.parametrize(
    ("document", "asks"),
    [
        ("{ a { __typename } }", False),
        ("{ __schema { types { name } } }", True),
        ("{ a ... on Query { __type(name: \"X\") { name } } }", True),
        ("{ ...F } fragment F on Query { __schema { types { name } } }", True),
    ],
)
def test_asking_for_the_schema_is_noticed(document: str, asks: bool) -> None:
    assert limits.asks_schema(parse(document)) is asks
