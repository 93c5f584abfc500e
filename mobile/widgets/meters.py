"""Meters: what is left of a bundle, how SIM cards are counted, how far something is, and the ring of the curtain."""

from collections.abc import Sequence
from typing import Any

from kivy.graphics import Color, Line, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from mobile.widgets.box import middle_of
from mobile.widgets.look import look


class Meter(Widget):
    """Parts of a whole from the reading start, at least 2 dp apart, on a track."""

    def __init__(self, parts: Sequence[tuple[float, str]], *, height: float = 8, **options: Any) -> None:
        super().__init__(size_hint_y=None, height=dp(height), **options)
        self._parts: list[tuple[float, SmoothRoundedRectangle, Color]] = []
        with self.canvas:
            Color(*look.colour("track"))
            self._track = SmoothRoundedRectangle(radius=[dp(height) / 2])
            for share, role in parts:
                colour = Color(*look.colour(role))
                self._parts.append((share, SmoothRoundedRectangle(radius=[dp(height) / 2]), colour))
        self.bind(pos=self._place, size=self._place)
        self._place()

    def put(self, share: float, role: str) -> None:
        """Sets a one-part meter, for rows that are used again."""
        _, shape, colour = self._parts[0]
        colour.rgba = look.colour(role)
        self._parts[0] = (share, shape, colour)
        self._place()

    def _place(self, *_: Any) -> None:
        self._track.pos, self._track.size = self.pos, self.size
        done, first = 0.0, True
        later = sum(share > 0 for share, _, _ in self._parts)  # parts that have yet to be seen, 2 dp at least and 2 dp apart
        for share, shape, _colour in self._parts:
            between = 0 if first else dp(2)
            later -= share > 0
            room = self.width - done - later * dp(4)
            width = round(max(0.0, min(self.width * share, room) - between))
            if share > 0:
                width = max(width, round(dp(2)))
            left = self.x + self.width - done - between - width if look.is_rtl else self.x + done + between
            shape.pos, shape.size = (round(left), self.y), (width, self.height)
            shape.radius = [min(self.height, width) / 2]
            done += width + between
            first = first and share <= 0


class CountBar(Widget):
    """Counts side by side in proportion; no part is narrower than its height."""

    def __init__(self, counts: Sequence[tuple[int, str]], *, height: float = 10, **options: Any) -> None:
        super().__init__(size_hint_y=None, height=dp(height), **options)
        self._counts = [(count, role) for count, role in counts if count > 0]
        with self.canvas:
            if not self._counts:
                Color(*look.colour("track"))
                self._empty = SmoothRoundedRectangle(radius=[dp(height) / 2])
            self._shapes = []
            for _, role in self._counts:
                Color(*look.colour(role))
                self._shapes.append(SmoothRoundedRectangle(radius=[dp(min(4, height / 2))]))
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: Any) -> None:
        if not self._counts:
            self._empty.pos, self._empty.size = self.pos, self.size
            return
        between = dp(4) if self.height > dp(6) else dp(2)
        room = self.width - between * (len(self._counts) - 1)
        total = sum(count for count, _ in self._counts)
        widths = [max(self.height, room * count / total) for count, _ in self._counts]
        widths[0] -= sum(widths) - room
        done = 0.0
        for width, shape in zip(widths, self._shapes, strict=True):
            left = self.x + self.width - done - width if look.is_rtl else self.x + done
            shape.pos, shape.size = (round(left), self.y), (max(0, round(width)), self.height)
            done += width + between


class Ring(Widget):
    """A clock ring that empties clockwise in every language."""

    share = NumericProperty(1.0)

    def __init__(self, size: float = 116, width: float = 8) -> None:
        super().__init__(size_hint=(None, None), size=(dp(size), dp(size)), pos_hint={"center_x": 0.5})
        self._width = dp(width)
        with self.canvas:
            Color(*look.colour("curtain_track"))
            self._track = Line(width=self._width / 2)
            Color(*look.colour("saffron"))
            self._arc = Line(width=self._width / 2, cap="round")
        self.bind(pos=self._place, size=self._place, share=self._place)

    def _place(self, *_: Any) -> None:
        radius = self.width / 2 - self._width
        middle = middle_of(self)
        self._track.circle = (*middle, radius, 0, 360, 90)
        self._arc.circle = (*middle, radius, 0, max(0.5, 360 * self.share), 90)
