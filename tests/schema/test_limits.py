"""Bounds of documents: each refused one past its bound, hostile shapes measured in no time."""

import time
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    value_from_ast_untyped,
)
from hypothesis import given
from hypothesis import strategies as st

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

    assert limits.Cost(operation, document).of({"n": 1}) == 1 + 1 + 4
    assert limits.Cost(operation, document).of({"n": 50}) == 1 + 1 + 50 * 4
    assert limits.Cost(operation, document).of({"n": 10**12}) == 1 + 1 + 200 * 4


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

    assert limits.Cost(operation, document).of(variables) == cost


sizes = st.sampled_from(["", "(first: 3)", "(first: $n)", "(last: $m, x: 1)", '(ids: ["a", "b"])', "(ids: $ids)", "(first: $n, last: 7)"])
selections = st.recursive(
    st.just("{ id }"),
    lambda below: st.lists(
        st.one_of(
            st.just("id"),
            st.builds("f{} {}".format, sizes, below),
            st.builds("... on T {}".format, below),
            st.just("...F"),
        ),
        min_size=1,
        max_size=4,
    ).map(lambda parts: "{ " + " ".join(parts) + " }"),
    max_leaves=12,
)
values = st.fixed_dictionaries({}, optional={"n": st.sampled_from([None, 0, 1, 50, 10**6]), "m": st.integers(1, 5), "ids": st.just(["a"] * 9)})


def counted(selections: SelectionSetNode, document: DocumentNode, values: dict[str, Any]) -> int:
    """The cost again, slowly: by walking all of it under the variables."""
    total = 0
    for part in selections.selections:
        if isinstance(part, FragmentSpreadNode):
            total += counted(document.definitions[1].selection_set, document, values)  # type: ignore[attr-defined]
        elif isinstance(part, InlineFragmentNode):
            total += counted(part.selection_set, document, values)
        elif isinstance(part, FieldNode) and part.selection_set:
            said = [value_from_ast_untyped(a.value, values) for a in part.arguments or () if a.name.value in {"first", "last", "ids"}]
            known = [len(one) if isinstance(one, list) else one for one in said if isinstance(one, list | int)]
            total += (min(max(known[0], 1), 200) if known else 1) * (1 + counted(part.selection_set, document, values))
    return total


@given(body=selections, fragment=selections.filter(lambda text: "...F" not in text), variables=st.lists(values, min_size=1, max_size=3))
def test_cost_is_the_same_as_walking_the_document(body: str, fragment: str, variables: list[dict[str, Any]]) -> None:
    document = parse(f"query($n: Int = 4, $m: Int, $ids: [ID!]) {body} fragment F on T {fragment}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    cost = limits.Cost(operation, document)

    for given_values in variables:
        expected = 1 + counted(operation.selection_set, document, {"n": 4} | given_values)
        assert cost.of(given_values) == min(expected, 1 + limits.ENDLESS)


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
