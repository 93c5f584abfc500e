"""How recently the acting person proved who they are; dangerous actions ask for a proof under five minutes old."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.kernel.errors import DomainError, ErrorCode

FRESH = timedelta(minutes=5)


class ProofMethod(StrEnum):
    """Ways to prove who one is."""

    OTP_SMS = "OTP_SMS"
    OTP_EMAIL = "OTP_EMAIL"
    PASSWORD = "PASSWORD"
    TOTP = "TOTP"


class StepUpRequired(DomainError):
    """The last proof is too old for this action; `methods` are the ways this person can prove it again."""

    code = ErrorCode.STEP_UP_REQUIRED
    default_key = "auth.step_up_required"

    def __init__(self, methods: tuple[ProofMethod, ...]) -> None:
        super().__init__()
        self.methods = methods
        self.max_age_seconds = int(FRESH.total_seconds())


@dataclass(frozen=True, slots=True)
class Proof:
    """The last proof of a session, null for whoever never gave one (API tokens), and the ways to give another."""

    proven_at: datetime | None
    methods: tuple[ProofMethod, ...] = ()

    def is_fresh(self, at: datetime) -> bool:
        """Whether it is under five minutes old."""
        return self.proven_at is not None and at - self.proven_at < FRESH

    def require(self, at: datetime) -> None:
        """Raises `StepUpRequired` unless it is fresh."""
        if not self.is_fresh(at):
            raise StepUpRequired(self.methods)
