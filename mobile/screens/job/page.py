"""A job: how far it is, what failed and why, and a way to stop it."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.job.sheet import StopSheet
from mobile.screens.page import FollowPage, Scroller
from mobile.state.job import Job, kind_of
from mobile.state.loading import Phase
from mobile.state.subjects import subject
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.rows import KeyValue, note, section
from mobile.widgets.text import Text, Word

LOOKS = {
    "QUEUED": ("neutral", "clock-outline"),
    "RUNNING": ("info", "progress-clock"),
    "FINISHED": ("ok", "check-circle"),
    "CANCELLED": ("warning", "cancel"),
    "FAILED": ("error", "alert-circle-outline"),
}


class JobPage(FollowPage):
    """Watches the job while it is open; the job goes on without it."""

    model: Job
    hides_bar = True

    def __init__(self, shell: Any, model: Job) -> None:
        if model.job:
            model.phase = Phase.READY
        super().__init__(shell, model)

    def header(self) -> Widget:
        """A way out; the job goes on."""
        return TopBar(look.say("job.title"), back=self.shell.back, icon="close")

    def body(self) -> Widget:
        """How far it is, and what failed."""
        content = [self._progress()]
        if not self.model.is_final:
            content.append(note(look.say("job.goes_on")))
        if self.model.failed:
            content.append(self._failures())
        return Scroller(*content, refresh=self.reload)

    def footer(self) -> Widget | None:
        """Stopping it while it runs."""
        if self.model.phase is not Phase.READY or self.model.is_final:
            return None
        stop = PillButton(look.say("job.stop"), self._stop, "danger")
        return Row(stop, padding=(dp(16), dp(8), dp(16), dp(20)))

    def _progress(self) -> Widget:
        say, model = look.say, self.model
        job = model.job
        tone, icon = LOOKS[job["state"]]
        state = tag(say(f"job.state.{job['state']}"), tone, icon)
        total = say.number(job["total"]) if job["total"] is not None else "—"
        parts = [(model.share(job["succeeded"]), "count_active"), (model.share(job["failed"]), "count_blocked")]
        figure = Column(Text(say.number(model.done), 32, 700), Text(say("job.of", total=total), 14, 400, "second"), spacing=dp(2))
        panel = card(section(say(f"job.kind.{kind_of(job)}"), state), figure, Meter(parts), spacing=dp(12))
        for key, value in self._lines():
            panel.add_widget(KeyValue(say(key), value))
        return panel

    def _lines(self) -> list[tuple[str, str]]:
        say, job = look.say, self.model.job
        lines = [
            ("job.succeeded", say.number(job["succeeded"])),
            ("job.failed", say.number(job["failed"])),
            ("job.began", say.time(job["createdAt"])),
        ]
        if job["finishedAt"]:
            lines.append(("job.ended", say.time(job["finishedAt"])))
        elif job["expectedAt"]:
            lines.append(("job.expected", say.time(job["expectedAt"])))
        return lines

    def _failures(self) -> Widget:
        say = look.say
        panel = card(section(say("job.failures")))
        for row in self.model.failed:
            why = row["failure"]["message"] if row["failure"] else ""
            reason = Text(why, 12, 400, "second", align="end", lines=2)
            panel.add_widget(Row(Word(subject(say, row["label"]), 12, 500), reason, spacing=dp(12)))
        if self.model.has_more_failed:
            panel.add_widget(Text(say("job.more_failures"), 12, 400, "second", lines=None))
        return panel

    def _stop(self) -> None:
        if self.shell.writes_allowed():
            StopSheet(self.shell, self.model)
