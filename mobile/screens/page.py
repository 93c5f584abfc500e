"""What every page is: drawn from its view model, drawn anew when that changes, with the states of loading data."""

from collections.abc import Callable
from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from mobile.gateway import failures
from mobile.state.following import Followed
from mobile.state.loading import Loadable, Phase, explain
from mobile.widgets.bars import Band
from mobile.widgets.box import Column
from mobile.widgets.look import look
from mobile.widgets.states import Skeleton, StateView, list_skeleton

PULL = 72


class Scroller(ScrollView):
    """A page's scrolled content; pulling it 72 dp past its top asks for fresh data."""

    def __init__(self, *children: Widget, refresh: Callable[[], Any] | None = None, padding: float = 16, spacing: float = 12) -> None:
        super().__init__(do_scroll_x=False, bar_width=0)
        self.content = Column(*children, padding=(dp(padding), dp(4), dp(padding), dp(16)), spacing=dp(spacing))
        self.add_widget(self.content)
        self._refresh = refresh

    @property
    def scrolled(self) -> float:
        """How far the content is scrolled, in pixels from its top."""
        return float((1 - self.scroll_y) * max(0.0, self.content.height - self.height))

    def begin_at(self, scrolled: float) -> None:
        """Stands where another content stood, as soon as its height is known and before it is drawn."""

        def stand(*_: Any) -> None:
            hidden = self.content.height - self.height
            if hidden > 0:
                self.scroll_y = max(0.0, 1 - scrolled / hidden)

        self.content.bind(height=stand)
        self.bind(height=stand)

        def settled(_: float) -> None:
            self.content.unbind(height=stand)
            self.unbind(height=stand)

        Clock.schedule_once(settled)

    def on_touch_up(self, touch: Any) -> bool:
        pulled = self.effect_y is not None and self.effect_y.overscroll < -dp(PULL)
        if pulled and self._refresh:
            self._refresh()
        return bool(super().on_touch_up(touch))


class Page(Column):
    """A full page; `draw` builds it from the model."""

    hides_bar: ClassVar[bool] = False

    def __init__(self, shell: Any, model: Any) -> None:
        super().__init__(size_hint_y=1)
        self.shell, self.model = shell, model
        self._draw_soon = Clock.create_trigger(lambda _: self.draw(), -1)
        self._unwatch = model.watch(self._draw_soon)
        self.draw()

    def draw(self) -> None:
        """Builds the page anew."""
        raise NotImplementedError

    def arrive(self) -> None:
        """The page came to the front."""

    def retire(self) -> None:
        """The page is gone for good."""
        self._unwatch()
        self._draw_soon.cancel()

    def run(self, work: Any) -> None:
        """Starts a coroutine whose failure is not lost."""
        self.shell.run(work)


class LoadPage(Page):
    """A page over loadable data: header, band when the data is old, and the content or the state it is in."""

    model: Loadable
    loads_anew: ClassVar[bool] = False
    """Whether it asks each time it comes to the front, for what changes elsewhere meanwhile."""

    def draw(self) -> None:
        """Builds header and body; the scroll stays where it was."""
        scrolled = self._scrolled()
        self.clear_widgets()
        if band := self.band():
            self.add_widget(band)
        if header := self.header():
            self.add_widget(header)
        body = self._state() or self.body()
        self.add_widget(body)
        if footer := self.footer():
            self.add_widget(footer)
        if scrolled is not None and isinstance(body, Scroller):
            body.begin_at(scrolled)

    def arrive(self) -> None:
        """Loads when nothing is there yet, or anew."""
        if self.loads_anew or self.model.seen_at is None:
            self.reload()

    def reload(self) -> None:
        """Asks for fresh data."""
        self.run(self.model.load())

    def header(self) -> Widget | None:
        """What stands above the body."""
        return None

    def body(self) -> Widget:
        """The content once it is here."""
        raise NotImplementedError

    def footer(self) -> Widget | None:
        """What is pinned below."""
        return None

    def skeleton(self) -> Skeleton:
        """Shapes of the content to come."""
        return list_skeleton()

    def empty(self) -> StateView:
        """What to say when there is nothing."""
        raise NotImplementedError

    def place(self) -> str:
        """What the page is called when access to it is asked for."""
        return self.shell.say("nav.home")

    def band(self) -> Widget | None:
        """What is shown is not what the server last said: why, how old it is, and how to try again."""
        model = self.model
        if not model.is_behind or model.seen_at is None or model.phase not in (Phase.READY, Phase.EMPTY):
            return None
        say = look.say
        ago = say.ago(model.seen_at, self.shell.services.now())
        words = say("offline.text", ago=f"{ago} ({say.time(model.seen_at)})")
        is_offline = self.shell.services.network.is_offline
        icon, title = ("cloud-off-outline", "offline.title") if is_offline else ("alert-circle-outline", "offline.not_refreshed")
        return Band(icon, say(title), words, say("action.retry"), self.retry)

    def retry(self) -> None:
        """Goes on where the last try ended."""
        self.run(self.model.resume())

    def _scrolled(self) -> float | None:
        body = next((child for child in self.children if isinstance(child, Scroller)), None)
        return body.scrolled if body is not None else None

    def _state(self) -> Widget | None:
        match self.model.phase:
            case Phase.LOADING:
                return self.skeleton()
            case Phase.EMPTY:
                return self.empty()
            case Phase.NO_RIGHT:
                return no_right(self.shell, self.place())
            case Phase.ERROR:
                return trouble(self.model.failure, self.retry)
        return None


class FollowPage(LoadPage):
    """A page over what goes on by itself: watches while it is open."""

    model: Followed

    def arrive(self) -> None:
        """Watches until it ends."""
        self.run(self.model.follow())

    def retire(self) -> None:
        """Nobody watches any more."""
        self.model.leave()
        super().retire()


def trouble(failure: failures.Failure | None, retry: Callable[[], Any]) -> StateView:
    """A failure in words, Retry, and the id that support asks for."""
    title, text = explain(look.say, failure or failures.ServerFault())
    icon, tone = ("cloud-off-outline", "warning") if isinstance(failure, failures.Offline) else ("alert-circle-outline", "error")
    request = failure.request_id if failure else None
    detail = look.say("failure.request", id=look.say.code(request)) if request else ""
    return StateView(icon, tone, title, text, [(look.say("action.retry"), retry, "filled")], detail=detail)


def no_right(shell: Any, place: str) -> StateView:
    """Who has the right, and a request for it where the person may write to support."""
    say = look.say
    ways = []
    if shell.services.session.may("TICKET_WRITE"):
        ask = say("failure.no_right.subject", place=place)
        ways.append((say("failure.no_right.ask"), lambda: shell.go("ticket_new", title=ask), "tonal"))
    return StateView("lock-outline", "neutral", say("failure.no_right.title"), say("failure.no_right.text"), ways)
