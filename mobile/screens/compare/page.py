"""Two bills compared [16]: the difference, a waterfall of its causes, the proof that they sum to it, and each cause down to lines."""

from decimal import Decimal
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.bills.looks import SERVICES
from mobile.screens.choosing import choose
from mobile.screens.page import LoadPage, Page, Scroller
from mobile.state.comparison import Comparison, Step
from mobile.state.observe import Observable
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.rows import centred, heading, note
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, align_column, forward
from mobile.widgets.touch import Pressable
from mobile.widgets.waterfall import Waterfall

ICONS = {
    "VOLUME": "gauge", "PRICE": "cash-multiple", "SIM_ADDED": "plus", "SIM_REMOVED": "sim-off-outline", "ONE_OFF": "airplane",
    "TAX": "receipt-text-outline", "CREDIT": "history", "OTHER": "dots-horizontal",
}  # fmt: skip


def ink(amount: int) -> str:
    """Dearer is red, cheaper is green; the sign says the same."""
    return "on_error" if amount > 0 else "on_ok" if amount < 0 else "text"


def named(cause: dict[str, Any]) -> str:
    """What a cause is called."""
    if cause["kind"] == "VOLUME":
        return look.say("cause.VOLUME.more" if int(cause["amount"]["amount"]) >= 0 else "cause.VOLUME.less")
    return look.say(f"cause.{cause['kind']}")


def serviced(cause: dict[str, Any]) -> str:
    """The service a cause is about, in words; nothing for one about all of them."""
    service = cause["service"]
    return look.say(f"service.{service if service in SERVICES else 'OTHER'}") if service else ""


class ComparePage(LoadPage):
    """Either side can be another bill, or the running cycle."""

    model: Comparison
    hides_bar = True

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("compare.title"), back=self.shell.back)

    def place(self) -> str:
        """Bills."""
        return look.say("money.tab.bills")

    def body(self) -> Widget:
        """Pair, difference, causes, proof."""
        say, model = look.say, self.model
        content = [self._pair(), self._difference()]
        steps = model.steps()
        if steps:
            figures = [ColumnFigure(say.signed(step.cause["amount"]), "") for step in steps]
            align_column(*figures)
            panel = Panel(padding=(0, dp(4)))
            for at, (step, figure) in enumerate(zip(steps, figures, strict=True)):
                if at:
                    panel.add_widget(Line(inset=16, end=16))
                panel.add_widget(_Cause(step, figure, lambda step=step: self.shell.go("cause", cause=step.cause)))
            content.append(panel)
        if model.adds_up:
            words = say("compare.adds_up") if steps else say("compare.same")
            content.append(note(words, "check-circle", "ok"))
        return Scroller(*content, refresh=self.reload)

    def _pair(self) -> Widget:
        comparison = self.model.comparison
        first = self._side(comparison["other"], lambda one: self.run(self.model.compare(with_id=one)))
        second = self._side(comparison["bill"], lambda one: self.run(self.model.compare(bill_id=one)))
        if look.is_large:
            return Column(first, second, spacing=dp(8))
        return Row(first, Icon("arrow-left" if look.is_rtl else "arrow-right", 24), second, spacing=dp(8))

    def _side(self, bill: dict[str, Any], then: Any) -> Widget:
        say = look.say
        name = Row(Text(say.month(bill["month"]), 12, 400, "second"), Icon("chevron-down", 18), spacing=dp(4))
        panel = _Side(name, Figure(say.amount(bill["total"]["gross"]), say.rial, 14, 700), padding=dp(16), spacing=dp(2))
        panel.text = say.month(bill["month"])
        options = [(one["id"], say.month(one["month"])) for one in self.model.bills]
        panel.is_enabled = len(options) > 1
        panel.react(lambda: choose(self.shell, say("compare.which"), options, bill["id"], then), radius=20)
        return panel

    def _difference(self) -> Widget:
        say, model = look.say, self.model
        role = ink(model.difference)
        figure = Figure(say.signed(model.comparison["difference"]), say.rial, 28, 700, unit_size=16, role=role)
        figure.size_hint_x, figure.width = None, figure.natural_width
        head = Column(
            Text(say("compare.difference"), 12, 400, "second", align="center"), centred(figure), spacing=dp(2), padding=(0, dp(8))
        )
        if model.percent is not None:
            share = say.percent(Decimal(str(round(model.percent, 1))))
            head.add_widget(Text(f"+{share}" if model.percent > 0 else share, 14, 400, "second", align="center"))
        return head


class _Side(Pressable, Panel):
    """A bill to change for another."""


class _Cause(Pressable, Column):
    """Name and service, signed amount, bar."""

    def __init__(self, step: Step, figure: ColumnFigure, then: Any) -> None:
        super().__init__(padding=(dp(16), dp(12)), spacing=dp(8))
        cause = step.cause
        figure.figure.color = look.colour(ink(int(cause["amount"]["amount"])))
        words = Column(Text(named(cause), 14, 500, lines=None))
        if service := serviced(cause):
            words.add_widget(Text(service, 12, 400, "second"))
        self.add_widget(Row(Icon(ICONS.get(cause["kind"], "dots-horizontal"), 22), words, figure, Icon(forward(), 22), spacing=dp(8)))
        self.add_widget(Waterfall(step.start, step.end))
        self.text = named(cause)
        self.react(then, radius=12)


class Cause(Observable):
    """One cause of a comparison that is already here."""

    def __init__(self, _: Any, cause: dict[str, Any]) -> None:
        super().__init__()
        self.cause = cause

    @property
    def details(self) -> list[dict[str, Any]]:
        """Its parts, the largest first."""
        return [edge["node"] for edge in self.cause["details"]["edges"]]


class CausePage(Page):
    """The cards a cause is made of; each leads to its line, and that to usage records."""

    model: Cause
    hides_bar = True

    def draw(self) -> None:
        """Draws once."""
        self.clear_widgets()
        say, cause = look.say, self.model.cause
        amount = int(cause["amount"]["amount"])
        figure = Figure(say.signed(cause["amount"]), say.rial, 28, 700, unit_size=16, role=ink(amount))
        figure.size_hint_x, figure.width = None, figure.natural_width
        self.add_widget(TopBar(named(cause), back=self.shell.back, detail=serviced(cause)))
        rows = [self._item(one) for one in self.model.details]
        self.add_widget(Scroller(centred(figure), heading(say("compare.largest")), items(rows)))

    def _item(self, part: dict[str, Any]) -> Item:
        say, line, other = look.say, part["line"], part["otherLine"]
        title = say.phone(part["sim"]["msisdn"]) if part["sim"] else say("compare.whole_account")
        one = line or other
        words = one["description"] if one else ""
        if line and other:
            side = say("compare.was", amount=say.amount(other["price"]["gross"]))
        else:
            side = say("compare.new_line" if line else "compare.gone_line") if one else ""
        amount = int(part["amount"]["amount"])
        then = (lambda: self.shell.go("bill_line", line_id=one["id"])) if one else None
        return Item(
            "sim",
            "neutral",
            title,
            " · ".join(part for part in (words, side) if part),
            say.signed(part["amount"]),
            ink=ink(amount),
            then=then,
        )
