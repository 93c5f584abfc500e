"""Buttons: filled, tonal, saffron, outlined, words alone, icons alone, and the square actions of a SIM card."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp

from mobile.widgets.box import Column, Strip, Toned, middle_of, space
from mobile.widgets.look import look
from mobile.widgets.text import Icon, Text, Word
from mobile.widgets.touch import Pressable

STYLES = {
    "filled": ("primary", "on_primary", None),
    "tonal": ("container", "on_container", None),
    "saffron": ("saffron", "on_saffron", None),
    "outlined": (None, "on_hero", "hero_line"),
    "plain": (None, "primary", None),
    "danger": ("error", "on_error", None),
}
Then = Callable[[], Any] | None


class PillButton(Pressable, Strip):
    """A full-radius button; `trailing` puts the icon after the words."""

    def __init__(
        self,
        text: str,
        then: Then,
        style: str = "filled",
        *,
        icon: str | None = None,
        trailing: str | None = None,
        height: float = 48,
        size: float = 16,
        weight: int = 500,
        enabled: bool = True,
        is_fitted: bool = False,
        **options: Any,
    ) -> None:
        fill, ink, outline = STYLES[style] if enabled else ("disabled", "on_disabled", None)
        tall = max(dp(height), look.sp(height) * 0.9)
        side = dp(4) if style == "plain" and is_fitted else dp(16)
        super().__init__(role=fill, radius=height, outline=outline, height=tall, padding=(side, 0), spacing=dp(8), **options)
        words = Word(text, size, weight, ink)
        parts = [Icon(icon, 20, ink)] if icon else []
        parts.append(words)
        if trailing:
            parts.append(Icon(trailing, 20, ink))
        self.natural_width = sum(part.width for part in parts) + 2 * side + dp(8) * (len(parts) - 1)
        if is_fitted:
            self.size_hint_x, self.width = None, self.natural_width
            for part in parts:
                self.add_widget(part)
        else:
            self.add_widget(space())
            for part in parts:
                self.add_widget(part)
            self.add_widget(space())
            self._words, self._others = words, self.natural_width - words.width - 2 * side
            self.bind(width=self._squeeze)
        self.text, self.is_enabled = text, enabled
        self.react(then, radius=height)

    def _squeeze(self, *_: Any) -> None:
        self._words.bound(self.width - self._others - dp(24))


class IconButton(Pressable, Toned):
    """An icon in a 48 dp square, or on a round tone."""

    def __init__(
        self, icon: str, then: Then, *, role: str = "second", size: float = 24, box: float = 48, fill: str | None = None, label: str = ""
    ) -> None:
        super().__init__(size_hint=(None, None), size=(dp(box), dp(box)))
        if fill:
            self.tone(look.colour(fill), radius=box / 2)
        self.icon, self.text = Icon(icon, size, role), label
        self.add_widget(self.icon)
        self.bind(pos=self._centre, size=self._centre)
        self.react(then, radius=box / 2)

    def _centre(self, *_: Any) -> None:
        self.icon.center = middle_of(self)


class ActionTile(Pressable, Column):
    """A square with an icon and its word below: the four actions of a card."""

    def __init__(self, icon: str, text: str, then: Then, *, is_main: bool = False) -> None:
        super().__init__(spacing=dp(6))
        fill, ink = ("primary", "on_primary") if is_main else ("container", "on_container")
        square = Toned(size_hint=(None, None), size=(dp(48), dp(48)), pos_hint={"center_x": 0.5})
        square.tone(look.colour(fill), radius=15)
        picture = Icon(icon, 24, ink)
        square.add_widget(picture)
        square.bind(pos=lambda *_: setattr(picture, "center", middle_of(square)))
        self.add_widget(square)
        self.add_widget(Text(text, 12, 500, align="center"))
        self.text = text
        self.react(then, radius=16)


class Disc(Toned):
    """An icon on a round tone."""

    def __init__(self, icon: str, tone: str, size: float = 40, picture: float = 20) -> None:
        super().__init__(size_hint=(None, None), size=(dp(size), dp(size)))
        ink = "on_container" if tone == "container" else f"on_{tone}"
        self.tone(look.colour(tone), radius=size / 2)
        self.picture = Icon(icon, picture, ink)
        self.add_widget(self.picture)
        self.bind(pos=self._centre, size=self._centre)

    def _centre(self, *_: Any) -> None:
        self.picture.center = middle_of(self)

    def put(self, icon: str, tone: str) -> None:
        """Shows another icon on another tone, for rows that are used again."""
        self._tint.rgba = look.colour(tone)
        self.picture.put(icon, f"on_{tone}")


class Avatar(Toned):
    """The first letter of a name on a disc."""

    def __init__(self, name: str, size: float = 40, *, fill: str = "container", ink: str = "on_container") -> None:
        super().__init__(size_hint=(None, None), size=(dp(size), dp(size)))
        self.tone(look.colour(fill), radius=size / 2)
        letter = Word(name[:1], size * 0.4, 500, ink)
        self.add_widget(letter)
        self.bind(pos=lambda *_: setattr(letter, "center", middle_of(self)))
