"""What a request can fail with, told apart by what the person can do about it."""

from dataclasses import dataclass


class Failure(Exception):
    """A request that gave no answer; `request_id` is what support asks for, when the server named one."""

    def __init__(self, message: str = "", *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class Offline(Failure):
    """The server can't be reached and nothing is kept from before."""


class SessionEnded(Failure):
    """The session is over: expired, revoked, or its refresh token was refused."""


class NoRight(Failure):
    """The person lacks a right that the whole request needs."""


class NotFound(Failure):
    """No such thing in the person's scope."""


class TooMany(Failure):
    """The server asks to slow down."""


class OutOfDate(Failure):
    """The server runs only documents it knows and ours isn't one: the app has to be updated."""


class ServerFault(Failure):
    """Anything else: a bug or an outage on the other side."""


class UnknownDocument(ServerFault):
    """The server doesn't know the document by its id; its text may still be welcome."""


BY_CODE: dict[str, type[Failure]] = {
    "UNAUTHENTICATED": SessionEnded,
    "FORBIDDEN": NoRight,
    "NOT_FOUND": NotFound,
    "RATE_LIMITED": TooMany,
    "DOCUMENT_NOT_FOUND": UnknownDocument,
    "DOCUMENT_NOT_REGISTERED": OutOfDate,
}


@dataclass(frozen=True)
class Refusal:
    """One field of an otherwise good answer that was refused, with its path and code."""

    path: tuple[str | int, ...]
    code: str
