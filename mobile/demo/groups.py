"""The groups of the demo company and their managers."""

from typing import Any

from mobile.demo.bills import Bills

GROUP_PURCHASE = "ORDER"


class Groups(Bills):
    """Four groups, one without a manager."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.groups: dict[str, dict[str, Any]] = {}
        self._group("drivers", range(10, 58), "kaveh")
        self._group("branches", range(9), "maryam")
        self._group("cameras", range(40, 52), None)
        self._group("heads", range(58, 64), "manager")

    def _group(self, name: str, cards: Any, manager: str | None) -> dict[str, Any]:
        group = {"id": f"group-{name}", "name": name, "manager": manager, "mobile": "+989350000418", "cards": [*cards]}
        self.groups[group["id"]] = group
        return group

    def _group_card(self, group: dict[str, Any]) -> dict[str, Any]:
        cards = [self.sims[card] for card in group["cards"]]
        blocked = sum(sim["status"] == "BLOCKED" for sim in cards)
        manager = {"id": f"person-{group['manager']}", "name": self._name(group["manager"]), "mobile": group["mobile"]}
        return {
            "id": group["id"],
            "name": self._name(group["name"]),
            "manager": manager if group["manager"] else None,
            "counters": {"total": len(cards), "active": sum(sim["status"] == "ACTIVE" for sim in cards), "blocked": blocked},
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
            plan["token"] = None
        return {"groupDelete": {"__typename": "GroupDeletePayload", "plan": plan, "deletedId": group["id"]}}
