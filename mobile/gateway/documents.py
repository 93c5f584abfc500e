"""Finds the GraphQL document of an operation by its name among the app's documents."""

import hashlib
import pathlib
import re
from dataclasses import dataclass
from functools import cache

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "documents"
_OPERATION = re.compile(r"^(?:query|mutation) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """A file of the app as it is sent: by `id`, which the server lists, or as the `text` itself."""

    id: str
    text: str


@cache
def document(operation: str) -> Document:
    """The document that holds the operation of that name; a KeyError when none does."""
    return _documents()[operation]


@cache
def _documents() -> dict[str, Document]:
    """The documents by the names of their operations."""
    found: dict[str, Document] = {}
    for file in sorted(FOLDER.glob("*.graphql")):
        content = file.read_bytes()
        text = content.decode()
        found |= dict.fromkeys(_OPERATION.findall(text), Document(f"sha256:{hashlib.sha256(content).hexdigest()}", text))
    return found
