"""Open sessions of the person: list, end one, sign out."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable


class Sessions(Loadable):
    """Every client signed in with this identity."""

    sessions: list[dict[str, Any]]
    has_totp: bool = False

    async def fetch(self) -> bool:
        """Brings them."""
        data: Any = await self.ask("Sessions")
        self.sessions, self.has_totp = data["viewer"]["sessions"], data["viewer"]["hasTotp"]
        return False

    @property
    def others(self) -> list[str]:
        """The sessions of other clients."""
        return [session["id"] for session in self.sessions if not session["isCurrent"]]

    async def end(self, *session_ids: str) -> None:
        """Ends other clients' sessions."""
        try:
            await self.services.gateway.mutate("SessionRevoke", {"input": {"sessionIds": [*session_ids]}})
        except failures.SessionEnded:
            self.services.session.end()
            return
        except failures.Failure as failure:
            self.failure = failure
        await self.load()

    async def sign_out(self) -> None:
        """Ends this one; the device forgets its tokens and the offline copy even when the server can't be told."""
        try:
            await self.services.gateway.mutate("SessionRevoke", {"input": {"sessionIds": None}})
        except failures.Failure:
            self.failure = None
        self.services.gateway.forget()
        self.services.settings.put(identity="")
        self.services.session.leave()
