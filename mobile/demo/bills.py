"""The bills of the demo company: six cycles and the running one, each line with the usage behind it, and any two compared."""

from datetime import timedelta
from typing import Any

from mobile.demo.ground import VAT_PERCENT
from mobile.demo.payments import Payments
from mobile.state.months import months_before, period_of

RUNNING = "1405-08"
MONTHS = tuple(months_before(RUNNING, back) for back in range(7))
CARDS = 24
NEW_FROM, GONE_FROM = (range(20, 24), "1405-07"), (range(17, 19), "1405-07")
FEE = 1_500_000
RECORDS = 6
# service: unit of quantity, per price, price before and since Mehr
TARIFF = {"DATA": ("BYTE", 1024**2, 950, 950), "VOICE": ("SECOND", 60, 14_200, 15_400), "SMS": ("MESSAGE", 1, 1_420, 1_420)}
DEAR_FROM = "1405-07"
WORDS = {
    "SUBSCRIPTION": ("آبونمان", "Subscription fees", "Абонентская плата", "Абонаментни такси"),
    "DATA": ("اینترنت", "Data", "Интернет", "Интернет"),
    "VOICE": ("مکالمه", "Voice calls", "Звонки", "Разговори"),
    "SMS": ("پیامک", "SMS", "SMS", "SMS"),
    "OTHER": ("دیگر", "Other", "Прочее", "Друго"),
}
CAUSES = ("VOLUME", "PRICE", "SIM_ADDED", "SIM_REMOVED", "ONE_OFF", "TAX", "CREDIT")


