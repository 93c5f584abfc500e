"""The SIM list: search, filters, sort, endless pages, and the cards selected for a bulk act."""

import asyncio
from datetime import timedelta
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.loading import Loadable, Phase
from mobile.state.selection import MOST_NAMED, Selection
from mobile.state.services import Services
from mobile.state.sim_row import SimRow, shape_row

PAGE = 50
SOON = timedelta(days=3)
SORTS = (
    ("MSISDN", "ASC"),
    ("HOLDER", "ASC"),
    ("STATUS", "ASC"),
    ("DATA_REMAINING", "ASC"),
    ("CURRENT_CHARGE", "DESC"),
    ("DEBT", "DESC"),
    ("LAST_USAGE_AT", "DESC"),
    ("VALID_UNTIL", "ASC"),
)
BY_LATEST_USE = ("LAST_USAGE_AT", "DESC")
STATUSES = ("ACTIVE", "READY_TO_ACTIVATE", "BLOCKED", "SUSPENDED", "CAP_EXCEEDED", "IMEI_MISMATCH", "TERMINATED")


class SimList(Loadable):
    """One list with its conditions; pages are added at its end."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.search = ""
        self.account: dict[str, Any] | None = None
        self.status: str | None = None
        self.is_low = False
        self.has_debt = False
        self.sort = BY_LATEST_USE
        self.count: int | None = None
        self.nodes: list[dict[str, Any]] = []
        self.selected: dict[str, dict[str, Any]] = {}
        self.is_selecting = False
        self.is_all = False
        """All that match are selected, seen or not."""
        self.is_fetching_more = False
        self._after: str | None = None
        self._has_more = False
        self.version = 0
        """Grows whenever cards that were there changed; not when pages are added."""
        self._turn = 0
        self._shown: dict[str, Any] = {}  # the conditions of what is in `nodes`

    @property
    def has_conditions(self) -> bool:
        """Something narrows the list."""
        return bool(self.search.strip() or self.account or self.status or self.is_low or self.has_debt)

    def row(self, index: int) -> SimRow:
        """A loaded card as a row in the chosen language."""
        return shape_row(self.nodes[index], self.services.say)

    async def narrow(self, **conditions: Any) -> None:
        """Changes conditions (search, account, status, is_low, has_debt, sort) and loads from the start."""
        for name, value in conditions.items():
            setattr(self, name, value)
        self.is_all = False  # of other conditions it would be others
        self.changed()
        await self.load(is_other=True)

    async def clear(self) -> None:
        """Takes every condition away."""
        await self.narrow(search="", account=None, status=None, is_low=False, has_debt=False)

    async def fetch(self) -> bool:
        """Brings the first page and the count; an older call that comes late is dropped."""
        self._turn += 1
        turn, conditions, was_kept = self._turn, self._conditions() | {"sort": self.sort}, self.is_cached
        page, count = await asyncio.gather(self._page(None), self._count())
        if turn != self._turn:
            return not self.nodes
        head = [edge["node"] for edge in page["edges"]]
        if was_kept and conditions == self._shown and len(self.nodes) > len(head):
            # Somebody scrolls through what the device kept: its further pages stay, so that nothing jumps.
            fresh = {node["id"] for node in head}
            self.nodes = head + [node for node in self.nodes[len(head) :] if node["id"] not in fresh]
        else:
            self.nodes = head
            self._after, self._has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        self.count, self._shown = count, conditions
        self.version += 1
        return not self.nodes

    async def load_more(self) -> None:
        """Adds the next page, once at a time; after a failure not before somebody tries again."""
        if not self._has_more or self.is_fetching_more or self.failure:
            return
        self.is_fetching_more, turn, seen_at = True, self._turn, self.seen_at
        try:
            page = await self._page(self._after)
        except failures.SessionEnded:
            self.services.session.end()
            return
        except failures.Offline as failure:
            # The server may have been found again meanwhile: then the next touch simply asks.
            self.failure = failure if self.services.network.is_offline else None
        except failures.Failure as failure:
            self.failure = failure
        else:
            if turn == self._turn:
                self.nodes += [edge["node"] for edge in page["edges"]]
                self._after, self._has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
                self.seen_at = min(filter(None, (seen_at, self.seen_at)))  # a list is as old as its oldest page
        finally:
            self.is_fetching_more = False
        self.changed()

    async def resume(self) -> None:
        """Goes on with the page that didn't come; what came from the device is asked anew."""
        if self.is_cached or self.phase is not Phase.READY:
            await self.load()
            return
        self.failure = None
        await self.load_more()
        self.changed()

    def select(self, sim_id: str) -> None:
        """Adds a card to the selection or takes it out; at most 250. After all, it begins anew with this one."""
        self.is_all = False
        if sim_id in self.selected:
            del self.selected[sim_id]
        elif len(self.selected) < MOST_NAMED:
            self.selected[sim_id] = next(node for node in self.nodes if node["id"] == sim_id)
        self.is_selecting = True
        self.changed()

    def select_none(self) -> None:
        """Ends selecting."""
        self.selected.clear()
        self.is_selecting = self.is_all = False
        self.changed()

    @property
    def can_select_all(self) -> bool:
        """The server can name them by the same conditions; what a search finds it can't."""
        return bool(self.count) and not self.search.strip()

    def select_all(self) -> None:
        """Selects all that match."""
        self.selected.clear()
        self.is_selecting = self.is_all = True
        self.changed()

    def is_selected(self, sim_id: str) -> bool:
        """The card belongs to the selection."""
        return self.is_all or sim_id in self.selected

    @property
    def selection(self) -> Selection:
        """The selected cards, as a bulk act asks for them."""
        if not self.is_all:
            return Selection.of([*self.selected.values()])
        conditions = self._conditions()
        return Selection({"filter": {"accountId": conditions["account"]} | (conditions["filter"] or {})}, self.count or 0)

    def _conditions(self) -> dict[str, Any]:
        narrow: dict[str, Any] = {}
        if self.account:
            narrow["accountId"] = self.account["id"]
        if self.status:
            narrow["statuses"] = [self.status]
        if self.is_low:
            # To the hour, so that the offline copy of the same list is found again.
            soon = (self.services.now() + SOON).replace(minute=0, second=0, microsecond=0)
            narrow["bucketEndsBefore"] = soon.isoformat()
        if self.has_debt:
            narrow["hasDebt"] = True
        return {
            "account": self.services.session.account.get("id"),
            "filter": narrow or None,
            "search": plain(self.search).strip() or None,
        }

    async def _page(self, after: str | None) -> dict[str, Any]:
        sort = {"key": self.sort[0], "direction": self.sort[1]}
        data: Any = await self.ask("Fleet", **self._conditions(), first=PAGE, after=after, sort=sort)
        found: dict[str, Any] = data["account"]["sims"]
        return found

    async def _count(self) -> int | None:
        try:
            answer: Any = (await self.answer("FleetCount", self._conditions())).data
        except failures.Offline:
            return None  # kept pages are worth showing without it
        count: int | None = answer["account"]["sims"]["totalCount"]
        return count
