"""Asking for a one-time code and the time it has; the same words whether or not the number is known."""

from datetime import datetime
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.loading import explain
from mobile.state.observe import Observable
from mobile.state.services import Services

TRIES = 5
CODE_DIGITS = 6


class CodeAsked(Observable):
    """A question to a person by SMS or e-mail, open once `challenge` is there."""

    def __init__(self, services: Services, identity: str, channel: str = "SMS") -> None:
        super().__init__()
        self.services = services
        self.identity = identity
        self.channel = channel
        self.challenge: dict[str, Any] = {}
        self.asked_at: datetime | None = None
        self.tries_left = TRIES
        self.problem: str | None = None
        self.is_busy = False

    @property
    def code_length(self) -> int:
        """Digits of the code; an authenticator's are six."""
        return int(self.challenge.get("codeLength", CODE_DIGITS))

    @property
    def typed_identity(self) -> str:
        """The number or address as it is sent."""
        return plain(self.identity).strip()

    def seconds_left(self) -> int:
        """Until the code dies."""
        if "expiresAt" not in self.challenge:
            return 0
        return max(0, int((datetime.fromisoformat(self.challenge["expiresAt"]) - self.services.now()).total_seconds()))

    def share_left(self) -> float:
        """The same as a share of the code's life."""
        if "expiresAt" not in self.challenge or self.asked_at is None:
            return 0.0
        life = (datetime.fromisoformat(self.challenge["expiresAt"]) - self.asked_at).total_seconds()
        return min(1.0, self.seconds_left() / life) if life > 0 else 0.0

    def can_resend(self) -> bool:
        """Another code may be asked for."""
        return "resendAt" not in self.challenge or self.services.now() >= datetime.fromisoformat(self.challenge["resendAt"])

    async def send(self, channel: str | None = None) -> bool:
        """Asks for a code to the number or address; a new code begins with all tries. True once it is on its way."""
        self.channel = channel or self.channel
        if not self.typed_identity:
            self.complain(self.services.say("sign_in.identity_missing"))
            return False
        payload = await self.run("OtpRequest", {"identity": self.typed_identity, "channel": self.channel})
        if payload is None:
            return False
        if "challenge" not in payload:
            self.complain(payload["message"])
            return False
        self.open(payload["challenge"])
        return True

    def open(self, challenge: dict[str, Any]) -> None:
        """Takes the next question."""
        self.challenge, self.asked_at = challenge, self.services.now()
        self.tries_left, self.problem = TRIES, None
        self.changed()

    def refused(self, payload: dict[str, Any]) -> None:
        """Tells why an answer wasn't taken, and how many tries are left."""
        self.tries_left = payload["triesLeft"] if payload.get("triesLeft") is not None else self.tries_left
        self.complain(payload["message"])

    async def run(self, operation: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Runs a mutation; None with `problem` set when there was no answer."""
        self.is_busy, self.problem = True, None
        self.changed()
        try:
            return await self.services.gateway.mutate(operation, {"input": asked})
        except failures.Failure as failure:
            self.problem = explain(self.services.say, failure)[1]
            return None
        finally:
            self.is_busy = False
            self.changed()

    def complain(self, problem: str) -> None:
        """Says what is wrong."""
        self.problem = problem
        self.changed()
