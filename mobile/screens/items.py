"""A page that is one long list: rows of one height that come page by page, below what it says of them."""

from typing import Any, ClassVar

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage
from mobile.state.paged import Paged
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Panel
from mobile.widgets.endless import Endless
from mobile.widgets.item import HEIGHT, Item, ItemView
from mobile.widgets.look import look


class ItemsPage(LoadPage):
    """A subclass says its title, what stands above the rows, and what a row shows; the scroll stays while rows come."""

    model: Paged
    title: ClassVar[str]

    def __init__(self, shell: Any, model: Any) -> None:
        self.rows = Endless(
            dp(HEIGHT) * look.scale, make=ItemView, fill=self._fill, near_end=lambda: self.run(model.load_more()), refresh=self.reload
        )
        super().__init__(shell, model)

    def item(self, row: dict[str, Any]) -> Item:
        """One row."""
        raise NotImplementedError

    def above(self) -> list[Widget]:
        """What stands between the title and the rows."""
        return []

    def draw(self) -> None:
        """Takes the rows out before the rest is built."""
        if self.rows.parent:
            self.rows.parent.remove_widget(self.rows)
        super().draw()

    def header(self) -> Widget:
        """Title, and what stands above."""
        return Column(TopBar(self.place(), back=self.shell.back), *self.above())

    def place(self) -> str:
        """The page's name."""
        return look.say(self.title)

    def body(self) -> Widget:
        """The rows on their card."""
        self.rows.put(len(self.model.rows))
        return Panel(self.rows, role="card", radius=(20, 20, 0, 0), size_hint_y=1, padding=(0, dp(4), 0, 0))

    def _fill(self, view: ItemView, index: int) -> None:
        view.fill(self.item(self.model.rows[index]))
