"""Buying a bundle: for which cards or group, which offering, when it starts, what is written on the receipt; then the plan."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mobile.state.digits import plain
from mobile.state.loading import Loadable
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

SERVICES = ("DATA", "VOICE", "SMS", "MIXED")
MOST_EMAILS = 4
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Buying(Loadable):
    """The form of one purchase."""

    def __init__(self, services: Services, sims: list[dict[str, Any]], group: dict[str, Any] | None = None) -> None:
        super().__init__(services)
        self.sims, self.group = sims, group
        self.service = SERVICES[0]
        self.offerings: list[dict[str, Any]] = []
        self.chosen: dict[str, Any] | None = None
        self.activation = "NOW"
        self.activate_at: datetime | None = None
        self.purchase_order = ""
        self.memo = ""
        self.emails: list[str] = []

    async def fetch(self) -> bool:
        """Brings what is on sale for these cards, all pages."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        narrow = {"organizationId": self.services.session.organization_id, "categories": ["BUNDLE"]}
        while True:
            data: Any = await self.ask("Catalogue", filter=narrow, after=after)
            page = data["offerings"]
            found += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        self.offerings = found
        still = next((one for one in found if self.chosen and one["id"] == self.chosen["id"]), None)
        if still is None:
            self.service = next((one for one in SERVICES if self.on_sale(one)), SERVICES[0])
        self.chosen = still or next(iter(self.on_sale()), None)
        self._fit_activation()
        return not found

    def on_sale(self, service: str | None = None) -> list[dict[str, Any]]:
        """Offerings of one service, the chosen tab's if none is named."""
        return [one for one in self.offerings if service_of(one) == (service or self.service)]

    def show(self, service: str) -> None:
        """Another tab; its first offering is chosen."""
        self.service = service
        self.choose(next(iter(self.on_sale()), None))

    def choose(self, offering: dict[str, Any] | None) -> None:
        """Another offering; an activation it can't have falls back to its first."""
        self.chosen = offering
        self._fit_activation()
        self.changed()

    def start(self, activation: str, at: datetime | None = None) -> None:
        """When it begins to count; LATER takes an instant."""
        self.activation, self.activate_at = activation, at
        self.changed()

    def later_choices(self) -> list[datetime]:
        """Mornings of the next two weeks, for LATER."""
        morning = self.services.now().replace(hour=4, minute=30, second=0, microsecond=0)
        return [morning + timedelta(days=days) for days in range(1, 15)]

    def add_email(self, address: str) -> bool:
        """One more address for the receipt, at most four; False when it can't be one."""
        cleaned = plain(address).strip()
        if not ADDRESS.fullmatch(cleaned) or len(self.emails) >= MOST_EMAILS:
            return False
        if cleaned not in self.emails:
            self.emails.append(cleaned)
        self.changed()
        return True

    @property
    def count(self) -> int:
        """Cards that it is for."""
        return int(self.group["total"]) if self.group else len(self.sims)

    @property
    def estimate(self) -> dict[str, Any]:
        """Price with VAT for all cards, before anybody is left out."""
        if self.chosen is None:
            return {"amount": "0"}
        return {"amount": str(Decimal(self.chosen["price"]["gross"]["amount"]) * self.count)}

    def flow(self) -> PlanFlow:
        """The purchase as a plan: cards that can't have it are left out by name."""
        if self.chosen is None:
            raise LookupError("nothing is chosen")
        line: dict[str, Any] = {
            "offeringId": self.chosen["id"],
            "sims": {"groupId": self.group["id"]} if self.group else {"ids": [sim["id"] for sim in self.sims]},
            "activation": self.activation,
        }
        if self.activation == "LATER" and self.activate_at:
            line["activateAt"] = self.activate_at.isoformat()
        content = {
            "accountId": self.services.session.account["id"],
            "lines": [line],
            "receiptEmails": self.emails,
            "locale": self.services.settings.language.upper(),
            "purchaseOrderNumber": self.purchase_order.strip() or None,
            "memo": self.memo.strip() or None,
            "errorPolicy": "SKIP_FAILED",
        }
        return PlanFlow(self.services, "OrderPlace", content)

    def _fit_activation(self) -> None:
        allowed = self.chosen["activations"] if self.chosen else ["NOW"]
        if self.activation not in allowed:
            self.activation, self.activate_at = allowed[0], None


def service_of(offering: dict[str, Any]) -> str:
    """The tab an offering stands under: its only service, or MIXED."""
    kinds = {allowance["usageType"] for allowance in offering["allowances"]}
    (kind,) = kinds if len(kinds) == 1 else ("MIXED",)
    return kind if kind in SERVICES else "MIXED"
