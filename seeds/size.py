"""How large a demo world is."""

from enum import StrEnum


class Size(StrEnum):
    """How many SIM cards a demo world has."""

    DEMO = "demo"
    SMALL = "small"

    @property
    def cards(self) -> int:
        """SIM cards of all companies together."""
        return {Size.DEMO: 1_200, Size.SMALL: 90}[self]
