"""One SIM card [06]: number, holder, status, four actions, and the tabs."""

from typing import Any

from kivy.core.clipboard import Clipboard
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.puk.sheet import PukSheet
from mobile.screens.sim_block.sheet import BlockSheet
from mobile.screens.sim_detail import apn, identity, overview, usage
from mobile.screens.sim_edit.sheet import EditSheet
from mobile.state.selection import Selection
from mobile.state.sim_detail import TABS, SimDetail
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, gap
from mobile.widgets.buttons import ActionTile
from mobile.widgets.chips import Segments, status_chip
from mobile.widgets.look import look
from mobile.widgets.states import Skeleton, bone, cards_skeleton
from mobile.widgets.text import Text


class SimDetailPage(LoadPage):
    """The tabs share the head; the actions stand on the overview only."""

    model: SimDetail

    def __init__(self, shell: Any, model: SimDetail) -> None:
        self._forget_apns = model.apns.watch(model.changed)
        super().__init__(shell, model)

    def retire(self) -> None:
        """Lets go of the access points too."""
        self._forget_apns()
        super().retire()

    def header(self) -> Widget:
        """The way back."""
        about = {"id": self.model.sim_id, "label": self.model.title} if self.model.seen_at else None
        bar = TopBar("", help_button(self.shell, about), back=self.shell.back)
        bar.height = dp(52)
        return bar

    def body(self) -> Widget:
        """Head, actions, tabs, and the open tab."""
        head = Column(self._title(), spacing=dp(12))
        if self.model.tab == "overview":
            head.add_widget(self._actions())
        options = [(tab, look.say(f"sim.tab.{tab}")) for tab in TABS]
        tabs = Segments(options, self.model.tab, self._open_tab)
        parts = {"overview": overview.cards, "usage": usage.cards, "apn": apn.cards, "identity": identity.cards}[self.model.tab](self)
        return Scroller(head, tabs, *parts, refresh=self.reload)

    def skeleton(self) -> Skeleton:
        """Head, actions and cards to come."""
        skeleton = cards_skeleton()
        head = Column(bone(240, 28), bone(150, 12), gap(4), spacing=dp(8))
        tiles = Row(*(bone(48, 48, radius=15) for _ in range(4)), spacing=dp(40), padding=(dp(24), 0))
        for index, part in enumerate((head, tiles, bone(None, 40, radius=20))):
            skeleton.add_widget(part, len(skeleton.children) - index)
        return skeleton

    def _title(self) -> Widget:
        number = Text(self.model.title, 28, 700)
        chip, holder = status_chip(self.model.sim["status"]), Text(self.model.subtitle, 14, 400, "second", lines=None)
        rows = (number, Row(holder, chip, spacing=dp(8))) if look.is_large else (Row(number, chip, spacing=dp(8)), holder)
        return Column(*rows, padding=(dp(4), 0), spacing=dp(2))

    def _actions(self) -> Widget:
        say, model = look.say, self.model
        is_blocked = model.sim["status"] in ("BLOCKED", "SUSPENDED")
        tiles = []
        if model.may("ORDER_PLACE"):
            tiles.append(ActionTile("cart-outline", say("sim.buy"), self._buy, is_main=True))
        if model.may("PUK_REVEAL"):
            tiles.append(ActionTile("key-variant", say("sim.puk"), self._puk))
        if model.may("SIM_BLOCK"):
            icon, key = ("lock-open-outline", "sim.unblock") if is_blocked else ("lock-outline", "sim.block")
            tiles.append(ActionTile(icon, say(key), lambda: self._bar(is_block=not is_blocked)))
        tiles.append(ActionTile("dots-horizontal", say("sim.more"), self._more))
        return Row(*tiles, spacing=dp(4))

    def _open_tab(self, tab: str) -> None:
        self.model.open_tab(tab)
        if tab == "apn" and self.model.apns.seen_at is None:
            self.run(self.model.apns.load())

    def _buy(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("buy", sims=[self.model.sim])

    def _puk(self) -> None:
        if self.shell.writes_allowed():
            PukSheet(self.shell, self.model)

    def _bar(self, *, is_block: bool) -> None:
        if self.shell.writes_allowed():
            BlockSheet(self.shell, Selection.of([self.model.sim]), is_block=is_block, done=self._written)

    def edit(self) -> None:
        """Asks what the card is to be known by."""
        if self.shell.writes_allowed():
            EditSheet(self.shell, Selection.of([self.model.sim]), done=self._written, sim=self.model.sim)

    def _written(self) -> None:
        self.reload()
        self.run(self.shell.root_model("sims").load())

    def _more(self) -> None:
        say = look.say
        options = [("copy", say("sim.copy_number"))]
        if self.model.may("SIM_EDIT"):
            options.insert(0, ("edit", say("edit.title")))
        if self.model.services.session.may("ORDER_READ"):
            options.append(("purchases", say("sim.purchases")))

        def take(one: str) -> None:
            if one == "edit":
                self.edit()
            elif one == "copy":
                Clipboard.copy(self.model.sim["msisdn"] or self.model.sim["iccid"])
                self.shell.toast(say("action.copied"))
            else:
                self.shell.go("purchases", sim_id=self.model.sim_id)

        choose(self.shell, self.model.title, options, None, take)
