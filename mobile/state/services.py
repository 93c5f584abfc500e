"""What every view model needs, put together once by the app."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobile.gateway.cache import OfflineCache
from mobile.gateway.client import Gateway
from mobile.gateway.tokens import TokenStore
from mobile.state.network import Network
from mobile.state.session import Session
from mobile.state.settings import Settings
from mobile.state.speech import Speech, utc_now


@dataclass
class Services:
    """The gateway, the session, the settings, the words, the clock and what is known of the network."""

    gateway: Gateway
    session: Session
    settings: Settings
    folder: pathlib.Path
    now: Callable[[], datetime] = field(default=utc_now)
    network: Network = field(init=False)

    def __post_init__(self) -> None:
        self.network = Network(self.gateway)

    @property
    def say(self) -> Speech:
        """The speech of the chosen language."""
        return Speech(self.settings.language)


def kept_in(folder: pathlib.Path, tokens: TokenStore, **given: Any) -> Services:
    """Settings (overridden by `given`), session and offline copy as the last run left them in `folder`."""
    settings = Settings(folder / "settings.json", **given)
    gateway = Gateway(settings.server, tokens=tokens, cache=OfflineCache(folder / "offline.sqlite"))
    gateway.language = settings.language
    return Services(gateway, Session(is_signed_in=gateway.is_signed_in, identity=settings.identity), settings, folder)
