"""Groups of SIM cards paid for together: the list, one group with its numbers, its automatic payments, and the writes on them."""

from dataclasses import dataclass, field
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.paged import Paged
from mobile.state.payments import rials
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

MIB = 1024**2
UNITS = ("RIAL", "BYTE")
"""What an automatic top-up may watch: money, or data that is typed in megabytes."""


class Groups(Paged):
    """By name, and the job that is running on one of them."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.count = 0
        self.running: dict[str, Any] | None = None

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of groups."""
        data: Any = await self.ask("Groups", organization=self.services.session.organization_id, after=after)
        found: dict[str, Any] | None = data["organization"]["groups"] if data["organization"] else None
        if found is None:
            raise failures.NoRight
        self.count = found["totalCount"]
        return found

    async def fetch(self) -> bool:
        """The first page, and the newest job that is under way."""
        is_empty = await super().fetch()
        jobs: Any = (await self.answer("Jobs", {})).data
        found = [edge["node"] for edge in jobs["viewer"]["jobs"]["edges"]]
        self.running = next((job for job in found if job["state"] in ("QUEUED", "RUNNING")), None)
        return is_empty


class Group(Paged):
    """One group: its numbers, page by page."""

    group: dict[str, Any]

    def __init__(self, services: Services, group_id: str) -> None:
        super().__init__(services)
        self.group_id = group_id

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of cards; the group comes along. Without the right to cards there are none."""
        data: Any = await self.ask("GroupNumbers", id=self.group_id, after=after)
        if not data["node"]:
            raise failures.NotFound
        self.group = data["node"]
        nothing = {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        found: dict[str, Any] = self.group["sims"] or nothing
        return found

    async def fetch(self) -> bool:
        """A group without cards is still a group."""
        await super().fetch()
        return False

    @property
    def total(self) -> int:
        """Cards in it, as far as they may be seen."""
        return int((self.group["counters"] or {"total": len(self.rows)})["total"])

    def remove(self, sim_ids: list[str]) -> PlanFlow:
        """Takes cards out; they stay where they are."""
        return self._update({"remove": {"ids": sim_ids}})

    def delete(self) -> PlanFlow:
        """Deletes it and stops its automatic payments."""
        return PlanFlow(self.services, "GroupDelete", {"groupId": self.group_id}, has_key=False)

    def _update(self, content: dict[str, Any]) -> PlanFlow:
        return PlanFlow(self.services, "GroupUpdate", {"groupId": self.group_id, "errorPolicy": "SKIP_FAILED"} | content, has_key=False)


@dataclass
class GroupEdit:
    """A new group, or changes to one: its name, its manager, numbers to add by list."""

    services: Services
    account_id: str | None = None
    group: dict[str, Any] | None = None
    name: str = ""
    manager_name: str = ""
    manager_mobile: str = ""
    numbers: str = ""
    sims: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.group is not None:
            manager = self.group["manager"] or {"name": "", "mobile": ""}
            self.name, self.manager_name, self.manager_mobile = self.group["name"], manager["name"], manager["mobile"] or ""

    @property
    def problem(self) -> tuple[str, str] | None:
        """The field that isn't filled right, and what is wrong with it."""
        say = self.services.say
        if not self.name.strip():
            return "name", say("group.name_missing")
        if bool(self.manager_name.strip()) is not bool(self.manager_mobile.strip()):
            return "manager_mobile", say("group.manager_missing")
        return None

    async def find(self) -> list[str]:
        """Looks for the typed numbers; those that aren't found are given back. What was found is in `sims`."""
        missing = []
        self.sims = []
        for typed in plain(self.numbers).replace(",", "\n").replace("،", "\n").split("\n"):
            number = "".join(typed.split())
            if number and (found := await self._card(number)) is not None:
                self.sims.append(found)
            elif number:
                missing.append(number)
        return missing

    async def _card(self, number: str) -> dict[str, Any] | None:
        asked = {"account": self.services.session.account.get("id"), "first": 2, "search": number}
        data: Any = (await self.services.gateway.query("Fleet", asked)).data
        found = [edge["node"] for edge in data["account"]["sims"]["edges"]] if data["account"] else []
        return found[0] if len(found) == 1 else None

    def flow(self) -> PlanFlow:
        """Makes it, or changes what differs."""
        add = {"ids": [sim["id"] for sim in self.sims]} if self.sims else None
        if self.group is None:
            content: dict[str, Any] = {"accountId": self.account_id, "name": self.name.strip(), "manager": self._manager(), "add": add}
            return PlanFlow(self.services, "GroupCreate", content, has_key=False)
        content = {"groupId": self.group["id"], "errorPolicy": "SKIP_FAILED"}
        if self.name.strip() != self.group["name"]:
            content["name"] = self.name.strip()
        was = self.group["manager"] or {"name": "", "mobile": ""}
        if (self.manager_name.strip(), self._mobile()) != (was["name"], was["mobile"] or ""):
            content["manager"] = self._manager()
        if add:
            content["add"] = add
        return PlanFlow(self.services, "GroupUpdate", content, has_key=False)

    def _manager(self) -> dict[str, str] | None:
        return {"name": self.manager_name.strip(), "mobile": self._mobile()} if self.manager_name.strip() else None

    def _mobile(self) -> str:
        number = "".join(plain(self.manager_mobile).split())
        return f"+98{number[1:]}" if number.startswith("0") else number


