"""The SIM list [05]: search, chips, count and age, rows; a held touch selects for a bulk act."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose, choose_account
from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage
from mobile.screens.sim_block.sheet import BlockSheet
from mobile.screens.sim_edit.sheet import EditSheet
from mobile.screens.sim_list.rows import ROW, SimRowView
from mobile.screens.sim_move.sheet import MoveSheet
from mobile.state.loading import Phase
from mobile.state.sim_list import SORTS, STATUSES, SimList
from mobile.widgets.bars import TopBar, freshness
from mobile.widgets.box import Column, Panel, Row, Strip, gap
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.endless import Endless
from mobile.widgets.fields import SearchField
from mobile.widgets.look import look
from mobile.widgets.states import Skeleton, StateView, bone, bone_rows
from mobile.widgets.text import Text

# Buttons that fit beside each other.
MOST_BESIDE = 3


class SimListPage(LoadPage):
    """The search field and the rows stay while the rest is drawn anew."""

    model: SimList

    def __init__(self, shell: Any, model: SimList) -> None:
        self._field = SearchField(look.say("home.search"), model.search, self._find)
        self.rows = Endless(
            dp(ROW) * look.scale,
            make=lambda: SimRowView(self._open, self._hold),
            fill=self._fill,
            near_end=self._near_end,
            refresh=self.reload,
        )
        self._drawn: tuple[Any, ...] = ()
        super().__init__(shell, model)

    def _seen(self) -> tuple[Any, ...]:
        """Everything that is drawn but the number of rows."""
        model = self.model
        state = model.version, model.phase, model.failure, model.seen_at, model.is_old, model.is_behind
        chosen = model.search, (model.account or {}).get("id"), model.status, model.is_low, model.has_debt, model.sort, model.count
        return *state, *chosen, self.shell.services.network.is_offline, model.is_selecting, model.is_all, *model.selected

    def draw(self) -> None:
        """Takes the lasting parts out before the rest is built, so that the typed text and the scroll stay; more rows build nothing."""
        seen = self._seen()
        if seen == self._drawn:
            self.rows.grow(len(self.model.nodes))
            return
        self._drawn = seen
        for lasting in (self._field, self.rows):
            if lasting.parent:
                lasting.parent.remove_widget(lasting)
        if self._field.entry.text != self.model.search and not self._field.entry.focus:
            self._field.entry.text = self.model.search
        super().draw()

    def focus_search(self) -> None:
        """Opens the keyboard on the search field."""
        self._field.entry.focus = True

    def begin_choosing(self) -> None:
        """Waits for cards to be chosen."""
        self.model.is_selecting = True
        self.model.changed()

    def place(self) -> str:
        """The list's name."""
        return look.say("sims.title")

    def header(self) -> Widget:
        """Title or selection, search, chips, count and age."""
        say, model = look.say, self.model
        if model.is_selecting:
            count = model.selection.count
            words = say("sims.selected", count) if count else say("sims.choose")
            bar = TopBar(words, back=model.select_none, icon="close")
        else:
            about = {"id": model.account["id"], "label": model.account["name"]} if model.account else None
            sort = IconButton("swap-vertical", self._pick_sort, label=say("sims.sort"))
            bar = TopBar(say("sims.title"), sort, help_button(self.shell, about))
        head = Column(bar, Row(self._field, padding=(dp(16), 0)), gap(4), ChipBar(self._chips()))
        if model.phase in (Phase.READY, Phase.LOADING):
            head.add_widget(self._count())
        return head

    def _fill(self, view: SimRowView, index: int) -> None:
        model = self.model
        row = model.row(index)
        view.fill(row, is_selecting=model.is_selecting, is_chosen=model.is_selected(row.id))

    def _count(self) -> Row:
        say, model = look.say, self.model
        sort = say("sims.sorted", sort=say(f"sort.{model.sort[0]}"))
        words = f"{say('sims.count', model.count)} · {sort}" if model.count is not None else sort
        row = Row(Text(words, 12, 400, "second"), padding=(dp(16), 0, dp(16), dp(4)), height=dp(28) * look.scale)
        if model.seen_at:
            row.add_widget(freshness(say.time(model.seen_at), is_old=model.is_old))
        return row

    def _chips(self) -> list[Chip]:
        say, model = look.say, self.model
        chips = [
            Chip(
                model.account["name"] if model.account else say("sims.account"),
                self._pick_account,
                is_on=model.account is not None,
                trailing="chevron-down",
            ),
            Chip(
                say(f"status.{model.status}") if model.status else say("sims.status"),
                self._pick_status,
                is_on=model.status is not None,
                trailing="chevron-down",
            ),
        ]
        for name, key in (("is_low", "sims.low"), ("has_debt", "sims.debt")):
            is_on = getattr(model, name)
            chips.append(
                Chip(
                    say(key),
                    lambda name=name, is_on=is_on: self.run(model.narrow(**{name: not is_on})),
                    is_on=is_on,
                    icon="check" if is_on else None,
                )
            )
        chips.sort(key=lambda chip: not chip.is_on)
        if model.is_selecting and model.can_select_all:
            words, icon = say("sims.select_all", model.count), "check" if model.is_all else None
            chips.insert(0, Chip(words, model.select_none if model.is_all else model.select_all, is_on=model.is_all, icon=icon))
        return chips

    def body(self) -> Widget:
        """The rows on their card."""
        self.rows.put(len(self.model.nodes))
        sheet = Panel(role="card", radius=(20, 20, 0, 0), size_hint_y=1, padding=(0, dp(4), 0, 0))
        sheet.add_widget(self.rows)
        return sheet

    def footer(self) -> Widget | None:
        """What can be done with the chosen cards."""
        selection = self.model.selection
        if not selection.count:
            return None
        say, session = look.say, self.model.services.session
        buttons = []
        if session.may("SIM_BLOCK"):
            buttons += [
                PillButton(say("sim.block"), lambda: self._bar(is_block=True), "tonal", height=44, size=14),
                PillButton(say("sim.unblock"), lambda: self._bar(is_block=False), "tonal", height=44, size=14),
            ]
        if session.may("SIM_MOVE"):
            buttons.append(PillButton(say("sim.move"), self._move, "tonal", height=44, size=14))
        if session.may("SIM_EDIT"):
            buttons.append(PillButton(say("action.edit"), self._edit, "tonal", height=44, size=14))
        if session.may("ORDER_PLACE") and not selection.is_job:
            buttons.append(PillButton(say("sim.buy"), self._buy, "filled", height=44, size=14))
        if look.is_large:
            return Panel(*buttons, role="bar", radius=0, padding=dp(12), spacing=dp(8))
        if len(buttons) > MOST_BESIDE:
            rows = [Row(*buttons[at : at + 2], spacing=dp(8)) for at in range(0, len(buttons), 2)]
            return Panel(*rows, role="bar", radius=0, padding=dp(12), spacing=dp(8))
        return Strip(*buttons, role="bar", radius=0, padding=dp(12), spacing=dp(8))

    def skeleton(self) -> Skeleton:
        """Rows to come."""
        return Skeleton(Panel(*bone_rows(8), padding=dp(4), spacing=dp(20), role=None), bone(None, 1, role="background"))

    def empty(self) -> StateView:
        """Names the conditions and clears them [24]."""
        say, model = look.say, self.model
        if not model.has_conditions:
            return StateView("sim-off-outline", "container", say("sims.nothing"), say("sims.nothing_here"))
        search = model.search.strip()
        text = say("sims.nothing_search", search=say.code(search)) if search else say("sims.nothing_filter")
        clear = (say("sims.clear"), self._clear, "tonal")
        return StateView("sim-off-outline", "container", say("sims.nothing"), text, [clear])

    # ── touches ──

    def _find(self, text: str) -> None:
        if text != self.model.search:
            self.run(self.model.narrow(search=text))

    def _clear(self) -> None:
        self._field.entry.focus = False
        self._field.entry.text = ""
        self.run(self.model.clear())

    def _open(self, sim_id: str) -> None:
        if self.model.is_selecting:
            self._hold(sim_id)
        else:
            self.shell.go("sim_detail", sim_id=sim_id)

    def _hold(self, sim_id: str) -> None:
        self.model.select(sim_id)
        if not self.model.selected:
            self.model.select_none()

    def _near_end(self) -> None:
        self.run(self.model.load_more())

    def _pick_sort(self) -> None:
        options = [(sort, look.say(f"sort.{sort[0]}")) for sort in SORTS]
        choose(self.shell, look.say("sims.sort"), options, self.model.sort, lambda sort: self.run(self.model.narrow(sort=sort)))

    def _pick_status(self) -> None:
        options: list[tuple[Any, str]] = [(None, look.say("sims.all_statuses"))]
        options += [(status, look.say(f"status.{status}")) for status in STATUSES]
        choose(self.shell, look.say("sims.status"), options, self.model.status, lambda one: self.run(self.model.narrow(status=one)))

    def _pick_account(self) -> None:
        say, model = look.say, self.model

        def take(account: dict[str, Any] | None) -> None:
            self.run(model.narrow(account=account))

        self.run(choose_account(self.shell, say("sims.account"), model.account, take, all_words=say("sims.all_accounts")))

    def _buy(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("buy", sims=[*self.model.selected.values()])

    def _move(self) -> None:
        if self.shell.writes_allowed():
            MoveSheet(self.shell, self.model.selection, done=self._acted)

    def _edit(self) -> None:
        if self.shell.writes_allowed():
            EditSheet(self.shell, self.model.selection, done=self._acted)

    def _bar(self, *, is_block: bool) -> None:
        if self.shell.writes_allowed():
            BlockSheet(self.shell, self.model.selection, is_block=is_block, done=self._acted)

    def _acted(self) -> None:
        self.model.select_none()
        self.reload()
