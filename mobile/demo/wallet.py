"""The wallet of the demo company: every movement of its money, from which balances and statements are added up."""

from datetime import datetime
from typing import Any

from mobile.demo.acts import Acts
from mobile.demo.ground import VAT_PERCENT

# days ago, reason, rials, note, who
PAST: tuple[tuple[float, str, int, str | None, str], ...] = (
    (54.2, "TOP_UP", 900_000_000, None, "manager"),
    (47.9, "ORDER", -118_800_000, "trip", "kaveh"),
    (40.3, "REFUND", 2_376_000, None, "support"),
    (33.1, "BILL", -198_770_000, None, "manager"),
    (26.0, "ORDER", -27_500_000, None, "maryam"),
    (19.4, "ADJUSTMENT", 1_500_000, "slow", "support"),
    (12.6, "TRANSFER", -40_000_000, "for_qom", "manager"),
    (8.2, "TOP_UP", 250_000_000, None, "manager"),
    (4.5, "ORDER", -13_750_000, None, "pouya"),
    (1.3, "FEE", -180_000, None, "support"),
)
OTHER_SIDE = {
    "TOP_UP": "CLEARING",
    "BILL": "RECEIVABLE",
    "TRANSFER": "WALLET",
    "ADJUSTMENT": "PROMOTION",
    "DEPOSIT": "DEPOSIT",
    "EXPIRY": "PROMOTION",
}
SALES = ("ORDER", "REFUND", "FEE", "USAGE")


class Wallets(Acts):
    """One wallet, kept by its movements."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.moves: list[dict[str, Any]] = []
        self.ceiling = 5_000_000_000
        balance = self.wallet
        for days, reason, amount, memo, by in PAST:
            self.move(reason, amount, memo=memo, by=by, at=self._at(days=days))
        self.wallet = balance

    def move(
        self, reason: str, amount: int, *, memo: str | None = None, by: str = "manager", at: str | None = None, cause: Any = None
    ) -> dict[str, Any]:
        """Books a movement of the wallet, now unless another instant is given."""
        moved = {"id": f"transfer-{len(self.moves)}", "reason": reason, "amount": amount, "memo": memo, "by": by, "cause": cause}
        moved["at"] = at or self._at()
        self.moves.append(moved)
        self.wallet += amount
        return moved

    def _money(self, amount: int) -> dict[str, Any]:
        return {"amount": str(amount), "currency": "IRR"}

    def _entries(self) -> list[dict[str, Any]]:
        """Newest first, each with the balance right after it."""
        balance, found = self.wallet, []
        for moved in sorted(self.moves, key=lambda one: one["at"], reverse=True):
            found.append(moved | {"after": balance})
            balance -= moved["amount"]
        return found

    def _connection(self, entries: list[dict[str, Any]], after: str | None, first: int = 25) -> dict[str, Any]:
        start = int(after or 0)
        shown = entries[start : start + first]
        page = {"hasNextPage": start + first < len(entries), "endCursor": str(start + len(shown)) if shown else None}
        return {"pageInfo": page, "edges": [{"node": self._entry(one)} for one in shown]}

    def _entry(self, moved: dict[str, Any]) -> dict[str, Any]:
        cause = moved["cause"]
        transfer = {
            "id": moved["id"],
            "postedAt": moved["at"],
            "reason": moved["reason"],
            "memo": self._name(moved["memo"]) if moved["memo"] else None,
            "by": {"label": self._name(moved["by"])},
            "cause": {"__typename": cause["__typename"], "id": cause["id"]} if cause else None,
        }
        return {
            "id": f"entry-{moved['id']}",
            "amount": self._money(moved["amount"]),
            "balanceAfter": self._money(moved["after"]),
            "transfer": transfer,
        }

    def _Wallet(self, account: str, after: str | None = None) -> dict[str, Any]:
        if "wallet" in self.denied:
            return {"account": {"wallet": None}}
        held = 1_375_000 if self.wallet > 1_375_000 else 0
        wallet = {
            "id": "wallet-1",
            "asOf": self._at(minutes=2),
            "source": "LEDGER",
            "balance": self._money(self.wallet + held),
            "held": self._money(held),
            "available": self._money(self.wallet),
            "floor": self._money(0),
            "ceiling": self._money(self.ceiling),
            "lots": [
                {"remaining": self._money(5_000_000), "expiresAt": self._at(days=-41)},
                {"remaining": self._money(self.wallet - 5_000_000), "expiresAt": None},
            ],
            "entries": self._connection(self._entries(), after),
        }
        return {"account": {"wallet": wallet}}

    def _WalletEntries(self, account: str, reasons: list[str] | None = None, after: str | None = None) -> dict[str, Any]:
        found = [one for one in self._entries() if not reasons or one["reason"] in reasons]
        return {"account": {"wallet": {"entries": self._connection(found, after, 50)}}}

    def _WalletStatement(self, account: str, posted: dict[str, str], after: str | None = None) -> dict[str, Any]:
        start, end = (datetime.fromisoformat(posted[key]) for key in ("startsAt", "endsAt"))
        entries = self._entries()
        inside = [one for one in entries if start <= datetime.fromisoformat(one["at"]) < end]
        later = [one for one in entries if datetime.fromisoformat(one["at"]) >= end]
        closing = self.wallet - sum(one["amount"] for one in later)
        credits = sum(one["amount"] for one in inside if one["amount"] > 0)
        debits = -sum(one["amount"] for one in inside if one["amount"] < 0)
        sums = {"opening": closing - credits + debits, "credits": credits, "debits": debits, "closing": closing}
        statement = {name: self._money(amount) for name, amount in sums.items()} | {"entryCount": len(inside)}
        return {"account": {"wallet": {"statement": statement, "entries": self._connection(inside, after, 50)}}}

    def _Movement(self, id: str) -> dict[str, Any]:
        moved = next((one for one in self._entries() if one["id"] == id), None)
        if moved is None:
            return {"node": None}
        transfer = self._entry(moved)["transfer"]
        own: dict[str, Any] = {"kind": "WALLET", "amount": self._money(moved["amount"]), "balanceAfter": self._money(moved["after"])}
        sides = [own | {"id": "side-0", "wallet": {"id": "wallet-1"}}]
        for at, (kind, amount) in enumerate(self._other_sides(moved), 1):
            sides.append({"id": f"side-{at}", "kind": kind, "amount": self._money(amount), "balanceAfter": None, "wallet": None})
        return {"node": transfer | {"entries": sides, "reverses": None, "cause": moved["cause"]}}

    def _other_sides(self, moved: dict[str, Any]) -> list[tuple[str, int]]:
        if moved["reason"] not in SALES:
            return [(OTHER_SIDE[moved["reason"]], -moved["amount"])]
        vat = -moved["amount"] * VAT_PERCENT // (100 + VAT_PERCENT)
        return [("REVENUE", -moved["amount"] - vat), ("TAX", vat)]
