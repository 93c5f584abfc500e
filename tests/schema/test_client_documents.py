"""What the app, the explorer and support's runbooks ask is valid against the schema, file by file."""

from pathlib import Path

import pytest
from graphql import parse, validate

from schema.root import schema

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("mobile/documents", "web/runbooks", "web/src/documents") for path in sorted((ROOT / folder).glob("*.graphql"))]


def test_there_are_documents_of_each_client() -> None:
    assert {path.parent.relative_to(ROOT).as_posix() for path in FILES} == {"mobile/documents", "web/runbooks", "web/src/documents"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_clients_document_is_valid(path: Path) -> None:
    assert [error.message for error in validate(schema._schema, parse(path.read_text()))] == []
