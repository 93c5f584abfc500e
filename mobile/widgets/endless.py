"""A long list: as many views as fit the window, used again as it scrolls, whatever the number of rows."""

import math
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

# Screens below the window at which more rows are asked for.
AHEAD = 4


class Endless(ScrollView):
    """Rows of one height. `make()` gives a view, `fill(view, index)` shows a row in it, `near_end()` asks for more rows.

    Kivy's RecycleView goes over all rows whenever their number changes; here a change costs what the window shows.
    """

    def __init__(
        self,
        row_height: float,
        *,
        make: Callable[[], Widget],
        fill: Callable[[Any, int], Any],
        near_end: Callable[[], Any],
        refresh: Callable[[], Any],
    ) -> None:
        super().__init__(do_scroll_x=False, bar_width=0)
        self._row_height = row_height
        self._make, self._fill, self._near_end, self._refresh = make, fill, near_end, refresh
        self._count = 0
        self._shown: dict[int, Widget] = {}
        self._spare: list[Widget] = []
        self._ground = Widget(size_hint_y=None, height=0)
        self.add_widget(self._ground)
        self._place_soon = Clock.create_trigger(self._place, -1)
        self.bind(scroll_y=self._place_soon, size=self._resize)
        self._ground.bind(width=self._resize)

    @property
    def full_height(self) -> float:
        """All rows in pixels."""
        return self._count * self._row_height

    @property
    def scrolled(self) -> float:
        """Pixels above the window."""
        return float((1 - self.scroll_y) * max(0.0, self.full_height - self.height))

    def put(self, count: int) -> None:
        """Shows that many rows anew; what is scrolled stays where it was."""
        self.grow(count)
        for index, view in self._shown.items():
            self._show(index, view)

    def grow(self, count: int) -> None:
        """More rows, or fewer, below those that are shown and stay as they are."""
        scrolled = self.scrolled
        self._count = count
        self._ground.height = self.full_height
        hidden = self.full_height - self.height
        self.scroll_y = 1 - min(scrolled / hidden, 1) if hidden > 0 else 1
        self._update_effect_bounds()
        for index, view in self._shown.items():
            view.y = self._bottom_of(index)  # y grows upwards, so whatever comes below lifts the rest
        self._place()

    def _resize(self, *_: Any) -> None:
        self.put(self._count)

    def _place(self, *_: Any) -> None:
        """Gives the rows in the window a view each; those that left it hand theirs over."""
        tall, scrolled = self._row_height, self.scrolled
        first = max(0, int(scrolled / tall))
        # One more than can be seen: the number of views stays the same while they move.
        last = min(self._count, first + math.ceil(self.height / tall) + 1)
        for index in [index for index in self._shown if not first <= index < last]:
            self._spare.append(self._shown.pop(index))
        for index in range(first, last):
            if index not in self._shown:
                self._show(index, self._spare.pop() if self._spare else self._make())
        for view in self._spare:
            if view.parent is not None:
                self._ground.remove_widget(view)
        if self._count and scrolled + self.height * (1 + AHEAD) > self.full_height:
            self._near_end()

    def _show(self, index: int, view: Widget) -> None:
        self._shown[index] = view
        view.size = self._ground.width, self._row_height
        view.pos = self._ground.x, self._bottom_of(index)
        if view.parent is None:
            self._ground.add_widget(view)
        self._fill(view, index)

    def _bottom_of(self, index: int) -> float:
        return self.full_height - (index + 1) * self._row_height

    def on_touch_up(self, touch: Any) -> bool:
        if self.effect_y is not None and self.effect_y.overscroll < -self._row_height:
            self._refresh()
        return bool(super().on_touch_up(touch))
