"""Money: the account that is looked at, and the tabs over it."""

from typing import Any

from mobile.state.bills import Bills
from mobile.state.groups import Groups
from mobile.state.payer import Payer
from mobile.state.purchases import Purchases
from mobile.state.services import Services
from mobile.state.tabs import Tabs
from mobile.state.wallet import Wallet


class Money(Tabs):
    """Wallet, bills and purchases of one account, and the groups that pay by themselves."""

    def __init__(self, services: Services) -> None:
        self.payer = Payer(services)
        tabs = {
            "wallet": Wallet(services, self.payer),
            "bills": Bills(services, self.payer),
            "purchases": Purchases(services, payer=self.payer),
            "groups": Groups(services),
        }
        super().__init__(services, tabs)

    async def look_at(self, account: dict[str, Any]) -> None:
        """Another account: what was seen of the last one is asked anew."""
        self.payer.choose(account)
        self.changed()
        for model in self.models.values():
            if model.seen_at is not None:
                await model.load(is_other=True)
