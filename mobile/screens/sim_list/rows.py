"""A row of the SIM list: placed once, filled anew for each card, 76 dp times the text scale."""

from collections.abc import Callable
from typing import Any

from kivy.graphics import PopMatrix, PushMatrix, Translate
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.state.sim_row import SimRow
from mobile.widgets.box import Line
from mobile.widgets.buttons import Disc
from mobile.widgets.look import face, look
from mobile.widgets.meters import Meter
from mobile.widgets.text import Text
from mobile.widgets.touch import Pressable

ROW = 76
DISC, EDGE, GAP, LINE = 40, 16, 12, 68


class SimRowView(Pressable, Widget):
    """Its parts stand at places of their own, moved as one picture: a scrolled row lays nothing out."""

    def __init__(self, opened: Callable[[str], Any], held: Callable[[str], Any]) -> None:
        super().__init__(size_hint=(None, None))
        self._id = ""
        self._disc = Disc("check-circle", "ok", DISC)
        self._number = _Fixed("", 16, 500, lines=1)
        self._detail = _Fixed("", 12, 400, "second", lines=1)
        self._detail.may_be_cut = True  # names have no bound, and a row has one height
        self._right = _Fixed("", 14, 400, align="end", lines=2)
        self._meter = Meter([(0, "meter")], height=4, size_hint_x=None, width=dp(72))
        self._due = _Fixed("", 12, 400, "second", align="end", lines=1)
        self._line = Line(inset=LINE, end=EDGE)
        with self.canvas.before:
            PushMatrix()
            self._place = Translate()
        for part in (self._disc, self._number, self._detail, self._right, self._meter, self._due, self._line):
            self.add_widget(part)
        with self.canvas.after:
            PopMatrix()
        self.bind(pos=lambda *_: setattr(self._place, "xy", self.pos), size=self._arrange)
        self._right.bind(texture_size=lambda *_: self._stack())
        self.react(lambda: opened(self._id), held=lambda: held(self._id))

    def fill(self, row: SimRow, *, is_selecting: bool, is_chosen: bool) -> None:
        """Shows a card."""
        self._id = row.id
        if is_selecting:
            self._disc.put("check-bold" if is_chosen else "plus", "container" if is_chosen else "neutral")
        else:
            self._disc.put(row.icon, row.tone)
        self.text = self._number.text = row.number
        self._detail.text, self._right.text, self._due.text = row.detail, row.right, row.due
        tone, has_meter = row.right_tone, row.share_left is not None
        self._right.color = look.colour(tone if tone in ("text", "second") else f"on_{tone}")
        self._right.font_size = look.sp(14 if has_meter else 12)
        self._right.font_name = face(700 if has_meter and tone == "warning" else 500 if not has_meter else 400)
        self._meter.opacity = 1 if has_meter else 0
        if row.share_left is not None:
            self._meter.put(row.share_left, "meter_low" if tone == "warning" else "meter")
        self._stack()

    def _arrange(self, *_: Any) -> None:
        """Places the parts for this width, from the reading start."""
        side = min(dp(124) * look.scale, dp(132))
        start = dp(EDGE + DISC + GAP)
        words = max(0, self.width - start - dp(GAP) - side - dp(EDGE))
        self._disc.y = (self.height - dp(DISC)) / 2
        self._mirror(self._disc, dp(EDGE))
        for part, width, x in ((self._number, words, start), (self._detail, words, start), (self._right, side, -1), (self._due, side, -1)):
            part.width = width
            self._mirror(part, x if x >= 0 else self.width - dp(EDGE) - side)
        self._mirror(self._meter, self.width - dp(EDGE) - self._meter.width)
        self._line.pos, self._line.width = (0, 0), self.width
        self._stack()

    def _stack(self) -> None:
        """Heights of the lines: two of words, and beside them the rest with its meter, or the state."""
        middle, scale = self.height / 2, look.scale
        self._number.center_y, self._detail.center_y = middle + dp(11) * scale, middle - dp(13) * scale
        if self._meter.opacity:
            self._right.center_y, self._meter.center_y, self._due.center_y = middle + dp(14) * scale, middle, middle - dp(14) * scale
        else:
            # The state may take two lines: it grows upwards.
            self._right.center_y, self._due.center_y = middle + self._right.texture_size[1] / 2, middle - dp(11) * scale

    def _mirror(self, part: Widget, x: float) -> None:
        part.x = self.width - x - part.width if look.is_rtl else x


class _Fixed(Text):
    """A text that keeps its box: its picture is drawn around the box's middle."""

    def _fit(self, *_: Any) -> None:
        """The row decides."""
