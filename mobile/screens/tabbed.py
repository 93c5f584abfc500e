"""A root of tabs: its title and the tabs above the page of the one in front."""

from collections.abc import Callable
from typing import Any, ClassVar

from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Page
from mobile.state.tabs import Tabs
from mobile.widgets.chips import TabBar
from mobile.widgets.look import look


class TabbedPage(Page):
    """The page of a tab is built when the tab comes to the front and let go when another does."""

    model: Tabs
    pages: ClassVar[dict[str, Callable[[Any, Any], LoadPage]]]

    front: LoadPage | None = None
    _drawn: tuple[Any, ...] = ()

    def header(self) -> Widget:
        """The title."""
        raise NotImplementedError

    def words(self, tab: str) -> str:
        """What a tab is called."""
        raise NotImplementedError

    def seen(self) -> tuple[Any, ...]:
        """What the head says, so that it is drawn anew only when that changes."""
        return ()

    def draw(self) -> None:
        """Title, tabs, and the page in front; a change of look alone builds the page too."""
        seen = self.model.tab, *self.seen()
        is_arrived = self.front is not None and self.front.parent is self and seen == self._drawn
        self._drawn = seen
        if is_arrived and self.front is not None:
            self.front.draw()
            return
        if self.front is not None:
            self.front.retire()
        self.clear_widgets()
        options = [(tab, self.words(tab)) for tab in self.model.models]
        self.front = self.pages[self.model.tab](self.shell, self.model.model)
        for part in (self.header(), TabBar(options, self.model.tab, self._show), self.front):
            self.add_widget(part)

    def arrive(self) -> None:
        """The tab in front comes to the front too."""
        if self.front is not None:
            self.front.arrive()

    def reload(self) -> None:
        """Asks again for what is in front."""
        if self.front is not None:
            self.front.reload()

    def retire(self) -> None:
        """Lets go of both."""
        if self.front is not None:
            self.front.retire()
        super().retire()

    def place(self) -> str:
        """The page's name."""
        return look.say("nav.home")

    def _show(self, tab: str) -> None:
        if tab != self.model.tab:
            self.model.tab = tab
            self.draw()
            self.arrive()
