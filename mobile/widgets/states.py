"""What a page shows instead of its content: skeleton, empty, no right, error, ended session."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.box import Column, Panel, Row, Toned, gap, space
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.text import Text

DELAY_SECONDS = 0.15


class StateView(Column):
    """An icon, what is the matter, what to do, and up to two ways out; centred."""

    def __init__(
        self,
        icon: str,
        tone: str,
        title: str,
        text: str,
        actions: Sequence[tuple[str, Callable[[], Any], str]] = (),
        *,
        detail: str = "",
    ) -> None:
        super().__init__(size_hint_y=1, padding=(dp(32), 0), spacing=dp(8))
        self.add_widget(Widget())
        disc = Disc(icon, tone, 96, 42)
        disc.pos_hint = {"center_x": 0.5}
        self.add_widget(disc)
        self.add_widget(gap(8))
        self.add_widget(Text(title, 22, 700, align="center", lines=None))
        self.add_widget(Text(text, 14, 400, "second", align="center", lines=None))
        if detail:
            self.add_widget(Text(detail, 12, 400, "second", align="center", lines=None))
        self.add_widget(gap(8))
        for words, then, style in actions:
            button = PillButton(words, then, style, size=14, is_fitted=True)
            button.width = max(button.width, dp(180))
            self.add_widget(_centred(button))
        self.add_widget(Widget())


def _centred(button: PillButton) -> Row:
    children = [*reversed(button.children)]
    button.clear_widgets()
    for child in (space(), *children, space()):
        button.add_widget(child)
    return Row(space(), button, space())


class Skeleton(Column):
    """Flat shapes where content will stand, with one pulse; appears only when loading takes a moment."""

    def __init__(self, *parts: Widget) -> None:
        super().__init__(size_hint_y=1, padding=(dp(16), 0), spacing=dp(12), opacity=0)
        for part in parts:
            self.add_widget(part)
        self.add_widget(Widget())
        self._event = Clock.schedule_once(self._appear, DELAY_SECONDS)
        self.bind(parent=self._leave)

    def _appear(self, _: float) -> None:
        self.opacity = 1
        if look.has_motion:
            self._pulse = Animation(opacity=0.55, duration=0.7) + Animation(opacity=1, duration=0.7)
            self._pulse.repeat = True
            self._pulse.start(self)

    def _leave(self, *_: Any) -> None:
        if self.parent is None:
            self._event.cancel()
            Animation.cancel_all(self, "opacity")


def bone(width: float | None, height: float, *, radius: float = 8, role: str = "track") -> Toned:
    """One flat shape; full width when `width` is None."""
    shape = Toned(size_hint=(1 if width is None else None, None), height=dp(height))
    if width is not None:
        shape.width = dp(width)
    shape.tone(look.colour(role), radius=radius)
    return shape


def bone_card(*rows: Widget) -> Panel:
    """A card of shapes."""
    return Panel(*rows, padding=dp(16), spacing=dp(12))


def bone_rows(count: int) -> list[Widget]:
    """Rows with a disc and two lines."""
    return [
        Row(bone(40, 40, radius=20), Column(bone(180, 14), bone(110, 10), spacing=dp(8)), spacing=dp(12), padding=(0, dp(4)))
        for _ in range(count)
    ]


def list_skeleton() -> Skeleton:
    """A page with a list."""
    return Skeleton(bone_card(*bone_rows(7)))


def cards_skeleton() -> Skeleton:
    """A page of cards."""
    return Skeleton(
        bone_card(
            Row(bone(120, 14), space(), bone(70, 12)), bone(200, 28), bone(None, 8, radius=4), Row(bone(90, 24), space(), bone(90, 24))
        ),
        bone_card(bone(110, 14), *bone_rows(3)),
    )
