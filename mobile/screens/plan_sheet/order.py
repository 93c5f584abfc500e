"""The plan of a purchase [11]: who gets it, who is left out and why, net, VAT, total, the wallet afterwards, the receipt's addresses."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import ask
from mobile.screens.plan_sheet import parts
from mobile.state.buying import Buying
from mobile.state.plan_flow import PlanFlow, Step
from mobile.widgets.box import Column, Line, Row, card, space
from mobile.widgets.buttons import PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import ColumnFigure, Icon, Text, Word, align_column


class OrderSheet:
    """Shows the plan, pays it, and gives way to the receipt."""

    def __init__(self, shell: Any, buying: Buying) -> None:
        self.shell, self.buying = shell, buying
        self.sheet = Sheet(closed=self._closed)
        self._is_listed = False
        shell.sheet(self.sheet)
        self._begin()

    def _begin(self) -> None:
        """Another content is another plan with another key."""
        if hasattr(self, "flow"):
            self._closed()
        self.flow: PlanFlow = self.buying.flow()
        self._unwatch = self.flow.watch(self.draw)
        self.draw()
        self.shell.run(self.flow.preview())

    def _closed(self) -> None:
        self._unwatch()
        self.flow.drop()

    def draw(self) -> None:
        """Builds the sheet for where the purchase stands."""
        top = parts.head(self.sheet.dismiss)
        flow = self.flow
        if flow.step is Step.PLANNING and not flow.plan:
            self.sheet.show(top, *parts.looking())
            return
        if flow.step is Step.WAITING:
            self.sheet.show(top, *parts.waiting(), pinned=(PillButton(look.say("action.close"), self.sheet.dismiss, "tonal"),))
            return
        if flow.step is Step.REFUSED:
            self.sheet.show(top, *parts.refusal(flow), pinned=(PillButton(look.say("action.close"), self.sheet.dismiss, "tonal"),))
            return
        if not flow.plan:
            self.sheet.show(top, *parts.refusal(flow), pinned=(PillButton(look.say("action.retry"), self._begin),))
            return
        self.sheet.show(top, *self._plan(), pinned=self._pinned())

    def _plan(self) -> list[Widget]:
        flow, say = self.flow, look.say
        content = parts.news(flow)
        words = say("plan.get", self._count)
        content.append(parts.doing(flow, words, self._detail(), is_listed=self._is_listed, toggle=self._toggle))
        if flow.plan["exclusionCount"]:
            content.append(parts.left_out(flow, flow.plan["exclusions"], flow.plan["exclusionCount"]))
        if flow.plan["total"] and flow.plan["changeCount"]:
            content.append(self._price())
        content += parts.approvals(flow)
        content.append(self._receipt())
        if flow.problem:
            content += parts.refusal(flow)[:1]
        return content

    @property
    def _count(self) -> int:
        """Cards that get it: a plan counts changes, and the wallet's is one of them."""
        return self.buying.count - int(self.flow.plan["exclusionCount"])

    def _detail(self) -> str:
        chosen = self.buying.chosen
        if chosen is None:
            return ""
        return f"{chosen['name']} · {look.say('buy.' + self.buying.activation)}"

    def _price(self) -> Widget:
        say, total, count = look.say, self.flow.plan["total"], self._count
        each = self.buying.chosen["price"]["net"] if self.buying.chosen else total["net"]
        unit = say.rial
        rate = say.percent(total["vatRate"])
        times = say.code(f"{say.number(count)} × {say.amount(each)}")
        net, vat = ColumnFigure(say.amount(total["net"]), unit), ColumnFigure(say.amount(total["vat"]), unit)
        gross = ColumnFigure(say.amount(total["gross"]), unit, 22, 700)
        align_column(net, vat, gross)
        panel = card(KeyValue(times, net), KeyValue(say("plan.vat", rate=rate), vat), Line())
        sum_row = Row(Word(say("plan.total"), 16, 500, most=170), spacing=dp(8))
        if "total" in self.flow.changed_labels:
            sum_row.add_widget(Icon("alert-circle-outline", 18, "on_warning"))
        sum_row.add_widget(space())
        sum_row.add_widget(gross)
        panel.add_widget(sum_row)
        wallet = self.shell.services.session.account.get("wallet")
        if wallet:
            panel.add_widget(self._wallet(wallet["available"], total["gross"]))
        return panel

    def _wallet(self, before: dict[str, Any], price: dict[str, Any]) -> Widget:
        say = look.say
        after = {"amount": str(int(before["amount"]) - int(price["amount"]))}
        arrow = Icon("arrow-left" if say.is_rtl else "arrow-right", 16)
        figures = Row(
            Text("", 12), Word(say.amount(before), 12, 400, "second"), arrow, Word(say.amount(after), 12, 400, "second"), spacing=dp(4)
        )
        return Row(Word(say("plan.wallet_after"), 12, 400, "second", most=150), figures, spacing=dp(8))

    def _receipt(self) -> Widget:
        say = look.say
        words = Column(Text(say("plan.receipt_to"), 14, 400, lines=2), spacing=dp(2))
        if self.buying.emails:
            words.add_widget(
                Text(say("plan.receipt_also", emails=", ".join(say.code(one) for one in self.buying.emails)), 12, 400, "second", lines=2)
            )
        add = PillButton(say("plan.add_email"), self._add_email, "plain", size=14, height=32, is_fitted=True)
        return card(Row(Icon("email-outline", 22), words, add, spacing=dp(12)))

    def _pinned(self) -> tuple[Widget, ...]:
        flow, say = self.flow, look.say
        can_pay = bool(flow.plan["changeCount"]) and flow.step is Step.PLANNED
        price = say.money(flow.plan["total"]["gross"]) if flow.plan["total"] else ""
        words = say("plan.ask_approval") if flow.plan["approvals"] else say("plan.pay", amount=price)
        pay = PillButton(words, self._pay, height=56, enabled=can_pay)
        return pay, Text(say("plan.if_changes"), 12, 400, "second", align="center", lines=None)

    def _toggle(self) -> None:
        self._is_listed = not self._is_listed
        self.draw()

    def _pay(self) -> None:
        if self.shell.writes_allowed():
            self.shell.run(self._paid())

    async def _paid(self) -> None:
        if await self.flow.apply():
            order = self.flow.payload["order"]
            self.shell.root_model("sims").select_none()
            self.shell.run(self.shell.root_model("home").load())
            if order["job"] and order["job"]["state"] in ("QUEUED", "RUNNING"):
                self.shell.replace("job", job_id=order["job"]["id"])
            else:
                self.shell.replace("receipt", order_id=order["id"], known=order)

    def _add_email(self) -> None:
        def take(address: str) -> str | None:
            if not self.buying.add_email(address):
                return look.say("plan.email_wrong")
            self._begin()
            return None

        ask(self.shell, look.say("plan.email"), look.say("plan.email"), "", take, kind="mail")
