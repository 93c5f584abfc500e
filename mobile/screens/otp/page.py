"""The code page [02]: boxes, the time left, the tries left, and the other ways to get a code."""

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import Page
from mobile.state.sign_in import SignIn, Stage
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, gap
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.fields import CodeBoxes
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.rows import centred, note
from mobile.widgets.text import Icon, Text, Word

NOTE_HOURS = 72


class OtpPage(Page):
    """Asks for the code, then perhaps for the authenticator's."""

    model: SignIn
    hides_bar = True
    _ways: tuple[bool, bool] | None = None

    def draw(self) -> None:
        """Draws once for each stage; later changes touch only what they change."""
        if self.children and self._stage == self.model.stage and self._challenge == id(self.model.challenge):
            self._update()
            return
        if self.children and self.model.stage is Stage.IDENTITY:
            return
        self._stage, self._challenge = self.model.stage, id(self.model.challenge)
        self._ways = None
        self.clear_widgets()
        self.add_widget(TopBar("", back=self._back))
        self.add_widget(self._form())
        self.add_widget(Widget())
        foot = Column(padding=(dp(24), 0, dp(24), dp(24)))
        if self._is_sms:
            foot.add_widget(note(look.say("otp.note", hours=look.say.number(NOTE_HOURS))))
        self.add_widget(foot)
        self._update()
        Clock.unschedule(self._tick)
        Clock.schedule_interval(self._tick, 1)

    def arrive(self) -> None:
        """Opens the keyboard."""
        self._boxes.entry.focus = True

    def retire(self) -> None:
        """Stops the countdown."""
        Clock.unschedule(self._tick)
        super().retire()

    @property
    def _is_sms(self) -> bool:
        return self.model.stage is Stage.CODE and self.model.channel == "SMS"

    def _form(self) -> Column:
        say, model = look.say, self.model
        form = Column(padding=(dp(24), dp(8)), spacing=dp(8))
        is_code = model.stage is Stage.CODE
        icon = "shield-key-outline" if not is_code else "message-text-outline" if self._is_sms else "email-outline"
        form.add_widget(Row(Disc(icon, "container", 64, 28), Widget(size_hint_y=None, height=0)))
        form.add_widget(gap(4))
        form.add_widget(Text(say("otp.title") if is_code else say("otp.authenticator_title"), 22, 700))
        if is_code:
            key = "otp.sent_sms" if self._is_sms else "otp.sent_email"
            form.add_widget(Text(say(key, length=say.number(model.code_length)), 14, 400, "second", lines=None))
            identity = Word(say.code(say.digits(model.identity)), 14, 700, most=240)
            edit = PillButton(say("action.edit"), self._edit, "plain", size=14, height=32, is_fitted=True)
            form.add_widget(Row(identity, edit, Widget(size_hint_y=None, height=0)))
        else:
            form.add_widget(Text(say("otp.authenticator_text"), 14, 400, "second", lines=None))
        form.add_widget(gap(4))
        self._boxes = CodeBoxes(model.code_length, self._full, self._typed)
        form.add_widget(self._boxes)
        self._clock = Word("", 14, 700)
        self._words = Word("", 14, 400, "second", most=190)
        self._tries = Word("", 12, 400, "second")
        form.add_widget(
            Row(Icon("timer-sand", 20), self._words, self._clock, Widget(size_hint_y=None, height=0), self._tries, spacing=dp(8))
        )
        self._bar = Meter([(model.share_left(), "primary")], height=4)
        form.add_widget(self._bar)
        self._problem = Text("", 14, 500, "on_error", lines=None)
        form.add_widget(self._problem)
        self._place = Column(spacing=dp(8))
        form.add_widget(self._place)
        return form

    def _tick(self, _: float) -> None:
        self._update()

    def _update(self) -> None:
        say, model = look.say, self.model
        left = model.seconds_left()
        self._words.text = say("otp.expires") if left else say("otp.expired")
        self._clock.text = say.clock(left) if left else ""
        self._tries.text = say("otp.tries", model.tries_left)
        self._problem.text = model.problem or ""
        self._bar.put(model.share_left(), "primary")
        is_ready = len(self._boxes.code) == model.code_length and not model.is_busy
        ways = (is_ready, model.can_resend())
        if ways != self._ways:
            self._ways = ways
            self._draw_ways(*ways)

    def _draw_ways(self, is_ready: bool, can_resend: bool) -> None:
        """The button and the other ways to a code."""
        say = look.say
        self._place.clear_widgets()
        self._place.add_widget(PillButton(say("otp.sign_in"), self._confirm, height=56, enabled=is_ready))
        if self.model.stage is not Stage.CODE:
            return
        ways = [("EMAIL", "otp.by_email", "email-outline") if self._is_sms else ("SMS", "otp.by_sms", "message-text-outline")]
        if can_resend:
            ways.insert(0, (self.model.channel, "otp.resend", "refresh"))
        for channel, key, icon in ways:
            button = PillButton(say(key), lambda channel=channel: self._send(channel), "plain", icon=icon, size=14, is_fitted=True)
            self._place.add_widget(centred(button))

    def _typed(self, _: str) -> None:
        if hasattr(self, "_place"):
            self._update()

    def _full(self, code: str) -> None:
        if not self.model.is_busy:
            self.run(self._confirmed(code))

    def _confirm(self) -> None:
        self._full(self._boxes.code)

    async def _confirmed(self, code: str) -> None:
        if not await self.model.confirm(code):
            self._boxes.clear_code()
            self._boxes.entry.focus = True

    def _send(self, channel: str) -> None:
        self.run(self.model.send(channel))

    def _edit(self) -> None:
        self._back()

    def _back(self) -> None:
        self.model.edit()
        self.shell.back()
