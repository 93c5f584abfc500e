"""One bill [15]: what is due, lines by service, net, VAT and credit, tax number; paid, disputed, explained, and taken along as a file."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.bills.looks import LOOKS, SERVICES, due
from mobile.screens.choosing import choose
from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.payment.bill import PaySheet
from mobile.state.bills import Bill, standing
from mobile.state.loading import Phase, explain
from mobile.widgets.art import ArcPanel
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row, Strip, card, space
from mobile.widgets.buttons import Disc, IconButton, PillButton
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, heading
from mobile.widgets.states import Skeleton, bone, bone_card, bone_rows
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, Word, align_column, forward
from mobile.widgets.touch import Pressable

FILES = {"pdf": "PDF", "csv": "CSV", "xlsx": "XLSX"}


class BillPage(LoadPage):
    """Every figure on it leads down to lines."""

    model: Bill
    hides_bar = True
    loads_anew = True  # it is paid and disputed from here

    def header(self) -> Widget:
        """Month and span, its files, and help with it."""
        say, model = look.say, self.model
        if model.seen_at is None or model.phase is not Phase.READY:
            return TopBar("", back=self.shell.back)
        bill = model.bill
        title = say("bill.preview_title" if model.is_preview else "bill.title", month=say.month(bill["month"]))
        files = [IconButton("file-pdf-box", self._choose_file, label=say("bill.papers"))] if bill["documents"] else []
        return TopBar(title, *files, help_button(self.shell), back=self.shell.back, detail=say.span(bill["period"]))

    def place(self) -> str:
        """Bills."""
        return look.say("money.tab.bills")

    def skeleton(self) -> Skeleton:
        """Hero and rows."""
        return Skeleton(bone(None, 120, radius=24), bone_card(*bone_rows(4)), bone_card(bone(None, 14), bone(None, 14), bone(None, 22)))

    def body(self) -> Widget:
        """The cards."""
        parts = [self._hero(), self._services(), self._sums(), self._papers(), *self._disputes(), *self._payments(), self._ways()]
        return Scroller(*parts, refresh=self.reload)

    def footer(self) -> Widget | None:
        """The way to pay."""
        if self.model.phase is not Phase.READY or not self.model.is_due or not self.model.services.session.may("BILL_PAY"):
            return None
        return Strip(PillButton(look.say("bill.pay"), self._pay, height=56), role="bar", radius=0, padding=dp(16))

    def _hero(self) -> Widget:
        say, model, bill = look.say, self.model, self.model.bill
        money = bill["total"]["gross"] if model.is_preview else bill["amountDue"]
        icon, tone = LOOKS[standing(bill)]
        head = Row(
            Text(say("bill.so_far" if model.is_preview else "bill.payable"), 14, 400, "hero_second"),
            tag(say(f"bill.state.{standing(bill)}"), tone, icon),
            spacing=dp(8),
        )
        panel = ArcPanel(head, padding=dp(20), spacing=dp(4))
        panel.add_widget(Figure(say.amount(money), say.rial, 32, 700, unit_size=16, role="on_hero", unit_role="on_hero"))
        now = model.services.now()
        if model.is_preview:
            words = say("bill.as_of", date=say.day(bill["asOf"], now))
        elif model.is_due:
            words = due(bill, now)
        else:
            words = f"{say('bill.total')} {say.money(bill['total']['gross'])}"
        line = Row(Text(words, 12, 400, "hero_second", lines=None), spacing=dp(8))
        if bill["number"]:
            line.add_widget(Word(say.code(bill["number"]), 12, 400, "hero_second"))
        panel.add_widget(line)
        return panel

    def _services(self) -> Widget:
        say, sums = look.say, self.model.bill["summary"]
        panel = Panel(padding=(0, dp(4)))
        figures = [ColumnFigure(say.amount(one["total"]["gross"]), "") for one in sums]
        align_column(*figures)
        for one, figure in zip(sums, figures, strict=True):
            panel.add_widget(_Sum(one, figure, lambda one=one: self._open(one)))
            panel.add_widget(Line(inset=52, end=16))
        every = _Sum({"label": say("bill.every_line"), "code": None, "total": None}, None, lambda: self._open(None))
        panel.add_widget(every)
        return panel

    def _sums(self) -> Widget:
        say, total = look.say, self.model.bill["total"]
        net, vat = ColumnFigure(say.amount(total["net"]), say.rial), ColumnFigure(say.amount(total["vat"]), say.rial)
        gross = ColumnFigure(say.amount(total["gross"]), say.rial, 16, 700)
        rows: list[Widget] = [KeyValue(say("bill.net"), net), KeyValue(say("plan.vat", rate=say.percent(total["vatRate"])), vat)]
        figures = [net, vat, gross]
        if (credits := self.model.credits) is not None:
            figures.append(ColumnFigure(say.signed(credits), say.rial))
            figures[-1].figure.color = look.colour("on_ok")
            rows.append(KeyValue(say("bill.credit"), figures[-1]))
        rows += [Line(), KeyValue(say("bill.total"), gross, size=16)]
        if not self.model.is_preview and int(self.model.bill["paid"]["amount"]):
            figures.append(ColumnFigure(say.amount(self.model.bill["paid"]), say.rial))
            rows.append(KeyValue(say("bill.paid"), figures[-1]))
        align_column(*figures)
        return card(*rows, spacing=dp(10))

    def _papers(self) -> Widget:
        say, bill = look.say, self.model.bill
        buyer = (self.model.services.session.membership or {}).get("organization", {}).get("legalId")
        panel = card(KeyValue(say("bill.account"), bill["account"]["name"], size=12), spacing=dp(8))
        if buyer:
            panel.add_widget(KeyValue(say("bill.buyer_id"), say.code(buyer), size=12))
        if bill["taxNumber"]:
            panel.add_widget(KeyValue(say("bill.tax_number"), say.code(bill["taxNumber"]), size=12))
        return panel

    def _disputes(self) -> list[Widget]:
        say, tones = look.say, {"OPEN": "warning", "GRANTED": "ok", "REJECTED": "neutral"}
        if not self.model.bill["disputes"]:
            return []
        parts: list[Widget] = [heading(say("bill.disputes"))]
        for dispute in self.model.bill["disputes"]:
            icon = Disc("message-text-outline", tones[dispute["state"]])
            state, ticket = dispute["state"], dispute["ticket"]
            words = f"{say(f'dispute.state.{state}')} · {say.money(dispute['amount'])}"
            parts.append(LinkCard(icon, dispute["reason"], words, lambda ticket=ticket: self.shell.go("ticket", ticket=ticket)))
        return parts

    def _payments(self) -> list[Widget]:
        say = look.say
        if not self.model.bill["payments"]:
            return []
        parts: list[Widget] = [heading(say("bill.payments"))]
        for payment in self.model.bill["payments"]:
            words = f"{say('payment.state.' + payment['state'])} · {say('pay.way.' + payment['method'])} · {say.date(payment['createdAt'])}"
            parts.append(
                LinkCard(
                    Disc("cash-multiple", "container"),
                    say.money(payment["amount"]),
                    words,
                    lambda one=payment: self.shell.go("payment", payment_id=one["id"]),
                )
            )
        return parts

    def _ways(self) -> Widget:
        say, model = look.say, self.model
        buttons = []
        if model.before is not None:
            buttons.append(PillButton(say("bill.why"), self._compare, "tonal", icon="swap-horizontal", size=14))
        if not model.is_preview and model.services.session.may("BILL_DISPUTE"):
            buttons.append(PillButton(say("bill.dispute"), self._dispute, "tonal", icon="message-text-outline", size=14))
        if not buttons:
            return space()
        return Column(*buttons, spacing=dp(8)) if look.is_large else Row(*buttons, spacing=dp(8))

    # ── touches ──

    def _open(self, one: dict[str, Any] | None) -> None:
        narrow = {"service": one["code"]} if one and one["code"] in SERVICES else None
        if one and one["code"] is None:
            narrow = {"kinds": ["SUBSCRIPTION", "ONE_OFF", "CREDIT", "NOTE"]}
        self.shell.go("bill_lines", bill_id=self.model.bill_id, narrow=narrow, title=one["label"] if one else "")

    def _compare(self) -> None:
        before = self.model.before
        assert before is not None  # noqa: S101 - the button exists only with one
        self.shell.go("compare", bill_id=self.model.bill_id, with_id=before["id"], bills=self.model.others)

    def _dispute(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("bill_lines", bill_id=self.model.bill_id, is_marking=True)

    def _pay(self) -> None:
        if self.shell.writes_allowed():
            PaySheet(self.shell, self.model)

    def _choose_file(self) -> None:
        options = [(one, FILES.get(one["fileName"].rsplit(".", 1)[-1].lower(), one["fileName"])) for one in self.model.bill["documents"]]
        choose(self.shell, look.say("bill.papers"), options, None, lambda one: self.run(self._saved(one)))

    async def _saved(self, document: dict[str, Any]) -> None:
        saved = await self.model.papers.save(document)
        if saved is not None:
            self.shell.toast(look.say("receipt.saved", name=look.say.code(saved.name)))
        elif self.model.papers.problem is not None:
            self.shell.toast(explain(look.say, self.model.papers.problem)[1])


class _Sum(Pressable, Row):
    """A sum of the bill, which leads to its lines."""

    def __init__(self, one: dict[str, Any], figure: ColumnFigure | None, then: Any) -> None:
        super().__init__(spacing=dp(12), padding=(dp(16), dp(12), dp(12), dp(12)))
        self.add_widget(Icon(SERVICES.get(one["code"] or "", "sim") if figure else "receipt-text-outline", 24, "primary"))
        self.add_widget(Text(one["label"], 14, 500, lines=None))
        if figure is not None:
            self.add_widget(figure)
        self.add_widget(Icon(forward(), 22))
        self.text = one["label"]
        self.react(then, radius=12)
