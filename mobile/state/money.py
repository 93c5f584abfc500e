"""Money: the account that is looked at, and the tabs over it."""

from typing import Any

from mobile.state.payer import Payer
from mobile.state.purchases import Purchases
from mobile.state.services import Services
from mobile.state.tabs import Tabs
from mobile.state.wallet import Wallet


class Money(Tabs):
    """Wallet and purchases of one account."""

    def __init__(self, services: Services) -> None:
        self.payer = Payer(services)
        super().__init__(services, {"wallet": Wallet(services, self.payer), "purchases": Purchases(services, payer=self.payer)})

    async def look_at(self, account: dict[str, Any]) -> None:
        """Another account: what was seen of the last one is asked anew."""
        self.payer.choose(account)
        self.changed()
        for model in self.models.values():
            if model.seen_at is not None:
                await model.load(is_other=True)
