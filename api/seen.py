"""One request as it is watched: what metrics, traces and the log are told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Seen:
    """One request as it is watched; `operation` is empty for what isn't an operation of our own clients, names of others have no bounds."""

    request_id: str
    operation: str = ""
    kind: str = ""
    codes: list[str] = field(default_factory=list)

    def noted(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Notes the codes of errors as they are told."""
        self.codes += [error["extensions"]["code"] for error in errors]
