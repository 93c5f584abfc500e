"""Chips, their scrolling bar, status chips, segmented tabs and the tabs of a root."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView

from mobile.state.sim_row import STATUS_LOOK
from mobile.widgets.box import Column, Row, Strip, Toned, space
from mobile.widgets.look import look
from mobile.widgets.text import Icon, Text, Word
from mobile.widgets.touch import Pressable


class Chip(Pressable, Strip):
    """A choice that is on or off; `icon` leads, `trailing` ends it."""

    def __init__(
        self, text: str, then: Callable[[], Any], *, is_on: bool = False, icon: str | None = None, trailing: str | None = None
    ) -> None:
        ink = "on_container" if is_on else "second"
        super().__init__(
            role="container" if is_on else None,
            outline=None if is_on else "outline",
            radius=18,
            height=max(dp(32), look.sp(14) * 2.1),
            size_hint_x=None,
            padding=(dp(8 if icon else 12), 0, dp(6 if trailing else 12), 0),
            spacing=dp(4),
        )
        for name in [icon] if icon else []:
            self.add_widget(Icon(name, 18, ink))
        self.add_widget(Word(text, 14, 500 if is_on else 400, ink, most=180))
        for name in [trailing] if trailing else []:
            self.add_widget(Icon(name, 18, ink))
        self.bind(minimum_width=self.setter("width"))
        self.text, self.is_on = text, is_on
        self.react(then, radius=18)


class ChipBar(ScrollView):
    """Chips side by side that scroll when they don't fit; begins at the reading start."""

    def __init__(self, chips: Sequence[Chip], *, inset: float = 16) -> None:
        super().__init__(size_hint_y=None, height=dp(48), do_scroll_y=False, bar_width=0, scroll_x=1 if look.is_rtl else 0)
        inner = Row(*chips, spacing=dp(8), padding=(dp(inset), dp(4)), size_hint_x=None, height=dp(48))
        inner.bind(minimum_width=lambda _, width: setattr(inner, "width", max(width, self.width)))
        self.bind(width=lambda _, width: setattr(inner, "width", max(inner.minimum_width, width)))
        inner.add_widget(space())
        self.add_widget(inner)


def status_chip(status: str) -> Strip:
    """Icon and word of a SIM status."""
    tone, icon = STATUS_LOOK[status]
    return tag(look.say(f"status.{status}"), tone, icon)


def tag(text: str, tone: str, icon: str | None = None) -> Strip:
    """A small toned label."""
    strip = Strip(role=tone, radius=12, height=max(dp(24), look.sp(12) * 1.9), size_hint_x=None, padding=(dp(8), 0), spacing=dp(4))
    if icon:
        strip.add_widget(Icon(icon, 16, f"on_{tone}"))
    strip.add_widget(Word(text, 12, 500, f"on_{tone}", most=150))
    strip.bind(minimum_width=strip.setter("width"))
    strip.text = text
    return strip


class Segments(Strip):
    """Tabs of which one is on; `icons` may stand before the words."""

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        chosen: str,
        then: Callable[[str], Any],
        *,
        icons: dict[str, str] | None = None,
        height: float = 40,
    ) -> None:
        super().__init__(role="track", radius=height / 2, height=max(dp(height), look.sp(14) * 2.6), padding=dp(4))
        self.chosen = chosen
        for key, text in options:
            self.add_widget(_Segment(key, text, key == chosen, then, (icons or {}).get(key)))


class _Segment(Pressable, Strip):
    def __init__(self, key: str, text: str, is_on: bool, then: Callable[[str], Any], icon: str | None) -> None:
        super().__init__(role="segment" if is_on else None, radius=18, size_hint_y=1, spacing=dp(6), padding=(dp(4), 0))
        ink = "text" if is_on else "second"
        if icon:
            self.add_widget(space())
            self.add_widget(Icon(icon, 18, ink))
            word = Word(text, 14, 500, ink)
            self.add_widget(word)
            self.add_widget(space())
            self.bind(width=lambda *_: word.bound(self.width - dp(18 + 6 + 8)))
        else:
            self.add_widget(Text(text, 14, 500, ink, align="center", lines=1))
        self.key, self.text, self.is_on = key, text, is_on
        self.react(lambda: then(key), radius=18)


class TabBar(ScrollView):
    """A root's tabs: the one in front is underlined; they share the width, or scroll where they don't fit."""

    def __init__(self, options: Sequence[tuple[str, str]], chosen: str, then: Callable[[str], Any]) -> None:
        tall = max(dp(48), look.sp(14) * 3)
        super().__init__(size_hint_y=None, height=tall, do_scroll_y=False, bar_width=0, scroll_x=1 if look.is_rtl else 0)
        self._tabs = [_Tab(key, text, key == chosen, then) for key, text in options]
        self._inner = Row(*self._tabs, size_hint_x=None, height=tall, padding=(dp(8), 0))
        self.add_widget(self._inner)
        self.bind(width=self._share)

    def _share(self, *_: Any) -> None:
        needed = sum(tab.natural_width for tab in self._tabs)
        more = max(0.0, self.width - dp(16) - needed) / len(self._tabs)
        for tab in self._tabs:
            tab.width = tab.natural_width + more
        self._inner.width = max(self.width, needed + dp(16))


class _Tab(Pressable, Column):
    def __init__(self, key: str, text: str, is_on: bool, then: Callable[[str], Any]) -> None:
        super().__init__(size_hint_x=None, size_hint_y=1)
        word = Word(text, 14, 500, "primary" if is_on else "second", pos_hint={"center_x": 0.5})
        under = Toned(size_hint=(None, None), size=(word.width + dp(8), dp(3)), pos_hint={"center_x": 0.5})
        under.tone(look.colour("primary") if is_on else None, radius=(2, 2, 0, 0))
        self.natural_width = word.width + dp(24)
        for part in (space(), word, space(), under):
            self.add_widget(part)
        for child in self.children:
            if child not in (word, under):
                child.size_hint_y = 1
        self.key, self.text, self.is_on = key, text, is_on
        self.react(lambda: then(key), radius=12)
