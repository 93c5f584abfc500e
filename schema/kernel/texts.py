"""What no text from outside may be: holding NUL, which PostgreSQL can't keep, or longer than anything a client has to say."""

from typing import Any, NoReturn

from graphql import DocumentNode, TokenKind

from domain.kernel.errors import InvalidInput

LONGEST = 10_000
NUL = "\0"


def check_variables(value: Any, *field: str) -> None:
    """Raises `InvalidInput` at the path of the first such text among the variables, as they come out of JSON."""
    if isinstance(value, str):
        if NUL in value or len(value) > LONGEST:
            _refuse(value, field)
    elif isinstance(value, dict):
        for key, part in value.items():
            check_variables(part, *field, str(key)[:100])
    elif isinstance(value, list):
        for part in value:
            check_variables(part, *field)


def check_literals(document: DocumentNode) -> None:
    """Raises `InvalidInput` when a text written into the document is such."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in {TokenKind.STRING, TokenKind.BLOCK_STRING}:
            check_variables(token.value or "")
        token = token.next


def _refuse(text: str, field: tuple[str, ...]) -> NoReturn:
    if NUL in text:
        raise InvalidInput("error.unstorable", field=field)
    raise InvalidInput("error.too_long", field=field, most=LONGEST)
