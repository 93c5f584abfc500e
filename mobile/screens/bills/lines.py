"""The lines of a bill, narrowed by kind or service, and marked for a dispute; and one line with the usage records behind it."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.bills.looks import picture
from mobile.screens.items import ItemsPage
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.plan_sheet import parts
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.bills import BillLine, BillLines
from mobile.state.loading import Phase
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.bars import BottomBar, TopBar
from mobile.widgets.box import Column, Line, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import Field
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, heading, note
from mobile.widgets.states import StateView
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, align_column

CONDITIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("service.DATA", {"service": "DATA"}),
    ("service.VOICE", {"service": "VOICE"}),
    ("service.SMS", {"service": "SMS"}),
    ("line.kind.SUBSCRIPTION", {"kinds": ["SUBSCRIPTION"]}),
    ("line.kind.ONE_OFF", {"kinds": ["ONE_OFF"]}),
    ("line.kind.CREDIT", {"kinds": ["CREDIT", "NOTE"]}),
)


def cost(line: dict[str, Any]) -> str:
    """How much was used, or what kind of line it is."""
    return look.say.volume_text(line["quantity"]) if line["quantity"] else look.say(f"line.kind.{line['kind']}")


class BillLinesPage(ItemsPage):
    """The long list; with marks it becomes a choice."""

    model: BillLines
    title = "line.list"
    hides_bar = True

    def header(self) -> Widget:
        """Title with the number of lines, and what narrows them."""
        say, model = look.say, self.model
        count = say("dispute.chosen", model.count) if model.count is not None else ""
        if model.is_marking:
            bar = TopBar(say("dispute.title"), back=self.shell.back, icon="close", detail=say("dispute.choose"))
        else:
            bar = TopBar(model.title or self.place(), back=self.shell.back, detail=count)
        chips = [
            Chip(say(key), lambda rule=rule: self._narrow(rule), is_on=model.narrow == rule, icon="check" if model.narrow == rule else None)
            for key, rule in CONDITIONS
        ]
        chips.sort(key=lambda chip: not chip.is_on)
        return Column(bar, ChipBar(chips))

    def empty(self) -> StateView:
        """No such line."""
        ways = [(look.say("bill.every_line"), lambda: self._narrow(None), "tonal")] if self.model.narrow else []
        return StateView("receipt-text-outline", "container", look.say("line.none"), look.say("line.none_text"), ways)

    def item(self, row: dict[str, Any]) -> Item:
        """What it is and on which number, over how much of it and the price."""
        say, model = look.say, self.model
        number = say.phone(row["sim"]["msisdn"]) if row["sim"] else say("compare.whole_account")
        is_credit = int(row["price"]["gross"]["amount"]) < 0
        icon, tone = picture(row), "ok" if is_credit else "container"
        if model.is_marking:
            icon, tone = ("check-bold", "warning") if row["id"] in model.marked else ("plus", "neutral")
        figure = say.amount(row["price"]["gross"])
        return Item(
            icon, tone, row["description"], number, figure, cost(row), ink="on_ok" if is_credit else "text", then=lambda: self._touch(row)
        )

    def footer(self) -> Widget | None:
        """What is marked, and the way on."""
        model, say = self.model, look.say
        if not model.is_marking or model.phase is not Phase.READY:
            return None
        figure = Figure(say.amount(model.marked_sum), say.rial, 18, 700)
        button = PillButton(say("bill.dispute"), self._dispute, enabled=bool(model.marked))
        button.size_hint_x, button.width = None, button.natural_width + dp(8)
        return BottomBar(say("dispute.chosen", len(model.marked)), figure, button)

    def _narrow(self, rule: dict[str, Any] | None) -> None:
        self.model.narrow = None if rule == self.model.narrow else rule
        self.model.title = ""
        self.run(self.model.load(is_other=True))

    def _touch(self, row: dict[str, Any]) -> None:
        if not self.model.is_marking:
            self.shell.go("bill_line", line_id=row["id"])
        elif not self.model.mark(row):
            self.shell.toast(look.say("dispute.most"))

    def _dispute(self) -> None:
        if self.shell.writes_allowed():
            DisputeSheet(self.shell, self.model)


class DisputeSheet(DeedSheet):
    """Why, then what happens, then it is a request to support."""

    def __init__(self, shell: Any, lines: BillLines) -> None:
        super().__init__(shell)
        self.lines = lines
        say = look.say
        head = Column(Text(say("dispute.title"), 18, 700), Text(say("dispute.chosen", len(lines.marked)), 14, 400, "second"), spacing=dp(2))
        self._reason = Field(say("dispute.reason"), is_tall=True)
        self.ask(head, card(KeyValue(say("bill.total"), ColumnFigure(say.amount(lines.marked_sum), say.rial))), self._reason)

    def begin(self) -> PlanFlow:
        """The objection."""
        return self.lines.dispute(self._reason.text)

    def problem(self) -> bool:
        """Words are needed."""
        self._reason.complain(None if self._reason.text.strip() else look.say("dispute.reason_missing"))
        return not self._reason.text.strip()

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """The lines and their sum."""
        return [*parts.changes(flow), card(KeyValue(look.say("bill.total"), look.say.money(self.lines.marked_sum)))]

    def act_words(self) -> str:
        """Send."""
        return look.say("dispute.send")

    def done(self, payload: dict[str, Any]) -> None:
        """Back to the bill, which is disputed now."""
        number = payload["dispute"]["ticket"]["number"]
        self.lines.choose(is_marking=False)
        self.shell.back()
        self.shell.toast(look.say("dispute.sent", number=look.say.code(number)))


class BillLinePage(LoadPage):
    """What it is, who bought it, its price, and each usage record, which leads on to the movement that booked it."""

    model: BillLine
    hides_bar = True

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("line.title"), back=self.shell.back)

    def place(self) -> str:
        """A line."""
        return look.say("line.title")

    def body(self) -> Widget:
        """Facts, then records."""
        say, line, model = look.say, self.model.line, self.model
        head = Column(Text(line["description"], 18, 700, lines=None), spacing=dp(2))
        head.add_widget(Text(f"{say('line.kind.' + line['kind'])} · {say.span(line['period'])}", 12, 400, "second", lines=None))
        content: list[Widget] = [head, self._price(), *self._facts()]
        if not model.rows:
            return Scroller(*content, note(say("line.no_records")), refresh=self.reload)
        content.append(heading(say("line.records")))
        content.append(items([self._record(row) for row in model.rows]))
        if model.adds_up:
            content.append(note(say("line.adds_up"), "check-circle", "ok"))
        if model.cursor is not None:
            content.append(PillButton(say("action.more"), lambda: self.run(model.load_more()), "tonal"))
        return Scroller(*content, refresh=self.reload)

    def _price(self) -> Widget:
        say, price = look.say, self.model.line["price"]
        net, vat = ColumnFigure(say.amount(price["net"]), say.rial), ColumnFigure(say.amount(price["vat"]), say.rial)
        gross = ColumnFigure(say.amount(price["gross"]), say.rial, 16, 700)
        align_column(net, vat, gross)
        rate = say.percent(price["vatRate"])
        return card(
            KeyValue(say("bill.net"), net), KeyValue(say("plan.vat", rate=rate), vat), Line(), KeyValue(say("bill.total"), gross, size=16),
            spacing=dp(10),
        )  # fmt: skip

    def _facts(self) -> list[Widget]:
        say, line = look.say, self.model.line
        panel = card(KeyValue(say("bill.account"), line["account"]["name"]), spacing=dp(10))
        if line["quantity"]:
            panel.add_widget(KeyValue(say("line.quantity"), say.volume_text(line["quantity"])))
        if line["costCentre"]:
            panel.add_widget(KeyValue(say("identity.costCentre"), line["costCentre"]["name"]))
        parts_: list[Widget] = [panel]
        if sim := line["sim"]:
            parts_.append(LinkCard(Icon("sim", 24), say.phone(sim["msisdn"]), "", lambda: self.shell.go("sim_detail", sim_id=sim["id"])))
        if order := line["order"]:
            words = " · ".join(part for part in (order["placedBy"]["label"], order["purchaseOrderNumber"], order["memo"]) if part)
            title = say("movement.cause.Order", number=say.code(order["number"]))
            parts_.append(LinkCard(Icon("cart-outline", 24), title, words, lambda: self.shell.go("receipt", order_id=order["id"])))
        return parts_

    def _record(self, row: dict[str, Any]) -> Item:
        say = look.say
        kind = row["service"] if row["service"] in ("VOICE", "SMS") else "DATA" if row["service"] == "DATA" else "OTHER"
        words = say(f"usage.{kind}.{row['direction']}") if kind in ("VOICE", "SMS") else say(f"usage.{kind}")
        other = say.code(say.digits(row["otherParty"])) if row["otherParty"] else ""
        when = " · ".join(part for part in (say.day(row["startedAt"], self.model.services.now()), other) if part)
        booked = row["transfer"]
        then = (lambda: self.shell.go("movement", transfer_id=booked["id"])) if booked else None
        volume = say.volume_text(row["quantity"])
        return Item(picture({"kind": "USAGE"} | row), "neutral", words, when, say.amount(row["charge"]), volume, then=then)
