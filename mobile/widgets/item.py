"""A row of a long list: icon, two lines of words, and at the end a figure over a note; one height, filled anew for each item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.box import Column, Panel, Row
from mobile.widgets.buttons import Disc
from mobile.widgets.look import face, look
from mobile.widgets.text import Text, Word
from mobile.widgets.touch import Pressable

HEIGHT = 76
INSET, EDGE, WIDTH = 68, 16, 136


@dataclass(frozen=True)
class Item:
    """What a row says; tones are those of tags, `ink` colours the figure."""

    icon: str
    tone: str
    title: str
    detail: str
    figure: str = ""
    note: str = ""
    ink: str = "text"
    note_ink: str = "second"
    is_sum: bool = False
    """The note is a figure too, under the other."""
    then: Callable[[], Any] | None = None


class ItemView(Pressable, Row):
    """Shows an item over a hairline; people's own words may be cut, since a row has one height. Figures end at one line everywhere."""

    def __init__(self, item: Item | None = None, *, is_last: bool = False) -> None:
        super().__init__(size_hint_y=None, height=dp(HEIGHT) * look.scale, spacing=dp(12), padding=(dp(EDGE), 0))
        self._disc = Disc("check", "neutral")
        self._title, self._detail = Text("", 14, 500, lines=1), Text("", 12, 400, "second", lines=1)
        self._figure = Text("", 14, 500, figures=True, align="right", lines=1)
        self._note = Text("", 12, 400, "second", align="end", lines=1)
        self._unit = Word("", 12, 400, "second")
        self._title.may_be_cut = self._detail.may_be_cut = self._note.may_be_cut = True
        words = Column(self._title, self._detail, spacing=dp(2), size_hint_x=1)
        figure = Row(self._figure, self._unit, spacing=dp(4))
        end = Column(figure, self._note, spacing=dp(2), size_hint_x=None, width=dp(WIDTH) * look.scale)
        for part in (self._disc, words, end):
            self.add_widget(part)
        with self.canvas.after:
            Color(*look.colour("line", 0.0 if is_last else 1.0))
            self._line = Rectangle()
        self.bind(pos=self._underline, size=self._underline)
        self._item: Item | None = None
        self.react(self._opened, radius=12)
        if item is not None:
            self.fill(item)

    def fill(self, item: Item) -> None:
        """Shows another item."""
        self._item, self.is_enabled, self.text = item, item.then is not None, item.title
        self._disc.put(item.icon, item.tone)
        self._title.text, self._detail.text = item.title, item.detail
        self._figure.text, self._note.text = item.figure, item.note
        self._unit.text = look.say.rial if item.figure else ""
        self._note.font_name, self._note.halign = (face(400, figures=True), "right") if item.is_sum else (face(400), look.end)
        self._figure.color, self._note.color = look.colour(item.ink), look.colour(item.note_ink)

    def _opened(self) -> None:
        if self._item is not None and self._item.then is not None:
            self._item.then()

    def _underline(self, *_: Any) -> None:
        left = EDGE if look.is_rtl else INSET
        self._line.pos, self._line.size = (self.x + dp(left), self.y), (max(0, self.width - dp(INSET + EDGE)), max(1, dp(1)))


def items(rows: Sequence[Item], *above: Widget) -> Panel:
    """A few rows on a card of their own."""
    return Panel(*above, *(ItemView(row, is_last=at == len(rows)) for at, row in enumerate(rows, 1)), padding=(0, dp(4)))
