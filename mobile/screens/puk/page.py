"""The curtain [09]: the codes for a minute at most, then they are gone from the page, the memory and the clipboard."""

from typing import Any

from kivy.clock import Clock
from kivy.core.clipboard import Clipboard
from kivy.metrics import dp
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.widget import Widget

from mobile.screens.page import Page
from mobile.screens.secure_window import keep_out_of_screenshots
from mobile.state.puk import SHOWN_SECONDS, PukReveal
from mobile.widgets.box import Column, Panel, Row, Strip, Toned, gap
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.look import look
from mobile.widgets.meters import Ring
from mobile.widgets.text import Icon, Text


class Curtain(Toned, Page):
    """Shows the codes; closes at time's end, at a touch, and when the app goes to the background."""

    model: PukReveal
    hides_bar = True

    def __init__(self, shell: Any, model: PukReveal) -> None:
        self._copied = False
        self._codes = dict(model.codes)
        super().__init__(shell, model)
        self.tone(look.colour("curtain"))
        keep_out_of_screenshots(True)
        self._ticking = Clock.schedule_interval(self._tick, 0.25)

    def draw(self) -> None:
        """Draws once; the clock only moves the ring."""
        if self.children or not self._codes:
            return
        say, white, soft = look.say, look.colour("on_hero"), look.colour("hero_second")
        self.add_widget(
            Row(IconButton("close", self.close, role="hero_second", label=say("puk.hide")), Widget(), height=dp(64), padding=(dp(4), 0))
        )
        column = Column(padding=(dp(20), 0), spacing=dp(12))
        column.add_widget(Text(say("puk.codes"), 18, 500, align="center", colour=white))
        column.add_widget(Text(self._who(), 14, 400, align="center", colour=soft))
        column.add_widget(gap(12))
        column.add_widget(self._clock())
        column.add_widget(gap(12))
        for name, code in (("PUK1", self._codes["puk1"]), ("PUK2", self._codes["puk2"])):
            if code:
                column.add_widget(self._code(name, code))
        column.add_widget(self._warning())
        self.add_widget(column)
        self.add_widget(Widget())
        foot = Column(padding=(dp(20), 0, dp(20), dp(24)), spacing=dp(12))
        foot.add_widget(Text(say("puk.when_up"), 12, 400, align="center", colour=soft, lines=None))
        foot.add_widget(PillButton(say("puk.hide"), self.close, "outlined", icon="eye-off-outline", height=56))
        self.add_widget(foot)
        self._tick(0)

    def _who(self) -> str:
        say, sim = look.say, self.model.sim
        holder = (sim["holder"] or {}).get("name")
        return " · ".join(part for part in (say.phone(sim["msisdn"]), holder) if part)

    def _clock(self) -> Widget:
        self._ring = Ring()
        self._seconds = Text("", 32, 700, align="center", colour=look.colour("on_hero"))
        words = Column(self._seconds, Text(look.say("puk.seconds"), 12, 400, align="center", colour=look.colour("hero_second")))
        words.size_hint_x, words.width = None, dp(100)
        place = AnchorLayout(size_hint_y=None, height=dp(120))
        place.add_widget(self._ring)
        place.add_widget(words)
        return place

    def _code(self, name: str, code: str) -> Widget:
        words = Column(
            Text(name, 12, 400, colour=look.colour("hero_second")),
            Text(code, 32, 700, colour=look.colour("on_hero")),
        )
        copy = IconButton(
            "content-copy", lambda: self._copy(code), role="on_hero", fill="curtain_button", size=20, label=look.say("action.copy")
        )
        return Strip(words, copy, role="curtain_card", radius=20, padding=(dp(20), dp(12)), spacing=dp(12))

    def _warning(self) -> Widget:
        tries = self._codes["triesAllowed"]
        ink = look.colour("curtain_on_warning")
        words = Column(
            Text(look.say("puk.tries_title", tries), 14, 700, colour=ink),
            Text(look.say("puk.tries_text", tries), 12, 400, colour=ink, lines=None),
            spacing=dp(2),
        )
        icon = Icon("alert-circle-outline", 22, colour=ink, pos_hint={"top": 1})
        return Panel(Row(icon, words, spacing=dp(14)), role="curtain_warning", radius=20, padding=dp(16))

    def _copy(self, code: str) -> None:
        Clipboard.copy(code)
        self._copied = True
        self.shell.toast(look.say("action.copied"))

    def _tick(self, _: float) -> None:
        left = self.model.seconds_left()
        self._seconds.text = look.say.number(left)
        self._ring.share = left / SHOWN_SECONDS
        if left <= 0:
            self.close()

    def close(self) -> None:
        """Back to the SIM card, with nothing left behind."""
        if self.shell.page is self:
            self.shell.back()

    def retire(self) -> None:
        """Forgets the codes and clears the clipboard when a code was copied."""
        self._ticking.cancel()
        self._codes = {}
        self.clear_widgets()
        if self._copied:
            Clipboard.copy(" ")  # Kivy ignores an empty text
        keep_out_of_screenshots(False)
        super().retire()
        self.model.hide()
