"""Who looked at the company's data, and who changed what."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.state.audit import Audit
from mobile.state.subjects import subject
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc
from mobile.widgets.chips import Segments
from mobile.widgets.look import look
from mobile.widgets.states import StateView
from mobile.widgets.text import Text


class AuditPage(LoadPage):
    """Two lists behind two tabs."""

    model: Audit
    _tab = "looks"

    def header(self) -> Widget:
        """Title and tabs."""
        say = look.say
        tabs = Segments([("looks", say("audit.looks")), ("changes", say("audit.changes"))], self._tab, self._open_tab)
        return Column(TopBar(say("audit.title"), back=self.shell.back), Row(tabs, padding=(dp(16), 0, dp(16), dp(8))))

    def place(self) -> str:
        """The page's name."""
        return look.say("audit.title")

    def body(self) -> Widget:
        """The open tab's list."""
        say = look.say
        entries, draw = (self.model.looks, self._look) if self._tab == "looks" else (self.model.changes, self._change)
        if not entries:
            return StateView("eye-outline", "container", say(f"audit.no_{self._tab}"), say(f"audit.no_{self._tab}_text"))
        panel = Panel(padding=(dp(16), dp(4)))
        for at, entry in enumerate(entries):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(draw(entry))
        return Scroller(panel, refresh=self.reload)

    def _open_tab(self, tab: str) -> None:
        self._tab = tab
        self.draw()

    def _look(self, entry: dict[str, Any]) -> Widget:
        say = look.say
        ticket = entry["by"]["ticket"]
        detail = " · ".join(
            part
            for part in (say.code(entry["operation"]), say("audit.ticket", number=say.code(ticket["number"])) if ticket else "")
            if part
        )
        return self._row("eye-outline", entry, detail, entry["reason"])

    def _change(self, entry: dict[str, Any]) -> Widget:
        say = look.say
        labels = list(dict.fromkeys(subject(say, change["label"]) for change in entry["changes"]))
        detail = f"{say.code(entry['action'])} · {say('audit.count', entry['changeCount'])}"
        return self._row("check", entry, detail, " · ".join(labels[:2]))

    def _row(self, icon: str, entry: dict[str, Any], detail: str, more: str | None) -> Widget:
        say = look.say
        when = say.day(entry["at"], self.model.services.now())
        head = Row(Text(entry["by"]["label"], 14, 500, lines=None), Text(when, 12, 400, "second", align="end"), spacing=dp(8))
        words = Column(head, Text(detail, 12, 400, "second"), spacing=dp(2))
        if more:
            words.add_widget(Text(more, 12, 400, "second"))
        return Row(Disc(icon, "neutral"), words, spacing=dp(12), padding=(0, dp(12)))
