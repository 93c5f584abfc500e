"""Bills and what postpaid accounts have, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.billing import lines as bill_lines
from domain.billing import queries
from domain.billing.attached import BillDisputeRow
from domain.billing.comparing import CauseRow, details_page
from domain.billing.explaining import usage_behind
from domain.billing.lines import LineFilter
from domain.billing.queries import BillFilter
from domain.billing.rows import BillLineRow, BillPreviewRow, BillRow, StandingRow
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, decode, encode
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.accounts import loaders as account_loaders
from schema.billing import loaders
from schema.billing.enums import BillCauseKind, BillDimension, BillLineKind, BillState, DisputeState
from schema.billing.inputs import BillFilterInput, BillLineFilterInput
from schema.engine.fields import batched, itself, plain, rows_of
from schema.files.types import Document
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, FigureSource, First, Last, Measured, Money, Period, Price, Quantity, UsageType
from schema.kernel.looks import note
from schema.kernel.needs import Needs
from schema.kernel.nodes import Found, Node, find, found, global_id
from schema.kernel.pages import Connection, CountedConnection
from schema.orders import loaders as order_loaders
from schema.payments.types import Payment
from schema.sims import loaders as sim_loaders
from schema.tickets import loaders as ticket_loaders
from schema.usage.types import UsageRecord

if TYPE_CHECKING:
    from schema.accounts.types import Account, CostCentre
    from schema.orders.types import Order
    from schema.sims.types import Sim
    from schema.tickets.types import Ticket
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    CostCentre = Annotated["CostCentre", strawberry.lazy("schema.accounts.types")]
    Order = Annotated["Order", strawberry.lazy("schema.orders.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]
    Ticket = Annotated["Ticket", strawberry.lazy("schema.tickets.types")]


@strawberry.type(description="One sum of a bill.")
class BillSum:
    """Served from `BillSumRow`."""

    code: str | None = strawberry.field(description="Contract name of the service or kind, null where it isn't split by one.")
    total: Price = strawberry.field(description="Sum with tax.")

    label: str = batched(loaders.labels, key=itself, description="Value it is for.")
    subject: Node | None = batched(found, key="subject", description="SIM card, account or cost centre.", extensions=[Found()])


@strawberry.type(description="A line of a bill (TMF678 applied rate).")
class BillLine(Node):
    """Served from `BillLineRow`."""

    id: strawberry.ID = global_id(Kind.BILL_LINE)
    kind: BillLineKind = strawberry.field(description="Which kind it is.")
    service: UsageType | None = strawberry.field(description="Service.")
    period: Period = strawberry.field(description="Span.")
    quantity: Quantity | None = strawberry.field(description="How much.")
    price: Price = strawberry.field(description="Price; minus on credits.")

    is_type_of = rows_of(BillLineRow)

    description: str = batched(loaders.descriptions, key=itself, description="Text.")
    sim: Sim | None = batched(sim_loaders.sims_named, key="sim_id", description="Line of business: the SIM card.")
    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account it arose on.")
    cost_centre: CostCentre | None = batched(account_loaders.cost_centres, key="cost_centre_id", description="Cost centre then.")
    order: Order | None = batched(
        order_loaders.orders, key="order_id", description="Order behind it: buyer, memo, purchase order number."
    )

    @strawberry.field(description="Usage behind it.", extensions=[Needs(Permission.USAGE_READ)])
    async def usage(
        row: strawberry.Parent[BillLineRow],
        info: Info,
        scope: Scope,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[UsageRecord] | None:
        """One page, newest first; none behind fees, purchases and notes."""
        page = await usage_behind(scope, row, window=Window.of(first, after, last, before))
        return Connection[UsageRecord].of(page)


def _id(row: BillRow) -> strawberry.ID:
    return strawberry.ID(encode(Kind.BILL_PREVIEW if isinstance(row, BillPreviewRow) else Kind.BILL, row.id))


@strawberry.type(description="Objection to some lines.")
class BillDispute(Node):
    """Served from `BillDisputeRow`."""

    id: strawberry.ID = global_id(Kind.BILL_DISPUTE)
    state: DisputeState = strawberry.field(description="State it is in now.")
    reason: str = strawberry.field(description="Customer's words.")
    amount: Money = strawberry.field(description="Sum of the lines.")
    credited: Money | None = strawberry.field(description="Money given back.")

    is_type_of = rows_of(BillDisputeRow)

    lines: list[BillLine] = batched(loaders.disputed_lines, key="id", description="Lines, at most 100.")
    ticket: Ticket = batched(ticket_loaders.tickets, key="ticket_id", description="Talk about it.")


@strawberry.type(description="A cause on one SIM card.")
class BillCauseDetail:
    """Served from `CauseDetailRow`."""

    amount: Money = strawberry.field(description="Its part of the cause.")
    line: BillLine | None = strawberry.field(description="Line on the asked bill.")
    other_line: BillLine | None = strawberry.field(description="Line on the other.")

    sim: Sim | None = batched(sim_loaders.sims_named, key="sim_id", description="The card, null for the account itself.")


@strawberry.type(description="A cause of a difference.")
class BillCause:
    """Served from `CauseRow`."""

    kind: BillCauseKind = strawberry.field(description="Which kind it is.")
    service: UsageType | None = strawberry.field(description="Service concerned.")
    amount: Money = strawberry.field(description="Its part of the difference.")

    @strawberry.field(description="Down to lines, largest first.")
    async def details(
        row: strawberry.Parent[CauseRow], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> CountedConnection[BillCauseDetail]:
        """Made together with the cause."""

        async def count() -> int:
            return len(row.details)

        return CountedConnection[BillCauseDetail].of(details_page(row, Window.of(first, after, last, before)), count)


@strawberry.type(description="Two bills, and why they differ.")
class BillComparison:
    """Served from `ComparisonRow`."""

    bill: "Bill" = strawberry.field(description="The one asked.")
    other: "Bill" = strawberry.field(description="The other.")
    difference: Money = strawberry.field(description="This bill less the other, with tax.")
    causes: list[BillCause] = strawberry.field(description="Causes; they sum to the difference, at most 50.")


@strawberry.type(description="A customer bill (TMF678).")
class Bill(Node, Measured):
    """Served from `BillRow`; a preview is named by its account."""

    id: strawberry.ID = plain(_id, description="Global id.")
    number: str | None = strawberry.field(description="Human reference, null on a preview.")
    tax_number: str | None = strawberry.field(description="Tax-system number, 22 characters, null until sent.")
    state: BillState = strawberry.field(description="State it is in now.")
    month: JalaliMonth = strawberry.field(description="Month in which the cycle ends.")
    period: Period = strawberry.field(description="Cycle.")
    issued_at: datetime | None = strawberry.field(description="When issued.")
    due_at: datetime | None = strawberry.field(description="When due.")
    is_overdue: bool = strawberry.field(description="Due and not settled.")
    total: Price = strawberry.field(description="All lines with tax.")
    paid: Money = strawberry.field(description="Paid so far.")
    amount_due: Money = strawberry.field(description="Still to pay.")
    as_of: datetime = strawberry.field(description="Complete up to here.")
    source: FigureSource = strawberry.field(description="Counted by.")

    is_type_of = rows_of(BillRow, BillPreviewRow)

    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account billed.")

    @strawberry.field(description="Sums that add up to the total, at most 200.")
    async def summary(
        row: strawberry.Parent[BillRow],
        info: Info,
        by: Annotated[BillDimension, strawberry.argument(description="Split by.")] = BillDimension.SERVICE,
    ) -> list[BillSum]:
        """Counted by the store."""
        return cast(list[BillSum], await info.context.load(loaders.summaries, (row, by)))

    @strawberry.field(description="Lines.", extensions=[Needs(Permission.BILL_READ)])
    async def lines(
        row: strawberry.Parent[BillRow],
        info: Info,
        scope: Scope,
        filter: Annotated[BillLineFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[BillLine]:
        """One keyset page, card by card."""
        window, wanted = Window.of(first, after, last, before), filter.to_filter() if filter else LineFilter()
        return await CountedConnection[BillLine].read(
            info.context,
            lambda session: bill_lines.lines_page(session, scope, row, filter=wanted, window=window),
            lambda session: bill_lines.lines_count(session, scope, row, filter=wanted),
        )

    documents: list[Document] = batched(loaders.documents, key="id", description="PDF, CSV and XLSX, at most 3; empty on a preview.")
    payments: list[Payment] = batched(
        loaders.payments, key="id", description="Payments, newest first, at most 50.", extensions=[Needs(Permission.WALLET_READ)]
    )
    disputes: list[BillDispute] = batched(loaders.disputes_of_bills, key="id", description="Disputes, at most 50.")

    @strawberry.field(description="Every rial of the difference to another bill or preview of the same account.")
    async def comparison(
        row: strawberry.Parent[BillRow],
        info: Info,
        with_id: Annotated[strawberry.ID, strawberry.argument(description="The bill to compare with.")],
    ) -> BillComparison | None:
        """Null for a bill of another account, or none; seeing the other one is a look as well."""
        try:
            other = await find(info.context, decode(with_id))
        except NotFound:
            return None
        if not isinstance(other, BillRow) or other.account_id != row.account_id:
            return None
        return cast(BillComparison, await info.context.load(loaders.comparisons, (row, other)))


@strawberry.type(description="What only postpaid accounts have.")
class PostpaidStanding:
    """Served from `StandingRow`."""

    deposit: Money = strawberry.field(description="Deposit held.")
    credit_limit: Money = strawberry.field(description="Credit limit.")
    cycle_months: int = strawberry.field(description="Cycle length in Jalali months, 1 or 2.")
    due_days: int = strawberry.field(description="Days to pay.")
    is_billed_here: bool = strawberry.field(description="Bills are issued here (true) or on the account above.")

    last_bill: Bill | None = batched(
        loaders.last_bills, key=("organization_id", "account_id"), description="Last issued bill.", extensions=[Found()]
    )

    preview: Bill = batched(
        loaders.previews, key="account_id", description="The running cycle as a bill, month to date.", extensions=[Found()]
    )

    @strawberry.field(description="Bills, newest first; without `filter.months` those of the last 6 cycles.")
    async def bills(
        row: strawberry.Parent[StandingRow],
        info: Info,
        filter: Annotated[BillFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[Bill]:
        """One keyset page; seeing a bill is a look, here as anywhere."""
        window, wanted = Window.of(first, after, last, before), filter.to_filter() if filter else BillFilter()
        scope = info.context.scope(Permission.BILL_READ)
        shown = await CountedConnection[Bill].read(
            info.context,
            lambda session: queries.bills_page(session, scope, row.account_id, filter=wanted, window=window),
            lambda session: queries.bills_count(session, scope, row.account_id, filter=wanted),
        )
        note(info.context.looks, scope, row, shown)
        return shown

