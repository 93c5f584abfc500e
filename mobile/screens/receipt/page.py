"""The receipt [12]: what was paid, its lines and references, how far the network is, and the PDF."""

from typing import Any

from kivy.graphics import Color, Ellipse
from kivy.graphics import Line as Stroke
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.state.loading import Phase, explain
from mobile.state.receipt import Receipt
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Panel, Row, card, gap
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.rows import KeyValue, centred
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, Word, align_column

LOOKS = {
    "COMPLETED": ("check-bold", "ok"),
    "PARTIAL": ("alert-circle-outline", "warning"),
    "FAILED": ("cancel", "error"),
    "HELD": ("timer-sand", "warning"),
}
SHOWN_TROUBLES = 5


class ReceiptPage(LoadPage):
    """Back from here leads to where the purchase began, never to a paid form."""

    model: Receipt
    hides_bar = True

    def __init__(self, shell: Any, model: Receipt) -> None:
        if model.order:
            model.phase = Phase.READY
        super().__init__(shell, model)

    def arrive(self) -> None:
        """Follows the order until the network is done with it."""
        self.run(self.model.follow())

    def header(self) -> Widget:
        """A way out, and help with this purchase."""
        order = self.model.order
        about = {"id": order["id"], "label": look.say.code(order["number"])} if order else None
        return TopBar("", help_button(self.shell, about), back=self.shell.back, icon="close")

    def body(self) -> Widget:
        """Mark, title, and the cards."""
        order, say = self.model.order, look.say
        icon, tone = LOOKS.get(order["state"], ("progress-clock", "info"))
        disc = Disc(icon, tone, 72, 34)
        title = say(f"receipt.title.{order['state']}") if order["state"] in LOOKS else say("receipt.title.OPEN")
        head = Column(centred(disc), gap(4), Text(title, 22, 700, align="center"), spacing=dp(4))
        head.add_widget(Text(say.moment(order["placedAt"]), 14, 400, "second", align="center"))
        content = [head, self._paid(order), self._activation()]
        if order["receiptEmails"]:
            content.append(self._mailed(order["receiptEmails"]))
        return Scroller(*content, refresh=self.reload)

    def footer(self) -> Widget | None:
        """The PDF and the way on."""
        if self.model.phase is not Phase.READY:
            return None
        say = look.say
        buttons = [PillButton(say("action.done"), self.shell.back)]
        if self.model.order["receipt"]:
            buttons.insert(0, PillButton(say("receipt.pdf"), self._download, "tonal", icon="file-pdf-box"))
        return Row(*buttons, spacing=dp(8), padding=(dp(16), dp(8), dp(16), dp(20)))

    def _paid(self, order: dict[str, Any]) -> Widget:
        say = look.say
        money = Figure(say.amount(order["price"]["gross"]), say.rial, 32, 700, unit_size=16)
        money.size_hint_x, money.width = None, money.natural_width
        top = Column(Text(say("receipt.paid"), 12, 400, "second", align="center"), centred(money), padding=(0, dp(16), 0, dp(8)))
        lines = Column(padding=(dp(20), dp(8), dp(20), dp(16)), spacing=dp(12))
        for name, value in self._lines(order):
            lines.add_widget(KeyValue(name, value))
        return Panel(top, _Tear(), lines, padding=0)

    def _lines(self, order: dict[str, Any]) -> list[tuple[str, Any]]:
        say, price = look.say, order["price"]
        names = list(dict.fromkeys(item["offering"]["name"] for item in self.model.items))
        net, vat, refunded = _money(price["net"]), _money(price["vat"]), _money(order["refunded"])
        align_column(net, vat, refunded)
        lines: list[tuple[str, Any]] = [
            (say("receipt.bundle"), " · ".join(names)),
            (say("receipt.quantity"), say("sims.count", order["items"]["totalCount"])),
            (say("receipt.net"), net),
            (say("receipt.vat", rate=say.percent(price["vatRate"])), vat),
        ]
        if int(order["refunded"]["amount"]):
            lines.append((say("receipt.refunded"), refunded))
        lines.append((say("receipt.buyer"), order["placedBy"]["label"]))
        if order["purchaseOrderNumber"]:
            lines.append((say("receipt.po"), say.code(order["purchaseOrderNumber"])))
        lines.append((say("receipt.number"), say.code(order["number"])))
        return lines

    def _activation(self) -> Widget:
        say, model = look.say, self.model
        total = model.order["items"]["totalCount"]
        count = Row(
            Word(say.number(model.done_count), 14, 700), Word(say("receipt.of", total=say.number(total)), 14, 400, "second"), spacing=dp(4)
        )
        count.size_hint_x = None
        count.bind(minimum_width=count.setter("width"))
        panel = card(Row(Text(say("receipt.activation"), 14, 500), count), Meter([(model.done_count / max(1, total), "count_active")]))
        waiting = [item for item in model.items if item["state"] not in ("COMPLETED",)]
        for item in waiting[:SHOWN_TROUBLES]:
            number = say.phone(item["sim"]["msisdn"])
            words = (
                say("receipt.failed", number=number, reason=item["failure"]["message"])
                if item["failure"]
                else say("receipt.waiting", number=number)
            )
            icon, ink = ("alert-circle-outline", "on_error") if item["failure"] else ("progress-clock", "second")
            panel.add_widget(Row(Icon(icon, 18, ink, pos_hint={"top": 1}), Text(words, 12, 400, "second", lines=None), spacing=dp(8)))
        return panel

    def _mailed(self, emails: list[str]) -> Widget:
        words = look.say("receipt.mailed", email=", ".join(look.say.code(one) for one in emails))
        return centred(Icon("email-outline", 18), Word(words, 12, 400, "second", most=330))

    def _download(self) -> None:
        self.run(self._downloaded())

    async def _downloaded(self) -> None:
        saved = await self.model.download()
        if saved is not None:
            self.shell.toast(look.say("receipt.saved", name=look.say.code(saved.name)))
        elif self.model.problem is not None:
            self.shell.toast(explain(look.say, self.model.problem)[1])


def _money(money: dict[str, Any]) -> ColumnFigure:
    return ColumnFigure(look.say.amount(money), look.say.rial)


class _Tear(Widget):
    """The torn edge: two notches and a dashed line."""

    def __init__(self) -> None:
        super().__init__(size_hint_y=None, height=dp(20))
        with self.canvas:
            Color(*look.colour("background"))
            self._notches = [Ellipse(), Ellipse()]
            Color(*look.colour("outline"))
            self._dashes = [Stroke(width=dp(0.8)) for _ in range(60)]
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: Any) -> None:
        size = self.height
        for notch, x in zip(self._notches, (self.x, self.x + self.width), strict=True):
            notch.size, notch.pos = (size, size), (x - size / 2, self.y)
        start, end, step = self.x + size, self.x + self.width - size, dp(8)
        for at, dash in enumerate(self._dashes):
            left = start + at * step
            dash.points = [left, self.y + self.height / 2, min(left + step * 0.6, end), self.y + self.height / 2] if left < end else []
