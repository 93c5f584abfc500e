"""The inbox: requests to support, newest first."""

from datetime import datetime
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.state.loading import Phase
from mobile.state.tickets import Tickets, is_late
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row, gap, space
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import centred, heading
from mobile.widgets.states import StateView
from mobile.widgets.text import Icon, Text, forward
from mobile.widgets.touch import Pressable

LOOKS = {
    "ACKNOWLEDGED": ("message-text-outline", "info"),
    "IN_PROGRESS": ("progress-clock", "info"),
    "PENDING": ("alert-circle-outline", "warning"),
    "RESOLVED": ("check-bold", "ok"),
    "CLOSED": ("check", "neutral"),
}


def tags(ticket: dict[str, Any], now: datetime) -> Row:
    """Its state, and whether the answer is late."""
    row = Row(tag(look.say(f"ticket.state.{ticket['state']}"), LOOKS[ticket["state"]][1]), spacing=dp(8))
    if is_late(ticket, now):
        row.add_widget(tag(look.say("ticket.late"), "error", "timer-sand"))
    row.add_widget(space())
    return row


class InboxPage(LoadPage):
    """The root."""

    model: Tickets

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("inbox.title"), help_button(self.shell))

    def place(self) -> str:
        """The page's name."""
        return look.say("inbox.title")

    def empty(self) -> StateView:
        """No request yet; a way to write one."""
        say = look.say
        ways = [(say("inbox.new"), self._write, "tonal")] if self._may_write else []
        return StateView("lifebuoy", "container", say("inbox.none"), say("inbox.none_text"), ways)

    def body(self) -> Widget:
        """The list."""
        panel = Panel(padding=(dp(16), dp(4)))
        for at, ticket in enumerate(self.model.tickets):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(_Ticket(ticket, self.shell, self.model.services.now()))
        parts: list[Widget] = [heading(look.say("inbox.tickets")), panel]
        if self.model.cursor is not None:
            parts.append(centred(PillButton(look.say("action.more"), self._grow, "plain", size=14, is_fitted=True)))
        return Scroller(*parts, refresh=self.reload)

    def footer(self) -> Widget | None:
        """A way to write one."""
        if self.model.phase is not Phase.READY or not self._may_write:
            return None
        return Row(PillButton(look.say("inbox.new"), self._write, icon="plus"), padding=(dp(16), dp(8), dp(16), dp(12)))

    def _grow(self) -> None:
        self.run(self.model.load_more())

    @property
    def _may_write(self) -> bool:
        return self.model.services.session.may("TICKET_WRITE")

    def _write(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("ticket_new", title="")


class _Ticket(Pressable, Row):
    def __init__(self, ticket: dict[str, Any], shell: Any, now: datetime) -> None:
        super().__init__(spacing=dp(12), padding=(0, dp(12)))
        say = look.say
        icon, tone = LOOKS[ticket["state"]]
        key, at = ("ticket.due", ticket["dueAt"]) if ticket["dueAt"] else ("ticket.opened", ticket["openedAt"])
        when = say(key, date=say.date(at, with_year=False))
        words = Column(Text(ticket["title"], 14, 500), Text(f"{say.code(ticket['number'])} · {when}", 12, 400, "second"), spacing=dp(2))
        words.add_widget(gap(2))
        words.add_widget(tags(ticket, now))
        self.add_widget(Disc(icon, tone))
        self.add_widget(words)
        self.add_widget(Icon(forward(), 22))
        self.text = ticket["title"]
        self.react(lambda: shell.go("ticket", ticket=ticket), radius=12)