class Policy(Paged):
    """One automatic payment and what it did, newest first."""

    policy: dict[str, Any]

    def __init__(self, services: Services, policy_id: str) -> None:
        super().__init__(services)
        self.policy_id = policy_id

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of runs; the policy comes along."""
        data: Any = await self.ask("PolicyRuns", id=self.policy_id, after=after)
        if not data["node"]:
            raise failures.NotFound
        self.policy = data["node"]
        found: dict[str, Any] = self.policy["history"]
        return found

    async def fetch(self) -> bool:
        """A policy that did nothing yet is still one."""
        await super().fetch()
        return False

    def delete(self) -> PlanFlow:
        """Deletes it; what was paid stays in the books."""
        return PlanFlow(self.services, "PolicyDelete", {"policyId": self.policy_id}, has_key=False)


class PolicyEdit:
    """A new automatic payment of a group, or another rule for one that exists."""

    def __init__(self, services: Services, wallet_id: str, group_id: str | None = None, policy: dict[str, Any] | None = None) -> None:
        self.services, self.wallet_id, self.group_id, self.policy = services, wallet_id, group_id, policy
        rule = policy["rule"] if policy else None
        self.kind = rule["__typename"] if rule else "AutoTopUpRule"
        is_top_up = self.kind == "AutoTopUpRule"
        self.unit = rule["triggerBelow"]["unit"] if rule and is_top_up else UNITS[0]
        self.trigger = self._typed(rule["triggerBelow"]["amount"]) if rule and is_top_up else ""
        self.amount = rule["amount"]["amount"] if rule and is_top_up else ""
        self.is_current = bool(rule["isCurrentCycle"]) if rule and not is_top_up else False
        self.day = str(rule["dayOfMonth"] or "") if rule and not is_top_up else ""
        self.threshold = (rule["threshold"] or {"amount": ""})["amount"] if rule and not is_top_up else ""
        self.is_active = bool(policy["isActive"]) if policy else True
        self.emails = [*policy["notifyEmails"]] if policy else []

    def _typed(self, amount: str) -> str:
        return str(int(amount) // MIB) if self.unit == "BYTE" else amount

    @property
    def problem(self) -> tuple[str, str] | None:
        """The field that isn't filled right, and what is wrong with it."""
        say = self.services.say
        if self.kind == "AutoTopUpRule":
            for name in ("trigger", "amount"):
                if rials(getattr(self, name)) is None:
                    return name, say("policy.number_wrong")
            return None
        day = plain(self.day).strip()
        if day and not (day.isdigit() and 1 <= int(day) <= 29):
            return "day", say("policy.day_wrong")
        if self.threshold.strip() and rials(self.threshold) is None:
            return "threshold", say("policy.number_wrong")
        return None if day or self.threshold.strip() else ("day", say("policy.when_missing"))

    def flow(self) -> PlanFlow:
        """Saves it."""
        content: dict[str, Any] = {"rule": self._rule(), "walletId": self.wallet_id, "isActive": self.is_active}
        content["notifyEmails"] = self.emails or None
        content |= {"policyId": self.policy["id"]} if self.policy else {"groupId": self.group_id}
        return PlanFlow(self.services, "PolicySave", content, has_key=False)

    def _rule(self) -> dict[str, Any]:
        if self.kind == "AutoTopUpRule":
            below = (rials(self.trigger) or 0) * (MIB if self.unit == "BYTE" else 1)
            trigger = {"amount": str(below), "unit": self.unit}
            return {"autoTopUp": {"triggerBelow": trigger, "amount": {"amount": str(rials(self.amount)), "currency": "IRR"}}}
        day = plain(self.day).strip()
        limit = rials(self.threshold)
        threshold = {"amount": str(limit), "currency": "IRR"} if limit is not None else None
        return {"autoPay": {"isCurrentCycle": self.is_current, "dayOfMonth": int(day) if day else None, "threshold": threshold}}


def last_run(policy: dict[str, Any]) -> dict[str, Any] | None:
    """What it did last."""
    runs = policy["runs"]["edges"]
    return runs[0]["node"] if runs else None
