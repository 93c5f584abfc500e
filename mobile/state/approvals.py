"""What waits for one's word: approvals with what exactly they let happen, the budgets of the month, and standing in for somebody."""

from datetime import datetime, timedelta
from typing import Any

from mobile.gateway import failures
from mobile.state.members import Members
from mobile.state.months import month_of
from mobile.state.paged import Paged
from mobile.state.payments import rials
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services
from mobile.state.speech import TEHRAN

SOON = timedelta(hours=4)
DAYS_AWAY = (3, 7, 14, 30)


def is_urgent(approval: dict[str, Any], now: datetime) -> bool:
    """Its answer is due within hours."""
    return datetime.fromisoformat(approval["dueAt"]) - now < SOON


class Approvals(Paged):
    """Those that wait for the viewer, newest first, and the budgets of the companies the viewer works for."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.count = 0
        self.budgets: list[dict[str, Any]] = []

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of approvals; the budgets come along."""
        data: Any = await self.ask("Inbox", after=after)
        if data["viewer"] is None:
            raise failures.SessionEnded
        found: dict[str, Any] | None = data["viewer"]["approvals"]
        if found is None:
            raise failures.NoRight
        self.count = found["totalCount"]
        self.budgets = _budgets(data["viewer"]["memberships"], self.services.session.organization_id)
        return found

    def decide(self, approval: dict[str, Any], *, is_granted: bool, note: str = "") -> PlanFlow:
        """Grants, which carries it out at once, or refuses."""
        content = {"approvalId": approval["id"], "isGranted": is_granted, "note": note.strip() or None}
        return PlanFlow(self.services, "Decide", content)


def _budgets(memberships: list[dict[str, Any]], organization_id: str | None) -> list[dict[str, Any]]:
    """Of the chosen company, each once; what isn't ours to see isn't there."""
    found: dict[str, dict[str, Any]] = {}
    for one in memberships:
        if one["organization"]["id"] == organization_id and one["organization"]["budgets"]:
            found |= {edge["node"]["id"]: edge["node"] for edge in one["organization"]["budgets"]["edges"]}
    return [*found.values()]


def used_percent(budget: dict[str, Any]) -> int:
    """Spent and committed as whole percents of the limit; a budget of nothing is used up."""
    limit, used = (int(budget["limit"]["amount"]), sum(int(budget[part]["amount"]) for part in ("spent", "committed")))
    return 100 * used // limit if limit else 100


def passed(budget: dict[str, Any]) -> int | None:
    """The highest threshold that was passed."""
    return max((one for one in budget["thresholds"] if used_percent(budget) >= one), default=None)


class BudgetWish:
    """A limit for an account or cost centre, from this month on."""

    def __init__(self, services: Services, subject: dict[str, Any], limit: str = "") -> None:
        self.services, self.subject, self.limit = services, subject, limit

    @property
    def problem(self) -> str | None:
        """An amount is needed."""
        return None if rials(self.limit) is not None else self.services.say("topup.amount_wrong")

    def flow(self) -> PlanFlow:
        """Sets it."""
        limit = {"amount": str(rials(self.limit)), "currency": "IRR"}
        content = {"subjectId": self.subject["id"], "month": month_of(self.services.now()), "limit": limit}
        return PlanFlow(self.services, "BudgetSet", content, has_key=False)


class Delegation:
    """Handing one's approvals to another manager until a day."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.people = Members(services)
        self.to: dict[str, Any] | None = None
        self.days = DAYS_AWAY[1]

    def candidates(self) -> list[dict[str, Any]]:
        """The other people with a role, each once."""
        found = {one["person"]["id"]: one["person"] for one in self.people.rows if one["person"]["id"] != self.people.own_id}
        return [*found.values()]

    @property
    def until(self) -> datetime:
        """The first instant after it."""
        today = self.services.now().astimezone(TEHRAN).replace(hour=0, minute=0, second=0, microsecond=0)
        return today + timedelta(days=self.days + 1)

    def flow(self) -> PlanFlow:
        """Names the stand-in from now on."""
        if self.to is None:
            raise LookupError("nobody is chosen")
        held = {"startsAt": self.services.now().isoformat(), "endsAt": self.until.isoformat()}
        return PlanFlow(self.services, "ApprovalDelegate", {"toPersonId": self.to["id"], "validFor": held}, has_key=False)
