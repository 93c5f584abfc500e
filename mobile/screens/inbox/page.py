"""The inbox: approvals, requests to support and background jobs, as tabs."""

from datetime import datetime
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.approvals.page import ApprovalsTab
from mobile.screens.help.page import help_button
from mobile.screens.jobs.page import JobsTab
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.tabbed import TabbedPage
from mobile.state.inbox import Inbox
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


class InboxPage(TabbedPage):
    """The root; the tabs say how much waits."""

    model: Inbox

    def __init__(self, shell: Any, model: Inbox) -> None:
        self._forget = [each.watch(self._counted) for each in model.models.values()]
        super().__init__(shell, model)

    def retire(self) -> None:
        """Lets go of the tabs' models too."""
        for forget in self._forget:
            forget()
        super().retire()

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("inbox.title"), help_button(self.shell))

    def place(self) -> str:
        """The page's name."""
        return look.say("inbox.title")

    def words(self, tab: str) -> str:
        """The tab's name, with how many wait."""
        words = look.say(f"inbox.tab.{tab}")
        return f"{words} ({look.say.number(self.model.waiting(tab))})" if self.model.waiting(tab) else words

    def seen(self) -> tuple[Any, ...]:
        """The numbers on the tabs."""
        return tuple(self.model.waiting(tab) for tab in self.model.models)

    def _counted(self) -> None:
        if (self.model.tab, *self.seen()) != self._drawn:
            self._draw_soon()


class RequestsTab(LoadPage):
    """Requests to support, newest first."""

    model: Tickets

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
        for at, ticket in enumerate(self.model.rows):
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


InboxPage.pages = {"approvals": ApprovalsTab, "requests": RequestsTab, "jobs": JobsTab}
