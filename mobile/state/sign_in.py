"""Signing in: identity, one-time code by SMS or e-mail or the password, then an authenticator code where the person has one."""

from enum import Enum
from typing import Any

from mobile.state.code import CodeAsked
from mobile.state.digits import plain
from mobile.state.outages import going_on
from mobile.state.services import Services

PASSWORD = "PASSWORD"


class Stage(Enum):
    """Which proof is asked for."""

    IDENTITY = "identity"
    CODE = "code"
    AUTHENTICATOR = "authenticator"


class SignIn(CodeAsked):
    """The way from a number to a session; `channel` is `PASSWORD` where a password is typed instead of a code."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, services.settings.identity)
        self.stage = Stage.IDENTITY
        self.outages: list[dict[str, Any]] = []

    async def look_for_outages(self) -> None:
        """Brings what strangers are told, too."""
        self.outages = await going_on(self.services.gateway.query, self.outages)
        self.changed()

    def open(self, challenge: dict[str, Any]) -> None:
        """A code is on its way."""
        self.stage = Stage.CODE
        self.services.settings.put(identity=self.identity)
        super().open(challenge)

    async def confirm(self, code: str) -> bool:
        """Answers the challenge; True once a session has begun."""
        kind = "totp" if self.stage is Stage.AUTHENTICATOR else "otp"
        return await self._prove({kind: {"challengeId": self.challenge["id"], "code": plain(code)}})

    async def enter(self, password: str) -> bool:
        """Signs in by the password; True once a session has begun, and the authenticator's stage where one is asked for."""
        for typed, missing in ((self.typed_identity, "sign_in.identity_missing"), (password, "sign_in.password_missing")):
            if not typed:
                self.complain(self.services.say(missing))
                return False
        return await self._prove({"password": {"identity": self.typed_identity, "password": password}})

    def edit(self) -> None:
        """Back to the number."""
        self.stage, self.problem = Stage.IDENTITY, None
        self.changed()

    async def _prove(self, proof: dict[str, Any]) -> bool:
        payload = await self.run("SessionCreate", {"proof": proof})
        if payload is None:
            return False
        if payload["__typename"] == "SecondFactorRequired":
            self.stage = Stage.AUTHENTICATOR
            super().open(payload["challenge"])
            return False
        if "tokens" not in payload:
            self.refused(payload)
            return False
        self.services.settings.put(identity=self.identity)
        self.services.gateway.sign_in(payload["tokens"])
        self.services.session.begin(self.identity)
        return True
