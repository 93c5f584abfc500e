"""Blocking and unblocking SIM cards: reason and extent, then the plan."""

from typing import Any

from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.state.services import Services

REASONS = ("LOST", "REQUEST", "FRAUD")
BARRINGS = ("ALL", "OUTGOING")


class SimBlock:
    """Choices before blocking; each look at the consequences is a new flow."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self.services = services
        self.selection = selection
        self.reason = REASONS[0]
        self.barring = BARRINGS[0]

    def block(self) -> PlanFlow:
        """Blocks what can be blocked; the others are left out by name."""
        content = self._content() | {"reason": self.reason, "barring": self.barring}
        return PlanFlow(self.services, "SimBlock", content)

    def unblock(self) -> PlanFlow:
        """Lets them work again."""
        return PlanFlow(self.services, "SimUnblock", self._content())

    def _content(self) -> dict[str, Any]:
        return {"sims": self.selection.asked, "errorPolicy": "SKIP_FAILED"}
