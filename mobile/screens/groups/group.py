"""One group: its manager, its numbers; bought for, changed and deleted from here."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.groups.sheets import GoneSheet, GroupSheet
from mobile.screens.page import LoadPage, Scroller
from mobile.state.groups import Group
from mobile.state.loading import Phase
from mobile.state.sim_row import STATUS_LOOK
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Row, card
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.meters import CountBar
from mobile.widgets.rows import KeyValue, heading, note


class GroupPage(LoadPage):
    """What is bought here is bought for every card of it."""

    model: Group
    hides_bar = True

    def arrive(self) -> None:
        """Loads anew each time."""
        self.reload()

    def header(self) -> Widget:
        """Name, and what else can be done."""
        if self.model.phase is not Phase.READY:
            return TopBar("", back=self.shell.back)
        more = [IconButton("dots-horizontal", self._more, label=look.say("sim.more"))] if self._may("GROUP_MANAGE") else []
        return TopBar(self.model.group["name"], *more, back=self.shell.back, detail=self.model.group["account"]["name"])

    def place(self) -> str:
        """A group."""
        return look.say("group.title")

    def body(self) -> Widget:
        """Counts, manager, numbers."""
        say, model = look.say, self.model
        parts: list[Widget] = [self._facts()]
        parts.append(heading(say("group.numbers")))
        if model.rows:
            parts.append(items([self._number(sim) for sim in model.rows]))
        else:
            parts.append(note(say("group.empty")))
        if model.cursor is not None:
            parts.append(PillButton(say("action.more"), lambda: self.run(model.load_more()), "tonal"))
        return Scroller(*parts, refresh=self.reload)

    def footer(self) -> Widget | None:
        """Buying for all."""
        if self.model.phase is not Phase.READY or not self.model.total or not self._may("ORDER_PLACE"):
            return None
        return Row(PillButton(look.say("group.buy"), self._buy, icon="cart-outline"), padding=(dp(16), dp(8), dp(16), dp(20)))

    def _facts(self) -> Widget:
        say, group = look.say, self.model.group
        panel = card(spacing=dp(12))
        if counters := group["counters"]:
            rest = counters["total"] - counters["active"] - counters["blocked"]
            panel.add_widget(KeyValue(say("group.count"), say.number(counters["total"])))
            panel.add_widget(
                CountBar([(counters["active"], "count_active"), (rest, "count_ready"), (counters["blocked"], "count_blocked")])
            )
        manager = group["manager"]
        panel.add_widget(KeyValue(say("group.manager"), manager["name"] if manager else say("group.no_manager")))
        if manager and manager["mobile"]:
            panel.add_widget(KeyValue(say("group.manager_mobile"), say.phone(manager["mobile"])))
        return panel

    def _number(self, sim: dict[str, Any]) -> Item:
        say = look.say
        tone, icon = STATUS_LOOK[sim["status"]]
        holder = (sim["holder"] or {}).get("name") or ""
        then = lambda: self._touch(sim)  # noqa: E731 - an item carries what a touch does
        return Item(icon, tone, say.phone(sim["msisdn"]), holder, "", say(f"status.{sim['status']}"), then=then)

    def _may(self, right: str) -> bool:
        return self.model.services.session.may(right)

    # ── touches ──

    def _touch(self, sim: dict[str, Any]) -> None:
        say = look.say
        options = [("open", say("group.open_card"))]
        if self._may("GROUP_MANAGE"):
            options.append(("remove", say("group.remove")))

        def take(one: str) -> None:
            if one == "open":
                self.shell.go("sim_detail", sim_id=sim["id"])
            elif self.shell.writes_allowed():
                GoneSheet(self.shell, lambda: self.model.remove([sim["id"]]), say("group.remove"), say("group.remove_text"), self.reload)

        choose(self.shell, say.phone(sim["msisdn"]), options, None, take)

    def _more(self) -> None:
        say = look.say

        def take(one: str) -> None:
            if not self.shell.writes_allowed():
                return
            if one == "edit":
                GroupSheet(self.shell, lambda _: self.reload(), self.model.group)
            else:
                GoneSheet(self.shell, self.model.delete, say("group.delete"), say("group.delete_text"), self.shell.back)

        choose(self.shell, self.model.group["name"], [("edit", say("group.edit")), ("delete", say("group.delete"))], None, take)

    def _buy(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("buy", sims=[], group={"id": self.model.group_id, "name": self.model.group["name"], "total": self.model.total})
