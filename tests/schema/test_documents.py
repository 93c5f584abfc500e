"""Prepared documents are kept for the next caller, within bounds."""

from schema.engine.documents import TOKENS_KEPT
from schema.kernel.documents import KEPT, Documents
from schema.kernel.trusted import own_documents
from schema.root import schema


def test_documents_that_are_too_large_are_not_kept() -> None:
    documents = Documents(schema)

    documents.prepared("{ __typename }" + " " * 100_000)

    assert not documents._others._kept


def test_faulty_documents_are_not_kept() -> None:
    documents = Documents(schema)

    for source in ("{", "{ nothing }", "{ " + "__typename " * 600 + "}", "query { nodes(ids: $ids) { id } }"):
        assert documents.prepared(source).errors

    assert not documents._others._kept


def test_documents_are_bounded_by_their_tokens() -> None:
    documents = Documents(schema)
    large = '{ nodes(ids: ["a" ' + '"a" ' * 900 + "]) { id } }"

    for number in range(KEPT):
        assert not documents.prepared(f"{large} # {number}").errors

    kept = documents._others
    assert len(kept) == TOKENS_KEPT // kept.prepared(f"{large} # {KEPT - 1}").tokens
    assert kept._kept_tokens == sum(prepared.tokens for prepared in kept._kept.values()) <= TOKENS_KEPT
    kept.pin(f"{large} # {KEPT - 1}")
    assert kept._kept_tokens == sum(prepared.tokens for prepared in kept._kept.values())


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
