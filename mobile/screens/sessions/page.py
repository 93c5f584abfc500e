"""Open sessions: each client, where it came from, and a way to end it."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.state.sessions import Sessions
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.text import Text


class SessionsPage(LoadPage):
    """One row a session."""

    model: Sessions

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("sessions.title"), back=self.shell.back)

    def body(self) -> Widget:
        """The list."""
        panel = Panel(padding=(dp(16), dp(4)))
        for at, session in enumerate(self.model.sessions):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(self._row(session))
        parts: list[Widget] = [panel]
        if len(self.model.others) > 1:
            end_all = PillButton(look.say("sessions.end_others"), lambda: self._end(*self.model.others), "danger")
            parts.append(end_all)
        return Scroller(*parts, note(look.say("sessions.note"), "shield-check-outline"), refresh=self.reload)

    def _row(self, session: dict[str, Any]) -> Widget:
        say = look.say
        used = say("sessions.used", ago=say.ago(session["lastUsedAt"], self.model.services.now()))
        words = Column(Text(session["userAgent"] or say("sessions.unknown"), 14, 500, lines=None), spacing=dp(2))
        words.add_widget(Text(say.code(session["address"]), 12, 400, "second"))
        words.add_widget(Text(used, 12, 400, "second"))
        row = Row(Disc("devices", "container" if session["isCurrent"] else "neutral"), words, spacing=dp(12), padding=(0, dp(12)))
        if session["isCurrent"]:
            row.add_widget(tag(say("sessions.this"), "ok"))
        else:
            row.add_widget(PillButton(say("sessions.end"), lambda: self._end(session["id"]), "danger", size=14, height=36, is_fitted=True))
        return row

    def _end(self, *session_ids: str) -> None:
        if self.shell.writes_allowed():
            self.run(self.model.end(*session_ids))
