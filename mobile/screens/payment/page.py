"""A payment: where it stands in words, the way back to its pay page, and once it is settled the movement of money that it became."""

import webbrowser
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.help.page import help_button
from mobile.screens.page import FollowPage, Scroller
from mobile.state.loading import Phase
from mobile.state.payments import Payment
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, card, gap
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, centred, note
from mobile.widgets.states import Skeleton, bone, bone_card
from mobile.widgets.text import Figure, Text

LOOKS = {
    "WAITS": ("clock-outline", "info"),
    "PAPER": ("clock-outline", "info"),
    "VERIFYING": ("progress-clock", "warning"),
    "SETTLED": ("check-bold", "ok"),
    "FAILED": ("cancel", "error"),
}


class PaymentPage(FollowPage):
    """Watches the payment while it is open; a payment goes on without it."""

    model: Payment
    hides_bar = True

    def header(self) -> Widget:
        """A way out, and help."""
        return TopBar(look.say("payment.title"), help_button(self.shell), back=self.shell.back, icon="close")

    def place(self) -> str:
        """A payment."""
        return look.say("payment.title")

    def skeleton(self) -> Skeleton:
        """The mark and the facts."""
        return Skeleton(Row(gap(1)), centred(bone(72, 72, radius=36)), centred(bone(180, 22)), bone_card(bone(None, 14), bone(None, 14)))

    def body(self) -> Widget:
        """Mark, amount, what it means, facts."""
        say, model = look.say, self.model
        payment, outcome = model.payment, model.outcome
        icon, tone = LOOKS[outcome]
        head = Column(
            centred(Disc(icon, tone, 72, 34)), gap(4), Text(say(f"payment.{outcome}"), 22, 700, align="center", lines=None), spacing=dp(4)
        )
        figure = Figure(say.amount(payment["amount"]), say.rial, 28, 700, unit_size=14)
        figure.size_hint_x, figure.width = None, figure.natural_width
        head.add_widget(centred(figure))
        parts: list[Widget] = [head]
        if payment["failure"]:
            parts.append(note(payment["failure"]["message"], "alert-circle-outline", "error"))
        parts.append(note(say(f"payment.{outcome}.text"), icon, "note" if outcome in ("WAITS", "PAPER") else tone))
        return Scroller(*parts, self._facts(payment), refresh=self.reload)

    def footer(self) -> Widget | None:
        """The pay page while it waits, the movement once it is booked."""
        if self.model.phase is not Phase.READY:
            return None
        say, payment = look.say, self.model.payment
        buttons = [PillButton(say("action.done"), self.shell.back, "tonal")]
        if self.model.outcome == "WAITS" and payment["redirectUrl"]:
            buttons = [PillButton(say("payment.open"), self._open, "saffron", icon="web")]
        elif payment["transfer"]:
            buttons.append(PillButton(say("payment.movement"), self._follow_money, size=14))
        box = Column if look.is_large else Row
        return box(*buttons, spacing=dp(8), padding=(dp(16), dp(8), dp(16), dp(20)))

    def _facts(self, payment: dict[str, Any]) -> Widget:
        say = look.say
        panel = card(
            KeyValue(say("payment.number"), say.code(payment["number"])),
            KeyValue(say("payment.method"), say(f"pay.way.{payment['method']}")),
            KeyValue(say("payment.began"), say.moment(payment["createdAt"])),
            spacing=dp(10),
        )
        if payment["finishedAt"]:
            panel.add_widget(KeyValue(say("payment.ended"), say.moment(payment["finishedAt"])))
        if payment["externalReference"]:
            panel.add_widget(KeyValue(say("payment.reference"), say.code(payment["externalReference"])))
        panel.add_widget(KeyValue(say("movement.by"), payment["by"]["label"]))
        return panel

    def _open(self) -> None:
        webbrowser.open(self.model.payment["redirectUrl"])

    def _follow_money(self) -> None:
        self.shell.go("movement", transfer_id=self.model.payment["transfer"]["id"])
