"""Topping up a wallet: by the bank's page, a voucher, a slip or a cheque, then what changes, then the outcome."""

from datetime import timedelta
from typing import Any

from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.payment.ways import follow
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.payments import WAYS, TopUp
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.text import Text

DAYS_BACK = 30


class TopUpSheet(DeedSheet):
    """What is asked for depends on the way."""

    def __init__(self, shell: Any, wallet: dict[str, Any], way: str = WAYS[0]) -> None:
        super().__init__(shell)
        self.choice = TopUp(shell.services, wallet, way)
        self._fields: dict[str, Field] = {}
        self._choose()

    def _choose(self) -> None:
        say, choice = look.say, self.choice
        chips = [
            Chip(
                say(f"pay.way.{way}"), lambda way=way: self._take(way), is_on=way == choice.way, icon="check" if way == choice.way else None
            )
            for way in WAYS
        ]
        names = {"VOUCHER": ("code",), "GATEWAY": ("amount",)}.get(choice.way, ("amount", "reference"))
        self._fields = {name: self._field(name) for name in names}
        content: list[Widget] = [ChipBar(chips, inset=0), *self._fields.values()]
        if "reference" in names:
            content.append(Text(say("topup.paid_on"), 14, 500, "second"))
            content.append(ChipBar([Chip(say.date(self._noon()), self._pick_day, is_on=True, icon="calendar-outline")], inset=0))
        if choice.way == "GATEWAY":
            content.append(note(say("pay.detail.GATEWAY"), "web"))
        self.ask(Text(say("topup.title"), 18, 700), *content)

    def _field(self, name: str) -> Field:
        kind = "number" if name == "amount" else "text"
        return Field(
            look.say(f"topup.{name}"), getattr(self.choice, name), kind=kind, changed=lambda typed: setattr(self.choice, name, typed)
        )

    def _noon(self) -> Any:
        return self.shell.services.now().replace(
            year=self.choice.paid_on.year, month=self.choice.paid_on.month, day=self.choice.paid_on.day, hour=8, minute=30
        )

    def _take(self, way: str) -> None:
        self.choice.way = way
        self._choose()

    def _pick_day(self) -> None:
        now = self.shell.services.now()
        days = [(now - timedelta(days=back)) for back in range(DAYS_BACK)]

        def take(day: Any) -> None:
            self.choice.paid_on = day
            self._choose()

        options = [(day.date(), look.say.date(day)) for day in days]
        choose(self.shell, look.say("topup.paid_on"), options, self.choice.paid_on, take)

    def problem(self) -> bool:
        """Says below its field what isn't right."""
        wrong = self.choice.problem
        for name, field in self._fields.items():
            field.complain(wrong[1] if wrong and wrong[0] == name else None)
        return wrong is not None

    def begin(self) -> PlanFlow:
        """The top-up."""
        return self.choice.flow()

    def act_words(self) -> str:
        """On to the bank, or done at once."""
        return look.say({"GATEWAY": "topup.act", "VOUCHER": "topup.act_voucher"}.get(self.choice.way, "topup.act_paper"))

    def done(self, payload: dict[str, Any]) -> None:
        """The outcome."""
        follow(self.shell, payload["payment"])
