"""The sign-in page [01]: the flock, the number or e-mail, the way the code comes or the password, and a way to set one."""

from kivy.metrics import dp
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from mobile.screens.choosing import ask, choose
from mobile.screens.outages import outage_band
from mobile.screens.page import Page, Scroller
from mobile.state.settings import clean_server
from mobile.state.sign_in import PASSWORD, SignIn, Stage
from mobile.state.texts import LANGUAGE_NAMES
from mobile.widgets.art import Flock
from mobile.widgets.box import Column, Row, gap
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.chips import Segments
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import centred
from mobile.widgets.text import Icon, Text

WAYS = (("SMS", "sign_in.sms"), ("EMAIL", "sign_in.email"), (PASSWORD, "sign_in.password"))
PICTURES = {"SMS": "message-text-outline", "EMAIL": "email-outline", PASSWORD: "key-variant"}


class SignInPage(Page):
    """Asks who it is."""

    model: SignIn
    hides_bar = True

    def arrive(self) -> None:
        """Looks for outages quietly."""
        self.run(self.model.look_for_outages())

    def draw(self) -> None:
        """Draws once; later changes only touch the button and the problem, so that typing isn't disturbed."""
        if self.children and self.model.stage is Stage.IDENTITY and self._drawn_channel == self.model.channel:
            self._update()
            return
        if self.children and self.model.stage is not Stage.IDENTITY:
            return
        say = look.say
        self._drawn_channel = self.model.channel
        self.clear_widgets()
        scroller = Scroller(padding=0, spacing=0)
        scroller.content.padding = 0
        scroller.content.add_widget(self._art())
        form = Column(padding=(dp(24), dp(20), dp(24), dp(16)), spacing=dp(8))
        form.add_widget(Text(say("app.name"), 28, 700))
        form.add_widget(Text(say("app.tagline"), 14, 400, "second"))
        self._outages = Column(spacing=dp(8))
        form.add_widget(self._outages)
        form.add_widget(gap(10))
        self._field = Field(
            say("sign_in.identity"),
            self.model.identity,
            icon="account-circle-outline",
            weight=500,
            kind="mail",
            changed=lambda text: setattr(self.model, "identity", text),
            entered=self._send,
        )
        form.add_widget(self._field)
        form.add_widget(Text(say("sign_in.method"), 12, 500, "second"))
        form.add_widget(Segments([(way, say(key)) for way, key in WAYS], self.model.channel, self._by, icons=PICTURES, height=48))
        form.add_widget(gap(8))
        self._password = None
        if self.model.channel == PASSWORD:
            self._password = Field(say("sign_in.password"), icon="key-variant", is_secret=True, entered=self._send)
            form.add_widget(self._password)
        self._place = Column(spacing=dp(8))
        form.add_widget(self._place)
        scroller.content.add_widget(form)
        self.add_widget(scroller)
        footer = Row(Icon("shield-check-outline", 20, pos_hint={"top": 1}), spacing=dp(10), padding=(dp(24), 0, dp(24), dp(24)))
        footer.add_widget(Text(say("sign_in.who"), 12, 400, "second", lines=None))
        self.add_widget(footer)
        self._update()

    def _art(self) -> Widget:
        art = FloatLayout(size_hint_y=None, height=dp(288))
        art.add_widget(Flock(size_hint=(1, 1), pos_hint={"x": 0, "y": 0}))
        settings = IconButton("cog-outline", self._ask_server, role="hero_second", label=look.say("more.server"))
        name = LANGUAGE_NAMES[look.say.language]
        language = PillButton(name, self._ask_language, "outlined", icon="translate", height=32, size=14, is_fitted=True)
        head = Row(settings, Widget(), language, padding=(dp(4), 0, dp(16), 0), pos_hint={"x": 0, "top": 0.98})
        art.add_widget(head)
        return art

    def _update(self) -> None:
        (self._password or self._field).complain(self.model.problem)
        self._outages.clear_widgets()
        for outage in self.model.outages:
            self._outages.add_widget(outage_band(outage))
        self._place.clear_widgets()
        words = look.say("otp.sign_in" if self._password else "sign_in.send")
        self._place.add_widget(PillButton(words, self._send, height=56, enabled=not self.model.is_busy))
        password = PillButton(look.say("sign_in.new_password"), self._set, "plain", size=14, is_fitted=True)
        self._place.add_widget(centred(password, PillButton(look.say("help.title"), self._help, "plain", size=14, is_fitted=True)))

    def _help(self) -> None:
        self.shell.go("help")

    def _by(self, channel: str) -> None:
        self.model.channel, self.model.problem = channel, None
        self.model.changed()

    def _send(self) -> None:
        self.run(self._sent())

    async def _sent(self) -> None:
        if self._password:
            await self.model.enter(self._password.text)
        else:
            await self.model.send()
        if self.model.stage is not Stage.IDENTITY:
            self.shell.go("otp", model=self.model)

    def _set(self) -> None:
        channel = "EMAIL" if self.model.channel == "EMAIL" else "SMS"
        self.shell.go("set_password", identity=self.model.identity, channel=channel)

    def _ask_language(self) -> None:
        options = list(LANGUAGE_NAMES.items())
        choose(
            self.shell, look.say("more.language"), options, look.say.language, lambda one: self.shell.services.settings.put(language=one)
        )

    def _ask_server(self) -> None:
        def take(typed: str) -> str | None:
            address = clean_server(typed)
            if address is None:
                return look.say("more.server_wrong")
            self.shell.services.settings.put(server=address)
            return None

        ask(self.shell, look.say("more.server"), look.say("more.server"), self.shell.services.settings.server, take, kind="url")
