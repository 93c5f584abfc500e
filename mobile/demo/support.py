"""What the demo company asks its operator, and what the operator tells everybody."""

from typing import Any

from mobile.demo.approvals import Approvals

ARTICLES = (("shelf_sign_in", "help_code", "help_code_text"), ("shelf_cards", "help_puk", "help_puk_text"))


class Support(Approvals):
    """Tickets, help, outages, and who looked."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.tickets: list[dict[str, Any]] = []
        self.has_outage = False

    def write_tickets(self) -> None:
        """A request in each state that looks different, one of them late."""
        self.tickets = [
            self._ticket("TK-1405-00041", "slow", "PENDING", "slow_text", 26, about="sim-0"),
            self._ticket("TK-1405-00038", "no_data", "IN_PROGRESS", "no_data_text", 74, due=20, priority="HIGH"),
            self._ticket("TK-1405-00040", "invoice_name", "ACKNOWLEDGED", "invoice_name", 3, due=-6),
            self._ticket("TK-1405-00031", "sim_lost", "RESOLVED", None, 190),
        ]

    def _ticket(
        self, number: str, title: str, state: str, text: str | None, hours: float, *, due: float = -9, priority: str = "MEDIUM",
        about: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        talk = [("manager", text, hours)] if text else []
        if state == "PENDING":
            talk.append(("support", "slow_answer", 2.0))
        facts = {"number": number, "title": title, "state": state, "priority": priority, "about": about}
        return facts | {"talk": talk, "hours": hours, "due": due}

    def _ticket_node(self, ticket: dict[str, Any]) -> dict[str, Any]:
        is_waiting = ticket["state"] in ("ACKNOWLEDGED", "IN_PROGRESS")
        return {
            "id": f"ticket-{ticket['number']}",
            "number": ticket["number"],
            "title": self._name(ticket["title"]),
            "state": ticket["state"],
            "priority": ticket["priority"],
            "openedAt": self._at(hours=ticket["hours"]),
            "dueAt": self._at(hours=ticket["due"]) if is_waiting else None,
        }

    def _Tickets(self, organization: str, after: str | None = None) -> dict[str, Any]:
        edges = [{"node": self._ticket_node(ticket)} for ticket in self.tickets]
        page = {"hasNextPage": False, "endCursor": None}
        return {"organization": {"tickets": {"totalCount": len(edges), "pageInfo": page, "edges": edges}}}

    def _Ticket(self, id: str) -> dict[str, Any]:
        ticket = next(one for one in self.tickets if f"ticket-{one['number']}" == id)
        messages = [
            {
                "id": f"message-{at}",
                "by": {"label": self._name(who), "person": {"id": "person-1" if who == "manager" else "person-9"}},
                "at": self._at(hours=hours),
                "text": self._name(text),
                "attachments": [{"id": "file-1", "fileName": "letter.pdf", "url": "https://care.example/files/1"}] if at == 0 else [],
            }
            for at, (who, text, hours) in enumerate(ticket["talk"])
        ]
        sim = next((one for one in self.sims if one["id"] == ticket["about"]), None)
        about = {"__typename": "Sim", "id": sim["id"], "msisdn": sim["msisdn"], "iccid": sim["iccid"]} if sim else None
        ways_on = ["IN_PROGRESS", "CLOSED"] if ticket["state"] in ("PENDING", "RESOLVED") else ["CLOSED"]
        talk = {"pageInfo": {"hasPreviousPage": False}, "edges": [{"node": one} for one in messages]}
        node = self._ticket_node(ticket) | {"nextStates": ways_on if ticket["state"] != "CLOSED" else [], "about": about, "messages": talk}
        return {"viewer": {"actor": {"person": {"id": "person-1"}}}, "node": node}

    def _TicketOpen(self, input: dict[str, Any]) -> dict[str, Any]:
        number, about = f"TK-1405-{42 + len(self.tickets):05}", input.get("aboutId")
        opened = self._ticket(number, input["title"], "ACKNOWLEDGED", input["text"], 0, priority=input["priority"], about=about)
        self.tickets.insert(0, opened)
        node = self._ticket_node(self.tickets[0])
        return {"ticketOpen": {"ticket": {part: node[part] for part in ("id", "number", "state", "dueAt")}}}

    def _TicketReply(self, input: dict[str, Any]) -> dict[str, Any]:
        ticket = next(one for one in self.tickets if f"ticket-{one['number']}" == input["ticketId"])
        if ticket["state"] == "CLOSED":
            return {"ticketReply": {"code": "STATE_CONFLICT", "message": self._name("closed"), "field": ["ticketId"]}}
        if "text" in input:
            ticket["talk"].append(("manager", input["text"], 0))
        spoken = "IN_PROGRESS" if ticket["state"] in ("PENDING", "RESOLVED") else ticket["state"]
        ticket["state"] = input.get("state", spoken)
        node = self._ticket_node(ticket)
        return {"ticketReply": {"ticket": {part: node[part] for part in ("id", "state", "dueAt")}}}

    def _Help(self, locale: str) -> dict[str, Any]:
        found = [
            {"id": f"article-{at}", "category": self._name(shelf), "title": self._name(title), "body": self._name(body)}
            for at, (shelf, title, body) in enumerate(ARTICLES)
        ]
        icons = ("phone", "telegram", "web")
        links = [{"label": self._name(f"link_{icon}"), "url": f"https://care.example/{icon}", "icon": icon} for icon in icons]
        return {"helpArticles": {"edges": [{"node": article} for article in found]}, "links": links}

    def _Incidents(self) -> dict[str, Any]:
        outage = {
            "id": "incident-1",
            "title": self._name("outage"),
            "text": self._name("outage_text"),
            "services": ["DATA"],
            "period": {"startsAt": self._at(hours=2), "endsAt": self._at(hours=-3)},
        }
        return {"incidents": [outage] if self.has_outage else []}

    def _WhoDidWhat(self, organization: str, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        looks = [
            {
                "node": {
                    "at": self._at(hours=hours),
                    "operation": operation,
                    "address": "10.8.0.14",
                    "reason": self._name("slow"),
                    "by": {"label": self._name("support"), "ticket": {"number": "T-2041"}},
                    "subjects": [{"__typename": "Sim", "id": "sim-0"}],
                }
            }
            for operation, hours in (("SimOverview", 2.1), ("OrderTimeline", 2.0))
        ]
        name = self._name("manager")
        person = {"label": name, "person": {"id": "person-1", "name": name}, "apiToken": None, "ticket": None}
        changes = [
            {
                "node": {
                    "id": f"audit-{at}",
                    "at": self._at(hours=hours),
                    "action": action,
                    "reason": None,
                    "isReversible": False,
                    "hash": f"{at:064d}",
                    "previousHash": "0" * 64,
                    "failure": None,
                    "by": person,
                    "changeCount": count,
                    "changes": [{"label": "+989360001107", "field": "status", "before": "ACTIVE", "after": "BLOCKED", "money": None}],
                }
            }
            for at, (action, hours, count) in enumerate((("simBlock", 3, 1), ("orderPlace", 50, 12)))
        ]
        page = {"hasNextPage": False, "endCursor": None}
        found = {"supportViews": [], "auditTrail": {"pageInfo": page, "edges": changes}, "accessLog": {"edges": looks}}
        return {"organization": found}
