"""The shell around pages: five roots that keep their stacks, sheets, toasts, the way back, and the end of a session."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from mobile.screens.page import Page
from mobile.state.password import challenge_in
from mobile.state.payments import payment_in
from mobile.state.services import Services
from mobile.state.session import SessionPhase
from mobile.state.speech import Speech
from mobile.widgets.bars import ROOTS, NavBar
from mobile.widgets.box import Strip, Toned
from mobile.widgets.look import look
from mobile.widgets.sheet import Sheet
from mobile.widgets.states import StateView
from mobile.widgets.text import Text

log = logging.getLogger("simurgh.app")
LEAVE_SECONDS = 2.0
TOAST_SECONDS = 3.0
HOME = ROOTS[0][0]
GATE = "sign_in"


@dataclass(frozen=True)
class Route:
    """How a page comes to be: its view model from the services and parameters, and its class."""

    model: Callable[..., Any]
    page: Callable[[Any, Any], Page]


@dataclass
class Entry:
    """One page on a stack; the page itself is built when it is shown."""

    name: str
    model: Any
    page: Page | None = None


@dataclass
class Stacks:
    """What is open under each root."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    root: str = HOME


class Shell(FloatLayout):
    """The window's only child."""

    def __init__(self, services: Services, routes: dict[str, Route], leave: Callable[[], Any]) -> None:
        super().__init__()
        self.services, self._routes, self._leave = services, routes, leave
        self._stacks = Stacks()
        self._gate: list[Entry] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sheets: list[Sheet] = []
        self._left_at = -LEAVE_SECONDS
        self._is_ended_shown = False
        self._has_shown = False
        self._person = services.session.person
        self._seeking: asyncio.Task[None] | None = None
        services.network.watch(self._network_moved)
        services.session.watch(Clock.create_trigger(lambda _: self._session_moved(), -1))
        self._build()
        self._show_session()

    # ── what pages use ──

    @property
    def say(self) -> Speech:
        """The present speech."""
        return look.say

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs a coroutine to its end; a bug in it is logged and told in a toast."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def go(self, name: str, **parameters: Any) -> None:
        """Opens a page over the present one."""
        self.close_sheets()
        self._top_stack().append(self._entry(name, **parameters))
        self._show()

    def open_link(self, link: str) -> None:
        """Opens what a link of an SMS, or of the page after paying, is about; any other link does nothing."""
        if (challenge_id := challenge_in(link)) is not None:
            self.go("set_password", challenge_id=challenge_id)
        elif (payment_id := payment_in(link)) is not None and not self._gate and not self._is_watched(payment_id):
            self.go("payment", payment_id=payment_id)

    def _is_watched(self, payment_id: str) -> bool:
        """The page in front waits for it already."""
        return getattr(self._top_stack()[-1].model, "payment_id", None) == payment_id

    def switch(self, root: str) -> None:
        """Goes to a root as it was left; a second touch goes to its first page."""
        self.close_sheets()
        stack = self._stack(root)
        if root == self._stacks.root:
            for entry in stack[1:]:
                _retire(entry)
            del stack[1:]
        self._stacks.root = root
        self._show()

    def replace(self, name: str, **parameters: Any) -> None:
        """Puts a page in the place of the present one, so that back never leads to a paid form."""
        self.close_sheets()
        stack = self._top_stack()
        _retire(stack.pop())
        stack.append(self._entry(name, **parameters))
        self._show()

    def root_model(self, root: str) -> Any:
        """The view model of a root's first page."""
        return self._stack(root)[0].model

    def back(self) -> bool:
        """Sheet, page, root, Home, then leaves at the second press within 2 s; False when the app should end."""
        if self._sheets:
            self._sheets[-1].dismiss()
            return True
        stack = self._top_stack()
        if len(stack) > 1:
            _retire(stack.pop())
            self._show()
            return True
        if not self._gate and self._stacks.root != HOME:
            self.switch(HOME)
            return True
        now = Clock.get_time()
        if now - self._left_at <= LEAVE_SECONDS:
            self._leave()
            return False
        self._left_at = now
        self.toast(self.say("nav.leave_again"))
        return True

    def sheet(self, sheet: Sheet) -> Sheet:
        """Notes an opened sheet, so that back closes it."""
        self._sheets.append(sheet)
        sheet.bind(on_dismiss=lambda *_: self._sheets.remove(sheet) if sheet in self._sheets else None)
        return sheet

    def close_sheets(self) -> None:
        """Closes every sheet."""
        for sheet in [*self._sheets]:
            sheet.dismiss(animation=False)

    def toast(self, text: str) -> None:
        """Says something in passing."""
        self._toasts.clear_widgets()
        words = Text(text, 14, 500, colour=look.colour("background"), lines=None)
        strip = Strip(words, role="text", radius=16, padding=(dp(16), dp(10)))
        strip.text = text
        self._toasts.add_widget(strip)
        strip.size_hint_x, strip.width = None, self.width - dp(32)
        strip.pos_hint = {"center_x": 0.5, "y": 0}
        if look.has_motion:
            strip.opacity = 0
            (Animation(opacity=1, d=0.2) + Animation(d=TOAST_SECONDS) + Animation(opacity=0, d=0.15)).start(strip)
        Clock.schedule_once(lambda _: self._toasts.remove_widget(strip) if strip.parent is self._toasts else None, TOAST_SECONDS)

    def writes_allowed(self) -> bool:
        """Nothing is written while offline; says so."""
        if self.services.network.is_offline:
            self.toast(self.say("offline.writes"))
            return False
        return True

    @property
    def page(self) -> Page:
        """The page in front."""
        page = self._top_stack()[-1].page
        assert page is not None  # noqa: S101 - the top entry is always built by _show
        return page

    # ── the look ──

    def redress(self) -> None:
        """Builds everything anew in a changed look; models stay, and those with server words load again."""
        self.close_sheets()
        for stack in (*self._stacks.entries.values(), self._gate):
            for entry in stack:
                if entry.page is not None:
                    entry.page.retire()
                    entry.page = None
        self._build()
        self._is_ended_shown = False
        self._show_session()

    def redraw(self) -> None:
        """Draws what is open again, for a choice that changes words or figures but not the look."""
        for stack in self._stacks.entries.values():
            for entry in stack:
                entry.model.changed()

    def reload(self) -> None:
        """Loads every open page's data again, as after a change of language."""
        for stack in self._stacks.entries.values():
            for entry in stack:
                if getattr(entry.model, "seen_at", None) is not None:
                    self.run(entry.model.load())

    def _network_moved(self) -> None:
        """Looks for a lost server; once it is back, whatever stayed behind goes on."""
        if self.services.network.is_offline:
            if self._seeking is None or self._seeking.done():
                self._seeking = asyncio.ensure_future(self.services.network.seek())
            return
        for stack in self._stacks.entries.values():
            for entry in stack:
                if getattr(entry.model, "is_behind", False):
                    self.run(entry.model.resume())

    def _build(self) -> None:
        self.clear_widgets()
        ground = Toned()
        ground.tone(look.colour("background"))
        self.add_widget(ground)
        frame = BoxLayout(orientation="vertical")
        self._stage = BoxLayout()
        self._nav = NavBar(self.switch)
        frame.add_widget(self._stage)
        self._nav_place = BoxLayout(size_hint_y=None, height=self._nav.height)
        frame.add_widget(self._nav_place)
        self.add_widget(frame)
        self._toasts = FloatLayout(size_hint=(1, None), height=0, pos_hint={"x": 0, "y": 0.12})
        self.add_widget(self._toasts)

    # ── inside ──

    def _entry(self, name: str, **parameters: Any) -> Entry:
        return Entry(name, self._routes[name].model(self.services, **parameters))

    def _stack(self, root: str) -> list[Entry]:
        if root not in self._stacks.entries:
            self._stacks.entries[root] = [self._entry(root)]
            if root == HOME:  # what it reads of the viewer says how much waits in the inbox
                self.root_model(HOME).watch(self._count_waiting)
        return self._stacks.entries[root]

    def _top_stack(self) -> list[Entry]:
        return self._gate or self._stack(self._stacks.root)

    def _show(self) -> None:
        entry = self._top_stack()[-1]
        if entry.page is None:
            entry.page = self._routes[entry.name].page(self, entry.model)
        self._stage.clear_widgets()
        self._stage.add_widget(entry.page)
        has_bar = not self._gate and not entry.page.hides_bar
        self._nav_place.clear_widgets()
        self._nav_place.height = self._nav.height if has_bar else 0
        if has_bar:
            self._nav_place.add_widget(self._nav)
            self._nav.mark(self._stacks.root)
            self._count_waiting()
        if look.has_motion and self._has_shown:  # what comes first comes at once
            entry.page.opacity = 0
            Animation(opacity=1, duration=0.2).start(entry.page)
        self._has_shown = True
        entry.page.arrive()

    def _count_waiting(self) -> None:
        self._nav.count("inbox", self.services.session.waiting)

    def _session_moved(self) -> None:
        """Somebody came, left, or was turned away; what is open stays for the same person only."""
        session = self.services.session
        if session.phase is SessionPhase.SIGNED_OUT or session.person != self._person:
            self._reset()
        self._person = session.person
        self._show_session()

    def _show_session(self) -> None:
        match self.services.session.phase:
            case SessionPhase.SIGNED_OUT:
                self._open_gate()
            case SessionPhase.ENDED:
                self._show_ended()
            case SessionPhase.SIGNED_IN:
                came_back = bool(self._gate) and bool(self._stacks.entries)
                self._close_gate()
                self._is_ended_shown = False
                self._show()
                if came_back:
                    self.reload()

    def _show_ended(self) -> None:
        """The pages stay below; signing in leads back to them."""
        if self._is_ended_shown or self._gate:
            return
        self._is_ended_shown = True
        self.close_sheets()
        say = self.say
        ways = [
            (say("failure.session.again"), self._open_gate, "filled"),
            (say("failure.session.other"), self._other_person, "plain"),
        ]
        self._stage.clear_widgets()
        self._nav_place.clear_widgets()
        self._nav_place.height = 0
        self._stage.add_widget(StateView("timer-sand", "warning", say("failure.session.title"), say("failure.session.text"), ways))

    def _other_person(self) -> None:
        self.services.gateway.forget()
        self.services.settings.put(identity="")
        self.services.session.leave()

    def _open_gate(self) -> None:
        if not self._gate:
            self._gate = [self._entry(GATE)]
        self._show()

    def _close_gate(self) -> None:
        for entry in self._gate:
            _retire(entry)
        self._gate = []

    def _reset(self) -> None:
        self.close_sheets()
        for stack in self._stacks.entries.values():
            for entry in stack:
                _retire(entry)
        self._stacks = Stacks()
        self._is_ended_shown = False

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            log.error("A task of the app failed", exc_info=error)
            self.failed = error
            self.toast(self.say("failure.fault.title"))

    failed: BaseException | None = None

    async def stop(self) -> None:
        """Cancels what still runs and closes the connections."""
        tasks = [*self._tasks, *([self._seeking] if self._seeking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.services.gateway.close()


def _retire(entry: Entry) -> None:
    if entry.page is not None:
        entry.page.retire()
