"""Stopping a job: what stays and what won't be done, then it is stopped."""

from typing import Any

from kivy.metrics import dp

from mobile.screens.plan_sheet import parts
from mobile.state.job import Job
from mobile.state.plan_flow import Step
from mobile.widgets.box import card
from mobile.widgets.buttons import PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text


class StopSheet:
    """Shows what stopping means, and stops."""

    def __init__(self, shell: Any, job: Job) -> None:
        self.shell, self.job = shell, job
        self.flow = job.stop()
        self._unwatch = self.flow.watch(self._draw)
        self.sheet = Sheet(closed=self._closed)
        shell.sheet(self.sheet)
        self._draw()
        shell.run(self.flow.preview())

    def _closed(self) -> None:
        self._unwatch()
        self.flow.drop()

    def _draw(self) -> None:
        flow, say, job = self.flow, look.say, self.job
        top = parts.head(self.sheet.dismiss, say("job.stop_title"))
        close = PillButton(say("action.close"), self.sheet.dismiss, "tonal")
        if flow.step is Step.WAITING:
            self.sheet.show(top, *parts.waiting(), pinned=(close,))
        elif flow.step is Step.REFUSED:
            self.sheet.show(top, *parts.refusal(flow), pinned=(close,))
        elif not flow.plan:
            self.sheet.show(top, *parts.looking())
        else:
            figures = card(KeyValue(say("job.succeeded"), say.number(job.job["succeeded"])), spacing=dp(8))
            if job.job["total"] is not None:
                figures.add_widget(KeyValue(say("job.left"), say.number(max(0, job.job["total"] - job.done))))
            stop = PillButton(say("job.stop"), lambda: self.shell.run(self._stopped()), "danger", height=56)
            stop.is_enabled = flow.step is Step.PLANNED
            self.sheet.show(top, *parts.news(flow), Text(say("job.stop_text"), 14, 400, "second", lines=None), figures, pinned=(stop,))

    async def _stopped(self) -> None:
        if await self.flow.apply():
            self.sheet.dismiss(animation=False)
            await self.job.load()
