"""The tab of bills [14]: what is due, the deposit, the running statement with its age, and the last six cycles."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.bills.looks import LOOKS, detail
from mobile.screens.page import LoadPage, Scroller
from mobile.state.bills import Bills, standing
from mobile.widgets.bars import freshness
from mobile.widgets.box import Column, Panel, Row
from mobile.widgets.buttons import PillButton
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.states import Skeleton, StateView, bone, bone_card, bone_rows
from mobile.widgets.text import Figure, Text, Word
from mobile.widgets.touch import Pressable


class BillsTab(LoadPage):
    """Each bill leads to its page, two of them to their comparison."""

    model: Bills
    loads_anew = True  # bills are paid elsewhere

    def place(self) -> str:
        """The tab's name."""
        return look.say("money.tab.bills")

    def skeleton(self) -> Skeleton:
        """Two figures, the running statement, six rows."""
        figures = Row(bone_card(bone(70, 10), bone(110, 18)), bone_card(bone(70, 10), bone(110, 18)), spacing=dp(8))
        return Skeleton(figures, bone_card(bone(150, 10), bone(130, 18)), bone_card(*bone_rows(6)))

    def empty(self) -> StateView:
        """A prepaid account."""
        return StateView("receipt-text-outline", "container", look.say("bill.none"), look.say("bill.none_text"))

    def body(self) -> Widget:
        """The cards."""
        say, model = look.say, self.model
        parts = [self._figures()]
        if model.postpaid["preview"]:
            parts.append(self._running(model.postpaid["preview"]))
        if not model.bills:
            return Scroller(*parts, note(say("bill.no_bills")), refresh=self.reload)
        head = Row(Text(say("bill.cycles"), 14, 500, "second"), padding=(dp(4), 0))
        if len(model.comparable) > 1:
            head.add_widget(
                PillButton(say("bill.compare"), self._compare, "plain", icon="swap-horizontal", size=14, height=36, is_fitted=True)
            )
        return Scroller(*parts, head, items([self._item(bill) for bill in model.bills]), refresh=self.reload)

    def _figures(self) -> Widget:
        say, model = look.say, self.model
        shown = [("bill.due_sum", model.due), ("bill.deposit", model.postpaid["deposit"])]
        parts = [
            Panel(Text(say(key), 12, 400, "second"), Figure(say.amount(money), say.rial, 16, 700), padding=dp(16), spacing=dp(2))
            for key, money in shown
        ]
        return Column(*parts, spacing=dp(8)) if look.is_large else Row(*parts, spacing=dp(8))

    def _running(self, preview: dict[str, Any]) -> Widget:
        say = look.say
        fresh = freshness(say("bill.as_of", date=say.day(preview["asOf"], self.model.services.now())))
        name = Text(say("bill.running", month=say.month(preview["month"], with_year=False)), 12, 400, "second", lines=None)
        figure = Figure(say.amount(preview["total"]["gross"]), say.rial, 16, 700)
        look_at = Word(say("bill.preview"), 14, 500, "primary")
        rows = (
            [name, Row(figure, look_at), fresh] if look.is_large else [Row(name, fresh, spacing=dp(8)), Row(figure, look_at, spacing=dp(8))]
        )
        panel = _Card(*rows, padding=dp(16), spacing=dp(4))
        panel.text = say("bill.preview")
        panel.react(lambda: self._open(preview["id"]), radius=20)
        return panel

    def _item(self, bill: dict[str, Any]) -> Item:
        say, state = look.say, standing(bill)
        icon, tone = LOOKS[state]
        return Item(
            icon, tone, say.month(bill["month"]), detail(bill, self.model.services.now()), say.amount(bill["total"]["gross"]),
            say(f"bill.state.{state}"), note_ink=f"on_{tone}", then=lambda: self._open(bill["id"]),
        )  # fmt: skip

    def _open(self, bill_id: str) -> None:
        self.shell.go("bill", bill_id=bill_id, others=self.model.comparable)

    def _compare(self) -> None:
        bills = self.model.comparable
        first = 1 if len(self.model.bills) > 1 and bills[0]["id"] != self.model.bills[0]["id"] else 0
        self.shell.go("compare", bill_id=bills[first]["id"], with_id=bills[first + 1]["id"], bills=bills)


class _Card(Pressable, Panel):
    """A card to press."""
