"""Help: articles by shelf, searched on the device, and links; `about` is what was open when help was asked for."""

from typing import Any

from mobile.state.account_tree import fold
from mobile.state.loading import Loadable
from mobile.state.observe import Observable
from mobile.state.services import Services
from mobile.state.session import SessionPhase


class Help(Loadable):
    """All articles in the language of the app; open to strangers."""

    articles: list[dict[str, Any]]
    links: list[dict[str, Any]]

    def __init__(self, services: Services, about: dict[str, str] | None = None) -> None:
        super().__init__(services)
        self.about = about
        self.search = ""

    async def fetch(self) -> bool:
        """Brings articles and links."""
        data: Any = await self.ask("Help", locale=self.services.settings.language.upper())
        self.articles, self.links = [edge["node"] for edge in data["helpArticles"]["edges"]], data["links"]
        return not self.articles

    @property
    def may_write(self) -> bool:
        """Somebody is signed in who may send requests."""
        session = self.services.session
        return session.phase is SessionPhase.SIGNED_IN and session.may("TICKET_WRITE")

    def look_for(self, words: str) -> None:
        """Shows what holds all these words."""
        self.search = words
        self.changed()

    def shelves(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """Shelves in their order, each with those of its articles that are looked for."""
        words = fold(self.search).split()
        found: dict[str, list[dict[str, Any]]] = {}
        for article in self.articles:
            if all(word in fold(f"{article['title']} {article['body']}") for word in words):
                found.setdefault(article["category"], []).append(article)
        return list(found.items())


class Article(Observable):
    """One article as the list knew it."""

    def __init__(self, services: Services, article: dict[str, Any]) -> None:
        super().__init__()
        self.services, self.article = services, article

    def lines(self) -> list[tuple[str, str]]:
        """Paragraphs and entries of lists: the mark before it, then the words."""
        return [_line(line) for line in self.article["body"].splitlines() if line.strip()]


def _line(line: str) -> tuple[str, str]:
    head, _, rest = line.partition(" ")
    if head == "-":
        return "•", rest
    return (head, rest) if head[:-1].isdigit() and head.endswith(".") else ("", line)