class Bills(Payments):
    """Bills by their months."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.is_postpaid = True
        self.disputes: dict[str, list[dict[str, Any]]] = {}
        self.bills: dict[str, dict[str, Any]] = {month: {"month": month, "due": 0} for month in MONTHS}
        for month in MONTHS[1:3]:
            self.bills[month]["due"] = self._sum(self._lines_of(month))["gross"]
        for moved in self.moves:
            if moved["reason"] == "BILL":
                moved["cause"] = {"__typename": "Bill", "id": "bill-1405-03", "billNumber": "B-1405-03-0231", "month": "1405-03"}
        self.dispute("1405-04", [f"line-1405-04-{card}-ONE_OFF" for card in (1, 4, 7)], "wrong_month")

    # ── lines ──

    def _lines_of(self, month: str) -> list[dict[str, Any]]:
        number = int(month[-2:])
        lines = []
        for card in range(CARDS):
            if (card in NEW_FROM[0] and month < NEW_FROM[1]) or (card in GONE_FROM[0] and month >= GONE_FROM[1]):
                continue
            part = 18 if month == RUNNING else 30
            lines.append(self._line(month, card, "SUBSCRIPTION", None, None, FEE * part // 30))
            for service, quantity in (
                ("DATA", (2_400 + (card * 37 + number * 211) % 41 * 130) * part // 30),
                ("VOICE", (60 + (card * 13 + number * 17) % 90) * part // 30),
                ("SMS", (card * 5 + number * 3) % 60),
            ):
                unit, per, old, new = TARIFF[service]
                price = new if month >= DEAR_FROM else old
                lines.append(self._line(month, card, "USAGE", service, {"amount": str(quantity * per), "unit": unit}, quantity * price))
            if card in (1, 4, 7) and month in ("1405-04", "1405-07"):
                lines.append(self._line(month, card, "ONE_OFF", "DATA", None, 1_850_000))
        if month == "1405-07":
            lines.append(self._line(month, 0, "CREDIT", "DATA", None, -3_000_000))
        return lines

    def _line(self, month: str, card: int, kind: str, service: str | None, quantity: Any, net: int) -> dict[str, Any]:
        vat = net * VAT_PERCENT // 100 if net >= 0 else -(-net * VAT_PERCENT // 100)
        name = service if kind == "USAGE" else kind
        words = {"ONE_OFF": "roaming", "CREDIT": "goodwill"}.get(kind)
        return {
            "id": f"line-{month}-{card}-{name}",
            "kind": kind,
            "service": service,
            "card": card,
            "quantity": quantity,
            "net": net,
            "vat": vat,
            "words": words or (service if kind == "USAGE" else kind),
        }

    def _sum(self, lines: list[dict[str, Any]]) -> dict[str, int]:
        net, vat = sum(line["net"] for line in lines), sum(line["vat"] for line in lines)
        return {"net": net, "vat": vat, "gross": net + vat}

    def _price_of(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        return {name: self._money(amount) for name, amount in self._sum(lines).items()} | {"vatRate": str(VAT_PERCENT)}

    def _said(self, words: str) -> str:
        return WORDS[words][("fa", "en", "ru", "bg").index(self._language)] if words in WORDS else self._name(words)

    def _line_node(self, line: dict[str, Any]) -> dict[str, Any]:
        sim = self.sims[line["card"]]
        order = None
        if line["kind"] == "ONE_OFF" and self.orders:
            placed = self.orders[0]
            order = {"id": placed["id"], "number": placed["number"], "placedBy": placed["placedBy"], "memo": None}
            order["purchaseOrderNumber"] = placed["purchaseOrderNumber"]
        return {
            "id": line["id"],
            "kind": line["kind"],
            "description": self._said(line["words"]),
            "service": line["service"],
            "sim": {"id": sim["id"], "msisdn": sim["msisdn"]},
            "costCentre": {"code": sim["centre"], "name": self._name("tehran")} if sim["centre"] else None,
            "quantity": line["quantity"],
            "price": self._price_of([line]),
            "order": order,
        }

    # ── bills ──

    def _bill(self, month: str) -> dict[str, Any]:
        is_preview = month == RUNNING
        due = self.bills[month]["due"]
        issued, days = self.now() - timedelta(days=30 * (MONTHS.index(month) - 1) + 16), 28
        has_paid = not is_preview and due == 0
        paid_at = self._at(days=30 * (MONTHS.index(month) - 1) + 5) if has_paid else None
        gross = self._sum(self._lines_of(month))["gross"]
        return {
            "id": f"bill-{month}",
            "number": None if is_preview else f"B-{month}-0231",
            "month": month,
            "state": "PREVIEW" if is_preview else "SETTLED" if has_paid else "SENT" if due == gross else "PARTIALLY_PAID",
            "issuedAt": None if is_preview else issued.isoformat(),
            "dueAt": None if is_preview else (issued + timedelta(days=days)).isoformat(),
            "isOverdue": bool(due) and issued + timedelta(days=days) < self.now(),
            "total": self._price_of(self._lines_of(month)),
            "paid": self._money(0 if is_preview else gross - due),
            "amountDue": self._money(due),
            "disputes": self._disputes_of(month),
            "payments": [{"id": f"payment-{month}", "state": "SETTLED", "finishedAt": paid_at}] if paid_at else [],
        }

    def _disputes_of(self, month: str) -> list[dict[str, Any]]:
        return [{key: one[key] for key in ("id", "state", "lines")} for one in self.disputes.get(month, [])]

    def _Bills(self, account: str) -> dict[str, Any]:
        if not self.is_postpaid:
            return {"account": {"postpaid": None}}
        running = self._bill(RUNNING)
        preview = {"id": running["id"], "month": RUNNING, "total": {"gross": running["total"]["gross"]}}
        return {
            "account": {
                "postpaid": {
                    "deposit": self._money(150_000_000),
                    "creditLimit": self._money(400_000_000),
                    "cycleMonths": 1,
                    "dueDays": 28,
                    "isBilledHere": True,
                    "preview": preview | {"asOf": self._at(hours=9, minutes=52), "source": "BILLING"},
                    "bills": {"edges": [{"node": self._bill(month)} for month in MONTHS[1:]]},
                }
            }
        }

    def _BillDetail(self, id: str) -> dict[str, Any]:
        month = id.removeprefix("bill-")
        if month not in MONTHS:
            return {"node": None}
        bill, lines, is_preview = self._bill(month), self._lines_of(month), month == RUNNING
        services = {"SUBSCRIPTION": [line for line in lines if line["service"] is None]}
        services |= {service: [line for line in lines if line["service"] == service] for service in TARIFF}
        kinds = {kind: [line for line in lines if line["kind"] == kind] for kind in ("USAGE", "SUBSCRIPTION", "ONE_OFF", "CREDIT")}
        papers = [
            ("application/pdf", "pdf"),
            ("text/csv", "csv"),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ]
        payments = [
            {"number": "PAY-4980", "method": "WALLET", "amount": bill["paid"], "createdAt": one["finishedAt"]} | one
            for one in bill["payments"]
        ]
        more = {
            "taxNumber": None if is_preview else "A112160510E00000000E76",
            "asOf": self._at(hours=9, minutes=52),
            "period": period_of(month),
            "account": {"id": "account-group", "name": self._name("group")},
            "summary": [
                {"label": self._said(name), "code": name if name != "SUBSCRIPTION" else None, "total": self._price_of(part)}
                for name, part in services.items()
                if part
            ],
            "kinds": [{"code": kind, "total": {"gross": self._price_of(part)["gross"]}} for kind, part in kinds.items() if part],
            "documents": []
            if is_preview
            else [
                {"mediaType": kind, "fileName": f"{bill['number']}.{end}", "url": f"https://care.example/files/bill.{end}"}
                for kind, end in papers
            ],
            "disputes": [one | {"reason": self._name(one["reason"])} for one in self.disputes.get(month, [])],
            "payments": payments,
        }
        return {"node": bill | more}

    def _BillLines(self, id: str, filter: dict[str, Any] | None = None, after: str | None = None) -> dict[str, Any]:
        rules, start = filter or {}, int(after or 0)
        found = [
            line
            for line in self._lines_of(id.removeprefix("bill-"))
            if ("service" not in rules or line["service"] == rules["service"])
            and (not rules.get("kinds") or line["kind"] in rules["kinds"])
            and (not rules.get("simIds") or f"sim-{line['card']}" in rules["simIds"])
        ]
        shown = found[start : start + 50]
        page = {"hasNextPage": start + 50 < len(found), "endCursor": str(start + len(shown)) if shown else None}
        edges = [{"node": self._line_node(line)} for line in shown]
        return {"node": {"lines": {"totalCount": len(found), "pageInfo": page, "edges": edges}}}

    def _BillLineUsage(self, line: str, after: str | None = None) -> dict[str, Any]:
        found = next((one for month in MONTHS for one in self._lines_of(month) if one["id"] == line), None)
        if found is None:
            return {"node": None}
        month = line[5:12]
        usage = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [{"node": one} for one in self._records(found)]}
        more = {"period": period_of(month), "account": {"id": "account-group", "name": self._name("group")}, "usage": usage}
        return {"node": self._line_node(found) | more}

    def _records(self, line: dict[str, Any]) -> list[dict[str, Any]]:
        """The line's quantity and price in a few records that sum to both."""
        if line["kind"] != "USAGE":
            return []
        quantity, net, found = int(line["quantity"]["amount"]), line["net"], []
        for left in range(RECORDS, 0, -1):
            part, charge = quantity // left, net // left
            quantity, net = quantity - part, net - charge
            seconds = {"DATA": 3600, "VOICE": part, "SMS": None}[line["service"]]
            found.append(
                {
                    "id": f"{line['id']}-{left}",
                    "startedAt": self._at(days=18 + left * 3.7),
                    "service": line["service"],
                    "direction": "OUTGOING",
                    "otherParty": None if line["service"] == "DATA" else "0912••••31",
                    "durationSeconds": seconds,
                    "quantity": {"amount": str(part), "unit": line["quantity"]["unit"]},
                    "charge": self._money(charge),
                    "transfer": {"id": self.moves[3]["id"]} if line["id"][5:12] == "1405-03" else None,
                }
            )
        return found

    # ── two bills ──

    def _BillCompare(self, id: str, **given: str) -> dict[str, Any]:
        months = id.removeprefix("bill-"), given["with"].removeprefix("bill-")
        mine, theirs = ({line["id"][12:]: line for line in self._lines_of(month)} for month in months)
        cards = [{line["card"] for line in lines.values()} for lines in (mine, theirs)]
        found: dict[tuple[str, str | None], list[dict[str, Any]]] = {}

        def put(cause: str, service: str | None, amount: int, line: Any, other: Any) -> None:
            if amount:
                card = (line or other)["card"]
                found.setdefault((cause, service), []).append({"amount": amount, "card": card, "line": line, "other": other})

        for key in mine.keys() | theirs.keys():
            line, other = mine.get(key), theirs.get(key)
            one = line or other
            assert one is not None  # noqa: S101 - the key came from one of them
            net, before = line["net"] if line else 0, other["net"] if other else 0
            if one["card"] not in cards[1]:
                put("SIM_ADDED", None, net, line, other)
            elif one["card"] not in cards[0]:
                put("SIM_REMOVED", None, -before, line, other)
            elif one["kind"] in ("ONE_OFF", "CREDIT"):
                put(one["kind"], one["service"], net - before, line, other)
            elif line and other and one["quantity"] and int(other["quantity"]["amount"]):
                now, then = (int(each["quantity"]["amount"]) for each in (line, other))
                volume = before * now // then - before
                put("VOLUME", one["service"], volume, line, other)
                put("PRICE", one["service"], net - before - volume, line, other)
            else:
                put("VOLUME", one["service"], net - before, line, other)
            put("TAX", None, (line["vat"] if line else 0) - (other["vat"] if other else 0), line, other)
        causes = [self._cause(kind, service, parts) for (kind, service), parts in found.items()]
        causes.sort(key=lambda cause: CAUSES.index(cause["kind"]))
        bills = [self._compared(month) for month in months]
        gross = [int(bill["total"]["gross"]["amount"]) for bill in bills]
        difference = self._money(gross[0] - gross[1])
        return {"node": {"comparison": {"bill": bills[0], "other": bills[1], "difference": difference, "causes": causes}}}

    def _cause(self, kind: str, service: str | None, parts: list[dict[str, Any]]) -> dict[str, Any]:
        parts.sort(key=lambda part: abs(part["amount"]), reverse=True)
        details = [
            {
                "sim": {"id": f"sim-{part['card']}", "msisdn": self.sims[part["card"]]["msisdn"]},
                "amount": self._money(part["amount"]),
                "line": self._brief(part["line"]),
                "otherLine": self._brief(part["other"]),
            }
            for part in parts[:50]
        ]
        amount = self._money(sum(part["amount"] for part in parts))
        return {"kind": kind, "service": service, "amount": amount, "details": {"edges": [{"node": one} for one in details]}}

    def _brief(self, line: dict[str, Any] | None) -> dict[str, Any] | None:
        if line is None:
            return None
        return {"id": line["id"], "description": self._said(line["words"]), "price": {"gross": self._price_of([line])["gross"]}}

    def _compared(self, month: str) -> dict[str, Any]:
        bill = self._bill(month)
        return {key: bill[key] for key in ("id", "number", "month", "state")} | {"total": {"gross": bill["total"]["gross"]}}

    # ── writing ──

    def dispute(self, month: str, line_ids: list[str], reason: str, number: str = "TK-1405-00029") -> dict[str, Any]:
        """Objects to lines of a bill."""
        lines = [line for line in self._lines_of(month) if line["id"] in line_ids]
        known = self.disputes.setdefault(month, [])
        known.append(
            {
                "id": f"dispute-{month}-{len(known)}",
                "state": "OPEN",
                "reason": reason,
                "amount": self._money(self._sum(lines)["gross"]),
                "credited": None,
                "ticket": {"id": f"ticket-{number}", "number": number},
                "lines": [{"id": line["id"]} for line in lines],
            }
        )
        return known[-1]

    def _BillPay(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"billPay": self._applied[input["idempotencyKey"]]}
        month, way = input["billId"].removeprefix("bill-"), self._way(input["method"])
        bill = self.bills[month]
        due = bill["due"]
        if way == "WALLET" and due > self.wallet:
            poor = {"__typename": "InsufficientFunds", "code": "INSUFFICIENT_FUNDS", "message": self._name("poor"), "field": None}
            return {"billPay": poor | {"required": {"amount": str(due)}, "available": {"amount": str(self.wallet)}}}
        owed = {"label": f"B-{month}-0231", "field": "amountDue", "before": str(due), "after": "0", "money": {"amount": str(due)}}
        plan = self._money_plan([owed, *(self._balance_change(-due) if way == "WALLET" else [])]) | {"approvals": []}
        if input["mode"] == "PLAN":
            return {"billPay": {"__typename": "BillPayPayload", "plan": plan, "payment": None}}
        payment = self.pay_in(way, due, bill=bill)
        told = {key: payment[key] for key in ("id", "state", "redirectUrl")}
        done = {"__typename": "BillPayPayload", "plan": plan | {"token": None}, "payment": told}
        self._applied[input["idempotencyKey"]] = done
        return {"billPay": done}

    def _BillDispute(self, input: dict[str, Any]) -> dict[str, Any]:
        month = input["billId"].removeprefix("bill-")
        changes = [
            {
                "label": self._said(line["words"]),
                "field": "dispute",
                "before": None,
                "after": "OPEN",
                "money": {"amount": str(line["net"] + line["vat"])},
            }
            for line in self._lines_of(month)
            if line["id"] in input["lineIds"]
        ]
        plan = self._money_plan(changes) | {"approvals": []}
        if input["mode"] == "PLAN":
            return {"billDispute": {"__typename": "BillDisputePayload", "plan": plan, "dispute": None}}
        made = self.dispute(month, input["lineIds"], input["reason"], f"TK-1405-{60 + len(self.disputes):05}")
        told = {key: made[key] for key in ("id", "state", "ticket")}
        return {"billDispute": {"__typename": "BillDisputePayload", "plan": plan | {"token": None}, "dispute": told}}
