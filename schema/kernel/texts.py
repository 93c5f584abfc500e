"""What no text from outside may be: holding NUL, which PostgreSQL can't keep, or longer than anything a client has to say."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import DocumentNode, TokenKind

from domain.kernel.errors import InvalidInput

LONGEST = 10_000
NUL = "\0"


def check_variables(value: Any, *field: str) -> None:
    """Raises `InvalidInput` at the path of the first such text among the variables."""
    if isinstance(value, str):
        _check(value, field)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            check_variables(part, *field, str(key)[:100])
    elif isinstance(value, Sequence):
        for part in value:
            check_variables(part, *field)


def check_literals(document: DocumentNode) -> None:
    """Raises `InvalidInput` when a text written into the document is such."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in {TokenKind.STRING, TokenKind.BLOCK_STRING}:
            _check(token.value or "", ())
        token = token.next


def _check(text: str, field: tuple[str, ...]) -> None:
    if NUL in text:
        raise InvalidInput("error.unstorable", field=field)
    if len(text) > LONGEST:
        raise InvalidInput("error.too_long", field=field, most=LONGEST)
