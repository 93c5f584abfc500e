"""What every view model needs, put together once by the app."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mobile.gateway.client import Gateway
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
