"""The purchase form [10]: for whom, which bundle, when it starts, the papers, and the estimate."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.plan_sheet.order import OrderSheet
from mobile.state.buying import SERVICES, Buying
from mobile.state.loading import Phase
from mobile.widgets.bars import BottomBar, TopBar
from mobile.widgets.box import Column, Panel, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import Chip, ChipBar, Segments
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import LinkCard, heading
from mobile.widgets.sheet import Sheet
from mobile.widgets.states import StateView
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, align_column, forward
from mobile.widgets.touch import Pressable

PICTURES = {"DATA": "web", "VOICE": "phone-outgoing", "SMS": "message-outline"}


class BuyPage(LoadPage):
    """Leads to the plan; nothing is bought here."""

    model: Buying
    hides_bar = True

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("buy.title"), back=self.shell.back)

    def place(self) -> str:
        """The page's name."""
        return look.say("buy.title")

    def empty(self) -> StateView:
        """Nothing on sale."""
        return StateView("cart-outline", "container", look.say("buy.none"), look.say("buy.none_text"))

    def body(self) -> Widget:
        """The form."""
        say, model = look.say, self.model
        on_offer = [service for service in SERVICES if model.on_sale(service)]
        content: list[Widget] = [self._for_whom()]
        if len(on_offer) > 1:
            content.append(Segments([(one, say(f"buy.{one}")) for one in on_offer], model.service, model.show, icons=PICTURES))
        offers = [_Offer(offering, model) for offering in model.on_sale()]
        align_column(*(offer.price for offer in offers))
        content += offers
        content += [heading(say("buy.activation")), self._activation(), self._papers()]
        return Scroller(*content)

    def footer(self) -> Widget | None:
        """The estimate and the way on."""
        if self.model.phase is not Phase.READY or self.model.chosen is None:
            return None
        say = look.say
        figure = Figure(say.amount(self.model.estimate), say.rial, 18, 700)
        button = PillButton(say("buy.preview"), self._preview, trailing=forward())
        button.size_hint_x, button.width = None, button.natural_width + dp(8)
        return BottomBar(say("buy.estimate"), figure, button)

    def _for_whom(self) -> Widget:
        say, sims = look.say, self.model.sims
        if group := self.model.group:
            count = say("buy.for_group", count=say.number(group["total"]))
            return LinkCard(Disc("account-group", "container"), group["name"], count, None)
        names = [(sim["holder"] or {}).get("name") or say.phone(sim["msisdn"]) for sim in sims]
        if len(sims) == 1:
            title, detail = say.phone(sims[0]["msisdn"]), names[0]
        else:
            title = say("buy.for_many", len(sims), account=self.model.services.session.account.get("name", ""))
            detail = say("buy.and_more", len(sims) - 1, name=names[0])
        change = PillButton(say("action.change"), self._change, "plain", size=14, height=32, is_fitted=True)
        return LinkCard(Disc("sim", "container"), title, detail, None, end=change)

    def _change(self) -> None:
        sims = self.shell.root_model("sims")
        sims.selected = {sim["id"]: sim for sim in self.model.sims}
        sims.is_selecting = True
        self.shell.back()
        self.shell.switch("sims")
        sims.changed()

    def _activation(self) -> Widget:
        say, model = look.say, self.model
        chips = []
        for activation in model.chosen["activations"] if model.chosen else ():
            is_on = activation == model.activation
            words = say(f"buy.{activation}")
            if activation == "LATER" and is_on and model.activate_at:
                words = say.date(model.activate_at, with_year=False)
            icon = "check" if is_on else "calendar-outline" if activation == "LATER" else None
            chips.append(Chip(words, lambda activation=activation: self._start(activation), is_on=is_on, icon=icon))
        return ChipBar(chips, inset=0)

    def _start(self, activation: str) -> None:
        if activation != "LATER":
            self.model.start(activation)
            return
        options = [(day, look.say.date(day)) for day in self.model.later_choices()]
        choose(self.shell, look.say("buy.pick_day"), options, self.model.activate_at, lambda day: self.model.start("LATER", day))

    def _papers(self) -> Widget:
        say, model = look.say, self.model
        given = " · ".join(part for part in (model.purchase_order, model.memo) if part.strip())
        return LinkCard(Icon("receipt-text-outline", 24), say("buy.papers"), given or say("buy.papers_text"), self._ask_papers)

    def _ask_papers(self) -> None:
        say, model = look.say, self.model
        sheet = self.shell.sheet(Sheet())
        order, memo = Field(say("buy.po"), model.purchase_order), Field(say("buy.memo"), model.memo, is_tall=True)

        def take() -> None:
            model.purchase_order, model.memo = order.text, memo.text
            model.changed()
            sheet.dismiss(animation=False)

        sheet.show(Text(say("buy.papers"), 18, 700), order, memo, pinned=(PillButton(say("action.save"), take),))

    def _preview(self) -> None:
        if self.shell.writes_allowed():
            OrderSheet(self.shell, self.model)


class _Offer(Pressable, Panel):
    """One offering: what it grants, how long, what it costs."""

    def __init__(self, offering: dict[str, Any], model: Buying) -> None:
        is_on = offering is model.chosen
        super().__init__(role="card", radius=20, outline="primary" if is_on else None, outline_width=2, padding=dp(16))
        say = look.say
        dot = Icon("radiobox-marked" if is_on else "radiobox-blank", 24, "primary" if is_on else "second")
        words = Column(
            Text(self._title(offering), 18, 700, lines=1), Text(self._detail(offering), 12, 400, "second", lines=2), spacing=dp(2)
        )
        self.price = ColumnFigure(say.amount(offering["price"]["net"]), say.rial, 16)
        vat = Text(say("buy.plus_vat", rate=say.percent(offering["price"]["vatRate"])), 12, 400, "second", align="end")
        side = Column(self.price, vat, spacing=dp(2), size_hint_x=None)
        self.price.bind(width=side.setter("width"))
        side.width = self.price.width
        self.add_widget(Row(dot, words, side, spacing=dp(12)))
        self.text = offering["name"]
        self.react(lambda: model.choose(offering), radius=20)

    def _title(self, offering: dict[str, Any]) -> str:
        return " + ".join(look.say.volume_text(one["quantity"]) for one in offering["allowances"]) or offering["name"]

    def _detail(self, offering: dict[str, Any]) -> str:
        say = look.say
        days = say("buy.days", offering["validDays"]) if offering["validDays"] else say("buy.no_end")
        limits = [one["restriction"] for one in offering["allowances"] if one["restriction"]]
        return f"{days} · {limits[0] if limits else say('buy.any_hour')}"
