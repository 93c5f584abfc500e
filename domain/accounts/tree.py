"""The account tree: how paths are built and in which order they read."""

from dataclasses import dataclass
from uuid import UUID

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account hangs."""

    id: UUID
    path: str
    depth: int


def segment(number: int) -> str:
    """The path segment of the n-th account of an organization: base 36, four characters and a dot, so that text order is number order."""
    text = ""
    for _ in range(WIDTH):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    if number:
        raise ValueError("more than 1,679,615 accounts in one organization")
    return text + "."


def last_segment(path: str) -> str:
    """The segment of a path that is its account's own."""
    return path[-WIDTH - 1 :]


def ancestors(path: str) -> list[str]:
    """The paths from the root down to the path itself."""
    step = WIDTH + 1
    return [path[:end] for end in range(step, len(path) + 1, step)]
