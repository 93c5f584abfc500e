"""What can be pressed: at least 48 dp to the finger, shaded while it is held."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

from mobile.widgets.look import look

TARGET = 48
HOLD_SECONDS = 0.45


class Pressable(ButtonBehavior, Widget):
    """Calls `then` on release, or `held` when the finger stays; a disabled one takes no touch."""

    is_enabled = BooleanProperty(True)

    def __init__(self, *children: Widget, **options: Any) -> None:
        super().__init__(**options)
        for child in children:
            self.add_widget(child)

    def react(self, then: Callable[[], Any] | None, *, held: Callable[[], Any] | None = None, radius: float = 0) -> None:
        """Sets what a touch does; `radius` rounds the shade."""
        self._then, self._held, self._was_held = then, held, False
        self._shade_radius = dp(radius)
        with self.canvas.after:
            self._shade_colour = Color(*look.colour("text", 0.0))
            self._shade = SmoothRoundedRectangle()
        self.bind(pos=self._place_shade, size=self._place_shade, state=self._paint_shade)
        self._place_shade()

    def _place_shade(self, *_: Any) -> None:
        self._shade.pos, self._shade.size = self.pos, self.size
        self._shade.radius = [max(0.0, min(self._shade_radius, self.width / 2, self.height / 2))]

    def _paint_shade(self, *_: Any) -> None:
        self._shade_colour.a = 0.08 if self.state == "down" else 0.0

    @property
    def touch_size(self) -> tuple[float, float]:
        """What a finger can hit."""
        return max(self.width, dp(TARGET)), max(self.height, dp(TARGET))

    def collide_point(self, x: float, y: float) -> bool:
        width, height = self.touch_size
        return abs(x - self.center_x) <= width / 2 and abs(y - self.center_y) <= height / 2

    def on_touch_down(self, touch: Any) -> bool:
        if not self.is_enabled:
            return False
        return bool(super().on_touch_down(touch))

    def on_press(self) -> None:
        self._was_held = False
        if self._held:
            self._holding = Clock.schedule_once(self._hold, HOLD_SECONDS)

    def _hold(self, _: float) -> None:
        if self.state == "down":
            self._was_held = True
            self._held()

    def on_release(self) -> None:
        if self._held:
            self._holding.cancel()
        if self._then and not self._was_held:
            self._then()
