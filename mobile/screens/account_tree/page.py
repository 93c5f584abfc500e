"""The account tree [04]: nodes with their kind, count bar and counts; as of a day; searched and filtered."""

from datetime import timedelta
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.state.account_tree import AccountTree, TreeRow
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Panel, Row, Toned, gap, space
from mobile.widgets.buttons import IconButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import SearchField
from mobile.widgets.look import look
from mobile.widgets.meters import CountBar
from mobile.widgets.rows import centred
from mobile.widgets.states import StateView
from mobile.widgets.text import Icon, Text, Word, forward
from mobile.widgets.touch import Pressable

INDENT = 20
KINDS = ("CORPORATE_GENERAL", "BILLING", "SUB")
MODES = ("PREPAID", "POSTPAID")
ICONS = {"CORPORATE_GENERAL": "domain", "BILLING": "office-building-outline", "SUB": "folder-outline"}
# Days back that the tree can be looked at.
DAYS_BACK = (7, 30, 90, 180, 365)


class AccountTreePage(LoadPage):
    """Opens and closes nodes; a touch on one leads to its SIM cards."""

    model: AccountTree
    _is_searching = False

    def header(self) -> Widget:
        """Title, search and the chips; the search field stays while one types."""
        say = look.say
        search = IconButton("magnify", self._search, label=say("tree.search"))
        head = Column(TopBar(say("tree.title"), search, help_button(self.shell), back=self.shell.back))
        if self._is_searching:
            field = getattr(self, "_field", None) or SearchField(say("tree.search"), self.model.search, self._find)
            if field.parent:
                field.parent.remove_widget(field)
            self._field = field
            head.add_widget(Row(field, padding=(dp(16), 0)))
        head.add_widget(ChipBar(self._chips()))
        return head

    def _chips(self) -> list[Chip]:
        say, model = look.say, self.model
        today = say("tree.today", date=say.date(model.services.now(), with_year=look.say.language == "en"))
        day = say("tree.day", date=say.date(model.as_of)) if model.as_of else today
        kind = say(f"kind.{model.kind}") if model.kind else say("tree.all_kinds")
        chips = [
            Chip(day, self._pick_day, is_on=True, icon="calendar-outline"),
            Chip(kind, self._pick_kind, is_on=model.kind is not None, trailing="chevron-down"),
        ]
        for mode in MODES:
            is_on = model.payment_mode == mode
            chips.append(
                Chip(
                    say(f"mode.{mode}"),
                    lambda mode=mode, is_on=is_on: model.narrow(kind=model.kind, payment_mode=None if is_on else mode),
                    is_on=is_on,
                    icon="check" if is_on else None,
                )
            )
        return chips

    def body(self) -> Widget:
        """The nodes, their lines, and what the colours mean."""
        say, rows = look.say, self.model.rows()
        if not rows:
            return StateView("magnify", "container", say("tree.nothing"), say("tree.nothing_text"))
        nodes = [_Node(row, self.shell, self.model) for row in rows]
        legend = centred(
            *(
                part
                for icon, tone, key in (
                    ("check-circle", "on_ok", "home.active"),
                    ("clock-outline", "on_info", "home.ready"),
                    ("cancel", "on_error", "home.blocked"),
                )
                for part in (Icon(icon, 16, tone), Word(say(key), 12, 400, "second"))
            )
        )
        return Scroller(*nodes, gap(4), legend, refresh=self.reload, spacing=8)

    def empty(self) -> StateView:
        """No account at all."""
        return StateView("sitemap", "container", look.say("tree.nothing"), look.say("home.nothing_text"))

    def _search(self) -> None:
        self._is_searching = not self._is_searching
        if not self._is_searching:
            self.model.narrow(search="", kind=self.model.kind, payment_mode=self.model.payment_mode)
        self.draw()
        if self._is_searching:
            self._field.entry.focus = True

    def _find(self, text: str) -> None:
        self.model.narrow(search=text, kind=self.model.kind, payment_mode=self.model.payment_mode)

    def _pick_kind(self) -> None:
        options: list[tuple[Any, str]] = [(None, look.say("tree.all_kinds")), *((kind, look.say(f"kind.{kind}")) for kind in KINDS)]
        choose(
            self.shell,
            look.say("tree.all_kinds"),
            options,
            self.model.kind,
            lambda kind: self.model.narrow(kind=kind, payment_mode=self.model.payment_mode),
        )

    def _pick_day(self) -> None:
        now = self.model.services.now()
        options: list[tuple[Any, str]] = [(None, look.say("tree.now"))]
        options += [(now - timedelta(days=back), look.say.date(now - timedelta(days=back))) for back in DAYS_BACK]
        choose(self.shell, look.say("tree.pick_day"), options, self.model.as_of, lambda day: self.run(self.model.look_at(day)))


