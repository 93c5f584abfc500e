"""What may be kept: queries of the catalogue and nothing else, and the catalogue leads to nothing of a customer's."""

import pytest
from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, OperationDefinitionNode, get_named_type, parse

from schema.kernel.revalidation import FIELDS, may_be_kept
from schema.root import schema

CATALOGUE = {
    "Allowance", "HelpArticle", "HelpArticleConnection", "HelpArticleEdge", "Incident", "Link", "Money", "PageInfo", "Period", "Price",
    "ProductOffering", "ProductOfferingConnection", "ProductOfferingEdge", "Quantity",
}  # fmt: skip


def reached(kind: GraphQLNamedType, found: set[str]) -> set[str]:
    """The output types behind one, by name."""
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and kind.name not in found:
        found.add(kind.name)
        for field in kind.fields.values():
            reached(get_named_type(field.type), found)
    return found


def test_behind_the_fields_that_may_be_kept_is_the_catalogue_alone() -> None:
    query = schema._schema.query_type
    assert query is not None

    found: set[str] = set()
    for name in FIELDS:
        reached(get_named_type(query.fields[name].type), found)

    assert found == CATALOGUE


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ offerings { totalCount } }", True),
        ("query A { a: offerings(first: 1) { totalCount } b: offerings(last: 1) { totalCount } }", True),
        ("{ incidents { title } links { url } }", True),
        ("{ offerings { totalCount } viewer { locale } }", False),
        ("{ viewer: offerings { totalCount } offerings: viewer { locale } }", False),
        ("{ ... { offerings { totalCount } } }", False),
        ("{ ...F } fragment F on Query { offerings { totalCount } }", False),
        ("{ __typename }", False),
        ("{ node(id: 1) { id } }", False),
        ("mutation { offerings }", False),
        ("subscription { offerings }", False),
    ],
)
def test_only_plain_queries_of_them_are_kept(document: str, expected: bool) -> None:
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    assert may_be_kept(operation) is expected
