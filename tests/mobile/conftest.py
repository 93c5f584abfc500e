"""Services on the in-memory company, without Kivy, for tests of state and gateway."""

import pathlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from mobile.demo import NOW, DemoServer
from mobile.gateway.cache import OfflineCache
from mobile.gateway.client import Gateway
from mobile.gateway.tokens import MemoryTokens
from mobile.state.services import Services
from mobile.state.session import Session
from mobile.state.settings import Settings


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> DemoServer:
    return DemoServer(now=clock)


@pytest.fixture
async def services(server: DemoServer, clock: Clock, tmp_path: pathlib.Path) -> AsyncIterator[Services]:
    """A signed-out device in English."""
    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=server, now=clock)
    gateway.language = "en"
    settings = Settings(language="en", identity="09350001000")
    yield Services(gateway, Session(is_signed_in=False), settings, tmp_path, clock)
    await gateway.close()


@pytest.fixture
async def signed_in(services: Services, server: DemoServer) -> Services:
    """The profile manager is in and the viewer is known."""
    services.gateway.sign_in(server._tokens())
    services.session.begin()
    services.session.adopt((await services.gateway.query("Home")).data["viewer"])
    return services
