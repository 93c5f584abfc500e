"""Bars: the title on top, the five roots below, and the band that says the data is old."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.metrics import dp

from mobile.widgets.box import Column, Row, Strip, Toned, middle_of, space
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.look import look
from mobile.widgets.text import Icon, Text, Word, backward
from mobile.widgets.touch import Pressable

ROOTS = (
    ("home", "home", "nav.home"),
    ("sims", "sim", "nav.sims"),
    ("money", "wallet-outline", "nav.money"),
    ("inbox", "clipboard-check-outline", "nav.inbox"),
    ("more", "dots-horizontal", "nav.more"),
)


class TopBar(Row):
    """Back (or close), title with a line below it, and the page's own icons."""

    def __init__(
        self, title: str, *actions: IconButton, back: Callable[[], Any] | None = None, icon: str | None = None, detail: str = ""
    ) -> None:
        super().__init__(height=dp(64), padding=(dp(4) if back else dp(16), 0, dp(4) if actions else dp(16), 0), spacing=dp(4))
        if back:
            self.back = IconButton(icon or backward(), back)
            self.add_widget(self.back)
        self.title = Text(title, 18, 500, lines=1)
        self.add_widget(Column(self.title, Text(detail, 12, 400, "second", lines=1)) if detail else self.title)
        for action in actions:
            self.add_widget(action)


class NavBar(Strip):
    """The bottom bar."""

    def __init__(self, go: Callable[[str], Any]) -> None:
        super().__init__(role="bar", radius=0, height=dp(80), padding=(dp(4), dp(10), dp(4), dp(8)))
        self._items = {root: _NavItem(icon, look.say(key), lambda root=root: go(root)) for root, icon, key in ROOTS}
        for item in self._items.values():
            self.add_widget(item)

    def mark(self, root: str) -> None:
        """Shows where one is."""
        for name, item in self._items.items():
            item.paint(name == root)

    def count(self, root: str, number: int) -> None:
        """Shows how many wait there; nothing for none."""
        self._items[root].count(number)


class _NavItem(Pressable, Column):
    def __init__(self, icon: str, text: str, then: Callable[[], Any]) -> None:
        super().__init__(size_hint_y=1, spacing=dp(2))
        self._pill = Toned(size_hint=(None, None), size=(dp(60), dp(32)), pos_hint={"center_x": 0.5})
        self._icon = Icon(icon, 22)
        self._pill.add_widget(self._icon)
        self._badge: Strip | None = None
        self._pill.bind(pos=lambda *_: setattr(self._icon, "center", middle_of(self._pill)))
        self._pill.bind(pos=self._place_badge)
        self._word = Text(text, 12, 500, "second", align="center", lines=1)
        self.add_widget(self._pill)
        self.add_widget(self._word)
        self.text = text
        self.react(then, radius=16)

    def count(self, number: int) -> None:
        if self._badge is not None:
            self._pill.remove_widget(self._badge)
        self._badge = None
        if number:
            self._badge = Strip(role="on_error", radius=10, size_hint=(None, None), size=(dp(20), dp(20)))
            self._badge.add_widget(Text(look.say.number(min(number, 99)), 12, 700, "error", align="center"))
            self._pill.add_widget(self._badge)
            self._place_badge()

    def _place_badge(self, *_: Any) -> None:
        if self._badge is not None:
            side = dp(4) if look.is_rtl else self._pill.width - dp(24)
            self._badge.pos = (self._pill.x + side, self._pill.y + dp(14))

    def paint(self, is_on: bool) -> None:
        self._pill.tone(look.colour("container") if is_on else None, radius=16)
        self._icon.color = look.colour("on_container" if is_on else "second")
        self._word.color = look.colour("text" if is_on else "second")


class Band(Strip):
    """A band over the page: what is the matter, how old the data is, and a way out."""

    def __init__(self, icon: str, title: str, text: str, action: str | None = None, then: Callable[[], Any] | None = None) -> None:
        super().__init__(role="warning", radius=0, padding=(dp(16), dp(6), dp(4), dp(6)), spacing=dp(12))
        self.add_widget(Icon(icon, 22, "on_warning"))
        words = Column(Text(title, 14, 500, "on_warning"), Text(text, 12, 400, "on_warning"))
        self.add_widget(words)
        if action:
            button = PillButton(action, then, "plain", size=14, height=40, is_fitted=True)
            for child in button.children:
                child.color = look.colour("on_warning")
            self.add_widget(button)


class BottomBar(Strip):
    """What a page is about to do, pinned below: a figure and the way on."""

    def __init__(self, label: str, figure: Any, button: PillButton) -> None:
        super().__init__(role="bar", radius=0, padding=dp(16), spacing=dp(12))
        self.add_widget(Column(Text(label, 12, 400, "second"), figure))
        self.add_widget(button)


def freshness(text: str, *, role: str = "second", is_old: bool = False) -> Row:
    """As of when and from where a figure is; amber when it is old."""
    ink = "on_warning" if is_old else role
    row = Row(Icon("progress-clock", 16, ink), Word(text, 12, 400, ink, most=190), spacing=dp(4), size_hint_x=None)
    row.bind(minimum_width=row.setter("width"))
    return row


def actions(*buttons: Any, rest: bool = True) -> Row:
    """Buttons side by side."""
    row = Row(*buttons, spacing=dp(8))
    if rest:
        row.add_widget(space())
    return row


def pick(options: Sequence[tuple[str, str]], chosen: str) -> str:
    """The words of the chosen option."""
    return dict(options)[chosen]
