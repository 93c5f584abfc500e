"""People with access: who holds which role, over what, since when; in order of appointment."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.state.members import Members
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Avatar, PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import centred, heading, note
from mobile.widgets.states import StateView
from mobile.widgets.text import Text


class MembersPage(LoadPage):
    """One row a role."""

    model: Members

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("members.title"), back=self.shell.back)

    def place(self) -> str:
        """The page's name."""
        return look.say("members.title")

    def empty(self) -> StateView:
        """Nobody in sight."""
        return StateView("account-group", "container", look.say("members.none"), look.say("members.who"))

    def body(self) -> Widget:
        """How many, the list, and who appoints."""
        say = look.say
        panel = Panel(padding=(dp(16), dp(4)))
        for at, member in enumerate(self.model.rows):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(self._row(member))
        parts: list[Widget] = [heading(say("members.count", self.model.count)), panel]
        if self.model.cursor is not None:
            parts.append(centred(PillButton(say("action.more"), self._grow, "plain", size=14, is_fitted=True)))
        return Scroller(*parts, note(say("members.who")), refresh=self.reload)

    def _grow(self) -> None:
        self.run(self.model.load_more())

    def _row(self, member: dict[str, Any]) -> Widget:
        say, person, until = look.say, member["person"], member["validFor"]["endsAt"]
        since = say("members.since", date=say.date(member["validFor"]["startsAt"]))
        times = since if until is None else f"{since} · {say('members.until', date=say.date(until))}"
        reached = [say.phone(person["mobile"])] * bool(person["mobile"]) + [say.code(person["email"])] * bool(person["email"])
        role, account = say(f"role.{member['role']}"), (member["account"] or {}).get("name")
        words = Column(Text(person["name"], 14, 500, lines=None), spacing=dp(2))
        words.add_widget(Text(" · ".join(part for part in (role, account) if part), 12, 400, "second", lines=None))
        for line in (*reached, times):
            words.add_widget(Text(line, 12, 400, "second", lines=None))
        row = Row(Avatar(person["name"], 40), words, spacing=dp(12), padding=(0, dp(12)))
        if person["id"] == self.model.own_id:
            row.add_widget(tag(say("members.me"), "ok"))
        return row
