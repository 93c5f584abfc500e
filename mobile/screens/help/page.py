"""Help: articles by shelf with a search, links, and a request with what was open attached."""

import webbrowser
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Page, Scroller
from mobile.state.help import Article, Help
from mobile.state.loading import Phase
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row, card
from mobile.widgets.buttons import IconButton, PillButton
from mobile.widgets.fields import SearchField
from mobile.widgets.look import look
from mobile.widgets.rows import LinkCard, MenuRow, heading
from mobile.widgets.states import StateView
from mobile.widgets.text import Text, Word

ICONS = {"phone": "phone-outgoing", "telegram": "message-outline", "mail": "email-outline", "store": "office-building-outline"}
"""Pictures of links by the contract's names; any other is a page of the web."""


def help_button(shell: Any, about: dict[str, str] | None = None) -> IconButton:
    """Opens help from any page; a request written from there is about what is open."""
    return IconButton("lifebuoy", lambda: shell.go("help", about=about), label=look.say("help.title"))


class HelpPage(LoadPage):
    """For strangers too."""

    model: Help
    hides_bar = True

    def header(self) -> Widget:
        """Title and the search, which stays while one types."""
        field = getattr(self, "_field", None) or SearchField(look.say("help.search"), self.model.search, self.model.look_for)
        if field.parent:
            field.parent.remove_widget(field)
        self._field = field
        return Column(TopBar(look.say("help.title"), back=self.shell.back), Row(field, padding=(dp(16), 0, dp(16), dp(8))))

    def place(self) -> str:
        """The page's name."""
        return look.say("help.title")

    def empty(self) -> StateView:
        """Nobody wrote anything."""
        return StateView("lifebuoy", "container", look.say("help.nothing"), look.say("help.nothing_text"))

    def body(self) -> Widget:
        """Shelves, then links."""
        shelves = self.model.shelves()
        if not shelves:
            return self.empty()
        parts: list[Widget] = []
        for shelf, articles in shelves:
            parts += [heading(shelf), Column(*map(self._article, articles), spacing=dp(8))]
        if self.model.links and not self.model.search:
            parts += [heading(look.say("help.links")), self._links()]
        return Scroller(*parts, refresh=self.reload)

    def footer(self) -> Widget | None:
        """A way to write."""
        if self.model.phase is Phase.LOADING or not self.model.may_write:
            return None
        return Row(PillButton(look.say("inbox.new"), self._write, icon="plus"), padding=(dp(16), dp(8), dp(16), dp(20)))

    def _article(self, article: dict[str, Any]) -> Widget:
        return LinkCard(None, article["title"], "", lambda: self.shell.go("help_article", article=article))

    def _links(self) -> Widget:
        panel = Panel(padding=(0, dp(4)))
        for at, link in enumerate(self.model.links):
            if at:
                panel.add_widget(Line(inset=56, end=16))
            panel.add_widget(MenuRow(ICONS.get(link["icon"], "web"), link["label"], "", lambda url=link["url"]: webbrowser.open(url)))
        return panel

    def _write(self) -> None:
        if self.shell.writes_allowed():
            self.shell.go("ticket_new", title="", about=self.model.about)


class ArticlePage(Page):
    """One article."""

    model: Article
    hides_bar = True

    def draw(self) -> None:
        """Draws once."""
        self.clear_widgets()
        article = self.model.article
        text = card(spacing=dp(12))
        for mark, words in self.model.lines():
            line = Text(words, 14, 400, lines=None)
            sign = Word(look.say.digits(mark), 14, 500, "primary", pos_hint={"top": 1})
            text.add_widget(Row(sign, line, spacing=dp(8)) if mark else line)
        self.add_widget(TopBar(article["category"], back=self.shell.back))
        self.add_widget(Scroller(Text(article["title"], 22, 700, lines=None), text))
