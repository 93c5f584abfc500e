"""Money on its way into the demo company: a gateway that does as it is told, vouchers, slips, and moving money between wallets."""

from typing import Any

from mobile.demo.purchases import Purchases

TRANSFER_FEE = 15_000
VOUCHERS = {"48210377629015": 5_000_000}


class Payments(Purchases):
    """Payments by their ids."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.payments: dict[str, dict[str, Any]] = {}
        self.gateway = "SETTLED"
        """What becomes of a payment at its gateway: a state, after `looks_until_paid` looks at it."""
        self.looks_until_paid = 3
        for moved in self.moves:
            if moved["reason"] == "TOP_UP":
                moved["cause"] = self._came_in(moved)

    def _came_in(self, moved: dict[str, Any]) -> dict[str, Any]:
        """A payment that was settled before the story begins."""
        payment = self.pay_in("GATEWAY", moved["amount"])
        ended = {"state": "SETTLED", "finishedAt": moved["at"], "createdAt": moved["at"], "redirectUrl": None}
        payment |= ended | {"transfer": {"id": moved["id"]}, "externalReference": "27182818"}
        return self._cause_of(payment)

    def _cause_of(self, payment: dict[str, Any]) -> dict[str, Any]:
        known = {"paymentNumber": payment["number"], "paymentState": "SETTLED", "method": payment["method"]}
        return {"__typename": "Payment", "id": payment["id"]} | known

    def pay_in(self, method: str, amount: int, *, bill: dict[str, Any] | None = None) -> dict[str, Any]:
        """Begins a payment; what isn't waited for is settled at once."""
        number = f"PAY-{5107 + len(self.payments)}"
        payment: dict[str, Any] = {
            "id": f"payment-{number}",
            "number": number,
            "state": "CREATED",
            "method": method,
            "amount": self._money(amount),
            "createdAt": self._at(),
            "finishedAt": None,
            "redirectUrl": f"https://care.example/payments/{number}" if method == "GATEWAY" else None,
            "externalReference": None,
            "failure": None,
            "transfer": None,
            "bill": bill,
            "looks": 0,
        }
        self.payments[payment["id"]] = payment
        if method in ("VOUCHER", "WALLET"):
            self._settle(payment)
        return payment

    def _settle(self, payment: dict[str, Any]) -> None:
        amount, bill = int(payment["amount"]["amount"]), payment["bill"]
        cause = self._cause_of(payment)
        moved = None
        if bill is None:
            moved = self.move("TOP_UP", amount, cause=cause)
        else:
            bill["due"] -= amount
            moved = self.move("BILL", -amount, cause=cause) if payment["method"] == "WALLET" else None
        transfer = {"id": moved["id"]} if moved else None
        payment |= {"state": "SETTLED", "finishedAt": self._at(), "redirectUrl": None, "transfer": transfer}
        if payment["method"] == "GATEWAY":
            payment["externalReference"] = "31415926"

    def _look(self, payment: dict[str, Any]) -> None:
        payment["looks"] += 1
        if payment["method"] != "GATEWAY" or payment["state"] in ("SETTLED", "FAILED") or payment["looks"] < self.looks_until_paid:
            return
        if self.gateway == "SETTLED":
            self._settle(payment)
        elif self.gateway == "FAILED":
            failure = {"code": "PAYMENT_FAILED", "message": self._name("refused_by_bank")}
            payment |= {"state": "FAILED", "finishedAt": self._at(), "redirectUrl": None, "failure": failure}
        else:
            payment |= {"state": self.gateway, "redirectUrl": None if self.gateway == "VERIFYING" else payment["redirectUrl"]}

    def _way(self, method: dict[str, Any]) -> str:
        if "gatewayReturnUrl" in method:
            return "GATEWAY"
        if "voucherCode" in method:
            return "VOUCHER"
        return "WALLET" if "walletId" in method else "CHEQUE" if method["offline"]["isCheque"] else "BANK_SLIP"

    def _WalletTopUp(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"walletTopUp": self._applied[input["idempotencyKey"]]}
        way = self._way(input["method"])
        amount = VOUCHERS.get(input["method"].get("voucherCode"), 0) if way == "VOUCHER" else int(input["amount"]["amount"])
        if not amount:
            wrong = {
                "__typename": "Problem",
                "code": "INVALID_SECRET",
                "message": self._name("wrong_voucher"),
                "field": ["method", "voucherCode"],
            }
            return {"walletTopUp": wrong}
        if self.wallet + amount > self.ceiling:
            limit = {"__typename": "LimitReached", "code": "LIMIT_REACHED", "message": self._name("too_full"), "field": ["amount"]}
            return {"walletTopUp": limit | {"maximum": {"amount": str(self.ceiling), "unit": "RIAL"}}}
        plan = self._money_plan(self._balance_change(amount))
        if input["mode"] == "PLAN":
            return {"walletTopUp": {"__typename": "WalletTopUpPayload", "plan": plan, "payment": None}}
        payment = self.pay_in(way, amount)
        told = {key: payment[key] for key in ("id", "state", "redirectUrl")}
        done = {"__typename": "WalletTopUpPayload", "plan": plan | {"token": None}, "payment": told}
        self._applied[input["idempotencyKey"]] = done
        return {"walletTopUp": done}

    def _balance_change(self, amount: int) -> list[dict[str, Any]]:
        after = {"before": str(self.wallet), "after": str(self.wallet + amount), "money": {"amount": str(amount)}}
        return [{"label": self._name("group"), "field": "wallet.balance"} | after]

    def _money_plan(self, changes: list[dict[str, Any]], left_out: Any = ()) -> dict[str, Any]:
        return self._plan(changes, [*left_out], None)

    def _Payment(self, id: str) -> dict[str, Any]:
        payment = self.payments.get(id)
        if payment is None:
            return {"node": None}
        self._look(payment)
        node = {key: payment[key] for key in payment if key not in ("bill", "looks")}
        wallet = None if payment["bill"] else {"id": "wallet-1"}
        return {"node": node | {"by": {"label": self._name("manager")}, "wallet": wallet}}

    def _unfinished(self) -> list[dict[str, Any]]:
        names = ("id", "number", "state", "method", "amount", "redirectUrl")
        open_ones = [one for one in self.payments.values() if one["state"] in ("CREATED", "VERIFYING") and one["bill"] is None]
        return [{"node": {name: one[name] for name in names}} for one in reversed(open_ones)][:5]

    def _Wallet(self, account: str, after: str | None = None) -> dict[str, Any]:
        answer = super()._Wallet(account, after)
        if answer["account"]["wallet"] is not None:
            answer["account"]["wallet"]["payments"] = {"edges": self._unfinished()}
            answer["account"]["wallet"]["id"] = f"wallet-{account}"
            windows = [(1, 4, 90_000_000), (30, 21, 600_000_000)]
            answer["account"]["wallet"]["transferPolicy"] = {
                "fee": self._money(TRANSFER_FEE),
                "minimumRemaining": self._money(1_000_000),
                "windows": [{"days": days, "countLeft": count, "amountLeft": self._money(amount)} for days, count, amount in windows],
            }
        return answer

    def _WalletTransfer(self, input: dict[str, Any]) -> dict[str, Any]:
        if input["idempotencyKey"] in self._applied:
            return {"walletTransfer": self._applied[input["idempotencyKey"]]}
        amount = int(input["amount"]["amount"])
        if amount + TRANSFER_FEE > self.wallet:
            poor = {"__typename": "InsufficientFunds", "code": "INSUFFICIENT_FUNDS", "message": self._name("poor"), "field": None}
            money = {"required": {"amount": str(amount + TRANSFER_FEE)}, "available": {"amount": str(self.wallet)}}
            return {"walletTransfer": poor | money}
        to = input["toWalletId"].removeprefix("wallet-account-")
        other = {"label": self._name(to), "field": "wallet.balance", "before": "18500000", "after": str(18_500_000 + amount)}
        fee = {
            "label": self._name("group"),
            "field": "fee",
            "before": None,
            "after": str(TRANSFER_FEE),
            "money": {"amount": str(TRANSFER_FEE)},
        }
        plan = self._money_plan([*self._balance_change(-amount - TRANSFER_FEE), other | {"money": {"amount": str(amount)}}, fee])
        if input["mode"] == "PLAN":
            return {"walletTransfer": {"__typename": "WalletTransferPayload", "plan": plan, "transfer": None}}
        moved = self.move("TRANSFER", -amount, memo=input.get("memo"))
        self.move("FEE", -TRANSFER_FEE)
        done = {"__typename": "WalletTransferPayload", "plan": plan | {"token": None}, "transfer": {"id": moved["id"]}}
        self._applied[input["idempotencyKey"]] = done
        return {"walletTransfer": done}
