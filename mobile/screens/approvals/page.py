"""The tab of approvals [19]: who asks for what and why, answered with one tap; the budgets of the month; handing over while one is away."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.approvals.sheets import AnswerSheet, BudgetSheet, DelegateSheet
from mobile.screens.choosing import choose_account
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.plan_sheet import parts
from mobile.state.approvals import Approvals, is_urgent, passed, used_percent
from mobile.state.subjects import subject
from mobile.widgets.box import Column, Row, card
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.rows import KeyValue, heading, note
from mobile.widgets.states import StateView
from mobile.widgets.text import Figure, Icon, Text

ICONS = {"AMOUNT": "cart-outline", "BUDGET": "gauge", "CREDIT_REQUEST": "cash-multiple", "CAP_REQUEST": "speedometer"}
SHOWN = 3


class ApprovalsTab(LoadPage):
    """A card for each; the answer shows first what it lets happen."""

    model: Approvals
    loads_anew = True  # others ask and answer

    def place(self) -> str:
        """The inbox."""
        return look.say("inbox.title")

    def empty(self) -> StateView | Widget:
        """Nothing waits; the budgets are there all the same."""
        say = look.say
        if not self.model.budgets:
            return StateView("clipboard-check-outline", "container", say("approval.none"), say("approval.none_text"))
        return Scroller(note(say("approval.none"), "check-circle", "ok"), *self._budgets(), refresh=self.reload)

    def body(self) -> Widget:
        """Cards, the way to hand over, budgets."""
        cards: list[Widget] = [self._card(one) for one in self.model.rows]
        if self.model.cursor is not None:
            cards.append(PillButton(look.say("action.more"), lambda: self.run(self.model.load_more()), "tonal"))
        return Scroller(*cards, self._away(), *self._budgets(), refresh=self.reload)

    def _card(self, approval: dict[str, Any]) -> Widget:
        say, now = look.say, self.model.services.now()
        who = f"{approval['requestedBy']['label']} · {say.ago(approval['requestedAt'], now)}"
        words = Column(Text(self._title(approval), 16, 500, lines=None), Text(who, 12, 400, "second", lines=None), spacing=dp(2))
        panel = card(Row(Disc(ICONS[approval["reason"]], "container"), words, spacing=dp(12)), spacing=dp(12))
        if approval["amount"]:
            panel.add_widget(Figure(say.amount(approval["amount"]), say.rial, 18, 700))
        if memo := (approval["subject"] or {}).get("memo"):
            panel.add_widget(Text(f"«{memo}»" if look.is_rtl else f"“{memo}”", 14, 400, "second", lines=None))
        for change in approval["plan"]["changes"][:SHOWN]:
            panel.add_widget(KeyValue(subject(say, change["label"]), parts.value(change | {"money": None}), size=12))
        if approval["plan"]["changeCount"] > SHOWN:
            panel.add_widget(Text(f"+ {say.number(approval['plan']['changeCount'] - SHOWN)}", 12, 400, "second"))
        why = tag(say(f"approval.short.{approval['reason']}"), "info")
        state = Row(why, spacing=dp(8))
        if is_urgent(approval, now):
            state.add_widget(tag(say("approval.due", date=say.time(approval["dueAt"])), "warning", "timer-sand"))
        state.add_widget(Text(""))
        panel.add_widget(state)
        yes = PillButton(say("approval.approve"), lambda: self._answer(approval, is_granted=True), icon="check", size=14)
        no = PillButton(say("approval.reject"), lambda: self._answer(approval, is_granted=False), "tonal", icon="close", size=14)
        panel.add_widget(Column(yes, no, spacing=dp(8)) if look.is_large else Row(yes, no, spacing=dp(8)))
        return panel

    def _title(self, approval: dict[str, Any]) -> str:
        say, about = look.say, approval["subject"]
        if about and about["__typename"] == "Order":
            return say("approval.purchase", number=say.code(about["number"]))
        return say(f"approval.reason.{approval['reason']}")

    def _away(self) -> Widget:
        say = look.say
        words = Text(say("approval.leave"), 12, 400, "second", lines=None)
        hand = PillButton(say("approval.delegate"), self._delegate, "plain", size=14, height=40, is_fitted=True)
        return card(Row(Icon("calendar-clock", 24), words, spacing=dp(12)), Row(Text(""), hand))

    def _budgets(self) -> list[Widget]:
        say, model = look.say, self.model
        may_set = model.services.session.may("BUDGET_MANAGE")
        if not model.budgets and not may_set:
            return []
        head = heading(say("budget.title"))
        if may_set:
            head.add_widget(PillButton(say("budget.set"), self._new_budget, "plain", size=14, height=36, is_fitted=True))
        return [head, *(self._budget(one) for one in model.budgets)]

    def _budget(self, budget: dict[str, Any]) -> Widget:
        say, limit = look.say, int(budget["limit"]["amount"])
        percent, threshold = used_percent(budget), passed(budget)
        words, tone = say("budget.within"), "on_ok"
        if percent >= 100:
            words, tone = say("budget.over"), "on_error"
        elif threshold is not None:
            words, tone = say("budget.passed", percent=say.percent(threshold)), "on_warning"
        title = say("budget.of", month=say.month(budget["month"], with_year=False), name=budget["subject"]["name"])
        state = Text(f"{say.percent(percent)} · {words}", 12, 500, tone, align="start" if look.is_large else "end", lines=None)
        name = Text(title, 14, 500, lines=None)
        top = Column(name, state) if look.is_large else Row(name, state, spacing=dp(8))
        shares = [
            (int(budget[part]["amount"]) / limit if limit else 0.0, role)
            for part, role in (("spent", "meter"), ("committed", "meter_reserve"))
        ]
        left = say("budget.left", free=say.money(budget["free"]), limit=say.money(budget["limit"]))
        return card(top, Meter(shares), Text(left, 12, 400, "second", lines=None))

    # ── touches ──

    def _answer(self, approval: dict[str, Any], *, is_granted: bool) -> None:
        if self.shell.writes_allowed():
            AnswerSheet(self.shell, self.model, approval, is_granted=is_granted)

    def _delegate(self) -> None:
        if self.shell.writes_allowed():
            DelegateSheet(self.shell)

    def _new_budget(self) -> None:
        def take(account: dict[str, Any] | None) -> None:
            if account is not None and self.shell.writes_allowed():
                BudgetSheet(self.shell, account, self.reload)

        self.run(choose_account(self.shell, look.say("budget.whose"), None, take))
