"""One bar of a waterfall: from where the sum stood to where it goes, on a track; runs from the reading side."""

from typing import Any

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.look import look

LEAST = 4


class Waterfall(Widget):
    """`start` and `end` are shares of the track; a bar to the end is dearer, one back is cheaper."""

    def __init__(self, start: float, end: float, *, height: float = 8, **options: Any) -> None:
        super().__init__(size_hint_y=None, height=dp(height), **options)
        self._from, self._to = min(start, end), max(start, end)
        with self.canvas:
            Color(*look.colour("track"))
            self._track = SmoothRoundedRectangle(radius=[dp(height) / 2])
            Color(*look.colour("count_blocked" if end >= start else "count_active"))
            self._bar = SmoothRoundedRectangle(radius=[dp(height) / 2])
        self.bind(pos=self._place, size=self._place)
        self._place()

    def _place(self, *_: Any) -> None:
        self._track.pos, self._track.size = self.pos, self.size
        width = max(dp(LEAST), self.width * (self._to - self._from))
        left = min(self.width * self._from, max(0.0, self.width - width))
        if look.is_rtl:
            left = self.width - left - width
        self._bar.pos, self._bar.size = (round(self.x + left), self.y), (round(width), self.height)
        self._bar.radius = [min(self.height, width) / 2]
