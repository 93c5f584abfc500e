"""The endless list of SIM rows: plain widgets, used again as they scroll, 76 dp times the text scale."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from kivy.metrics import dp
from kivy.uix.recycleboxlayout import RecycleBoxLayout
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior

from mobile.state.sim_row import SimRow
from mobile.widgets.box import Column, Line, Row
from mobile.widgets.buttons import Disc
from mobile.widgets.look import face, look
from mobile.widgets.meters import Meter
from mobile.widgets.text import Text
from mobile.widgets.touch import Pressable

ROW = 76
# Rows from the end at which the next page is asked for.
AHEAD = 12


class SimRows(RecycleView):
    """Shows rows; tells of touches, of held touches, and when the end comes near."""

    def __init__(
        self, *, opened: Callable[[str], Any], held: Callable[[str], Any], near_end: Callable[[], Any], refresh: Callable[[], Any]
    ) -> None:
        super().__init__(do_scroll_x=False, bar_width=0)
        self.opened, self.held, self._near_end, self._refresh = opened, held, near_end, refresh
        height = dp(ROW) * look.scale
        layout = RecycleBoxLayout(orientation="vertical", size_hint_y=None, default_size=(None, height), default_size_hint=(1, None))
        layout.bind(minimum_height=layout.setter("height"))
        self.add_widget(layout)
        self.viewclass = SimRowView
        self.bind(scroll_y=self._scrolled)

    def put(self, rows: list[SimRow], selected: set[str], *, is_selecting: bool) -> None:
        """Shows these rows; what is scrolled stays where it was."""
        height = dp(ROW) * look.scale
        kept = self.scroll_y, len(self.data)
        self.data = [asdict(row) | {"is_chosen": row.id in selected, "is_selecting": is_selecting, "rows": self} for row in rows]
        if kept[1] and len(rows) > kept[1]:
            hidden_before, hidden_now = kept[1] * height - self.height, len(rows) * height - self.height
            if hidden_now > 0:
                self.scroll_y = 1 - (1 - kept[0]) * max(0.0, hidden_before) / hidden_now

    def _scrolled(self, *_: Any) -> None:
        hidden = len(self.data) * dp(ROW) * look.scale - self.height
        if hidden > 0 and self.scroll_y * hidden < AHEAD * dp(ROW):
            self._near_end()

    def on_touch_up(self, touch: Any) -> bool:
        pulled = self.effect_y is not None and self.effect_y.overscroll < -dp(ROW)
        if pulled:
            self._refresh()
        return bool(super().on_touch_up(touch))


class SimRowView(RecycleDataViewBehavior, Pressable, Column):
    """One row, filled anew for each SIM card it shows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(size_hint_y=1, **options)  # the list gives each row its height
        self._disc = Disc("check-circle", "ok")
        self._number = Text("", 16, 500, lines=1)
        self._detail = Text("", 12, 400, "second", lines=1)
        self._detail.may_be_cut = True  # names have no bound, and a row has one height
        self._right = Text("", 14, 400, align="end", lines=2)
        self._meter = Meter([(0, "meter")], height=4, size_hint_x=None, width=dp(72))
        self._meter.pos_hint = {"x": 0} if look.is_rtl else {"right": 1}
        self._due = Text("", 12, 400, "second", align="end", lines=1)
        self._side = Column(self._right, self._meter, self._due, size_hint_x=None, width=min(dp(124) * look.scale, dp(132)), spacing=dp(2))
        words = Column(self._number, self._detail, spacing=dp(2))
        self._body = Row(self._disc, words, self._side, size_hint_y=1, padding=(dp(16), 0), spacing=dp(12))
        self.add_widget(self._body)
        self.add_widget(Line(inset=68, end=16))
        self._id, self._rows = "", None
        self.react(self._opened, held=self._chosen)

    def refresh_view_attrs(self, rows: SimRows, index: int, data: dict[str, Any]) -> None:
        """Fills the row."""
        self._id, self._rows = data["id"], data["rows"]
        if data["is_selecting"]:
            self._disc.put("check-bold" if data["is_chosen"] else "plus", "container" if data["is_chosen"] else "neutral")
        else:
            self._disc.put(data["icon"], data["tone"])
        self._number.text, self._detail.text = data["number"], data["detail"]
        self._right.text, self._due.text = data["right"], data["due"]
        tone = data["right_tone"]
        self._right.color = look.colour(tone if tone in ("text", "second") else f"on_{tone}")
        has_meter = data["share_left"] is not None
        self._meter.opacity = 1 if has_meter else 0
        self._meter.height = dp(4) if has_meter else 0
        self._right.font_size = look.sp(14 if has_meter else 12)
        self._right.font_name = face(700 if has_meter and tone == "warning" else 500 if not has_meter else 400)
        if has_meter:
            self._meter.put(data["share_left"], "meter_low" if tone == "warning" else "meter")
        self.text = data["number"]

    def _opened(self) -> None:
        self._rows.opened(self._id)

    def _chosen(self) -> None:
        self._rows.held(self._id)
