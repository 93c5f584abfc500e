"""Boxes: rows that mirror for right-to-left, columns, panels with a tone and round corners, gaps and lines."""

from collections.abc import Iterator
from typing import Any

from kivy.graphics import Color, Rectangle, SmoothLine, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.widgets.look import Colour, look


class Row(BoxLayout):
    """Children side by side from the reading start; as tall as the tallest, which the others are centred on."""

    def __init__(self, *children: Widget, **options: Any) -> None:
        adapts = not options.keys() & {"height", "size", "size_hint_y"}
        options.setdefault("size_hint_y", None)
        super().__init__(orientation="horizontal", **options)
        if adapts:
            self.bind(minimum_height=self.setter("height"))
        for child in children:
            self.add_widget(child)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        if widget.size_hint_y is None and not widget.pos_hint:
            widget.pos_hint = {"center_y": 0.5}
        super().add_widget(widget, *args, **kwargs)

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[int, float, float, float, float]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            yield index, (2 * self.x + self.width - x - width if look.is_rtl else x), y, width, height


class Column(BoxLayout):
    """Children below each other, as tall as they need."""

    def __init__(self, *children: Widget, **options: Any) -> None:
        options.setdefault("size_hint_y", None)
        super().__init__(orientation="vertical", **options)
        if self.size_hint_y is None:
            self.bind(minimum_height=self.setter("height"))
        for child in children:
            self.add_widget(child)


class Toned(Widget):
    """Paints a tone with round corners, and an outline where one is given, behind a widget."""

    def tone(self, colour: Colour | None, *, radius: Any = 0, outline: Colour | None = None, width: float = 1) -> None:
        """Sets the paint; `radius` is one number or four, clockwise from top left, in dp."""
        corners = [dp(one) for one in radius] if isinstance(radius, (list, tuple)) else [dp(radius)]
        self._corners, self._colour = corners, colour
        self.canvas.before.clear()
        with self.canvas.before:
            if colour is not None:
                self._tint = Color(*colour)
                self._shape = SmoothRoundedRectangle(radius=corners) if any(corners) else Rectangle()
            if outline is not None:
                Color(*outline)
                self._outline = SmoothLine(width=dp(width) / 2 if width > 1 else 0.6 * dp(1))
        self._has_outline = outline is not None
        self.bind(pos=self._place_tone, size=self._place_tone)
        self._place_tone()

    def _place_tone(self, *_: Any) -> None:
        if self._colour is not None:
            self._shape.pos, self._shape.size = self.pos, self.size
            if any(self._corners):
                most = max(0.0, min(self.width, self.height) / 2)
                self._shape.radius = [min(one, most) for one in self._corners]
        if self._has_outline:
            radius = min(self._corners[0], self.height / 2, self.width / 2)
            inset = dp(0.5)
            self._outline.rounded_rectangle = (
                self.x + inset,
                self.y + inset,
                max(0, self.width - 2 * inset),
                max(0, self.height - 2 * inset),
                max(0.1, radius),
            )


class Panel(Toned, Column):
    """A column on a tone."""

    def __init__(self, *children: Widget, role: str | None = "card", radius: Any = 20, outline: str | None = None, **options: Any) -> None:
        width = options.pop("outline_width", 1)
        super().__init__(*children, **options)
        self.tone(look.colour(role) if role else None, radius=radius, outline=look.colour(outline) if outline else None, width=width)


class Strip(Toned, Row):
    """A row on a tone."""

    def __init__(self, *children: Widget, role: str | None = "card", radius: Any = 20, outline: str | None = None, **options: Any) -> None:
        width = options.pop("outline_width", 1)
        super().__init__(*children, **options)
        self.tone(look.colour(role) if role else None, radius=radius, outline=look.colour(outline) if outline else None, width=width)


def middle_of(widget: Widget) -> tuple[float, float]:
    """The middle of a widget from its own x and y: Kivy's `center`, `right` and `top` are still the old ones while `pos` is being told."""
    return widget.x + widget.width / 2, widget.y + widget.height / 2


def card(*children: Widget, **options: Any) -> Panel:
    """A white card with the usual inner space."""
    options.setdefault("padding", dp(16))
    options.setdefault("spacing", dp(8))
    return Panel(*children, **options)


def gap(height: float) -> Widget:
    """Empty height in dp."""
    return Widget(size_hint_y=None, height=dp(height))


def space(width: float | None = None) -> Widget:
    """Empty width in dp, or whatever is left over."""
    if width is None:
        return Widget(size_hint_y=None, height=0)
    return Widget(size_hint=(None, None), size=(dp(width), 0))


class Line(Toned):
    """A hairline; `inset` in dp from the reading start."""

    def __init__(self, inset: float = 0, role: str = "line", end: float = 0) -> None:
        super().__init__(size_hint_y=None, height=max(1, dp(1)))
        self._inset, self._end = dp(inset), dp(end)
        self.tone(look.colour(role))

    def _place_tone(self, *_: Any) -> None:
        left, right = (self._end, self._inset) if look.is_rtl else (self._inset, self._end)
        self._shape.pos = (self.x + left, self.y)
        self._shape.size = (max(0, self.width - left - right), self.height)
