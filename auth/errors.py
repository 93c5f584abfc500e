"""What can go wrong while signing in, beyond the failures everything shares."""

from auth.rules import Asked
from domain.kernel.errors import DomainError, ErrorCode


class InvalidSecret(DomainError):
    """The proof was wrong, used or expired; known and unknown people get the same. `tries_left` is null where no challenge counts them."""

    code = ErrorCode.INVALID_SECRET
    default_key = "auth.invalid_secret"

    def __init__(self, tries_left: int | None = None, *, message_key: str | None = None, field: tuple[str, ...] = ()) -> None:
        super().__init__(message_key, field=field)
        self.tries_left = tries_left


class SecondFactorRequired(DomainError):
    """The first proof was right; `challenge` is to be answered next."""

    code = ErrorCode.SECOND_FACTOR_REQUIRED
    default_key = "auth.second_factor_required"

    def __init__(self, challenge: Asked) -> None:
        super().__init__()
        self.challenge = challenge
