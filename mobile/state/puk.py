"""Revealing a PUK: a reason, a fresh proof where the last one is too old, then the codes for a minute, in memory alone."""

from datetime import datetime
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.loading import explain
from mobile.state.observe import Observable
from mobile.state.services import Services

REASONS = ("locked", "new_phone", "other")
A_DAY = 3
SHOWN_SECONDS = 60


class PukReveal(Observable):
    """The way to one card's codes. `codes` is emptied by `hide` and never kept anywhere else."""

    def __init__(self, services: Services, sim: dict[str, Any]) -> None:
        super().__init__()
        self.services = services
        self.sim = sim
        self.reason = REASONS[0]
        self.needs_proof = False
        self.methods: list[str] = []
        self.uses_authenticator = False
        self.challenge: dict[str, Any] = {}
        self.codes: dict[str, Any] = {}
        self.problem: str | None = None
        self.is_busy = False

    @property
    def used_today(self) -> int:
        """Reveals of this card used up today."""
        left = self.sim.get("pukRevealsLeft")
        return A_DAY - left if left is not None else 0

    def seconds_left(self) -> int:
        """Until the codes hide; the server's bound, never more than a minute."""
        if not self.codes:
            return 0
        left = (datetime.fromisoformat(self.codes["hideAt"]) - self.services.now()).total_seconds()
        return max(0, min(SHOWN_SECONDS, round(left)))

    def code_seconds_left(self) -> int:
        """Until the proof's code dies."""
        if not self.challenge:
            return 0
        return max(0, int((datetime.fromisoformat(self.challenge["expiresAt"]) - self.services.now()).total_seconds()))

    async def reveal(self) -> bool:
        """Asks for the codes; True once they are here. A proof too old turns `needs_proof` on and sends a code."""
        words = self.services.say(f"puk.reason.{self.reason}")
        payload = await self._run("PukReveal", {"simId": self.sim["id"], "reason": words})
        if payload is None:
            return False
        if payload["__typename"] == "StepUpRequired":
            self.needs_proof, self.methods = True, payload["methods"]
            await self.send_code()
            return False
        if "puk" not in payload:
            self._complain(payload["message"])
            return False
        self.codes = payload["puk"]
        self.sim["pukRevealsLeft"] = self.codes["revealsLeft"]
        self.changed()
        return True

    async def send_code(self) -> None:
        """Sends a code by the first way this person has; an authenticator needs the challenge alike."""
        channel = "SMS" if "OTP_SMS" in self.methods else "EMAIL"
        self.uses_authenticator = not {"OTP_SMS", "OTP_EMAIL"} & set(self.methods)
        payload = await self._run("OtpRequest", {"identity": plain(self.services.settings.identity), "channel": channel})
        if payload is not None and "challenge" in payload:
            self.challenge = payload["challenge"]
        elif payload is not None:
            self.problem = payload["message"]
        self.changed()

    def switch_method(self) -> None:
        """Between the sent code and the authenticator."""
        self.uses_authenticator = not self.uses_authenticator
        self.changed()

    async def prove(self, code: str) -> bool:
        """Answers with the code, then reveals; True once the codes are here."""
        kind = "totp" if self.uses_authenticator else "otp"
        proof = {kind: {"challengeId": self.challenge.get("id", ""), "code": plain(code)}}
        payload = await self._run("StepUp", {"proof": proof})
        if payload is None:
            return False
        if "session" not in payload:
            self._complain(payload["message"])
            return False
        self.needs_proof = False
        return await self.reveal()

    def hide(self) -> None:
        """Forgets the codes."""
        self.codes = {}
        self.changed()

    async def _run(self, operation: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        self.is_busy, self.problem = True, None
        self.changed()
        try:
            return await self.services.gateway.mutate(operation, {"input": asked})
        except failures.SessionEnded:
            self.services.session.end()
        except failures.Failure as failure:
            self.problem = explain(self.services.say, failure)[1]
        finally:
            self.is_busy = False
            self.changed()
        return None

    def _complain(self, problem: str) -> None:
        self.problem = problem
        self.changed()
