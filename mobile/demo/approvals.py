"""What waits for the demo manager's word, and the budgets of the month."""

from typing import Any

from mobile.demo.bills import MONTHS
from mobile.demo.groups import Groups
from mobile.state.months import month_of


class Approvals(Groups):
    """Two approvals and two budgets."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.approvals: list[dict[str, Any]] = []
        self.stand_in: dict[str, Any] | None = None
        self.budgets = {"energy": [180_000_000, 83_000_000, 82_500_000], "sales": [240_000_000, 166_000_000, 0]}
        self.limit: int | None = None
        """A purchase above it has to be approved."""

    def ask_for_approvals(self) -> None:
        """Others ask for a purchase and for money."""
        self.approvals = [
            {"id": "approval-1", "reason": "AMOUNT", "amount": 82_500_000, "by": "energy", "hours": 0.63, "due": 30, "memo": "fair"},
            {"id": "approval-2", "reason": "CREDIT_REQUEST", "amount": 2_000_000, "by": "pouya", "hours": 2, "due": 3, "memo": None},
        ]

    def _approval_plan(self, approval: dict[str, Any]) -> dict[str, Any]:
        money = {"amount": str(approval["amount"])}
        if approval["reason"] == "CREDIT_REQUEST":
            before, after = str(self.wallet), str(self.wallet - approval["amount"])
            label = {"label": self._name("group"), "field": "wallet.balance", "before": before, "after": after}
            return self._plan([label | {"money": money}], [], None) | {"approvals": []}
        gets = [
            {"label": sim["msisdn"], "field": "products", "before": None, "after": self._name("data10"), "money": {"amount": "1375000"}}
            for sim in self.sims[4:64]
        ]
        return self._plan(gets, [], self._price(75_000_000)) | {"approvals": []}

    def _approval(self, approval: dict[str, Any]) -> dict[str, Any]:
        plan = self._approval_plan(approval)
        shown = {"changeCount": plan["changeCount"], "changes": plan["changes"]}
        order = {"__typename": "Order", "id": "order-SMG-4471", "number": "SMG-4471", "memo": self._name(approval["memo"] or "")}
        is_order = approval["reason"] == "AMOUNT"
        return {
            "id": approval["id"],
            "reason": approval["reason"],
            "state": "PENDING",
            "requestedAt": self._at(hours=approval["hours"]),
            "dueAt": self._at(hours=-approval["due"]),
            "amount": self._money(approval["amount"]),
            "requestedBy": {"label": self._name(approval["by"])},
            "subject": order | {"price": {"gross": {"amount": "82500000"}}} if is_order else {"__typename": "Sim", "id": "sim-5"},
            "plan": shown | {"total": {"gross": plan["total"]["gross"]} if plan["total"] else None},
        }

    def _budget(self, key: str) -> dict[str, Any]:
        limit, spent, committed = self.budgets[key]
        return {
            "id": f"budget-{key}",
            "month": month_of(self.now()),
            "limit": self._money(limit),
            "spent": self._money(spent),
            "committed": self._money(committed),
            "free": self._money(limit - spent - committed),
            "thresholds": [75, 90, 100],
            "asOf": self._at(),
            "subject": {"__typename": "Account", "id": f"account-{key}", "name": self._name(key)},
        }

    def _approvals_for(self, gross: int) -> list[dict[str, Any]]:
        if self.limit is None or gross <= self.limit:
            return []
        return [{"reason": "AMOUNT", "amount": {"amount": str(gross)}, "approvers": [{"name": self._name("maryam")}]}]

    def _order(self, input: dict[str, Any], key: str, sims: list[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
        order = super()._order(input, key, sims, total)
        if self._approvals_for(int(total["gross"]["amount"])):
            order |= {"state": "HELD", "approval": {"id": "approval-9", "state": "PENDING"}}
        return order

    def _Inbox(self, after: str | None = None) -> dict[str, Any]:
        edges = [{"node": self._approval(one)} for one in self.approvals]
        page = {"hasNextPage": False, "endCursor": None}
        approvals = {"totalCount": len(edges), "pageInfo": page, "edges": edges}
        budgets = {"edges": [{"node": self._budget(key)} for key in self.budgets]} if self.approvals else {"edges": []}
        membership = {"account": {"name": self._name("group")}, "organization": {"id": "organization-1", "budgets": budgets}}
        return {"viewer": {"approvals": approvals, "memberships": [membership]}}

    def _viewer(self) -> dict[str, Any]:
        names = ("id", "reason", "amount", "requestedBy", "dueAt")
        waiting = [{"node": {name: one[name] for name in names}} for one in map(self._approval, self.approvals[:3])]
        return super()._viewer() | {"approvals": {"totalCount": len(self.approvals), "edges": waiting}}

    def _account(self, key: str) -> dict[str, Any]:
        account, postpaid = super()._account(key), None
        if account["paymentMode"] == "POSTPAID":
            bill = self._bill(MONTHS[1]) if key == "group" else None
            last = {name: bill[name] for name in ("id", "month", "amountDue", "dueAt", "isOverdue")} if bill else None
            postpaid = {"deposit": self._money(150_000_000), "lastBill": last}
        if account["wallet"] is not None:
            account["wallet"]["id"] = f"wallet-account-{key}"
        return account | {"postpaid": postpaid}

    def _Decide(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"approvalDecide": self._applied[input["idempotencyKey"]]}
        approval = next(one for one in self.approvals if one["id"] == input["approvalId"])
        granted = self._approval_plan(approval)
        refused = {"label": "SMG-4471", "field": "state", "before": "HELD", "after": "REJECTED", "money": None}
        plan = granted if input["isGranted"] else self._plan([refused], [], None) | {"approvals": []}
        answered = {"id": approval["id"], "state": "PENDING", "decidedAt": None}
        if input["mode"] == "APPLY":
            self.approvals.remove(approval)
            answered |= {"state": "APPROVED" if input["isGranted"] else "REJECTED", "decidedAt": self._at()}
            plan["token"] = None
        done = {"__typename": "ApprovalDecidePayload", "plan": plan, "approval": answered}
        if input["mode"] == "APPLY":
            self._applied[input["idempotencyKey"]] = done
        return {"approvalDecide": done}

    def _ApprovalDelegate(self, input: dict[str, Any]) -> dict[str, Any]:
        name = self._name(input["toPersonId"].removeprefix("person-"))
        plan = self._money_plan([self._change(name, "delegation", None, input["validFor"]["endsAt"][:10])]) | {"approvals": []}
        delegation = {"to": {"id": input["toPersonId"], "name": name}, "validFor": input["validFor"]}
        if input["mode"] == "APPLY":
            self.stand_in, plan["token"] = delegation, None
        is_done = input["mode"] == "APPLY"
        return {"approvalDelegate": {"__typename": "ApprovalDelegatePayload", "plan": plan, "delegation": delegation if is_done else None}}

    def _BudgetSet(self, input: dict[str, Any]) -> dict[str, Any]:
        key, limit = input["subjectId"].removeprefix("account-"), int(input["limit"]["amount"])
        before = str(self.budgets[key][0]) if key in self.budgets else None
        change = {"label": self._name(key), "field": "limit", "before": before, "after": str(limit), "money": None}
        plan = self._money_plan([change]) | {"approvals": []}
        if input["mode"] == "PLAN":
            return {"budgetSet": {"__typename": "BudgetSetPayload", "plan": plan, "budget": None}}
        self.budgets[key] = [limit, *self.budgets.get(key, [0, 0, 0])[1:]]
        return {"budgetSet": {"__typename": "BudgetSetPayload", "plan": plan | {"token": None}, "budget": {"id": f"budget-{key}"}}}
