"""Which groups there may be and which cards may be in them; pure."""

from domain.kernel.errors import AlreadyExists, DomainError, InvalidInput, LimitReached, NotEligible, NotFound

LONGEST_NAME = 120
MOST_GROUPS = 20
"""In so many groups a card may be."""
MOST_FIRST = 5_000
"""So many cards a new group may begin with; any others are added by a job."""


def name(text: str) -> str:
    """A group's name without needless spaces; raises `InvalidInput` when it is empty or too long."""
    words = " ".join(text.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise InvalidInput("groups.name", field=("name",), most=LONGEST_NAME)
    return words


def refusal_to_add(path: str, group_path: str, *, is_in: bool, groups: int) -> DomainError | None:
    """Why a card that stands at `path` and is in so many groups can't join one of the account at `group_path`; null when it can."""
    if not path.startswith(group_path):
        return NotEligible("groups.elsewhere")
    if is_in:
        return AlreadyExists("groups.already_in")
    return LimitReached("groups.too_many") if groups >= MOST_GROUPS else None


def refusal_to_remove(*, is_in: bool) -> DomainError | None:
    """Why a card can't leave a group: it isn't in it."""
    return None if is_in else NotFound("groups.not_in")
