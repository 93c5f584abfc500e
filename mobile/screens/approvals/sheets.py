"""Answering an approval, setting a budget, and naming a stand-in: what it means first, then it is done."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import ask, choose
from mobile.screens.plan_sheet import parts
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.approvals import DAYS_AWAY, Approvals, BudgetWish, Delegation
from mobile.state.loading import Phase
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.box import Column, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import LinkCard, note
from mobile.widgets.text import Text


class AnswerSheet(DeedSheet):
    """One tap opens it, the next one answers; a note is asked for only where one is wanted."""

    def __init__(self, shell: Any, approvals: Approvals, approval: dict[str, Any], *, is_granted: bool) -> None:
        super().__init__(shell)
        self.approvals, self.approval, self.is_granted = approvals, approval, is_granted
        self.note = ""
        self._preview()

    def begin(self) -> PlanFlow:
        """The answer."""
        return self.approvals.decide(self.approval, is_granted=self.is_granted, note=self.note)

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """What happens at once, and the note."""
        say = look.say
        words = say("approval.will" if self.is_granted else "approval.will_not")
        add = PillButton(say("approval.note"), self._ask_note, "plain", size=14, height=32, is_fitted=True)
        head = Row(Disc("check-bold" if self.is_granted else "cancel", "ok" if self.is_granted else "neutral"), spacing=dp(12))
        head.add_widget(Text(words, 14, 500, lines=None))
        content: list[Widget] = [head, *parts.changes(flow)]
        if self.note:
            content.append(note(self.note, "message-text-outline"))
        return [*content, Row(add, Text(""))]

    def act_words(self) -> str:
        """Approve or reject."""
        return look.say("approval.approve" if self.is_granted else "approval.reject")

    def done(self, payload: dict[str, Any]) -> None:
        """Answered; the list is asked anew."""
        self.shell.toast(look.say("approval.granted" if self.is_granted else "approval.refused"))
        self.shell.run(self.approvals.load())
        self.shell.run(self.shell.root_model("home").load())

    def _ask_note(self) -> None:
        def take(text: str) -> str | None:
            self.note = text.strip()
            self._preview()
            return None

        ask(self.shell, look.say("approval.note"), look.say("movement.memo"), self.note, take)


class BudgetSheet(DeedSheet):
    """A limit for an account from this month on."""

    def __init__(self, shell: Any, account: dict[str, Any], done: Callable[[], Any]) -> None:
        super().__init__(shell)
        self.wish, self._done = BudgetWish(shell.services, account), done
        self._limit = Field(look.say("topup.amount"), kind="number", changed=lambda typed: setattr(self.wish, "limit", typed))
        head = Column(Text(look.say("budget.set"), 18, 700), Text(account["name"], 14, 400, "second"), spacing=dp(2))
        self.ask(head, self._limit, note(look.say("budget.note")))

    def begin(self) -> PlanFlow:
        """The budget."""
        return self.wish.flow()

    def problem(self) -> bool:
        """The amount."""
        self._limit.complain(self.wish.problem)
        return self.wish.problem is not None

    def act_words(self) -> str:
        """Save."""
        return look.say("action.save")

    def done(self, payload: dict[str, Any]) -> None:
        """Back to the budgets."""
        self._done()


class DelegateSheet(DeedSheet):
    """To whom, and until when."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.choice = Delegation(shell.services)
        self._choose()
        shell.run(self.choice.people.load())

    def _choose(self) -> None:
        say, choice = look.say, self.choice
        who = choice.to["name"] if choice.to else say("delegate.nobody")
        chips = [
            Chip(
                say("time.days", days),
                lambda days=days: self._take_days(days),
                is_on=days == choice.days,
                icon="check" if days == choice.days else None,
            )
            for days in DAYS_AWAY
        ]
        until = Text(say("delegate.until", date=say.date(choice.until)), 12, 400, "second", lines=None)
        person = LinkCard(Disc("account-circle-outline", "container"), say("delegate.to"), who, self._pick)
        self.ask(Text(say("delegate.title"), 18, 700), person, ChipBar(chips, inset=0), until, is_ready=choice.to is not None)

    def _take_days(self, days: int) -> None:
        self.choice.days = days
        self._choose()

    def _pick(self) -> None:
        if self.choice.people.phase not in (Phase.READY, Phase.EMPTY):
            self.shell.toast(look.say("failure.fault.text"))
            return
        options = [(person["id"], person["name"], person["mobile"] or "", 0) for person in self.choice.candidates()]
        people = {person["id"]: person for person in self.choice.candidates()}

        def take(person_id: str) -> None:
            self.choice.to = people[person_id]
            self._choose()

        choose(self.shell, look.say("delegate.to"), options, self.choice.to["id"] if self.choice.to else None, take)

    def begin(self) -> PlanFlow:
        """The stand-in."""
        return self.choice.flow()

    def act_words(self) -> str:
        """Hand over."""
        return look.say("approval.delegate")

    def done(self, payload: dict[str, Any]) -> None:
        """Said."""
        self.shell.toast(look.say("delegate.done", name=payload["delegation"]["to"]["name"]))
