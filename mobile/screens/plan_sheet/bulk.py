"""The sheet of a bulk act: its choices, then what will change, then it is done, at once or by a job."""

from collections.abc import Callable
from typing import Any, ClassVar

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.plan_sheet import parts
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.widgets.box import Column, Row
from mobile.widgets.buttons import Disc
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.text import Text


class BulkSheet(DeedSheet):
    """One act on some cards; `done` is called after it happened. A subclass says what is chosen, asked for and told."""

    icon: ClassVar[str]

    def __init__(self, shell: Any, selection: Selection, done: Callable[[], Any]) -> None:
        self.selection, self._done = selection, done
        self._is_listed = selection.count == 1
        super().__init__(shell)

    # ── what an act says ──

    def does(self, count: int) -> tuple[str, str]:
        """What happens to that many cards, and how."""
        raise NotImplementedError

    def details(self, flow: PlanFlow) -> list[Widget]:
        """What changes, where saying how many isn't enough."""
        return []

    def done_words(self, count: int) -> str:
        """What has happened to that many cards."""
        raise NotImplementedError

    # ── the steps ──

    def choices(self, title: str, *choices: Widget, is_ready: bool = True) -> None:
        """Shows the choices for that many cards."""
        words = Column(Text(title, 18, 700), Text(look.say("sims.count", self.selection.count), 14, 400, "second"), spacing=dp(2))
        self.ask(Row(Disc(self.icon, "container", 52, 24), words, spacing=dp(16)), *choices, is_ready=is_ready)

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """Who changes, how, who is left out, and that a job does it."""
        count = self.selection.count - int(flow.plan["exclusionCount"])
        content: list[Widget] = [parts.doing(flow, *self.does(count), is_listed=self._is_listed, toggle=self._toggle), *self.details(flow)]
        if flow.plan["exclusionCount"]:
            content.append(parts.left_out(flow, flow.plan["exclusions"], flow.plan["exclusionCount"]))
        if self.selection.is_job:
            content.append(note(look.say("plan.by_job")))
        return content

    def done(self, payload: dict[str, Any]) -> None:
        """Says so, or leads to the job that does it."""
        job = payload["job"]
        if job is None:
            self.shell.toast(self.done_words(len(payload["sims"])))
        self._done()
        if job is not None:
            self.shell.go("job", job_id=job["id"])

    def _toggle(self) -> None:
        self._is_listed = not self._is_listed
        self._draw()
