"""The list of groups [18]: the job that runs on one of them, and for each its manager, its number of cards and its automatic payments."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.groups.looks import outcome, said
from mobile.screens.groups.sheets import GroupSheet
from mobile.screens.page import LoadPage, Scroller
from mobile.state.groups import Groups
from mobile.state.job import kind_of
from mobile.state.loading import Phase
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.states import StateView
from mobile.widgets.text import Icon, Text, Word, forward
from mobile.widgets.touch import Pressable


class GroupsTab(LoadPage):
    """Each card leads to its group, each payment to what it did."""

    model: Groups
    loads_anew = True  # jobs and payments go on

    def place(self) -> str:
        """Groups."""
        return look.say("group.title")

    def empty(self) -> StateView:
        """No group yet."""
        say = look.say
        ways = [(say("group.new"), self._new, "tonal")] if self._may_manage else []
        return StateView("account-group", "container", say("group.none"), say("group.none_text"), ways)

    def body(self) -> Widget:
        """Job, then cards."""
        parts: list[Widget] = [self._running(self.model.running)] if self.model.running else []
        parts += [self._card(group) for group in self.model.rows]
        if self.model.cursor is not None:
            parts.append(PillButton(look.say("action.more"), lambda: self.run(self.model.load_more()), "tonal"))
        return Scroller(*parts, refresh=self.reload)

    def footer(self) -> Widget | None:
        """A new one."""
        if self.model.phase is not Phase.READY or not self._may_manage:
            return None
        return Row(PillButton(look.say("group.new"), self._new, icon="plus"), padding=(dp(16), dp(8), dp(16), dp(12)))

    @property
    def _may_manage(self) -> bool:
        return self.model.services.session.may("GROUP_MANAGE")

    def _running(self, job: dict[str, Any]) -> Widget:
        say = look.say
        done, total = job["succeeded"] + job["failed"], job["total"] or 0
        panel = _Card(role="container", padding=dp(16), spacing=dp(8))
        head = Row(
            Icon("progress-clock", 24, "on_container"), Text(say(f"job.kind.{kind_of(job)}"), 14, 500, "on_container"), spacing=dp(12)
        )
        if total:
            head.add_widget(Word(say.percent(100 * done // total), 14, 500, "on_container"))
        panel.add_widget(head)
        panel.add_widget(Meter([(done / total if total else 0.0, "meter")], height=6))
        words = [say("group.job_of", done=say.number(done), total=say.number(total))]
        if job["failed"]:
            words.append(say("group.job_failed", job["failed"]))
        panel.add_widget(Text(" · ".join(words), 12, 400, "on_container", lines=None))
        panel.text = say("job.title")
        panel.react(lambda: self.shell.go("job", job_id=job["id"]), radius=20)
        return panel

    def _card(self, group: dict[str, Any]) -> Widget:
        say = look.say
        manager = group["manager"]["name"] if group["manager"] else say("group.no_manager")
        count = say("sims.count", group["counters"]["total"]) if group["counters"] else ""
        detail = " · ".join(part for part in (count, say("group.managed", name=manager)) if part)
        words = Column(Text(group["name"], 16, 500, lines=None), Text(detail, 12, 400, "second", lines=None), spacing=dp(2))
        head = _Line(
            Disc("account-group", "container"), words, Icon(forward(), 22), spacing=dp(12), padding=(dp(16), dp(16), dp(12), dp(12))
        )
        head.text = group["name"]
        head.react(lambda: self.shell.go("group", group_id=group["id"]), radius=20)
        panel = Panel(head, padding=(0, 0, 0, dp(4)))
        for policy in group["policies"]:
            panel.add_widget(Line(inset=16, end=16))
            panel.add_widget(self._policy(policy))
        if not group["policies"]:
            panel.add_widget(Line(inset=16, end=16))
            nothing = Row(Disc("radiobox-blank", "neutral", 28, 16), Text(say("policy.none"), 12, 500), spacing=dp(12))
            nothing.padding = (dp(16), dp(12))
            panel.add_widget(nothing)
        return panel

    def _policy(self, policy: dict[str, Any]) -> Widget:
        icon, tone, state = outcome(policy, self.model.services.now())
        words = Column(Text(said(policy["rule"]), 12, 500, lines=None), spacing=dp(2))
        words.add_widget(Text(state, 12, 400, "on_error" if tone == "error" else "second", lines=None))
        row = _Line(Disc(icon, tone, 28, 16), words, Icon(forward(), 22), spacing=dp(12), padding=(dp(16), dp(10), dp(12), dp(10)))
        row.text = said(policy["rule"])
        row.react(lambda: self.shell.go("policy", policy_id=policy["id"]), radius=12)
        return row

    def _new(self) -> None:
        if self.shell.writes_allowed():
            GroupSheet(self.shell, self._made)

    def _made(self, group_id: str) -> None:
        self.reload()
        self.shell.go("group", group_id=group_id)


class _Card(Pressable, Panel):
    """A card to press."""


class _Line(Pressable, Row):
    """A row to press."""
