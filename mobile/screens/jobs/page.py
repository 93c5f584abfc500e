"""The jobs one has begun: what, how far, and the way to each."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.job.page import LOOKS
from mobile.screens.page import LoadPage, Scroller
from mobile.state.job import kind_of
from mobile.state.jobs import Jobs
from mobile.widgets.bars import TopBar
from mobile.widgets.buttons import Disc
from mobile.widgets.look import look
from mobile.widgets.rows import LinkCard
from mobile.widgets.states import StateView


class JobsTab(LoadPage):
    """A list of cards."""

    model: Jobs
    loads_anew = True  # jobs move

    def body(self) -> Widget:
        """One card each."""
        return Scroller(*(self._card(job) for job in self.model.jobs), refresh=self.reload, spacing=8)

    def empty(self) -> StateView:
        """Nothing was begun yet."""
        return StateView("progress-clock", "container", look.say("jobs.none"), look.say("jobs.none_text"))

    def place(self) -> str:
        """The list's name."""
        return look.say("jobs.title")

    def _card(self, job: dict[str, Any]) -> Widget:
        say = look.say
        tone, icon = LOOKS[job["state"]]
        done = say.number(job["succeeded"] + job["failed"])
        total = say("job.of", total=say.number(job["total"])) if job["total"] is not None else ""
        parts = (say(f"job.state.{job['state']}"), f"{done} {total}".strip(), say.ago(job["createdAt"], self.shell.services.now()))
        card = LinkCard(
            Disc(icon, tone), say(f"job.kind.{kind_of(job)}"), " · ".join(parts), lambda: self.shell.go("job", job_id=job["id"]), lines=2
        )
        card.padding = dp(12)
        return card


class JobsPage(JobsTab):
    """The same as a page of its own."""

    def header(self) -> Widget:
        """Its name."""
        return TopBar(look.say("jobs.title"), back=self.shell.back)
