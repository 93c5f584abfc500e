"""Prepared documents are kept for the next caller, within bounds."""

from schema.kernel.documents import KEPT, Documents
from schema.root import schema


def test_documents_that_are_too_large_are_not_kept() -> None:
    documents = Documents(schema)

    documents.prepared("{ __typename }" + " " * 100_000)

    assert not documents._kept


def test_the_least_used_leave_first() -> None:
    documents = Documents(schema)
    for number in range(KEPT + 10):
        documents.prepared("{ __typename }" + " " * number)

    assert len(documents._kept) == KEPT
    assert "{ __typename }" not in documents._kept
