"""One group: its manager, its automatic payments, its numbers; bought for, changed and deleted from here."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.gateway import failures
from mobile.screens.choosing import choose
from mobile.screens.groups.looks import outcome, said
from mobile.screens.groups.sheets import GoneSheet, GroupSheet, PolicySheet
from mobile.screens.page import LoadPage, Scroller
from mobile.state.groups import Group, Policy
from mobile.state.loading import Phase
from mobile.state.sim_row import STATUS_LOOK
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, card
from mobile.widgets.buttons import Disc, IconButton, PillButton
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.meters import CountBar
from mobile.widgets.rows import KeyValue, LinkCard, heading, note
from mobile.widgets.text import ColumnFigure, Text


class GroupPage(LoadPage):
    """What is bought here is bought for every card of it."""

    model: Group
    hides_bar = True
    loads_anew = True

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
        """Counts, manager, payments, numbers."""
        say, model = look.say, self.model
        parts: list[Widget] = [self._facts(), *self._policies()]
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

    def _policies(self) -> list[Widget]:
        say, parts = look.say, [heading(look.say("policy.title"))]
        for policy in self.model.group["policies"]:
            icon, tone, state = outcome(policy, self.model.services.now())
            parts.append(
                LinkCard(Disc(icon, tone), said(policy["rule"]), state, lambda one=policy: self.shell.go("policy", policy_id=one["id"]))
            )
        if not self.model.group["policies"]:
            parts.append(note(say("policy.none")))
        if self._may("POLICY_MANAGE"):
            parts.append(PillButton(say("policy.new"), self._new_policy, "tonal", icon="plus", size=14))
        return parts

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

    def _new_policy(self) -> None:
        if self.shell.writes_allowed():
            self.run(self._open_policy())

    async def _open_policy(self) -> None:
        """The account's wallet pays."""
        try:
            found: Any = (await self.shell.services.gateway.query("Wallet", {"account": self.model.group["account"]["id"]})).data
        except failures.Failure:
            self.shell.toast(look.say("failure.fault.text"))
            return
        wallet = (found["account"] or {}).get("wallet")
        if wallet is None:
            self.shell.toast(look.say("transfer.no_wallet"))
            return
        PolicySheet(self.shell, wallet["id"], self.reload, group=self.model)


class PolicyPage(LoadPage):
    """An automatic payment: its rule, what pays, and every time it fired on a line."""

    model: Policy
    hides_bar = True
    loads_anew = True

    def header(self) -> Widget:
        """Whose it is, and what can be done."""
        if self.model.phase is not Phase.READY:
            return TopBar("", back=self.shell.back)
        may = self.model.services.session.may("POLICY_MANAGE")
        more = [IconButton("dots-horizontal", self._more, label=look.say("sim.more"))] if may else []
        return TopBar(look.say("policy.title"), *more, back=self.shell.back, detail=self.model.policy["group"]["name"])

    def place(self) -> str:
        """An automatic payment."""
        return look.say("policy.title")

    def body(self) -> Widget:
        """Rule, wallet, runs."""
        say, model, policy = look.say, self.model, self.model.policy
        icon, tone, state = outcome(policy, model.services.now())
        words = Column(Text(said(policy["rule"]), 16, 500, lines=None), Text(state, 12, 400, "second", lines=None), spacing=dp(2))
        panel = card(Row(Disc(icon, tone), words, spacing=dp(12)), spacing=dp(12))
        panel.add_widget(KeyValue(say("policy.wallet"), ColumnFigure(say.amount(policy["wallet"]["available"]), say.rial)))
        if policy["notifyEmails"]:
            panel.add_widget(KeyValue(say("policy.emails"), " · ".join(say.code(one) for one in policy["notifyEmails"])))
        parts: list[Widget] = [panel, heading(say("policy.runs"))]
        parts.append(items([self._run(run) for run in model.rows]) if model.rows else note(say("policy.no_runs")))
        if model.cursor is not None:
            parts.append(PillButton(say("action.more"), lambda: self.run(model.load_more()), "tonal"))
        return Scroller(*parts, refresh=self.reload)

    def _run(self, run: dict[str, Any]) -> Item:
        say = look.say
        icon, tone = ("alert-circle-outline", "error") if run["failure"] else ("check", "ok")
        detail = run["failure"]["message"] if run["failure"] else say.day(run["at"], self.model.services.now())
        note_ = say.day(run["at"], self.model.services.now()) if run["failure"] else ""
        then = (lambda: self.shell.go("movement", transfer_id=run["transfer"]["id"])) if run["transfer"] else None
        return Item(icon, tone, say.phone(run["sim"]["msisdn"]), detail, say.amount(run["amount"]), note_, then=then)

    def _more(self) -> None:
        say = look.say

        def take(one: str) -> None:
            if not self.shell.writes_allowed():
                return
            if one == "edit":
                PolicySheet(self.shell, self.model.policy["wallet"]["id"], self.reload, policy=self.model)
            else:
                GoneSheet(self.shell, self.model.delete, say("policy.delete"), say("policy.delete_text"), self.shell.back)

        choose(self.shell, say("policy.title"), [("edit", say("policy.edit")), ("delete", say("policy.delete"))], None, take)
