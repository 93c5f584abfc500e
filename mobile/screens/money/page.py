"""Money: one account's wallet, bills and purchases, as tabs."""

from typing import Any, ClassVar

from kivy.uix.widget import Widget

from mobile.screens.bills.page import BillsTab
from mobile.screens.choosing import choose_account
from mobile.screens.groups.page import GroupsTab
from mobile.screens.help.page import help_button
from mobile.screens.purchases.page import PurchasesTab
from mobile.screens.tabbed import TabbedPage
from mobile.screens.wallet.page import WalletTab
from mobile.state.money import Money
from mobile.widgets.bars import TopBar
from mobile.widgets.buttons import IconButton
from mobile.widgets.look import look


class MoneyPage(TabbedPage):
    """The root."""

    model: Money
    pages: ClassVar[Any] = {"wallet": WalletTab, "bills": BillsTab, "purchases": PurchasesTab, "groups": GroupsTab}

    def header(self) -> Widget:
        """Title, whose money it is, and another account."""
        say, account = look.say, self.model.payer.account
        other = IconButton("sitemap", self._choose, label=say("money.account"))
        return TopBar(say("money.title"), other, help_button(self.shell), detail=self._whose(account))

    def words(self, tab: str) -> str:
        """The tab's name."""
        return look.say(f"money.tab.{tab}")

    def seen(self) -> tuple[Any, ...]:
        """The account."""
        return (self.model.payer.account.get("id"),)

    def place(self) -> str:
        """The page's name."""
        return look.say("money.title")

    def _whose(self, account: dict[str, Any]) -> str:
        mode = account.get("paymentMode")
        return " · ".join(part for part in (account.get("name"), look.say(f"mode.{mode}") if mode else "") if part)

    def _choose(self) -> None:
        def take(account: dict[str, Any] | None) -> None:
            if account is not None:
                self.run(self.model.look_at(account))

        self.run(choose_account(self.shell, look.say("money.account"), self.model.payer.account or None, take))
