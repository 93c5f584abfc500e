"""Setting the permanent password: a one-time code as proof, then the new one."""

from typing import Any

from mobile.state.code import CodeAsked
from mobile.state.digits import plain
from mobile.state.services import Services

SHORTEST = 10
LINK = "simurgh://password/"


def challenge_in(link: str) -> str | None:
    """The challenge that a link of an SMS names; None for any other link."""
    return link.removeprefix(LINK).strip("/") or None if link.startswith(LINK) else None


class PasswordSetting(CodeAsked):
    """From the number to a new password; begins with the code where an SMS already named the question."""

    def __init__(self, services: Services, identity: str = "", channel: str = "SMS", challenge_id: str | None = None) -> None:
        super().__init__(services, identity or services.settings.identity, channel)
        if challenge_id is not None:
            self.challenge = {"id": challenge_id}

    @property
    def is_inside(self) -> bool:
        """Whoever sets it is signed in."""
        return self.services.gateway.is_signed_in

    async def set(self, code: str, password: str) -> bool:
        """Sets the password by the code; True once it is set, else `problem` says why not."""
        if len(plain(code)) < self.code_length:
            self.complain(self.services.say("password.code_missing"))
            return False
        if len(password) < SHORTEST:
            self.complain(self.services.say("password.rules", least=self.services.say.number(SHORTEST)))
            return False
        proof = {"challengeId": self.challenge["id"], "code": plain(code)}
        payload: dict[str, Any] | None = await self.run("PasswordSet", {"proof": proof, "password": password})
        if payload is None:
            return False
        if payload["__typename"] != "PasswordSetPayload":
            self.refused(payload)
            return False
        return True
