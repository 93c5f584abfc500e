"""A sheet from below: as tall as its content up to 88 %, closed by its handle, by a touch outside, or by back."""

from collections.abc import Callable
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from mobile.widgets.box import Column, Panel, Toned
from mobile.widgets.look import look

MOST = 0.88
SCRIM = {"light": 0.46, "dark": 0.6}


class Sheet(ModalView):
    """Content above, pinned buttons below; `closed` is told when it goes."""

    def __init__(self, *, closed: Callable[[], Any] | None = None) -> None:
        super().__init__(
            background="", background_color=(0, 0, 0, 0), overlay_color=(0, 0, 0, SCRIM[look.theme]), anchor_y="bottom", auto_dismiss=True
        )
        self._closed = closed
        self.panel = Panel(role="background", radius=(28, 28, 0, 0), padding=(0, dp(12), 0, dp(12)), spacing=dp(8))
        handle = Toned(size_hint=(None, None), size=(dp(32), dp(4)), pos_hint={"center_x": 0.5})
        handle.tone(look.colour("second", 0.45), radius=2)
        self.panel.add_widget(handle)
        self.content = Column(padding=(dp(16), dp(4)), spacing=dp(12))
        self._scroll = ScrollView(size_hint_y=None, bar_width=0, do_scroll_x=False)
        self._scroll.add_widget(self.content)
        self.panel.add_widget(self._scroll)
        self.pinned = Column(padding=(dp(16), 0), spacing=dp(8))
        self.panel.add_widget(self.pinned)
        self.add_widget(self.panel)
        self._fit_soon = Clock.create_trigger(self._fit, -1)
        self.content.bind(height=self._fit_soon)
        self.pinned.bind(height=self._fit_soon)
        Window.bind(height=self._fit_soon, keyboard_height=self._fit_soon)
        self.bind(on_dismiss=self._gone)
        self._grip: float | None = None

    def show(self, *content: Widget, pinned: tuple[Widget, ...] = ()) -> "Sheet":
        """Replaces what it shows and opens it when it isn't open."""
        self.content.clear_widgets()
        self.pinned.clear_widgets()
        for widget in content:
            self.content.add_widget(widget)
        for widget in pinned:
            self.pinned.add_widget(widget)
        self._fit_soon()
        if not self._is_open:
            self.open(animation=False)
            if look.has_motion:
                self.panel.opacity = 0
                Animation(opacity=1, duration=0.25, t="out_cubic").start(self.panel)
        return self

    def _fit(self, *_: Any) -> None:
        rest = self.pinned.height + dp(12 + 12 + 4 + 16) + Window.keyboard_height
        self._scroll.height = max(0, min(self.content.height, Window.height * MOST - rest))
        self.panel.padding = (0, dp(12), 0, dp(12) + Window.keyboard_height)

    def on_touch_down(self, touch: Any) -> bool:
        if not self.panel.collide_point(*touch.pos):
            self.dismiss()
            return True
        if touch.y > self.panel.top - dp(36):
            self._grip = touch.y
        super().on_touch_down(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if self._grip is not None and self._grip - touch.y > dp(60):
            self.dismiss()
        self._grip = None
        return bool(super().on_touch_up(touch))

    def _gone(self, *_: Any) -> None:
        Window.unbind(height=self._fit_soon, keyboard_height=self._fit_soon)
        if self._closed:
            self._closed()
