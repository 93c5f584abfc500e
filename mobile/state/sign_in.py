"""Signing in: identity, one-time code by SMS or e-mail, then an authenticator code where the person has one."""

from datetime import datetime
from enum import Enum
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.loading import explain
from mobile.state.observe import Observable
from mobile.state.services import Services

TRIES = 5


class Stage(Enum):
    """Which proof is asked for."""

    IDENTITY = "identity"
    CODE = "code"
    AUTHENTICATOR = "authenticator"


class SignIn(Observable):
    """The way from a number to a session; the same words whether or not the number is known."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.identity: str = services.settings.identity
        self.channel = "SMS"
        self.stage = Stage.IDENTITY
        self.challenge: dict[str, Any] = {}
        self.asked_at: datetime | None = None
        self.tries_left = TRIES
        self.problem: str | None = None
        self.is_busy = False

    @property
    def code_length(self) -> int:
        """Digits of the code; an authenticator's are six."""
        return int(self.challenge.get("codeLength", 6))

    def seconds_left(self) -> int:
        """Until the code dies."""
        if not self.challenge:
            return 0
        return max(0, int((datetime.fromisoformat(self.challenge["expiresAt"]) - self.services.now()).total_seconds()))

    def share_left(self) -> float:
        """The same as a share of the code's life."""
        if not self.challenge or self.asked_at is None:
            return 0.0
        life = (datetime.fromisoformat(self.challenge["expiresAt"]) - self.asked_at).total_seconds()
        return min(1.0, self.seconds_left() / life) if life > 0 else 0.0

    def can_resend(self) -> bool:
        """Another code may be asked for."""
        return "resendAt" not in self.challenge or self.services.now() >= datetime.fromisoformat(self.challenge["resendAt"])

    async def send(self, channel: str | None = None) -> None:
        """Asks for a code to the number or address; a new code begins with all tries."""
        self.channel = channel or self.channel
        if not self.identity.strip():
            self._complain(self.services.say("sign_in.identity_missing"))
            return
        asked = {"identity": plain(self.identity).strip(), "channel": self.channel}
        payload = await self._run("OtpRequest", asked)
        if payload is None:
            return
        if "challenge" not in payload:
            self._complain(payload["message"])
            return
        self.challenge, self.asked_at = payload["challenge"], self.services.now()
        self.stage, self.tries_left, self.problem = Stage.CODE, TRIES, None
        self.services.settings.put(identity=self.identity)
        self.changed()

    async def confirm(self, code: str) -> bool:
        """Answers the challenge; True once a session has begun."""
        proof = {"challengeId": self.challenge["id"], "code": plain(code)}
        kind = "totp" if self.stage is Stage.AUTHENTICATOR else "otp"
        payload = await self._run("SessionCreate", {"proof": {kind: proof}})
        if payload is None:
            return False
        if payload["__typename"] == "SecondFactorRequired":
            self.challenge, self.asked_at = payload["challenge"], self.services.now()
            self.stage, self.tries_left, self.problem = Stage.AUTHENTICATOR, TRIES, None
            self.changed()
            return False
        if "tokens" not in payload:
            self.tries_left = payload["triesLeft"] if payload.get("triesLeft") is not None else self.tries_left
            self._complain(payload["message"])
            return False
        self.services.gateway.sign_in(payload["tokens"])
        self.services.session.begin(self.identity)
        return True

    def edit(self) -> None:
        """Back to the number."""
        self.stage, self.problem = Stage.IDENTITY, None
        self.changed()

    async def _run(self, operation: str, asked: dict[str, Any]) -> dict[str, Any] | None:
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

    def _complain(self, problem: str) -> None:
        self.problem = problem
        self.changed()
