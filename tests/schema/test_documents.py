"""Prepared documents are kept for the next caller, within bounds."""

from schema.kernel.documents import KEPT, Documents
from schema.kernel.trusted import own_documents
from schema.root import schema


def test_documents_that_are_too_large_are_not_kept() -> None:
    documents = Documents(schema)

    documents.prepared("{ __typename }" + " " * 100_000)

    assert not documents._others._kept


def test_the_least_used_leave_first() -> None:
    documents = Documents(schema)
    for number in range(KEPT + 10):
        documents.prepared("{ __typename }" + " " * number)

    assert len(documents._others._kept) == KEPT
    assert "{ __typename }" not in documents._others._kept


def test_strangers_drive_out_neither_our_own_nor_registered_documents() -> None:
    documents = Documents(schema)
    own = {text: documents.prepared(text) for text in own_documents().values()}
    registered = documents.prepared("{ viewer { locale } }", is_registered=True)

    for number in range(KEPT + 10):
        documents.prepared("{ __typename }" + " " * number)

    assert all(documents.prepared(text) is prepared for text, prepared in own.items())
    assert documents.prepared("{ viewer { locale } }", is_registered=True) is registered
    assert documents.prepared("{ viewer { locale } }") is not registered


def test_registered_documents_are_bounded_too() -> None:
    documents = Documents(schema)
    for number in range(KEPT + 10):
        documents.prepared("{ __typename }" + " " * number, is_registered=True)

    assert len(documents._registered._kept) == KEPT
