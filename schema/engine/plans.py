"""What a schema's compiled plans share, and how they fare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from strawberry import Schema


@dataclass(frozen=True, slots=True)
class Native:
    """How values of exactly one class of a scalar are written without asking its serialize function, which must come to the same JSON."""

    of: type[Any]
    value: str = "{}"
    """An expression of the value `{}`."""
    when: str | None = None
    """A condition on the value `{}`; where it doesn't hold, serialize is asked."""
    names: Mapping[str, object] = field(default_factory=dict)
    """What the expressions name."""


Natives = Sequence[Native]


@dataclass(slots=True)
class Stats:
    """Counts since the start."""

    compiled: int = 0
    hits: int = 0
    deopts: int = 0
    fallbacks: int = 0
    compile_seconds: float = 0.0


class Engine:
    """One schema's side of compiled execution."""

    def __init__(self, schema: Schema, natives: Mapping[str, Natives]) -> None:
        """Raises `ValueError` for a schema whose extensions or directives wrap resolvers."""
        if schema.directives or any(extension._implements_resolve() for extension in schema.get_extensions()):
            raise ValueError("Extensions with a `resolve` hook and directives of one's own wrap every resolver: they can't be compiled.")
        self.schema = schema
        self.natives = natives
        self.stats = Stats()
