"""The accounts of the demo company and who looks at them."""

from typing import Any

from mobile.demo.ground import Ground

# key, parent, kind, mode, depth, total, active, ready, blocked
TREE = (
    ("group", None, "CORPORATE_GENERAL", "POSTPAID", 0, 1200, 1086, 73, 41),
    ("logistics", "group", "BILLING", "POSTPAID", 1, 412, 371, 26, 15),
    ("north", "logistics", "SUB", "POSTPAID", 2, 188, 170, 11, 7),
    ("qom", "north", "SUB", "PREPAID", 3, 36, 30, 4, 2),
    ("rasht", "north", "SUB", "PREPAID", 3, 29, 27, 2, 0),
    ("south", "logistics", "SUB", "POSTPAID", 2, 224, 201, 15, 8),
    ("sales", "group", "BILLING", "POSTPAID", 1, 561, 512, 30, 19),
    ("energy", "group", "BILLING", "PREPAID", 1, 227, 203, 17, 7),
)
ALL_RIGHTS = (
    "ACCOUNT_READ",
    "APPROVAL_DECIDE",
    "AUDIT_READ",
    "BILL_DISPUTE",
    "BILL_PAY",
    "BILL_READ",
    "BUDGET_MANAGE",
    "BUDGET_READ",
    "GROUP_MANAGE",
    "GROUP_READ",
    "ORDER_PLACE",
    "ORDER_READ",
    "POLICY_MANAGE",
    "PUK_REVEAL",
    "SIM_BLOCK",
    "SIM_EDIT",
    "SIM_MOVE",
    "SIM_READ",
    "TICKET_READ",
    "TICKET_WRITE",
    "USAGE_READ",
    "WALLET_READ",
    "WALLET_TOP_UP",
    "WALLET_TRANSFER",
)


class Company(Ground):
    """The tree of accounts."""

    def _account(self, key: str) -> dict[str, Any]:
        row = next(one for one in TREE if one[0] == key)
        counters = dict(zip(("total", "active", "readyToActivate", "blocked"), row[5:], strict=True))
        wallet = {"available": {"amount": str(self.wallet), "currency": "IRR"}, "asOf": self._at(minutes=2)}
        return {
            "id": f"account-{key}",
            "number": f"CA-{1000 + TREE.index(row)}",
            "name": self._name(key),
            "kind": row[2],
            "paymentMode": row[3],
            "counters": counters | {"asOf": self._at(minutes=2), "source": "INVENTORY"},
            "wallet": wallet if "wallet" not in self.denied else None,
        }

    def _viewer(self) -> dict[str, Any]:
        children = [{"node": self._account(one[0])} for one in TREE if one[1] == "group"]
        account = self._account("group") | {"children": {"totalCount": len(children), "edges": children}}
        company = {"id": "organization-1", "name": self._name("group"), "legalId": "10103445671", "supportViews": []}
        return {
            "actor": {"label": self._name("manager")},
            "locale": self._language.upper(),
            "permissions": [right for right in ALL_RIGHTS if right not in self.denied],
            "memberships": [{"role": "PROFILE_MANAGER", "organization": company, "account": account}],
        }

    def _Home(self) -> dict[str, Any]:
        return {"viewer": self._viewer()}

    def _AccountTree(self, organization: str, asOf: str | None = None, after: str | None = None) -> dict[str, Any]:
        edges = []
        for row in TREE:
            node = self._account(row[0])
            kept = {key: node[key] for key in ("id", "name", "number", "kind", "paymentMode")}
            counters = {key: node["counters"][key] for key in ("total", "active", "blocked", "readyToActivate")}
            edges.append(
                {"node": kept | {"depth": row[4], "parent": {"id": f"account-{row[1]}"} if row[1] else None, "counters": counters}}
            )
        page = {"hasNextPage": False, "endCursor": None}
        return {"organization": {"name": self._name("group"), "accounts": {"pageInfo": page, "edges": edges}}}
