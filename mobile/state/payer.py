"""Whose money is looked at: the top account of the membership, or one below it that was chosen."""

from typing import Any

from mobile.state.services import Services


class Payer:
    """One account for all tabs of money."""

    def __init__(self, services: Services) -> None:
        self._session = services.session
        self._chosen: tuple[Any, dict[str, Any]] | None = None

    @property
    def account(self) -> dict[str, Any]:
        """Id, name and payment mode at least; another membership forgets the choice."""
        if self._chosen is not None and self._chosen[0] == self._session.account.get("id"):
            return self._chosen[1]
        return self._session.account

    def choose(self, account: dict[str, Any]) -> None:
        """Looks at another account from now on."""
        self._chosen = self._session.account.get("id"), account
