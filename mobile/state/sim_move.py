"""Moving SIM cards to another account: where to and from when, then the plan."""

from datetime import datetime, timedelta
from typing import Any

from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.state.services import Services
from mobile.state.speech import TEHRAN

DAYS_AHEAD = 31


class SimMove:
    """Choices before a move; each look at the consequences is a new flow."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self.services = services
        self.selection = selection
        self.account: dict[str, Any] | None = None
        self.effective_at: datetime | None = None

    def days(self) -> list[datetime]:
        """Beginnings of the days to come, in Tehran."""
        today = self.services.now().astimezone(TEHRAN).replace(hour=0, minute=0, second=0, microsecond=0)
        return [today + timedelta(days=days) for days in range(1, DAYS_AHEAD)]

    def move(self) -> PlanFlow:
        """Moves what can be moved; the others are left out by name."""
        if self.account is None:
            raise LookupError("no account is chosen")
        content = {
            "sims": self.selection.asked,
            "accountId": self.account["id"],
            "effectiveAt": self.effective_at.isoformat() if self.effective_at else None,
            "errorPolicy": "SKIP_FAILED",
        }
        return PlanFlow(self.services, "SimMove", content, has_key=False)
