"""Rows of cards and menus: name and value, a menu entry, a note, a labelled figure."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.box import Column, Row, Strip, space
from mobile.widgets.look import look
from mobile.widgets.text import Icon, Text, Word, forward
from mobile.widgets.touch import Pressable

# A longer name wraps beside its value.
WIDEST_NAME = 200


class KeyValue(Row):
    """A name at the reading start and its value at the end; a long value wraps."""

    def __init__(self, name: str, value: str | Widget, *, weight: int = 500, size: float = 14) -> None:
        super().__init__(spacing=dp(12))
        label = Word(name, size, 400, "second")
        self.add_widget(label if label.width <= dp(WIDEST_NAME) else Text(name, size, 400, "second", size_hint_x=0.9))
        if isinstance(value, str):
            self.add_widget(Text(value, size, weight, align="end", lines=None))
        else:
            if value.size_hint_x is None:
                self.add_widget(space())
            self.add_widget(value)


class MenuRow(Pressable, Row):
    """An entry that leads somewhere: icon, name, present value."""

    def __init__(self, icon: str, name: str, value: str, then: Callable[[], Any] | None, *, tone: str = "second") -> None:
        super().__init__(height=max(dp(56), look.sp(56) * 0.9), spacing=dp(16), padding=(dp(16), 0))
        ink = "text" if tone == "second" else tone
        self.add_widget(Icon(icon, 24, tone))
        self.add_widget(Text(name, 16, 400, ink))
        if value:
            self.add_widget(Word(value, 14, 400, "second", most=170))
        if then:
            self.add_widget(Icon(forward(), 22))
        self.text, self.is_enabled = name, then is not None
        self.react(then, radius=12)


class LinkCard(Pressable, Strip):
    """A card that leads on: something at the start, two lines, something at the end."""

    def __init__(
        self,
        start: Widget | None,
        title: str,
        detail: str,
        then: Callable[[], Any] | None,
        *,
        end: Widget | None = None,
        role: str | None = "card",
        lines: int | None = None,
        padding: float = 16,
    ) -> None:
        super().__init__(role=role, radius=20, padding=dp(padding), spacing=dp(12))
        if start is not None:
            self.add_widget(start)
        words = Column(Text(title, 14, 500, lines=None), spacing=dp(2))
        if detail:
            words.add_widget(Text(detail, 12, 400, "second", lines=lines))
        self.add_widget(words)
        if end is not None:
            self.add_widget(end)
        elif then:
            self.add_widget(Icon(forward(), 22))
        self.text, self.is_enabled = title, then is not None
        self.react(then, radius=20)


class Choice(Pressable, Row):
    """One of several, marked when it is the present one."""

    def __init__(self, name: str, then: Callable[[], Any], *, is_on: bool, detail: str = "", indent: float = 0) -> None:
        super().__init__(height=max(dp(52), look.sp(52) * 0.9), spacing=dp(12), padding=(dp(16 + indent), 0, dp(16), 0))
        words = Column(Text(name, 16, 500 if is_on else 400))
        if detail:
            words.add_widget(Text(detail, 12, 400, "second"))
        self.add_widget(words)
        if is_on:
            self.add_widget(Icon("check", 22, "primary"))
        self.text = name
        self.react(then, radius=12)


def note(text: str, icon: str = "information-outline", tone: str = "note") -> Strip:
    """A calm box with an icon and a sentence."""
    ink = "second" if tone == "note" else f"on_{tone}"
    picture = Icon(icon, 20, ink, pos_hint={"top": 1})
    words = Text(text, 12, 400, ink, lines=None)
    return Strip(picture, words, role=tone, radius=20, padding=dp(16), spacing=dp(12))


def section(title: str, end: Widget | None = None) -> Row:
    """Head of a card."""
    row = Row(Text(title, 16, 500), spacing=dp(8))
    if end is not None:
        row.add_widget(end)
    return row


def heading(title: str) -> Row:
    """Words over a group of cards."""
    return Row(Text(title, 14, 500, "second"), padding=(dp(4), dp(4)))


def labelled(name: str, value: Widget) -> Column:
    """A figure under its name."""
    return Column(Text(name, 12, 400, "second"), value, spacing=dp(2))


def centred(*widgets: Widget, spacing: float = 8) -> Row:
    """Widgets in the middle of a line."""
    return Row(space(), *widgets, space(), spacing=dp(spacing))
