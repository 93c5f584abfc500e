"""The cards of a bulk act: some by name, or all that match the conditions of a list."""

from dataclasses import dataclass
from typing import Any

AT_ONCE = 100
"""More than these are done by a job."""
MOST_NAMED = 250


@dataclass(frozen=True)
class Selection:
    """What is asked for, as the contract's SimSelectionInput, and how many cards that is as far as the app knows."""

    asked: dict[str, Any]
    count: int

    @classmethod
    def of(cls, sims: list[dict[str, Any]]) -> "Selection":
        """These cards."""
        return cls({"ids": [sim["id"] for sim in sims]}, len(sims))

    @property
    def is_job(self) -> bool:
        """It is done in the background, row by row."""
        return "ids" not in self.asked or self.count > AT_ONCE
