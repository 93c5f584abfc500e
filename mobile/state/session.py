"""Who is signed in: the viewer, the chosen membership and its rights, and the end of a session."""

from enum import Enum
from typing import Any

from mobile.state.digits import plain
from mobile.state.observe import Observable


class SessionPhase(Enum):
    """Where a session stands."""

    SIGNED_OUT = "signed out"
    SIGNED_IN = "signed in"
    ENDED = "ended"


class Session(Observable):
    """One person's session on this device."""

    def __init__(self, *, is_signed_in: bool, identity: str = "") -> None:
        super().__init__()
        self.phase = SessionPhase.SIGNED_IN if is_signed_in else SessionPhase.SIGNED_OUT
        self.viewer: dict[str, Any] | None = None
        self.person = _plain(identity)
        self._chosen = 0

    def begin(self, identity: str = "") -> None:
        """Somebody signed in; of another person nothing is kept."""
        if _plain(identity) != self.person:
            self.viewer, self._chosen = None, 0
        self.person = _plain(identity)
        self._move(SessionPhase.SIGNED_IN)

    def end(self) -> None:
        """The server no longer honours the session; the screens stay where they are."""
        if self.phase is SessionPhase.SIGNED_IN:
            self._move(SessionPhase.ENDED)

    def leave(self) -> None:
        """The person signed out."""
        self.viewer, self.person, self._chosen = None, "", 0
        self._move(SessionPhase.SIGNED_OUT)

    def adopt(self, viewer: dict[str, Any]) -> None:
        """Takes over what the server says of the viewer."""
        self.viewer = viewer
        self._chosen = min(self._chosen, max(0, len(self.memberships) - 1))

    @property
    def memberships(self) -> list[dict[str, Any]]:
        """Roles in companies, as far as an account is covered."""
        return [one for one in (self.viewer or {}).get("memberships", []) if one.get("account")]

    @property
    def membership(self) -> dict[str, Any] | None:
        """The chosen one."""
        return self.memberships[self._chosen] if self.memberships else None

    def choose(self, index: int) -> None:
        """Works for another company or account from now on."""
        self._chosen = index
        self.changed()

    @property
    def account(self) -> dict[str, Any]:
        """Top of what the chosen membership covers, empty before the viewer is known."""
        return (self.membership or {}).get("account") or {}

    @property
    def organization_id(self) -> str | None:
        """Company of the chosen membership."""
        return ((self.membership or {}).get("organization") or {}).get("id")

    def may(self, permission: str) -> bool:
        """Whether the viewer holds the right; True while nothing is known, since the server decides anyway."""
        return self.viewer is None or permission in self.viewer["permissions"]

    @property
    def waiting(self) -> int:
        """Approvals that wait for the viewer's word, as far as is known."""
        return int(((self.viewer or {}).get("approvals") or {"totalCount": 0})["totalCount"])

    def _move(self, phase: SessionPhase) -> None:
        self.phase = phase
        self.changed()


def _plain(identity: str) -> str:
    return plain(identity).replace(" ", "")
