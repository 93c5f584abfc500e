"""One request: its state and dates, the talk, and answering it."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.inbox.page import LOOKS, tags
from mobile.screens.page import LoadPage, Page, Scroller
from mobile.state.loading import Phase, explain
from mobile.state.ticket import TicketView
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Row, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, heading, note
from mobile.widgets.text import Icon, Text


class TicketPage(LoadPage):
    """What was asked and what was answered."""

    model: TicketView
    hides_bar = True

    def header(self) -> Widget:
        """Its number."""
        return TopBar(look.say.code(self.model.ticket["number"]), back=self.shell.back)

    def place(self) -> str:
        """The page's name."""
        return look.say("inbox.tickets")

    def body(self) -> Widget:
        """Facts, then the talk."""
        say = look.say
        messages = [self._message(one) for one in self.model.messages] or [note(say("ticket.no_messages"))]
        if self.model.has_earlier:
            messages.insert(0, note(say("ticket.earlier")))
        return Scroller(self._facts(), heading(say("ticket.messages")), *messages, refresh=self.reload)

    def footer(self) -> Widget | None:
        """Answering and ending."""
        model, say = self.model, look.say
        if model.phase is not Phase.READY or not model.may_answer:
            return None
        buttons = [PillButton(say("ticket.answer"), self._answer, icon="message-text-outline", enabled=not model.is_busy)]
        if model.may_close:
            buttons.insert(0, PillButton(say("ticket.close"), self._close, "tonal", enabled=not model.is_busy))
        return Row(*buttons, spacing=dp(8), padding=(dp(16), dp(8), dp(16), dp(20)))

    def _facts(self) -> Widget:
        say, ticket, now = look.say, self.model.ticket, self.model.services.now()
        facts = card(Text(ticket["title"], 18, 700, lines=None), tags(ticket, now))
        facts.add_widget(KeyValue(say("ticket.priority"), say(f"ticket.{ticket['priority']}")))
        if about := ticket["about"]:
            facts.add_widget(KeyValue(say("ticket.about"), self._named(about)))
        facts.add_widget(KeyValue(say("ticket.opened_at"), say.moment(ticket["openedAt"])))
        if ticket["dueAt"]:
            facts.add_widget(KeyValue(say("ticket.due_at"), say.moment(ticket["dueAt"])))
        return facts

    def _named(self, about: dict[str, Any]) -> str:
        say = look.say
        if about["__typename"] == "Sim":
            return say.phone(about["msisdn"]) if about["msisdn"] else say.code(about["iccid"])
        return str(about.get("name") or say.code(about.get("number") or about["__typename"]))

    def _message(self, message: dict[str, Any]) -> Widget:
        say = look.say
        is_own = self.model.own_id is not None and (message["by"]["person"] or {}).get("id") == self.model.own_id
        when = say.ago(message["at"], self.model.services.now())
        writer = say("ticket.me") if is_own else message["by"]["label"]
        head = Row(Text(writer, 14, 500, lines=None), Text(when, 12, 400, "second", align="end"), spacing=dp(8))
        shown = card(head, role="container" if is_own else "card", spacing=dp(4))
        if message["text"]:
            shown.add_widget(Text(message["text"], 14, 400, lines=None))
        for file in message["attachments"]:
            name = say.code(file["fileName"])
            link = LinkCard(Icon("file-pdf-box", 22), name, "", lambda file=file: self.run(self._saved(file)), role=None, padding=4)
            shown.add_widget(link)
        return shown

    async def _saved(self, file: dict[str, Any]) -> None:
        saved = await self.model.download(file)
        if saved is not None:
            self.shell.toast(look.say("receipt.saved", name=look.say.code(saved.name)))
        elif self.model.failure is not None:
            self.shell.toast(explain(look.say, self.model.failure)[1])

    def _answer(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("ticket_answer", model=self.model)

    def _close(self) -> None:
        if self.shell.writes_allowed():
            self.run(self._closed())

    async def _closed(self) -> None:
        if await self.model.close():
            self.shell.toast(look.say("ticket.closed"))
            await self.shell.root_model("inbox").load()
        elif self.model.problem:
            self.shell.toast(self.model.problem)


class AnswerPage(Page):
    """Words for a request; the model is that of the request's own page."""

    model: TicketView
    hides_bar = True

    def draw(self) -> None:
        """Draws once; later changes touch only the problem and the button."""
        if not self.children:
            self._build()
        self._text.complain(self.model.problem)
        self._place.clear_widgets()
        self._place.add_widget(PillButton(look.say("ticket.send"), self._send, height=56, enabled=not self.model.is_busy))

    def _build(self) -> None:
        say, ticket = look.say, self.model.ticket
        self.add_widget(TopBar(say("ticket.answer"), back=self.shell.back))
        self._text = Field(say("ticket.answer_text"), is_tall=True)
        words = [Text(ticket["title"], 16, 500, lines=None), self._text]
        if ticket["state"] in ("PENDING", "RESOLVED"):
            words.append(note(say(f"ticket.answer_{ticket['state']}"), icon=LOOKS[ticket["state"]][0]))
        self.add_widget(Scroller(*words))
        self._place = Row(padding=(dp(16), dp(8), dp(16), dp(20)))
        self.add_widget(self._place)

    def _send(self) -> None:
        if self.shell.writes_allowed():
            self.run(self._sent())

    async def _sent(self) -> None:
        if await self.model.say(self._text.text):
            self.shell.back()
            self.shell.toast(look.say("ticket.answered"))
            await self.shell.root_model("inbox").load()
