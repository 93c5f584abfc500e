"""Setting a password: a code to the number or address, then the boxes for it and the new password."""

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import Page, Scroller
from mobile.state.password import SHORTEST, PasswordSetting
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Row, gap
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import Segments
from mobile.widgets.fields import CodeBoxes, Field
from mobile.widgets.look import look
from mobile.widgets.rows import centred, note
from mobile.widgets.text import Icon, Text, Word


class SetPasswordPage(Page):
    """Asks for the number, then for the code and the password."""

    model: PasswordSetting
    hides_bar = True
    _challenge: int | None = None
    _channel = ""
    _place: Column | None = None
    _shown: tuple[bool, bool, bool] | None = None

    def draw(self) -> None:
        """Draws once for each question; later changes touch only what they change, so that typing isn't disturbed."""
        if self.children and (self._challenge, self._channel) == (id(self.model.challenge), self.model.channel):
            self._update()
            return
        self._challenge, self._channel, self._place, self._shown = id(self.model.challenge), self.model.channel, None, None
        self.clear_widgets()
        self.add_widget(TopBar(look.say("password.title"), back=self.shell.back))
        form = Column(padding=(dp(24), dp(8)), spacing=dp(8))
        form.add_widget(Row(Disc("key-variant", "container", 64, 28), Widget(size_hint_y=None, height=0)))
        form.add_widget(gap(4))
        if self.model.challenge:
            self._draw_answer(form)
        else:
            self._draw_question(form)
        self.add_widget(Scroller(form, padding=0, spacing=0))
        self._update()

    def retire(self) -> None:
        """Stops the countdown."""
        Clock.unschedule(self._tick)
        super().retire()

    def _draw_question(self, form: Column) -> None:
        say, model = look.say, self.model
        form.add_widget(Text(say("password.text"), 14, 400, "second", lines=None))
        form.add_widget(gap(4))
        self._field = Field(
            say("sign_in.identity"),
            model.identity,
            icon="account-circle-outline",
            weight=500,
            kind="mail",
            changed=lambda text: setattr(model, "identity", text),
            entered=self._send,
        )
        form.add_widget(self._field)
        ways = [("SMS", say("sign_in.sms")), ("EMAIL", say("sign_in.email"))]
        pictures = {"SMS": "message-text-outline", "EMAIL": "email-outline"}
        form.add_widget(Segments(ways, model.channel, self._by, icons=pictures, height=48))
        form.add_widget(gap(8))
        self._place = Column(spacing=dp(8))
        form.add_widget(self._place)

    def _draw_answer(self, form: Column) -> None:
        say, model = look.say, self.model
        if "expiresAt" in model.challenge:
            sent = "otp.sent_sms" if model.channel == "SMS" else "otp.sent_email"
            form.add_widget(Text(say(sent, length=say.number(model.code_length)), 14, 400, "second", lines=None))
        form.add_widget(Text(say("password.code"), 12, 500, "second"))
        self._boxes = CodeBoxes(model.code_length, lambda _: self._on_full(), lambda _: self._update())
        form.add_widget(self._boxes)
        self._clock = Word("", 14, 700)
        self._words = Word("", 14, 400, "second", most=190)
        self._tries = Word("", 12, 400, "second")
        if "expiresAt" in model.challenge:
            form.add_widget(
                Row(Icon("timer-sand", 20), self._words, self._clock, Widget(size_hint_y=None, height=0), self._tries, spacing=dp(8))
            )
        form.add_widget(gap(8))
        self._field = Field(say("password.new"), icon="key-variant", is_secret=True, changed=lambda _: self._update(), entered=self._set)
        form.add_widget(self._field)
        form.add_widget(note(say("password.rules", least=say.number(SHORTEST))))
        form.add_widget(gap(4))
        self._place = Column(spacing=dp(8))
        form.add_widget(self._place)
        Clock.unschedule(self._tick)
        Clock.schedule_interval(self._tick, 1)

    def _tick(self, _: float) -> None:
        self._update()

    def _update(self) -> None:
        if self._place is None:  # the page is being drawn
            return
        say, model = look.say, self.model
        self._field.complain(model.problem)
        if not model.challenge:
            state = (True, not model.is_busy, False)
        else:
            left = model.seconds_left()
            self._words.text = say("otp.expires") if left else say("otp.expired")
            self._clock.text = say.clock(left) if left else ""
            self._tries.text = say("otp.tries", model.tries_left)
            is_ready = len(self._boxes.code) == model.code_length and bool(self._field.text) and not model.is_busy
            state = (False, is_ready, bool(model.typed_identity) and model.can_resend())
        if state != self._shown:
            self._shown = state
            self._draw_ways(self._place, *state)

    def _draw_ways(self, place: Column, is_question: bool, is_ready: bool, can_resend: bool) -> None:
        place.clear_widgets()
        words, then = ("sign_in.send", self._send) if is_question else ("password.save", self._set)
        place.add_widget(PillButton(look.say(words), then, height=56, enabled=is_ready))
        if can_resend:
            button = PillButton(look.say("otp.resend"), self._send, "plain", icon="refresh", size=14, is_fitted=True)
            place.add_widget(centred(button))

    def _by(self, channel: str) -> None:
        self.model.channel = channel
        self.model.changed()

    def _send(self) -> None:
        self.run(self.model.send())

    def _on_full(self) -> None:
        if self._place is not None:
            self._field.entry.focus = True

    def _set(self) -> None:
        if not self.model.is_busy:
            self.run(self._done())

    async def _done(self) -> None:
        if not await self.model.set(self._boxes.code, self._field.text):
            return
        say, is_inside = look.say, self.model.is_inside
        self.shell.back()
        self.shell.toast(say("password.done_inside" if is_inside else "password.done"))
