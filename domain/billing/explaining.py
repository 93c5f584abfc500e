"""What is behind a line of a bill: the very records of usage that it was made of."""

from domain.billing.queries import BillLineRow
from domain.billing.states import BillLineKind
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.usage.queries import Charged, UsageFilter, UsageRecordRow, usage_page


async def usage_behind(scope: Scope, line: BillLineRow, *, window: Window) -> Page[UsageRecordRow]:
    """One page of the records whose charges add up to a line, newest first; none where it isn't of usage. Raises `Unavailable`."""
    if line.service is None or line.sim_id is None or line.kind not in (BillLineKind.USAGE, BillLineKind.CREDIT):
        return Page([], [], False, False)
    during = UsageFilter(starts_at=line.period.starts_at, ends_at=line.period.ends_at, services=(line.service,))
    came_in = Charged(line.path, line.kind is BillLineKind.CREDIT, line.counted_from, line.counted_to)
    return await usage_page(scope, line.organization_id, window=window, sim_id=line.sim_id, filter=during, charged=came_in)
