"""The home page [03]."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.bills.looks import due
from mobile.screens.choosing import choose
from mobile.screens.outages import outage_band
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.payment.top_up import TopUpSheet
from mobile.state.home import Home
from mobile.widgets.art import ArcPanel
from mobile.widgets.bars import Band, freshness
from mobile.widgets.box import Column, Panel, Row, Strip, card, gap, space
from mobile.widgets.buttons import Avatar, Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.meters import CountBar
from mobile.widgets.rows import LinkCard, section
from mobile.widgets.states import Skeleton, StateView, bone, bone_card, bone_rows
from mobile.widgets.text import Figure, Icon, Text, Word, forward
from mobile.widgets.touch import Pressable

KIND_ICONS = {"CORPORATE_GENERAL": "domain", "BILLING": "office-building-outline", "SUB": "folder-outline"}


class HomePage(LoadPage):
    """Company, search, wallet, counts, accounts."""

    model: Home

    def skeleton(self) -> Skeleton:
        """The shapes of this page [22]."""
        head = Row(
            bone(40, 40, radius=20), Column(bone(120, 14), bone(70, 10), spacing=dp(8)), spacing=dp(12), padding=(0, dp(16), 0, dp(4))
        )
        hero = Panel(
            bone(96, 10, role="background"),
            bone(210, 26, role="background"),
            bone(130, 10, role="background"),
            gap(8),
            role="track",
            radius=24,
        )
        hero.padding, hero.spacing = dp(20), dp(14)
        hero.add_widget(Row(bone(None, 40, radius=20, role="background"), bone(None, 40, radius=20, role="background"), spacing=dp(8)))
        counts = bone_card(Row(bone(88, 14), space(), bone(60, 14)), bone(None, 10, radius=5))
        counts.add_widget(Row(bone(70, 30), space(), bone(70, 30), space(), bone(70, 30)))
        return Skeleton(head, bone(None, 52, radius=26), hero, counts, bone_card(bone(80, 14), *bone_rows(2)))

    def empty(self) -> StateView:
        """Nobody entrusted an account to this person."""
        return StateView("sitemap", "container", look.say("home.nothing"), look.say("home.nothing_text"))

    def body(self) -> Widget:
        """The cards."""
        bands = [*map(outage_band, self.model.outages), *self._support_bands()]
        content = [*bands, self._head(), self._search(), self._wallet(), self._counts(), *self._waiting()]
        if self.model.children or self.model.account["counters"]:
            content.append(self._accounts())
        return Scroller(*content, refresh=self.reload)

    def _support_bands(self) -> list[Widget]:
        views = self.model.services.session.membership["organization"]["supportViews"]
        say = look.say
        return [
            Band("eye-outline", say("audit.open_now"), say("home.support_looks", number=say.code(view["ticket"]["number"])))
            for view in views
            if view["ticket"]
        ]

    def _head(self) -> Widget:
        session = self.model.services.session
        membership = session.membership
        name = membership["organization"]["name"]
        title: Widget = Text(name, 16, 500)
        role = Text(look.say(f"role.{membership['role']}"), 12, 400, "second")
        words = Column(title, role, spacing=dp(2))
        head = _Head(Avatar(name), words, spacing=dp(12), padding=(0, dp(12), 0, 0))
        if len(session.memberships) > 1:
            head.add_widget(Icon("chevron-down", 22))
            head.react(self._choose_membership)
        else:
            head.react(None)
            head.is_enabled = False
        return head

    def _choose_membership(self) -> None:
        session = self.model.services.session
        options = [(at, one["organization"]["name"], one["account"]["name"]) for at, one in enumerate(session.memberships)]
        now = session.memberships.index(session.membership)

        def take(at: int) -> None:
            session.choose(at)
            self.model.changed()
            self.shell.reload()

        choose(self.shell, look.say("home.switch"), options, now, take)

    def _search(self) -> Widget:
        words = Text(look.say("home.search"), 13 if look.is_large else 16, 400, "second")
        height = max(dp(52), look.sp(52) * 0.9)
        pill = _Pill(Icon("magnify", 22), words, radius=26, padding=(dp(18), 0), spacing=dp(14), height=height)
        pill.react(self._find, radius=26)
        return pill

    def _find(self) -> None:
        self.shell.switch("sims")
        self.shell.page.focus_search()

    def _wallet(self) -> Widget:
        say, wallet = look.say, self.model.account["wallet"]
        panel = ArcPanel(padding=dp(20), spacing=dp(4))
        head = Row(Text(say("home.wallet"), 14, 400, "hero_second"), spacing=dp(8))
        panel.add_widget(head)
        if wallet is None:
            panel.add_widget(Text(say("home.no_wallet"), 14, 500, "on_hero", lines=None))
        else:
            now = self.model.services.now()
            head.add_widget(freshness(say.ago(wallet["asOf"], now), role="hero_second"))
            money = wallet["available"]
            panel.add_widget(Figure(say.amount(money), say.rial, 32, 700, unit_size=16, role="on_hero", unit_role="on_hero"))
            if self.model.services.settings.shows_toman:
                panel.add_widget(Text(say.toman(money), 12, 400, "hero_second"))
        panel.add_widget(gap(8))
        panel.add_widget(self._hero_actions())
        return panel

    def _hero_actions(self) -> Widget:
        say, session = look.say, self.model.services.session
        buttons = []
        if session.may("ORDER_PLACE"):
            buttons.append(PillButton(say("sim.buy"), self._buy, "saffron", icon="cart-outline", height=40, size=14))
        if session.may("WALLET_TOP_UP") and self.model.account["wallet"]:
            buttons.append(PillButton(say("topup.do"), self._top_up, "outlined", icon="plus", height=40, size=14))
        return Row(*buttons, spacing=dp(8))

    def _buy(self) -> None:
        self.shell.switch("sims")
        self.shell.page.begin_choosing()

    def _top_up(self) -> None:
        if self.shell.writes_allowed():
            TopUpSheet(self.shell, self.model.account["wallet"])

    def _waiting(self) -> list[Widget]:
        """A bill to pay and approvals to give, at most three of them."""
        say, model, rows = look.say, self.model, []
        now = model.services.now()
        if bill := model.unpaid_bill:
            icon, tone = ("alert-circle-outline", "error") if bill["isOverdue"] else ("receipt-text-outline", "info")
            words = say("home.bill_overdue" if bill["isOverdue"] else "home.bill_due", month=say.month(bill["month"], with_year=False))
            detail = f"{say.money(bill['amountDue'])} · {due(bill, now)}" if bill["dueAt"] else say.money(bill["amountDue"])
            rows.append(self._waits(icon, tone, words, detail, lambda: self.shell.go("bill", bill_id=bill["id"])))
        for one in model.approvals:
            words = f"{say('approval.reason.' + one['reason'])} · {one['requestedBy']['label']}"
            detail = say("approval.due", date=say.day(one["dueAt"], now))
            detail = f"{say.money(one['amount'])} · {detail}" if one["amount"] else detail
            rows.append(self._waits("clipboard-check-outline", "warning", words, detail, lambda: self.shell.switch("inbox")))
        if not rows:
            return []
        every = PillButton(say("home.all"), lambda: self.shell.switch("inbox"), "plain", size=14, height=32, is_fitted=True)
        return [card(section(say("home.waiting"), every), *rows, spacing=dp(4))]

    def _waits(self, icon: str, tone: str, words: str, detail: str, then: Any) -> Widget:
        return LinkCard(Disc(icon, tone), words, detail, then, role=None, padding=6)

    def _counts(self) -> Widget:
        say, counters = look.say, self.model.account["counters"]
        if counters is None:
            return gap(0)
        total = Row(
            Word(say("home.total"), 14, 400, "second"), Word(say.number(counters["total"]), 14, 700), spacing=dp(4), size_hint_x=None
        )
        total.add_widget(Icon(forward(), 22))
        total.bind(minimum_width=total.setter("width"))
        bar = CountBar(
            [(counters["active"], "count_active"), (counters["readyToActivate"], "count_ready"), (counters["blocked"], "count_blocked")]
        )
        panel = _Card(section(say("home.sims"), total), bar, padding=dp(16), spacing=dp(12))
        parts = [
            ("check-circle", "on_ok", "home.active", counters["active"], "ACTIVE"),
            ("clock-outline", "on_info", "home.ready", counters["readyToActivate"], "READY_TO_ACTIVATE"),
            ("cancel", "on_error", "home.blocked", counters["blocked"], "BLOCKED"),
        ]
        row: Widget = Column(spacing=dp(8)) if look.is_large else Row(spacing=dp(4))
        for icon, tone, key, count, status in parts:
            name = Row(Icon(icon, 16, tone), Text(say(key), 12, 400, "second"), spacing=dp(4))
            part = _Part(name, Text(say.number(count), 18, 700), spacing=dp(2))
            part.text = say(key)
            part.react(lambda status=status: self._open_status(status), radius=12)
            row.add_widget(part)
        panel.add_widget(row)
        panel.react(lambda: self.shell.switch("sims"), radius=20)
        return panel

    def _open_status(self, status: str) -> None:
        self.shell.switch("sims")
        self.run(self.shell.root_model("sims").narrow(status=status))

    def _accounts(self) -> Widget:
        say = look.say
        every = PillButton(say("home.tree"), lambda: self.shell.go("account_tree"), "plain", size=14, height=32, is_fitted=True)
        panel = card(section(say("home.accounts"), every), spacing=dp(4))
        for account in self.model.children or [self.model.account]:
            panel.add_widget(self._account(account))
        return panel

    def _account(self, account: dict[str, Any]) -> Widget:
        say = look.say
        detail = f"{say('kind.' + account['kind'])} · {say('mode.' + account['paymentMode'])}"
        count = Word(say.number(account["counters"]["total"]), 14, 700) if account["counters"] else None
        end = Row(*[one for one in (count,) if one], Icon(forward(), 22), spacing=dp(4), size_hint_x=None)
        end.bind(minimum_width=end.setter("width"))
        disc = Disc(KIND_ICONS[account["kind"]], "container")
        return LinkCard(disc, account["name"], detail, lambda: self._open_account(account), end=end, role=None, padding=6)

    def _open_account(self, account: dict[str, Any]) -> None:
        self.shell.switch("sims")
        self.run(self.shell.root_model("sims").narrow(account=account, status=None))


class _Head(Pressable, Row):
    pass


class _Pill(Pressable, Strip):
    pass


class _Card(Pressable, Panel):
    pass


class _Part(Pressable, Column):
    pass
