"""Bills of a postpaid account: the last six with what is due, one bill with its lines, and a line with the usage behind it."""

from collections.abc import Sequence
from typing import Any

from mobile.gateway import failures
from mobile.state.downloads import Download
from mobile.state.loading import Loadable
from mobile.state.paged import Paged
from mobile.state.payer import Payer
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

MOST_DISPUTED = 100


def standing(bill: dict[str, Any]) -> str:
    """The one word a bill's row says: what is objected to comes first, then what is late."""
    if any(dispute["state"] == "OPEN" for dispute in bill["disputes"]):
        return "DISPUTED"
    if bill["isOverdue"]:
        return "OVERDUE"
    return str(bill["state"])


class Bills(Loadable):
    """What is due, the deposit, the running statement and the bills of the last six cycles."""

    postpaid: dict[str, Any]
    bills: list[dict[str, Any]]

    def __init__(self, services: Services, payer: Payer) -> None:
        super().__init__(services)
        self.payer = payer

    async def fetch(self) -> bool:
        """Brings them; a prepaid account has none."""
        data: Any = await self.ask("Bills", account=self.payer.account.get("id"))
        if data["account"] is None:
            raise failures.NotFound
        self.postpaid = data["account"]["postpaid"]
        self.bills = [edge["node"] for edge in self.postpaid["bills"]["edges"]] if self.postpaid else []
        return self.postpaid is None

    @property
    def due(self) -> dict[str, Any]:
        """Still to pay on all of them."""
        return {"amount": str(sum(int(bill["amountDue"]["amount"]) for bill in self.bills)), "currency": "IRR"}

    @property
    def comparable(self) -> list[dict[str, Any]]:
        """What can be compared, newest first: the running cycle and the bills."""
        preview = self.postpaid["preview"] if self.postpaid else None
        return [*([preview] if preview else []), *self.bills]


class Bill(Loadable):
    """One bill: its sums, papers, payments and objections."""

    bill: dict[str, Any]

    def __init__(self, services: Services, bill_id: str, others: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(services)
        self.bill_id = bill_id
        self.others = [*others]
        self.papers = Download(services)

    async def fetch(self) -> bool:
        """Brings it."""
        data: Any = await self.ask("BillDetail", id=self.bill_id)
        if not data["node"]:
            raise failures.NotFound
        self.bill = data["node"]
        return False

    @property
    def is_preview(self) -> bool:
        """The running cycle: nothing to pay or to dispute yet."""
        return bool(self.bill["state"] == "PREVIEW")

    @property
    def is_due(self) -> bool:
        """Something is still to pay."""
        return not self.is_preview and int(self.bill["amountDue"]["amount"]) > 0

    @property
    def credits(self) -> dict[str, Any] | None:
        """What was credited on it, with tax; None when nothing was."""
        found = [int(part["total"]["gross"]["amount"]) for part in self.bill["kinds"] if part["code"] == "CREDIT"]
        return {"amount": str(sum(found)), "currency": "IRR"} if found else None

    @property
    def before(self) -> dict[str, Any] | None:
        """The bill of the cycle before it, to compare with."""
        older = [one for one in self.others if one["month"] < self.bill["month"]]
        return max(older, key=lambda one: str(one["month"]), default=None)

    def pay(self, method: dict[str, Any]) -> PlanFlow:
        """Pays what is due, by a way to pay."""
        return PlanFlow(self.services, "BillPay", {"billId": self.bill_id, "method": method})


class BillLines(Paged):
    """The lines of a bill, all or those of a kind, service, card or cost centre; some may be marked for a dispute."""

    def __init__(
        self, services: Services, bill_id: str, narrow: dict[str, Any] | None = None, title: str = "", *, is_marking: bool = False
    ) -> None:
        super().__init__(services)
        self.bill_id, self.narrow, self.title = bill_id, narrow, title
        self.count: int | None = None
        self.is_marking = is_marking
        self.marked: dict[str, dict[str, Any]] = {}

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of lines; their number comes with the first."""
        data: Any = await self.ask("BillLines", id=self.bill_id, filter=self.narrow, after=after)
        if not data["node"]:
            raise failures.NotFound
        found: dict[str, Any] = data["node"]["lines"]
        self.count = found["totalCount"]
        return found

    def mark(self, line: dict[str, Any]) -> bool:
        """Marks a line, or takes the mark off; False when no more can be marked."""
        if line["id"] in self.marked:
            del self.marked[line["id"]]
        elif len(self.marked) >= MOST_DISPUTED:
            return False
        else:
            self.marked[line["id"]] = line
        self.changed()
        return True

    def choose(self, *, is_marking: bool) -> None:
        """Begins or ends marking."""
        self.is_marking = is_marking
        self.marked.clear()
        self.changed()

    @property
    def marked_sum(self) -> dict[str, Any]:
        """What the marked lines come to, with tax."""
        return {"amount": str(sum(int(line["price"]["gross"]["amount"]) for line in self.marked.values())), "currency": "IRR"}

    def dispute(self, reason: str) -> PlanFlow:
        """Objects to the marked lines."""
        content = {"billId": self.bill_id, "lineIds": [*self.marked], "reason": reason.strip()}
        return PlanFlow(self.services, "BillDispute", content, has_key=False)


class BillLine(Paged):
    """One line: what it is, who bought it, and the usage records behind it."""

    line: dict[str, Any]

    def __init__(self, services: Services, line_id: str) -> None:
        super().__init__(services)
        self.line_id = line_id

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of usage; a line of something else, or without the right to usage, has none."""
        data: Any = await self.ask("BillLineUsage", line=self.line_id, after=after)
        if not data["node"]:
            raise failures.NotFound
        self.line = data["node"]
        nothing = {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        found: dict[str, Any] = self.line["usage"] or nothing
        return found

    async def fetch(self) -> bool:
        """A line is never nothing, though it may have no usage."""
        await super().fetch()
        return False

    @property
    def charged(self) -> int:
        """What the records that are here come to."""
        return sum(int(row["charge"]["amount"]) for row in self.rows)

    @property
    def adds_up(self) -> bool:
        """All records are here, and they come to the line's price before tax, to the rial."""
        return self.cursor is None and bool(self.rows) and self.charged == int(self.line["price"]["net"]["amount"])
