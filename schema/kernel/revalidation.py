"""Which queries may be asked by GET, kept by who asked, and asked about again: those of what seldom changes and is no customer's own."""

from graphql import FieldNode, OperationDefinitionNode, OperationType

FIELDS = frozenset({"offerings", "helpArticles", "links", "incidents"})
"""Root fields that lead nowhere but into the catalogue and what the operator tells everybody;
`tests/schema/test_revalidation.py` lists the types behind them."""


def may_be_kept(operation: OperationDefinitionNode) -> bool:
    """Whether an operation asks for such fields alone."""
    asked = operation.selection_set.selections
    return operation.operation is OperationType.QUERY and all(isinstance(part, FieldNode) and part.name.value in FIELDS for part in asked)
