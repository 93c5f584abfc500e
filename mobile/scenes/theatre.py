"""The window in which scenes are played, one after another."""

import asyncio
import pathlib
from datetime import timedelta
from types import TracebackType
from typing import Any

from kivy.base import EventLoop, async_runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.floatlayout import FloatLayout

from mobile.app import follow_settings, services_in_memory
from mobile.demo import NOW, DemoServer
from mobile.scenes.stage import Scene, Stage
from mobile.screens.routes import ROUTES
from mobile.screens.shell import Shell
from mobile.widgets import bidi
from mobile.widgets.look import look, register_faces, settle_in_one_frame, wear


class Theatre:
    """The window in which scenes are played, one after another."""

    def __init__(self, folder: pathlib.Path, *, draws: bool = True) -> None:
        """Without drawing, frames follow each other at once and cost no pixels: layout, touches and words are all there."""
        self._folder = folder
        self._draw = Window.on_draw
        if not draws:
            Window.on_draw = lambda: None
            Clock._max_fps = 0
        self._root = FloatLayout()

    async def __aenter__(self) -> "Theatre":
        register_faces()
        bidi.install()
        settle_in_one_frame()
        look.has_motion = False
        self._running = asyncio.create_task(async_runTouchApp(self._root, async_lib="asyncio"))
        while EventLoop.status != "started":  # noqa: ASYNC110 - Kivy's loop has no event to wait for
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        Window.on_draw = self._draw
        stopTouchApp()
        await asyncio.wait_for(self._running, 5)

    async def play(self, scene: Scene, target: pathlib.Path, *, language: str, theme: str, scale: float = 1.0) -> None:
        """Builds a fresh company and shell, plays the scene, and saves what the window shows."""
        stage = await self.build(language=language, theme=theme, scale=scale)
        await scene(stage)
        await stage.settle()
        self.draw(target)
        await self.clear(stage)

    def draw(self, target: pathlib.Path) -> None:
        """Saves what the window shows now."""
        self._draw()
        _move(Window.screenshot(name=str(target)), target)

    async def build(self, *, language: str, theme: str = "light", scale: float = 1.0) -> Stage:
        """A signed-out shell on a fresh company."""
        if self._running.done():
            self._running.result()
        wear(language=language, theme=theme, scale=scale)
        Window.clearcolor = look.colour("background")
        server = DemoServer()
        server.speak(language)
        services = services_in_memory(self._folder, server, language=language, theme=theme, identity="+989350001000")
        services.gateway.language = language
        shell = Shell(services, ROUTES, lambda: None)
        stage = Stage(server, shell)
        services.now = services.gateway._now = lambda: NOW + timedelta(hours=stage.hours_later)
        self._root.add_widget(shell)
        await stage.settle()
        return stage

    async def change(self, stage: Stage, **settings: Any) -> None:
        """Changes settings as the person would, and lets the shell follow as the app does."""
        stage.shell.services.settings.put(**settings)
        follow_settings(stage.shell)
        await stage.settle()

    async def clear(self, stage: Stage) -> None:
        """Ends what the scene began and empties the window."""
        if stage.shell.failed is not None:
            raise stage.shell.failed
        stage.shell.close_sheets()
        stage.shell._reset()
        stage.shell._close_gate()
        await stage.shell.stop()
        self._root.clear_widgets()
        await asyncio.sleep(0.03)


def _move(numbered: str, target: pathlib.Path) -> None:
    """Kivy numbers its screenshots; ours have names."""
    pathlib.Path(numbered).replace(target)
