"""What every view model needs, put together once by the app."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mobile.gateway.client import Gateway
from mobile.state.session import Session
from mobile.state.settings import Settings
from mobile.state.speech import Speech, utc_now


@dataclass
class Services:
    """The gateway, the session, the settings, the words and the clock."""

    gateway: Gateway
    session: Session
    settings: Settings
    folder: pathlib.Path
    now: Callable[[], datetime] = field(default=utc_now)

    @property
    def say(self) -> Speech:
        """The speech of the chosen language."""
        return Speech(self.settings.language)
