"""What the demo company can buy, and what it bought."""

from typing import Any

from mobile.demo.cards import GIB
from mobile.demo.wallet import Wallets

# key, service allowances, days, net rials, activations
OFFERS: tuple[tuple[str, tuple[tuple[str, int, str], ...], int | None, int, tuple[str, ...]], ...] = (
    ("data10", (("DATA", 10 * GIB, "BYTE"),), 30, 1_250_000, ("NOW", "FIRST_USE", "LATER")),
    ("data20", (("DATA", 20 * GIB, "BYTE"),), 30, 2_180_000, ("NOW", "FIRST_USE", "LATER")),
    ("data5", (("DATA", 5 * GIB, "BYTE"),), 7, 690_000, ("NOW", "LATER")),
    ("data40", (("DATA", 40 * GIB, "BYTE"),), 90, 5_900_000, ("NOW", "FIRST_USE")),
    ("voice", (("VOICE", 500 * 60, "SECOND"),), 30, 900_000, ("NOW",)),
    ("mixed", (("DATA", 5 * GIB, "BYTE"), ("VOICE", 200 * 60, "SECOND")), 30, 1_100_000, ("NOW",)),
)


class Purchases(Wallets):
    """The catalogue and the orders."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.orders: list[dict[str, Any]] = []

    def _Catalogue(self, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        edges = []
        for key, allowances, days, net, activations in OFFERS:
            price = self._price(net)
            edges.append(
                {
                    "node": {
                        "id": f"offering-{key}",
                        "code": key.upper(),
                        "name": self._name(key),
                        "description": self._name(key),
                        "category": "BUNDLE",
                        "validDays": days,
                        "activations": list(activations),
                        "maxQueued": 2,
                        "isRolledOver": False,
                        "price": price,
                        "allowances": [
                            {"usageType": kind, "quantity": {"amount": str(amount), "unit": unit}, "restriction": None}
                            for kind, amount, unit in allowances
                        ],
                    }
                }
            )
        return {"offerings": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": edges}}

    def _OrderPlace(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"orderPlace": self._applied[input["idempotencyKey"]]}
        (line,) = input["lines"]
        key = line["offeringId"].removeprefix("offering-")
        offer = next(one for one in OFFERS if one[0] == key)
        chosen = self._bought_for(line["sims"])
        why = {"BLOCKED": "blocked", "CAP_EXCEEDED": "queued"}
        left_out = [self._not_sold(sim, why[sim["status"]]) for sim in chosen if sim["status"] in why]
        able = [sim for sim in chosen if sim["status"] not in why]
        if self.is_plan_stale and input["mode"] == "APPLY" and able:
            left_out.append(self._not_sold(able.pop(), "queued"))
        money = {"amount": self._price(offer[3])["gross"]["amount"]}
        changes = [{"label": sim["msisdn"], "field": "products", "before": None, "after": self._name(key), "money": money} for sim in able]
        total = self._price(offer[3] * len(able))
        if changes:
            after = str(self.wallet - int(total["gross"]["amount"]))
            paid = {"label": self._name("group"), "field": "wallet.balance", "before": str(self.wallet), "after": after}
            changes.append(paid | {"money": {"amount": total["gross"]["amount"]}})
        plan = self._plan(changes, left_out, total) | {"approvals": self._approvals_for(int(total["gross"]["amount"]))}
        gross = int(total["gross"]["amount"])
        if gross > self.wallet:
            return {
                "orderPlace": {
                    "__typename": "InsufficientFunds",
                    "code": "INSUFFICIENT_FUNDS",
                    "message": self._name("poor"),
                    "field": None,
                    "required": {"amount": str(gross)},
                    "available": {"amount": str(self.wallet)},
                }
            }
        if input["mode"] == "PLAN":
            return {"orderPlace": {"__typename": "OrderPlacePayload", "plan": plan, "order": None}}
        if self.is_plan_stale:
            return {"orderPlace": self._stale(plan)}
        order = self._order(input, key, able, total)
        self.orders.insert(0, order)
        cause = {
            "__typename": "Order",
            "id": order["id"],
            "number": order["number"],
            "orderState": "COMPLETED",
            "placedAt": order["placedAt"],
        }
        self.move("ORDER", -gross, memo=input.get("memo"), cause=cause)
        done = {"__typename": "OrderPlacePayload", "plan": plan | {"token": None}, "order": order}
        self._applied[input["idempotencyKey"]] = done
        return {"orderPlace": done}

    def _bought_for(self, selection: dict[str, Any]) -> list[dict[str, Any]]:
        """The cards that are named."""
        return [self._sim(one) for one in selection["ids"]]

    def _approvals_for(self, gross: int) -> list[dict[str, Any]]:
        """Whose word a purchase of that much needs."""
        return []

    def _order(self, input: dict[str, Any], key: str, sims: list[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
        number = f"SMG-{4182 + len(self.orders)}"
        each = {"gross": {"amount": str(int(total["gross"]["amount"]) // max(1, len(sims)))}}
        items = [
            {
                "id": f"item-{at}",
                "state": "IN_PROGRESS" if at == len(sims) - 1 else "COMPLETED",
                "offering": {"name": self._name(key)},
                "sim": {"id": sim["id"], "msisdn": sim["msisdn"]},
                "price": each,
                "failure": None,
            }
            for at, sim in enumerate(sims)
        ]
        by = {"label": self._name("manager")}
        return {
            "id": f"order-{number}",
            "number": number,
            "state": "IN_PROGRESS",
            "placedAt": self._at(),
            "receiptEmails": ["m.modir@nikazin.example", *(input.get("receiptEmails") or [])],
            "purchaseOrderNumber": input.get("purchaseOrderNumber"),
            "placedBy": by,
            "price": total,
            "refunded": {"amount": "0"},
            "receipt": {
                "fileName": f"{number}.pdf",
                "mediaType": "application/pdf",
                "url": "https://care.example/files/receipt",
                "urlExpiresAt": self._at(minutes=-10),
            },
            "items": {"totalCount": len(items), "edges": [{"node": item} for item in items]},
            "timeline": [{"state": "ACKNOWLEDGED", "at": self._at(), "by": by}],
            "approval": None,
            "job": None,
        }

    def _OrderProgress(self, id: str) -> dict[str, Any]:
        return {"node": next((order for order in self.orders if order["id"] == id), None)}

    def finish(self) -> None:
        """The network is done with every order."""
        for order in self.orders:
            order["state"] = "COMPLETED"
            for edge in order["items"]["edges"]:
                edge["node"]["state"] = "COMPLETED"

    def sell(self) -> None:
        """Places a few purchases, so that the history has something to show."""
        for key, count, days in (("data20", 1, 13), ("data5", 8, 6), ("data10", 12, 2)):
            content = {"lines": [{"offeringId": f"offering-{key}", "sims": {"ids": [sim["id"] for sim in self.sims[9 : 9 + count]]}}]}
            placed = self._OrderPlace(content | {"mode": "APPLY", "idempotencyKey": key, "purchaseOrderNumber": f"PO-1405-08{days:02d}"})
            at = placed["orderPlace"]["order"]["placedAt"] = self._at(days=days, hours=3)
            self.moves[-1]["at"] = self.moves[-1]["cause"]["placedAt"] = at
        self.finish()

    def _PurchaseHistory(self, account: str, filter: Any = None, after: str | None = None) -> dict[str, Any]:
        wanted = (filter or {}).get("simId")
        edges = []
        for order in self.orders:
            if wanted and all(edge["node"]["sim"]["id"] != wanted for edge in order["items"]["edges"]):
                continue
            node = {key: order[key] for key in ("id", "number", "state", "placedAt", "purchaseOrderNumber", "placedBy")}
            price = {key: {"amount": order["price"][key]["amount"]} for key in ("net", "vat")} | {"gross": order["price"]["gross"]}
            receipt = {key: order["receipt"][key] for key in ("url", "fileName")}
            edges.append({"node": node | {"memo": None, "price": price, "receipt": receipt}})
        page = {"hasNextPage": False, "endCursor": None}
        return {"account": {"orders": {"totalCount": len(edges), "pageInfo": page, "edges": edges}}}
