"""What an outage notice may say."""

from collections.abc import Sequence
from datetime import datetime

from domain.kernel.errors import InvalidInput
from domain.kernel.quantity import UsageType

LONGEST_TITLE = 120
LONGEST_TEXT = 2000


def words(text: str, most: int, field: str) -> str:
    """Text without blanks around it; raises `InvalidInput` when empty or longer than `most` characters."""
    bare = text.strip()
    if not 1 <= len(bare) <= most:
        raise InvalidInput("content.words", field=(field,), most=most)
    return bare


def services(wanted: Sequence[UsageType]) -> list[UsageType]:
    """The services hit, one of each in the order of the enum; none is `InvalidInput`."""
    if not wanted:
        raise InvalidInput("content.services", field=("services",))
    return [service for service in UsageType if service in wanted]


def check_period(starts_at: datetime, ends_at: datetime | None) -> None:
    """Raises `InvalidInput` for an outage that ends before it begins."""
    if ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("content.period", field=("period", "endsAt"))
