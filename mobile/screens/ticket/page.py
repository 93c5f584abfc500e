"""One request: its state, its dates, and the last messages."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.inbox.page import LOOKS
from mobile.screens.page import Page, Scroller
from mobile.state.ticket import TicketView
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Row, card
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, heading, note
from mobile.widgets.text import Text


class TicketPage(Page):
    """What was asked and what was answered."""

    model: TicketView

    def draw(self) -> None:
        """Draws once."""
        self.clear_widgets()
        say, ticket = look.say, self.model.ticket
        self.add_widget(TopBar(say.code(ticket["number"]), back=self.shell.back))
        _, tone = LOOKS[ticket["state"]]
        facts = card(
            Text(ticket["title"], 18, 700, lines=None),
            Row(tag(say(f"ticket.state.{ticket['state']}"), tone), Widget(size_hint_y=None, height=0)),
        )
        facts.add_widget(KeyValue(say("ticket.priority"), say(f"ticket.{ticket['priority']}")))
        facts.add_widget(Text(say("ticket.opened", date=say.date(ticket["openedAt"])), 12, 400, "second"))
        if ticket["dueAt"]:
            facts.add_widget(Text(say("ticket.due", date=say.date(ticket["dueAt"])), 12, 400, "second"))
        messages = [self._message(one) for one in self.model.messages] or [note(say("ticket.no_messages"))]
        self.add_widget(Scroller(facts, heading(say("ticket.messages")), *messages))

    def _message(self, message: dict[str, Any]) -> Widget:
        say = look.say
        when = say.ago(message["at"], self.model.services.now())
        head = Row(Text(message["by"]["label"], 14, 500, lines=None), Text(when, 12, 400, "second", align="end"), spacing=dp(8))
        return card(head, Text(message["text"], 14, 400, lines=None), spacing=dp(4))
