"""The account tree: every account in tree order, opened and closed, searched and filtered, as of a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mobile.state.digits import plain
from mobile.state.loading import Loadable
from mobile.state.services import Services

LETTERS = str.maketrans({"ي": "ی", "ك": "ک", "\u200c": " "})


@dataclass(frozen=True)
class TreeRow:
    """One visible account."""

    node: dict[str, Any]
    depth: int
    has_children: bool
    is_open: bool


class AccountTree(Loadable):
    """The whole tree, fetched page by page; what is shown of it is decided here."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.as_of: datetime | None = None
        self.search = ""
        self.kind: str | None = None
        self.payment_mode: str | None = None
        self._nodes: list[dict[str, Any]] = []
        self._closed: set[str] = set()

    async def fetch(self) -> bool:
        """Brings every account of the company, in tree order."""
        nodes: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            as_of = self.as_of.isoformat() if self.as_of else None
            data: Any = await self.ask("AccountTree", organization=self.services.session.organization_id, asOf=as_of, after=after)
            page = data["organization"]["accounts"]
            nodes += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        self._nodes = nodes
        return not nodes

    async def look_at(self, day: datetime | None) -> None:
        """Shows the tree as it stood then, or now."""
        self.as_of = day
        await self.load(is_other=True)

    def toggle(self, account_id: str) -> None:
        """Opens or closes a node."""
        self._closed ^= {account_id}
        self.changed()

    def narrow(self, *, search: str | None = None, kind: str | None = None, payment_mode: str | None = None) -> None:
        """Filters by part of a name or number, by kind and by payment mode."""
        self.search = self.search if search is None else search
        self.kind, self.payment_mode = kind, payment_mode
        self.changed()

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """All accounts in tree order."""
        return self._nodes

    def rows(self) -> list[TreeRow]:
        """The visible accounts; a filter shows matches with the way to them, opened."""
        parents = {node["id"]: (node["parent"] or {}).get("id") for node in self._nodes}
        top = min((node["depth"] for node in self._nodes), default=0)
        with_children = {parent for parent in parents.values() if parent}
        shown = self._matching(parents)
        rows = []
        for node in self._nodes:
            if shown is not None and node["id"] not in shown:
                continue
            if shown is None and any(up in self._closed for up in _way_up(node["id"], parents)):
                continue
            is_open = shown is not None or node["id"] not in self._closed
            rows.append(TreeRow(node, node["depth"] - top, node["id"] in with_children, is_open))
        return rows

    def _matching(self, parents: dict[str, str | None]) -> set[str] | None:
        if not (self.search.strip() or self.kind or self.payment_mode):
            return None
        wanted = fold(self.search)
        hits = {
            node["id"]
            for node in self._nodes
            if (wanted in fold(node["name"]) or wanted in fold(node["number"]))
            and self.kind in (None, node["kind"])
            and self.payment_mode in (None, node["paymentMode"])
        }
        return hits | {up for hit in hits for up in _way_up(hit, parents)}


def fold(text: str) -> str:
    """Spelling without the differences people don't type: digits, Arabic letters, case, joiners."""
    return " ".join(plain(text).translate(LETTERS).casefold().split())


def _way_up(account_id: str, parents: dict[str, str | None]) -> list[str]:
    way = []
    while parent := parents.get(account_id):
        way.append(parent)
        account_id = parent
    return way
