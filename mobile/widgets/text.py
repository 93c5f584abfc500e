"""Text: labels that keep the token sizes, icons, and money figures with their small unit."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.label import Label

from mobile.widgets.box import Row
from mobile.widgets.look import face, icons, look

# What a face keeps below its baseline, as a share of the text size: lets a small unit stand on the figure's line.
DESCENT = 0.5


class Text(Label):
    """A label as wide as it is given and as tall as its text; `lines` bounds them, None for no bound.

    `may_be_cut` says that the words are people's own, without bound; the app's own words must fit.
    """

    may_be_cut = False

    def __init__(
        self,
        text: str,
        size: float = 14,
        weight: int = 400,
        role: str = "text",
        *,
        align: str = "start",
        lines: int | None = None,
        figures: bool = False,
        colour: Any = None,
        **options: Any,
    ) -> None:
        side = {"start": look.start, "end": look.end}.get(align, align)
        super().__init__(
            text=text,
            font_size=look.sp(size),
            font_name=face(weight, figures=figures),
            color=colour or look.colour(role),
            halign=side,
            size_hint_y=None,
            shorten=lines == 1,
            shorten_from="right",
            max_lines=lines or 0,
            **options,
        )
        self.height = look.sp(size) * 1.56
        self.bind(width=self._wrap, texture_size=self._fit)
        self._wrap()

    def _wrap(self, *_: Any) -> None:
        self.text_size = (self.width, None)

    def _fit(self, *_: Any) -> None:
        self.height = self.texture_size[1]


class Word(Label):
    """A label exactly as wide as its text, bounded by `most` dp."""

    def __init__(
        self,
        text: str,
        size: float = 14,
        weight: int = 400,
        role: str = "text",
        *,
        figures: bool = False,
        colour: Any = None,
        most: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            text=text,
            font_size=look.sp(size),
            font_name=face(weight, figures=figures),
            color=colour or look.colour(role),
            size_hint=(None, None),
            **options,
        )
        self.shorten_from, self.halign = "right", look.start
        self.texture_update()
        self.natural_width = self.texture_size[0]
        self.size = self.texture_size
        self.bind(texture_size=self.setter("size"))
        if most:
            self.bound(dp(most) * look.scale)

    def bound(self, room: float) -> None:
        """Cuts the words to this room, or shows them whole where they fit."""
        is_cut = 0 < room < self.natural_width
        if is_cut or self.shorten:
            self.shorten, self.text_size = is_cut, (room if is_cut else None, None)
            self.texture_update()


class Icon(Label):
    """An icon of the subset in a square of its size."""

    def __init__(self, name: str, size: float = 24, role: str = "second", *, colour: Any = None, **options: Any) -> None:
        super().__init__(
            text=chr(icons()[name]),
            font_name="Icons",
            font_size=dp(size),
            color=colour or look.colour(role),
            size_hint=(None, None),
            size=(dp(size), dp(size)),
            **options,
        )
        self.name = name

    def put(self, name: str, role: str) -> None:
        """Shows another icon."""
        self.name, self.text, self.color = name, chr(icons()[name]), look.colour(role)


def forward() -> str:
    """The chevron that leads on."""
    return "chevron-left" if look.is_rtl else "chevron-right"


def backward() -> str:
    """The arrow that leads back."""
    return "arrow-right" if look.is_rtl else "arrow-left"


class Figure(Row):
    """An amount with its unit small beside it, both on one line; the unit stands after the figure in reading order."""

    def __init__(
        self,
        amount: str,
        unit: str,
        size: float = 16,
        weight: int = 500,
        *,
        unit_size: float = 12,
        role: str = "text",
        unit_role: str = "second",
        figures: bool = False,
        align: str = "start",
        **options: Any,
    ) -> None:
        super().__init__(spacing=dp(4), **options)
        drop = (look.sp(size) - look.sp(unit_size)) * DESCENT
        figure = Word(amount, size, weight, role, figures=figures, pos_hint={"y": 0})
        small = Word(unit, unit_size, 400, unit_role, pos_hint={"y": 0}, padding=(0, 0, 0, drop))
        if align != "start":
            self.add_widget(_rest())
        self.add_widget(figure)
        self.add_widget(small)
        if align != "end":
            self.add_widget(_rest())
        self.natural_width = figure.width + small.width + dp(4)


class ColumnFigure(Row):
    """An amount under others: digits end at one line and units stand at one side, in every language."""

    def __init__(self, amount: str, unit: str, size: float = 14, weight: int = 500, *, unit_size: float = 12) -> None:
        super().__init__(spacing=dp(4), size_hint_x=None)
        drop = (look.sp(size) - look.sp(unit_size)) * DESCENT
        self.figure = Word(amount, size, weight, figures=True, pos_hint={"y": 0})
        small = Word(unit, unit_size, 400, "second", pos_hint={"y": 0}, padding=(0, 0, 0, drop))
        self._room = Label(size_hint=(None, None), size=(0, 0))
        # In a mirrored row the number comes first; the room between keeps its digits at the column's right edge.
        for part in (self.figure, self._room, small) if look.is_rtl else (self._room, self.figure, small):
            self.add_widget(part)
        self.natural_width = self.figure.width + small.width + 2 * dp(4)
        self.width = self.natural_width

    def widen(self, width: float) -> None:
        """Takes the width of the column."""
        self._room.width, self.width = width - self.natural_width, width


def align_column(*figures: ColumnFigure) -> None:
    """Gives figures that stand below each other one width."""
    widest = max((figure.natural_width for figure in figures), default=0)
    for figure in figures:
        figure.widen(widest)


def _rest() -> Label:
    return Label(size_hint_y=None, height=0)
