"""Two bills compared: named causes that sum to the difference, each down to the lines on both sides."""

from dataclasses import dataclass
from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable
from mobile.state.services import Services


@dataclass(frozen=True)
class Step:
    """A cause in the waterfall: where its bar begins and ends, as shares of the whole way from the lowest to the highest sum."""

    cause: dict[str, Any]
    start: float
    end: float


class Comparison(Loadable):
    """The asked bill against another of the same account; the running cycle counts as a bill."""

    comparison: dict[str, Any]

    def __init__(self, services: Services, bill_id: str, with_id: str, bills: list[dict[str, Any]] | None = None) -> None:
        super().__init__(services)
        self.bill_id, self.with_id = bill_id, with_id
        self.bills = bills or []

    async def fetch(self) -> bool:
        """Brings it."""
        data: Any = await self.ask("BillCompare", id=self.bill_id, **{"with": self.with_id})
        if not data["node"] or data["node"]["comparison"] is None:
            raise failures.NotFound
        self.comparison = data["node"]["comparison"]
        return False

    async def compare(self, *, bill_id: str | None = None, with_id: str | None = None) -> None:
        """Another pair; the one that was on the other side gives way to it."""
        bill, other = bill_id or self.bill_id, with_id or self.with_id
        if bill == other:
            bill, other = self.with_id, self.bill_id
        self.bill_id, self.with_id = bill, other
        await self.load(is_other=True)

    @property
    def difference(self) -> int:
        """In rials, with tax."""
        return int(self.comparison["difference"]["amount"])

    @property
    def percent(self) -> float | None:
        """The difference as a share of the other bill; None when that is nothing."""
        other = int(self.comparison["other"]["total"]["gross"]["amount"])
        return 100 * self.difference / other if other else None

    @property
    def adds_up(self) -> bool:
        """The causes sum to the difference, and the difference to the two totals, to the rial."""
        totals = [int(self.comparison[side]["total"]["gross"]["amount"]) for side in ("bill", "other")]
        return sum(int(cause["amount"]["amount"]) for cause in self.comparison["causes"]) == self.difference == totals[0] - totals[1]

    def steps(self) -> list[Step]:
        """The causes one after another, each beginning where the last one ended."""
        sums = [0]
        for cause in self.comparison["causes"]:
            sums.append(sums[-1] + int(cause["amount"]["amount"]))
        low, high = min(sums), max(sums)
        way = max(1, high - low)
        return [
            Step(cause, (start - low) / way, (end - low) / way)
            for cause, start, end in zip(self.comparison["causes"], sums, sums[1:], strict=False)
        ]