class _Node(Row):
    """One account; lines at its side show what it hangs under."""

    def __init__(self, row: TreeRow, shell: Any, model: AccountTree) -> None:
        super().__init__()
        for _ in range(row.depth):
            rail = Widget(size_hint=(None, 1), width=dp(INDENT))
            line = Toned(size_hint=(None, None), width=dp(1.5))
            line.tone(look.colour("outline"))
            rail.add_widget(line)
            rail.bind(pos=lambda rail, _, line=line: _stretch(rail, line), size=lambda rail, _, line=line: _stretch(rail, line))
            self.add_widget(rail)
        self.add_widget(_NodeCard(row, shell, model))


def _stretch(rail: Widget, line: Widget) -> None:
    line.pos = (rail.center_x, rail.y - dp(8))
    line.height = rail.height + dp(8)


class _NodeCard(Pressable, Panel):
    def __init__(self, row: TreeRow, shell: Any, model: AccountTree) -> None:
        is_top = row.node["kind"] == "CORPORATE_GENERAL"
        super().__init__(role="hero" if is_top else "card", radius=16, padding=(dp(12), dp(8), dp(4), dp(10)), spacing=dp(4))
        say, node = look.say, row.node
        ink, soft = ("on_hero", "hero_second") if is_top else ("text", "second")
        name = Word(node["name"], 14, 500, ink, most=170)
        kind = say(f"kind.short.{node['kind']}")
        words = kind if is_top else f"{kind} · {say('mode.' + node['paymentMode'])}"
        head = Row(Icon(ICONS[node["kind"]], 20, "on_hero" if is_top else "primary"), name, Text(words, 12, 400, soft), spacing=dp(8))
        if row.has_children:
            icon = "chevron-down" if row.is_open else forward()
            head.add_widget(IconButton(icon, lambda: model.toggle(node["id"]), role=soft, size=22, box=32, label=node["name"]))
        else:
            head.add_widget(Widget(size_hint=(None, None), size=(dp(8), dp(32))))
        self.add_widget(head)
        counters = node["counters"]
        if counters:
            self.add_widget(self._counts(counters, ink, soft))
        self.text = node["name"]
        self.react(lambda: self._open(shell, node), radius=16)

    def _counts(self, counters: dict[str, int], ink: str, soft: str) -> Row:
        say = look.say
        parts = [(counters["active"], "count_active"), (counters["readyToActivate"], "count_ready"), (counters["blocked"], "count_blocked")]
        bar = CountBar(parts, height=5, size_hint_x=None, width=dp(72))
        row = Row(
            Icon("sim", 16, soft), Word(say.number(counters["total"]), 14, 700, ink), bar, space(), spacing=dp(8), padding=(0, 0, dp(8), 0)
        )
        for count, icon in ((counters["readyToActivate"], "clock-outline"), (counters["blocked"], "cancel")):
            tone = soft if ink == "on_hero" else {"clock-outline": "on_info", "cancel": "on_error"}[icon]
            row.add_widget(Icon(icon, 14, tone))
            row.add_widget(Word(say.number(count), 12, 400, soft, figures=True))
        return row

    def _open(self, shell: Any, node: dict[str, Any]) -> None:
        sims = shell.root_model("sims")
        shell.switch("sims")
        shell.run(sims.narrow(account=node, status=None))
