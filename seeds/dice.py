"""Chance that comes out the same for the same seed number: every part of the world draws from a stream of its own name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from domain.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class Dice:
    """The seed number of a world."""

    seed: int

    def stream(self, name: str) -> Random:
        """The draws of one part; another part that draws more or less doesn't change them."""
        return Random(f"{self.seed}:{name}")

    def ids(self, name: str, at: datetime) -> Callable[[], UUID]:
        """Hands out ids of one instant."""
        stream = self.stream(f"ids:{name}")
        return lambda: id_at(stream, at)


def id_at(stream: Random, at: datetime) -> UUID:
    """A time-ordered id of an instant."""
    return uuid7(int(at.timestamp() * 1000), stream.randbytes(10))
