"""Writing a request to support."""

from typing import Any

from kivy.metrics import dp

from mobile.screens.page import Page, Scroller
from mobile.state.tickets import PRIORITIES, Tickets
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Row, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.chips import Segments
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue
from mobile.widgets.text import Text


class TicketDraft(Tickets):
    """The list's model with the words of a new request."""

    def __init__(self, services: Any, title: str, about: dict[str, str] | None = None) -> None:
        super().__init__(services)
        self.title, self.text, self.priority = title, "", PRIORITIES[1]
        self.about = about


class TicketNewPage(Page):
    """Subject, description, urgency; what it is about came along."""

    model: TicketDraft
    hides_bar = True

    def draw(self) -> None:
        """Draws once; later changes touch only the problem and the button."""
        if not self.children:
            self._build()
        self._text.complain(self.model.problem)
        self._place.clear_widgets()
        self._place.add_widget(PillButton(look.say("ticket.send"), self._send, height=56, enabled=not self.model.is_busy))

    def _build(self) -> None:
        say, model = look.say, self.model
        self.add_widget(TopBar(say("inbox.new"), back=self.shell.back))
        title = Field(say("ticket.subject"), model.title, changed=lambda text: setattr(model, "title", text))
        self._text = Field(say("ticket.text"), model.text, is_tall=True, changed=lambda text: setattr(model, "text", text))
        self._urgency = Row()
        self._draw_urgency()
        parts = [title, self._text, Text(say("ticket.priority"), 12, 500, "second"), self._urgency]
        if model.about:
            parts.insert(0, card(KeyValue(say("ticket.about"), model.about["label"])))
        self.add_widget(Scroller(*parts))
        self._place = Row(padding=(dp(16), dp(8), dp(16), dp(20)))
        self.add_widget(self._place)

    def _draw_urgency(self) -> None:
        def take(priority: str) -> None:
            self.model.priority = priority
            self._draw_urgency()

        self._urgency.clear_widgets()
        options = [(one, look.say(f"ticket.{one}")) for one in PRIORITIES]
        self._urgency.add_widget(Segments(options, self.model.priority, take))

    def _send(self) -> None:
        if self.shell.writes_allowed():
            self.run(self._sent())

    async def _sent(self) -> None:
        model = self.model
        opened = await model.open(model.title, model.text, model.priority, model.about["id"] if model.about else None)
        if opened is not None:
            self.shell.back()
            self.shell.toast(look.say("ticket.sent", number=look.say.code(opened["number"])))
            await self.shell.root_model("inbox").load()
