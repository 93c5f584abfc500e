"""The groups of the demo company, their managers, their automatic payments and what these did."""

from typing import Any

from mobile.demo.bills import Bills

GROUP_PURCHASE = "ORDER"
NO_MONEY = {"code": "INSUFFICIENT_FUNDS"}


class Groups(Bills):
    """Four groups; one payment works, one waits for its day, one ran out of money."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.groups: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        top_up = {"autoTopUp": {"triggerBelow": {"amount": "200000", "unit": "RIAL"}, "amount": {"amount": "500000"}}}
        self._group("drivers", range(10, 58), "kaveh")
        self._group("branches", range(9), "maryam")
        self._group("cameras", range(40, 52), None)
        self._group("heads", range(58, 64), "manager")
        self._save_policy({"groupId": "group-drivers", "rule": top_up, "walletId": "wallet-1", "notifyEmails": ["fleet@nikazin.example"]})
        pay = {"autoPay": {"isCurrentCycle": False, "dayOfMonth": 10, "threshold": None}}
        self._save_policy({"groupId": "group-branches", "rule": pay, "walletId": "wallet-1"})
        data = {"autoTopUp": {"triggerBelow": {"amount": str(512 * 1024**2), "unit": "BYTE"}, "amount": {"amount": "1000000"}}}
        self._save_policy({"groupId": "group-cameras", "rule": data, "walletId": "wallet-1"})
        drivers, _, cameras = self.policies.values()
        for at in range(7):
            moved = self.move("TOP_UP", -500_000, at=self._at(days=at * 1.7 + 0.4), memo="auto") if at < 2 else None
            self._ran(drivers, 12 + at, 500_000, hours=at * 41 + 9, transfer={"id": moved["id"]} if moved else None)
            self.wallet += 500_000 if moved else 0
        self._ran(cameras, 41, 1_000_000, hours=3, failure=NO_MONEY)

    def _group(self, name: str, cards: Any, manager: str | None) -> dict[str, Any]:
        group: dict[str, Any] = {"id": f"group-{name}", "name": name, "manager": manager, "mobile": "+989350000418", "cards": [*cards]}
        self.groups[group["id"]] = group
        return group

    def _ran(self, policy: dict[str, Any], card: int, amount: int, *, hours: float, transfer: Any = None, failure: Any = None) -> None:
        run = {"id": f"run-{policy['id']}-{len(policy['runs'])}", "hours": hours, "card": card, "amount": amount}
        policy["runs"].append(run | {"transfer": transfer, "failure": failure})

    def _run_node(self, run: dict[str, Any], *, is_full: bool) -> dict[str, Any]:
        sim = self.sims[run["card"]]
        failure = run["failure"] and {"code": run["failure"]["code"], "message": self._name("poor")}
        shown = {"id": run["id"], "at": self._at(hours=run["hours"]), "amount": self._money(run["amount"]), "failure": failure}
        if not is_full:
            return shown | {"sim": {"msisdn": sim["msisdn"]}}
        return shown | {"sim": {"id": sim["id"], "msisdn": sim["msisdn"]}, "transfer": run["transfer"]}

    def _policy_card(self, policy: dict[str, Any]) -> dict[str, Any]:
        runs = sorted(policy["runs"], key=lambda run: float(run["hours"]))
        edges = [{"node": self._run_node(run, is_full=False)} for run in runs[:5]]
        return {"id": policy["id"], "isActive": policy["isActive"], "rule": policy["rule"], "runs": {"edges": edges}}

    def _group_card(self, group: dict[str, Any]) -> dict[str, Any]:
        cards = [self.sims[card] for card in group["cards"]]
        blocked = sum(sim["status"] == "BLOCKED" for sim in cards)
        manager = {"id": f"person-{group['manager']}", "name": self._name(group["manager"]), "mobile": group["mobile"]}
        return {
            "id": group["id"],
            "name": self._name(group["name"]),
            "manager": manager if group["manager"] else None,
            "counters": {"total": len(cards), "active": sum(sim["status"] == "ACTIVE" for sim in cards), "blocked": blocked},
            "policies": [self._policy_card(one) for one in self.policies.values() if one["group"] == group["id"]],
        }

    def _Groups(self, organization: str, after: str | None = None) -> dict[str, Any]:
        edges = [{"node": self._group_card(group)} for group in self.groups.values()]
        page = {"hasNextPage": False, "endCursor": None}
        return {"organization": {"groups": {"totalCount": len(edges), "pageInfo": page, "edges": edges}}}

    def _GroupNumbers(self, id: str, after: str | None = None) -> dict[str, Any]:
        group = self.groups.get(id)
        if group is None:
            return {"node": None}
        start = int(after or 0)
        cards = [self.sims[card] for card in group["cards"][start : start + 50]]
        page = {"hasNextPage": start + 50 < len(group["cards"]), "endCursor": str(start + len(cards)) if cards else None}
        nodes = [
            {"id": sim["id"], "msisdn": sim["msisdn"], "status": sim["status"], "holder": {"name": self._name(sim["holder"])}}
            for sim in cards
        ]
        sims = {"pageInfo": page, "edges": [{"node": node} for node in nodes]}
        return {"node": self._group_card(group) | {"account": {"id": "account-group", "name": self._name("group")}, "sims": sims}}

    def _PolicyRuns(self, id: str, after: str | None = None) -> dict[str, Any]:
        policy = self.policies.get(id)
        if policy is None:
            return {"node": None}
        runs = sorted(policy["runs"], key=lambda run: float(run["hours"]))
        page = {"hasNextPage": False, "endCursor": None}
        history = {"pageInfo": page, "edges": [{"node": self._run_node(run, is_full=True)} for run in runs]}
        more = {"notifyEmails": policy["emails"], "wallet": {"id": "wallet-1", "available": self._money(self.wallet)}, "history": history}
        group = self.groups[policy["group"]]
        return {"node": self._policy_card(policy) | more | {"group": {"id": group["id"], "name": self._name(group["name"])}}}

    # ── writing ──

    def _bought_for(self, selection: dict[str, Any]) -> list[dict[str, Any]]:
        if "groupId" not in selection:
            return super()._bought_for(selection)
        return [self.sims[card] for card in self.groups[selection["groupId"]]["cards"]]

    def _order(self, input: dict[str, Any], key: str, sims: list[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
        """For a group the network is asked row by row, by a job."""
        order = super()._order(input, key, sims, total)
        if "groupId" in input["lines"][0]["sims"]:
            begun = self._begin(sims, {sim["id"] for sim in sims[1:]}, None, "queued")
            begun["kind"] = self.jobs[begun["id"]]["kind"] = GROUP_PURCHASE
            order["job"] = {name: begun[name] for name in ("id", "state", "succeeded", "failed", "total")}
        return order

    def _change(self, label: str, field: str, before: str | None, after: str | None) -> dict[str, Any]:
        return {"label": label, "field": field, "before": before, "after": after, "money": None}

    def _GroupCreate(self, input: dict[str, Any]) -> dict[str, Any]:
        manager, cards = input.get("manager"), [int(one[4:]) for one in (input.get("add") or {"ids": []})["ids"]]
        changes = [self._change(input["name"], "name", None, input["name"])]
        changes += [self._change(input["name"], "manager", None, manager["name"])] if manager else []
        changes += [self._change(self.sims[card]["msisdn"], "group", None, input["name"]) for card in cards]
        plan = self._plan(changes, [], None)
        if input["mode"] == "PLAN":
            return {"groupCreate": {"__typename": "GroupCreatePayload", "plan": plan, "group": None}}
        group = self._group(input["name"], cards, manager["name"] if manager else None)
        group["mobile"] = manager["mobile"] if manager else ""
        return {"groupCreate": {"__typename": "GroupCreatePayload", "plan": plan | {"token": None}, "group": {"id": group["id"]}}}

    def _GroupUpdate(self, input: dict[str, Any]) -> dict[str, Any]:
        group, name = self.groups[input["groupId"]], self._name(self.groups[input["groupId"]]["name"])
        add, gone = ([int(one[4:]) for one in (input.get(part) or {"ids": []})["ids"]] for part in ("add", "remove"))
        known = [card for card in add if card in group["cards"]]
        add = [card for card in add if card not in known]
        changes = [self._change(name, "name", name, input["name"])] if "name" in input else []
        if "manager" in input:
            was = self._name(group["manager"]) if group["manager"] else None
            changes.append(self._change(name, "manager", was, input["manager"]["name"] if input["manager"] else None))
        changes += [self._change(self.sims[card]["msisdn"], "group", None, name) for card in add]
        changes += [self._change(self.sims[card]["msisdn"], "group", name, None) for card in gone]
        plan = self._plan(changes, [self._exclusion(self.sims[card], "there") for card in known], None)
        if input["mode"] == "APPLY":
            group["name"] = input.get("name", group["name"])
            group["cards"] = [card for card in (*group["cards"], *add) if card not in gone]
            if "manager" in input:
                group["manager"] = input["manager"]["name"] if input["manager"] else None
            plan["token"] = None
        return {"groupUpdate": {"__typename": "GroupUpdatePayload", "plan": plan, "group": {"id": group["id"]}, "job": None}}

    def _GroupDelete(self, input: dict[str, Any]) -> dict[str, Any]:
        group = self.groups[input["groupId"]]
        plan = self._plan([self._change(self._name(group["name"]), "group", self._name(group["name"]), None)], [], None)
        if input["mode"] == "APPLY":
            del self.groups[group["id"]]
            self.policies = {key: one for key, one in self.policies.items() if one["group"] != group["id"]}
            plan["token"] = None
        return {"groupDelete": {"__typename": "GroupDeletePayload", "plan": plan, "deletedId": group["id"]}}

    def _save_policy(self, input: dict[str, Any]) -> dict[str, Any]:
        known = self.policies.get(input.get("policyId") or "")
        policy = known or {"id": f"policy-{len(self.policies)}", "group": input["groupId"], "runs": []}
        ((kind, given),) = input["rule"].items()
        rule = {"__typename": "AutoTopUpRule" if kind == "autoTopUp" else "AutoPayRule"} | given
        for name in ("amount", "threshold"):
            if rule.get(name):
                rule[name] = self._money(int(rule[name]["amount"]))
        policy |= {"rule": rule, "isActive": input.get("isActive", True), "emails": input.get("notifyEmails") or []}
        self.policies[policy["id"]] = policy
        return policy

    def _PolicySave(self, input: dict[str, Any]) -> dict[str, Any]:
        ((kind, rule),) = input["rule"].items()
        changes = [
            self._change(kind, name, None, str(value["amount"] if isinstance(value, dict) else value))
            for name, value in rule.items()
            if value is not None
        ]
        plan = self._plan(changes, [], None)
        if input["mode"] == "PLAN":
            return {"paymentPolicySave": {"__typename": "PaymentPolicySavePayload", "plan": plan, "policy": None}}
        saved = {"id": self._save_policy(input)["id"]}
        return {"paymentPolicySave": {"__typename": "PaymentPolicySavePayload", "plan": plan | {"token": None}, "policy": saved}}

    def _PolicyDelete(self, input: dict[str, Any]) -> dict[str, Any]:
        plan = self._plan([self._change(self._name("auto"), "policy", "ACTIVE", None)], [], None)
        if input["mode"] == "APPLY":
            del self.policies[input["policyId"]]
            plan["token"] = None
        return {"paymentPolicyDelete": {"__typename": "PaymentPolicyDeletePayload", "plan": plan, "deletedId": input["policyId"]}}
