"""Expected failures: each has a code for programs and a message key for people; anything else that is raised is a bug."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from domain.kernel.money import Money
from domain.kernel.quantity import Quantity


class ErrorCode(StrEnum):
    """Codes of expected failures, as the contract names them."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    STATE_CONFLICT = "STATE_CONFLICT"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    OFFERING_UNAVAILABLE = "OFFERING_UNAVAILABLE"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    LIMIT_REACHED = "LIMIT_REACHED"
    PLAN_STALE = "PLAN_STALE"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    ROWS_REJECTED = "ROWS_REJECTED"
    INVALID_SECRET = "INVALID_SECRET"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    CARRIER_FAILED = "CARRIER_FAILED"
    PAYMENT_FAILED = "PAYMENT_FAILED"


class DomainError(Exception):
    """An expected failure; `message_key` and `params` find its words in `domain.kernel.messages`, `field` is the path to the input."""

    code: ErrorCode
    default_key: str

    def __init__(self, message_key: str | None = None, *, field: tuple[str, ...] = (), **params: object) -> None:
        self.message_key = message_key or self.default_key
        self.params: Mapping[str, object] = params
        self.field = field
        super().__init__(f"{self.message_key} {dict(params)}" if params else self.message_key)


class InvalidInput(DomainError):
    """A value breaks its format or bounds."""

    code = ErrorCode.INVALID_INPUT
    default_key = "error.invalid_input"


class NotFound(DomainError):
    """No such thing in the viewer's scope; somebody else's object is not found either."""

    code = ErrorCode.NOT_FOUND
    default_key = "error.not_found"


class AlreadyExists(DomainError):
    """It exists already."""

    code = ErrorCode.ALREADY_EXISTS
    default_key = "error.already_exists"


class StateConflict(DomainError):
    """Its present state forbids this."""

    code = ErrorCode.STATE_CONFLICT
    default_key = "error.state_conflict"


class NotEligible(DomainError):
    """A rule or policy excludes it."""

    code = ErrorCode.NOT_ELIGIBLE
    default_key = "error.not_eligible"


class LimitReached(DomainError):
    """A window of a limit is used up; `retry_at` is null when it doesn't open by itself."""

    code = ErrorCode.LIMIT_REACHED
    default_key = "error.limit_reached"

    def __init__(
        self,
        message_key: str | None = None,
        *,
        maximum: Quantity | None = None,
        retry_at: datetime | None = None,
        field: tuple[str, ...] = (),
        **params: object,
    ) -> None:
        super().__init__(message_key, field=field, **params)
        self.maximum = maximum
        self.retry_at = retry_at


class InsufficientFunds(DomainError):
    """The paying wallet holds too little."""

    code = ErrorCode.INSUFFICIENT_FUNDS
    default_key = "error.insufficient_funds"

    def __init__(self, *, required: Money, available: Money) -> None:
        super().__init__(required=required.minor, available=available.minor)
        self.required = required
        self.available = available


class BudgetExceeded(DomainError):
    """Spending would pass a budget, or a band that nobody can approve; `budget` is its row as it is shown, null for a token's own."""

    code = ErrorCode.BUDGET_EXCEEDED
    default_key = "error.budget_exceeded"

    def __init__(self, message_key: str | None = None, *, required: Money, available: Money, budget: object = None) -> None:
        super().__init__(message_key, required=required.minor, available=available.minor)
        self.required = required
        self.available = available
        self.budget = budget


class IdempotencyConflict(DomainError):
    """The key was used with other content."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT
    default_key = "error.idempotency_conflict"

    def __init__(self, *, first_used_at: datetime) -> None:
        super().__init__(field=("idempotencyKey",))
        self.first_used_at = first_used_at


class AccessError(Exception):
    """A refusal at the door; always a top-level error with its code."""

    code: str
    message_key: str


class Unauthenticated(AccessError):
    """Nobody is signed in, or the session has ended."""

    code = "UNAUTHENTICATED"
    message_key = "error.unauthenticated"


class Forbidden(AccessError):
    """The viewer lacks the right."""

    code = "FORBIDDEN"
    message_key = "error.forbidden"


class RateLimited(AccessError):
    """Too many requests; try again in `retry_after` seconds."""

    code = "RATE_LIMITED"
    message_key = "error.rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class DocumentUnknown(AccessError):
    """No document is registered under this hash for whoever asks."""

    code = "DOCUMENT_NOT_FOUND"
    message_key = "trusted.unknown"


class DocumentsOnly(AccessError):
    """Only registered documents run here, and this text isn't one."""

    code = "DOCUMENT_NOT_REGISTERED"
    message_key = "trusted.only"


class Busy(AccessError):
    """The store could not begin the transaction in time; nothing was done."""

    code = "BUSY"
    message_key = "error.busy"


class Unavailable(AccessError):
    """A store that this needs doesn't answer; nothing was shown."""

    code = "UNAVAILABLE"
    message_key = "error.unavailable"


class Unlogged(AccessError):
    """The look couldn't be written into the access log, so nothing is shown."""

    code = "UNAVAILABLE"
    message_key = "error.unlogged"
