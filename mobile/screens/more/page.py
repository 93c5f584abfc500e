"""More [21]: profile, shortcuts, display, security, connection."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import ask, choose
from mobile.screens.page import Page, Scroller
from mobile.state.language import choose_language
from mobile.state.sessions import Sessions
from mobile.state.settings import TEXT_SCALES, THEMES, clean_server
from mobile.state.texts import LANGUAGE_NAMES
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Line, Panel, Row
from mobile.widgets.buttons import Avatar
from mobile.widgets.look import look
from mobile.widgets.rows import LinkCard, MenuRow, heading
from mobile.widgets.text import Icon, Text
from mobile.widgets.touch import Pressable


class MorePage(Page):
    """The root; its model is the sessions, for their count and the authenticator."""

    model: Sessions

    def arrive(self) -> None:
        """Brings the sessions quietly; the page is useful without them."""
        self.run(self.model.load())

    def draw(self) -> None:
        """Builds the menu."""
        kept = next((child.scroll_y for child in self.children if isinstance(child, Scroller)), 1.0)
        self.clear_widgets()
        say = look.say
        self.add_widget(TopBar(say("more.title")))
        jobs = MenuRow("progress-clock", say("jobs.title"), "", lambda: self.shell.go("jobs"))
        parts: list[Widget] = [self._profile(), self._shortcuts(), _group([jobs])]
        for title, rows in (
            (say("more.display"), self._display()),
            (say("more.security"), self._security()),
            (say("more.connection"), self._connection()),
        ):
            parts += [heading(title), _group(rows)]
        parts.append(_group([MenuRow("logout", say("more.sign_out"), "", lambda: self.run(self.model.sign_out()), tone="on_error")]))
        scroller = Scroller(*parts, spacing=8)
        scroller.scroll_y = kept
        self.add_widget(scroller)

    @property
    def _knows_sessions(self) -> bool:
        return self.model.seen_at is not None

    def _profile(self) -> Widget:
        say, services = look.say, self.model.services
        viewer = services.session.viewer or {"actor": {"label": services.settings.identity or say("app.name")}}
        name = viewer["actor"]["label"]
        parts = [
            say.phone(services.settings.identity)
            if services.settings.identity.startswith("+")
            else say.code(say.digits(services.settings.identity))
        ]
        if self._knows_sessions:
            parts.append(say("more.sessions", len(self.model.sessions)))
        return LinkCard(
            Avatar(name, 52, fill="primary", ink="on_primary"), name, " · ".join(part for part in parts if part), self._open_sessions
        )

    def _open_sessions(self) -> None:
        self.shell.go("sessions")

    def _shortcuts(self) -> Widget:
        say, shell = look.say, self.shell
        tiles = [
            _Shortcut("sitemap", say("more.tree"), lambda: shell.go("account_tree")),
            _Shortcut("receipt-text-outline", say("more.purchases"), lambda: shell.switch("money")),
            _Shortcut("lifebuoy", say("more.support"), lambda: shell.switch("inbox")),
        ]
        if self.model.services.session.may("ACCOUNT_READ"):
            tiles.insert(1, _Shortcut("account-group", say("more.members"), lambda: shell.go("members")))
        return Row(*tiles, spacing=dp(8))

    def _display(self) -> list[Widget]:
        say, settings = look.say, self.model.services.settings
        unit = say("more.unit.toman") if settings.shows_toman else say("more.unit.rial")
        return [
            MenuRow("translate", say("more.language"), LANGUAGE_NAMES[say.language], self._pick_language),
            MenuRow("theme-light-dark", say("more.theme"), say(f"more.theme.{settings.theme}"), self._pick_theme),
            MenuRow("cash-multiple", say("more.unit"), unit, self._pick_unit),
            MenuRow("format-size", say("more.size"), say.percent(round(settings.text_scale * 100)), self._pick_size),
        ]

    def _security(self) -> list[Widget]:
        say = look.say
        rows: list[Widget] = [
            MenuRow("devices", say("more.my_sessions"), "", self._open_sessions),
            MenuRow("key-variant", say("more.password"), "", lambda: self.shell.go("set_password")),
        ]
        if self._knows_sessions:
            rows.append(
                MenuRow("shield-key-outline", say("more.authenticator"), say("more.on") if self.model.has_totp else say("more.off"), None)
            )
        if self.model.services.session.may("AUDIT_READ"):
            rows.append(MenuRow("eye-outline", say("more.looks"), "", lambda: self.shell.go("audit")))
        return rows

    def _connection(self) -> list[Widget]:
        say, server = look.say, self.model.services.settings.server
        help_row = MenuRow("lifebuoy", say("help.title"), "", lambda: self.shell.go("help"))
        return [help_row, MenuRow("server-network", say("more.server"), say.code(server.partition("://")[2]), self._ask_server)]

    # ── choices ──

    def _pick_language(self) -> None:
        def take(language: str) -> None:
            self.run(self._speak(language))

        choose(self.shell, look.say("more.language"), list(LANGUAGE_NAMES.items()), look.say.language, take)

    async def _speak(self, language: str) -> None:
        if not await choose_language(self.model.services, language):
            self.shell.toast(look.say("more.language_untold"))

    def _pick_theme(self) -> None:
        self._choose(look.say("more.theme"), [(theme, look.say(f"more.theme.{theme}")) for theme in THEMES], "theme")

    def _pick_unit(self) -> None:
        options = [(True, look.say("more.unit.toman")), (False, look.say("more.unit.rial"))]
        self._choose(look.say("more.unit"), options, "shows_toman")

    def _pick_size(self) -> None:
        options = [(scale, look.say.percent(round(scale * 100))) for scale in TEXT_SCALES]
        self._choose(look.say("more.size"), options, "text_scale")

    def _choose(self, title: str, options: list[tuple[Any, str]], name: str) -> None:
        settings = self.model.services.settings
        choose(self.shell, title, options, getattr(settings, name), lambda one: settings.put(**{name: one}))

    def _ask_server(self) -> None:
        services = self.model.services

        def take(typed: str) -> str | None:
            address = clean_server(typed)
            if address is None:
                return look.say("more.server_wrong")
            if address != services.settings.server:
                services.gateway.forget()
                services.settings.put(server=address)
                services.session.leave()
            return None

        ask(
            self.shell,
            look.say("more.server"),
            look.say("more.server"),
            services.settings.server,
            take,
            note=look.say("more.server_note"),
            kind="url",
        )


def _group(rows: list[Widget]) -> Panel:
    panel = Panel(padding=(0, dp(4)))
    for at, row in enumerate(rows):
        if at:
            panel.add_widget(Line(inset=56, end=16))
        panel.add_widget(row)
    return panel


class _Shortcut(Pressable, Panel):
    def __init__(self, icon: str, text: str, then: Any) -> None:
        super().__init__(padding=(dp(4), dp(12)), spacing=dp(4))
        picture = Icon(icon, 24, "primary", pos_hint={"center_x": 0.5})
        self.add_widget(picture)
        self.add_widget(Text(text, 12, 500, align="center"))
        self.text = text
        self.react(then, radius=20)
