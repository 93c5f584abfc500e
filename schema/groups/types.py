"""Groups of SIM cards, as a client sees them."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from domain.groups import queries
from domain.groups.queries import GroupRow, PaymentPolicyRow, PaymentPolicyRunRow
from domain.kernel import money as domain_money
from domain.kernel import quantity as domain_quantity
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims.filters import SimFilter, SimSort
from domain.sims.queries import sims_count, sims_page
from schema.accounts import loaders as account_loaders
from schema.engine.fields import batched, plain, rows_of
from schema.groups import loaders
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, Money, PeriodInput, Quantity
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.outcomes import Problem, failure_of
from schema.kernel.pages import Connection, CountedConnection
from schema.people.types import Person
from schema.sims import loaders as sim_loaders
from schema.sims.counters import SimCounters
from schema.sims.inputs import SimFilterInput, SimSortInput
from schema.wallet import loaders as wallet_loaders
from schema.wallet.types import LedgerTransfer, Wallet

if TYPE_CHECKING:
    from schema.accounts.types import Account
    from schema.sims.types import Sim
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="SIM cards paid for together.")
class Group(Node):
    """Served from `GroupRow`."""

    id: strawberry.ID = global_id(Kind.GROUP)
    name: str = strawberry.field(description="Name people know it by.")

    is_type_of = rows_of(GroupRow)

    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account it belongs to.")
    manager: Person | None = batched(loaders.managers, key="id", description="Group manager, by delegation.")

    @strawberry.field(description="Cards", extensions=[Needs(Permission.SIM_READ)])
    async def sims(
        row: strawberry.Parent[GroupRow],
        info: Info,
        scope: Scope,
        filter: Annotated[SimFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        sort: Annotated[SimSortInput | None, strawberry.argument(description="Order.")] = None,
        search: Annotated[str | None, strawberry.argument(description="Part of a number or holder.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[Sim] | None:
        """One page of its cards."""
        window = Window.of(first, after, last, before)
        wanted = replace(filter.to_filter() if filter else SimFilter(), group_id=row.id)
        order = sort.to_sort() if sort else SimSort()
        place = (row.organization_id, row.path)
        return await CountedConnection[Sim].read(
            info.context,
            lambda session: sims_page(
                session, scope, *place, window=window, filter=wanted, sort=order, search=search,
                wanted=info.context.wanted(info, "edges", "node"),
            ),
            lambda session: sims_count(session, scope, *place, filter=wanted, search=search),
        )  # fmt: skip

    counters: SimCounters | None = batched(
        loaders.counters, key="id", description="Cards counted by status", extensions=[Needs(Permission.SIM_READ)]
    )


    policies: list["PaymentPolicy"] = batched(loaders.policies_of_groups, key="id", description="Automatic payments, at most 20.")


class TopUpRow(msgspec.Struct, frozen=True, gc=False):
    """A rule that recharges."""

    trigger_below: domain_quantity.Quantity
    amount: domain_money.Money


class AutoPayRow(msgspec.Struct, frozen=True, gc=False):
    """A rule that pays bills."""

    is_current_cycle: bool
    day_of_month: int | None
    threshold: domain_money.Money | None


@strawberry.type(description="Recharge prepaid lines.")
class AutoTopUpRule:
    """Served from `TopUpRow`."""

    trigger_below: Quantity = strawberry.field(description="Fires once per crossing below.")
    amount: Money = strawberry.field(description="Money added.")

    is_type_of = rows_of(TopUpRow)


@strawberry.type(description="Pay postpaid lines.")
class AutoPayRule:
    """Served from `AutoPayRow`."""

    is_current_cycle: bool = strawberry.field(description="Running cycle (true) or the one before.")
    day_of_month: int | None = strawberry.field(description="On this day of the Jalali month, 1–29.")
    threshold: Money | None = strawberry.field(description="When the debt passes this.")

    is_type_of = rows_of(AutoPayRow)


PaymentRule = Annotated[AutoTopUpRule | AutoPayRule, strawberry.union("PaymentRule", description="When and how much a policy pays.")]


def _rule(row: PaymentPolicyRow) -> Any:
    """As the policy says."""
    if row.amount is not None and row.trigger_below is not None:
        unit = domain_quantity.Unit(row.trigger_unit or "RIAL")
        return TopUpRow(domain_quantity.Quantity(row.trigger_below, unit), domain_money.Money(row.amount))
    return AutoPayRow(False, row.day_of_month, None if row.threshold is None else domain_money.Money(row.threshold))


def _told(row: PaymentPolicyRow, context: Context) -> list[str]:
    """Masked for support."""
    return [masks.email(context, email) or "" for email in row.notify_emails]


@strawberry.type(description="One firing of a policy on one line.")
class PaymentPolicyRun(Node):
    """Served from `PaymentPolicyRunRow`."""

    id: strawberry.ID = global_id(Kind.PAYMENT_POLICY_RUN)
    at: datetime = strawberry.field(description="When it happened.")
    amount: Money = strawberry.field(description="Amount.")

    is_type_of = rows_of(PaymentPolicyRunRow)

    sim: Sim = batched(sim_loaders.sims_named, key="sim_id", description="Line.")
    transfer: LedgerTransfer | None = batched(
        wallet_loaders.transfers_told, key="transfer_id", description="Money booked, null when it failed."
    )
    failure: Problem | None = plain(failure_of, description="Why it failed.")


@strawberry.type(description="A standing instruction to pay for a group's lines.")
class PaymentPolicy(Node):
    """Served from `PaymentPolicyRow`."""

    id: strawberry.ID = global_id(Kind.PAYMENT_POLICY)
    is_active: bool = strawberry.field(description="Working.")

    is_type_of = rows_of(PaymentPolicyRow)

    group: Group = batched(loaders.groups, key="group_id", description="Group it serves.")
    rule: PaymentRule = plain(_rule, description="When and how much.")
    wallet: Wallet = batched(wallet_loaders.wallets, key="wallet_id", description="Wallet that pays.")
    notify_emails: list[str] = plain(
        _told, description="Told of done, failed and out of funds, besides the line itself; at most 5, masked for support."
    )

    @strawberry.field(description="What it did, newest first.")
    async def runs(
        row: strawberry.Parent[PaymentPolicyRow],
        info: Info,
        during: Annotated[PeriodInput | None, strawberry.argument(description="Within.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[PaymentPolicyRun]:
        """One page, of lines in scope."""
        window, scope = Window.of(first, after, last, before), info.context.scope(Permission.GROUP_READ)
        starts_at, ends_at = (during.starts_at, during.ends_at) if during else (None, None)
        return await Connection[PaymentPolicyRun].read(
            info.context,
            lambda session: queries.runs_page(session, scope, row, window=window, starts_at=starts_at, ends_at=ends_at),
        )


async def groups_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    search: Annotated[str | None, strawberry.argument(description="Part of a name.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Group] | None:
    """`Organization.groups`: one page by name, of the groups whose account is in scope."""
    window = Window.of(first, after, last, before)
    return await CountedConnection[Group].read(
        info.context,
        lambda session: queries.groups_page(session, scope, root.id, window=window, search=search),
        lambda session: queries.groups_count(session, scope, root.id, search=search),
    )
