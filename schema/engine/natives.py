"""Scalars whose values compiled code writes by itself, without calling the scalar's serialize function for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Native:
    """How values of exactly one class are written; in JSON it must come to the same as serialize.

    `value` and `when` are Python expressions of the value `{}`, trusted like any other code of the schema.
    """

    of: type[Any]
    value: str = "{}"
    """What stands for the value."""
    when: str | None = None
    """A condition; where it doesn't hold, serialize is called."""
    names: Mapping[str, object] = field(default_factory=dict)
    """What the expressions name."""
    is_text: bool = False
    """Whether `value` comes to exactly what serialize returns, so that answers of dicts may use it too."""


Natives = Mapping[str, Sequence[Native]]
"""By the name of the scalar; values of other classes, and other scalars, go through serialize."""
