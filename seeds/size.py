"""How large a demo world is."""

from enum import StrEnum


class Size(StrEnum):
    """How many SIM cards the three demo companies share, and which grown companies stand beside them."""

    SMALL = "small"
    DEMO = "demo"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def cards(self) -> int:
        """SIM cards of the three demo companies together."""
        return 1_200 if self is Size.DEMO else 90

    @property
    def grown(self) -> tuple[int, ...]:
        """SIM cards of each grown company: the large world has one of every scale, so that they can be compared."""
        return {Size.MEDIUM: (1_000,), Size.LARGE: (1_000, 100_000)}.get(self, ())
