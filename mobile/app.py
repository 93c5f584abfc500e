"""Puts the app together: settings, tokens, gateway, session, words, shell; the one place that knows them all."""

import pathlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
from kivy.app import App
from kivy.clock import Clock
from kivy.config import Config
from kivy.core.window import Window
from kivy.utils import platform

from mobile.gateway.android_links import watch_links
from mobile.gateway.android_tokens import AndroidTokens
from mobile.gateway.cache import OfflineCache
from mobile.gateway.client import Gateway
from mobile.gateway.tokens import FileTokens, MemoryTokens, TokenStore
from mobile.screens.puk.page import Curtain
from mobile.screens.routes import ROUTES
from mobile.screens.shell import Shell
from mobile.state.services import Services, kept_in
from mobile.state.session import Session
from mobile.state.settings import Settings
from mobile.state.speech import utc_now
from mobile.widgets import bidi
from mobile.widgets.look import look, register_faces, settle_in_one_frame, wear

BACK_KEYS = (27, 1001)


def services_in(folder: pathlib.Path, **given: Any) -> Services:
    """Everything on disk in `folder`: settings (overridden by `given`), tokens, the offline copy."""
    tokens: TokenStore = AndroidTokens(folder / "tokens") if platform == "android" else FileTokens(folder / "tokens.json")
    return kept_in(folder, tokens, **given)


def services_in_memory(
    folder: pathlib.Path, transport: httpx.AsyncBaseTransport, now: Callable[[], datetime] = utc_now, **given: Any
) -> Services:
    """Nothing kept but receipts, and another way to the server: for demos, screenshots and tests."""
    settings = Settings(None, **given)
    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=transport, now=now)
    return Services(gateway, Session(is_signed_in=False), settings, folder, now)


class SimurghApp(App):
    """The window with the shell in it; `link` is one to begin with."""

    title = "Simurgh"

    def __init__(self, services: Services, link: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.services, self._link = services, link

    def load_config(self) -> Any:
        """Kivy's own settings file is not used."""
        return Config

    def build(self) -> Shell:
        """The shell in the present look."""
        Config.set("kivy", "exit_on_escape", "0")
        register_faces()
        bidi.install()
        settle_in_one_frame()
        dress(self.services)
        self.services.settings.watch(lambda: follow_settings(self.shell))
        Window.bind(on_keyboard=self._key)
        Window.softinput_mode = "below_target"
        self.shell = Shell(self.services, ROUTES, self.stop)
        if self._link:
            self.shell.open_link(self._link)
        if platform == "android":
            watch_links(self._open_soon)
        return self.shell

    def _open_soon(self, link: str) -> None:
        """Links come on a thread of Android's."""
        Clock.schedule_once(lambda _: self.shell.open_link(link))

    def on_pause(self) -> bool:
        """Codes never stay on a page in the background."""
        if isinstance(self.shell.page, Curtain):
            self.shell.page.close()
        return True

    def on_stop(self) -> None:
        """Lets go of the window's keys."""
        Window.unbind(on_keyboard=self._key)

    def _key(self, _window: Any, key: int, *_: Any) -> bool:
        if key in BACK_KEYS:
            return self.shell.back()
        return False


def dress(services: Services) -> None:
    """Puts the chosen look on: language, direction, theme and text size."""
    settings = services.settings
    wear(language=settings.language, theme=settings.theme, scale=settings.text_scale)
    services.gateway.language = settings.language
    services.gateway.server = settings.server
    Window.clearcolor = look.colour("background")


def follow_settings(shell: Shell) -> None:
    """After a choice: builds the pages anew where the look changed, and asks again where the server's words did."""
    before = look.say.language, look.theme, look.scale
    dress(shell.services)
    if before != (look.say.language, look.theme, look.scale):
        shell.redress()
    else:
        shell.redraw()
    if before[0] != look.say.language:
        shell.reload()
