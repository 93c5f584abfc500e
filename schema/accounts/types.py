"""Organizations, accounts and cost centres, as a client sees them."""

from datetime import datetime
from typing import Annotated, Any, cast

import strawberry

from domain.accounts import queries
from domain.accounts.queries import AccountRow, CostCentreRow, OrganizationRow
from domain.kernel.errors import Forbidden
from domain.kernel.ids import Kind, decode_as
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.accounts import loaders
from schema.accounts.enums import AccountKind, PaymentMode
from schema.approvals.types import ApprovalBand, Budget, bands_of_organization, budgets_of_organization
from schema.audit.queries import access_log_of_organization, trail_of_organization
from schema.audit.types import AccessLogEntry, AuditEntry
from schema.billing import loaders as billing_loaders
from schema.billing.types import PostpaidStanding
from schema.engine.fields import batched, plain, rows_of
from schema.files.types import Document
from schema.groups.types import Group, groups_of_organization
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, Locale
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import Connection, CountedConnection
from schema.kernel.scalars import LegalId
from schema.orders.queries import orders_of_account
from schema.orders.types import Order
from schema.people.types import Membership, memberships_of_organization
from schema.signing_in import loaders as signing_in_loaders
from schema.signing_in.types import Session
from schema.sims.counters import SimCounters, counters_of_account
from schema.sims.queries import sims_of_account
from schema.sims.types import Sim
from schema.tickets.queries import tickets_of_organization
from schema.tickets.types import Ticket
from schema.tokens.types import ApiToken, tokens_of_organization
from schema.usage.queries import usage_of_account
from schema.usage.types import UsageRecord
from schema.wallet import loaders as wallet_loaders
from schema.wallet.types import Wallet

AsOf = Annotated[datetime | None, strawberry.argument(description="As it stood then.")]


@strawberry.input(description="Which accounts.")
class AccountFilterInput:
    """All given conditions hold."""

    under_id: strawberry.ID | None = strawberry.field(default=None, description="This account and below.")
    kinds: list[AccountKind] | None = strawberry.field(default=None, description="Kinds wanted.")
    payment_mode: PaymentMode | None = strawberry.field(default=None, description="Payment mode wanted.")
    is_overdue: bool | None = strawberry.field(default=None, description="With overdue bills only.")

    def to_filter(self, context: Context) -> queries.AccountFilter:
        """The domain's filter; who is overdue is for those to ask who may see bills."""
        if self.is_overdue is not None:
            context.scope(Permission.BILL_READ)
        under_id = decode_as(Kind.ACCOUNT, self.under_id, "filter", "underId") if self.under_id else None
        return queries.AccountFilter(under_id, self.kinds, self.payment_mode, self.is_overdue)


@strawberry.type(description="A person to write to.")
class Contact:
    """One of the organization's contact rows, masked where the viewer is support."""

    name: str = strawberry.field(description="Name, masked for support.")
    role: str = strawberry.field(description="What for.")
    email: str | None = strawberry.field(description="E-mail, masked for support.")
    phone: str | None = strawberry.field(description="Phone, masked for support.")

    @classmethod
    def of(cls, row: dict[str, Any], context: Context) -> "Contact":
        """Shows a row."""
        return cls(
            name=masks.name(context, row["name"]) or "",
            role=row["role"],
            email=masks.email(context, row.get("email")),
            phone=masks.phone(context, row.get("phone")),
        )


@strawberry.type(description="A department or project that costs are booked on.")
class CostCentre(Node):
    """Served from `CostCentreRow`."""

    id: strawberry.ID = global_id(Kind.COST_CENTRE)
    code: str = strawberry.field(description="Code in the company's books.")
    name: str = strawberry.field(description="Name people know it by.")

    is_type_of = rows_of(CostCentreRow)


@strawberry.type(description="A node of the account tree.")
class Account(Node):
    """Served from `AccountRow`; what hangs on it is read by the areas it names."""

    id: strawberry.ID = global_id(Kind.ACCOUNT)
    number: str = strawberry.field(description="Human reference.")
    name: str = strawberry.field(description="Name people know it by.")
    kind: AccountKind = strawberry.field(description="Place in the tree.")
    payment_mode: PaymentMode = strawberry.field(description="How usage is paid.")

    is_type_of = rows_of(AccountRow)

    organization: "Organization" = batched(loaders.organizations, key="organization_id", description="Owner.")

    @strawberry.field(description="Steps below the root.")
    async def depth(row: strawberry.Parent[AccountRow], info: Info, as_of: AsOf = None) -> int:
        """Now, or as it stood then; where it didn't hang yet it counts as it hangs now."""
        place = await info.context.load(loaders.places, (row.id, as_of)) if as_of else None
        return place.depth if place else row.depth

    @strawberry.field(description="Account above, null at the top of the viewer's scope.")
    async def parent(row: strawberry.Parent[AccountRow], info: Info, as_of: AsOf = None) -> "Account | None":
        """Now, or as it stood then."""
        if as_of is None:
            return cast("Account | None", await info.context.load(loaders.accounts, row.parent_id)) if row.parent_id else None
        place = await info.context.load(loaders.places, (row.id, as_of))
        if place is None or place.parent_id is None or await info.context.load(loaders.places, (place.parent_id, as_of)) is None:
            return None
        return cast("Account | None", await info.context.load(loaders.accounts_named, place.parent_id))

    @strawberry.field(description="Accounts directly below.", extensions=[Needs(Permission.ACCOUNT_READ)])
    async def children(
        row: strawberry.Parent[AccountRow],
        info: Info,
        scope: Scope,
        as_of: AsOf = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection["Account"]:
        """One level, in tree order."""
        organization_id, id, window = row.organization_id, row.id, Window.of(first, after, last, before)
        return await CountedConnection[Account].read(
            info.context,
            lambda session: queries.accounts_page(session, scope, organization_id, window=window, parent_id=id, as_of=as_of),
            lambda session: queries.accounts_count(session, scope, organization_id, parent_id=id, as_of=as_of),
        )

    counters: SimCounters | None = strawberry.field(
        resolver=counters_of_account, description="SIM cards counted by status", extensions=[Needs(Permission.SIM_READ)]
    )
    orders: CountedConnection[Order] | None = strawberry.field(
        resolver=orders_of_account,
        description="Purchases; without `filter.placed` those of the last 15 days",
        extensions=[Needs(Permission.ORDER_READ)],
    )
    usage: Connection[UsageRecord] | None = strawberry.field(
        resolver=usage_of_account, description="Itemised usage", extensions=[Needs(Permission.USAGE_READ)]
    )
    sims: CountedConnection[Sim] | None = strawberry.field(
        resolver=sims_of_account, description="SIM cards", extensions=[Needs(Permission.SIM_READ)]
    )
    wallet: Wallet | None = batched(
        wallet_loaders.wallets_of_accounts, key="id", description="Money to spend", extensions=[Needs(Permission.WALLET_READ)]
    )
    postpaid: PostpaidStanding | None = batched(
        billing_loaders.standings, key="id", description="Deposit and bills; null on a prepaid account.",
        extensions=[Needs(Permission.BILL_READ)],
    )  # fmt: skip


def _contacts(row: OrganizationRow, context: Context) -> list[Contact]:
    """Masked where the viewer is support; whoever only finds the organization sees none."""
    if Permission.ACCOUNT_READ not in context.asking().permissions:
        return []
    return [Contact.of(contact, context) for contact in row.contacts]


@strawberry.type(description="A legal entity and everything it owns.")
class Organization(Node):
    """Served from `OrganizationRow`."""

    id: strawberry.ID = global_id(Kind.ORGANIZATION)
    name: str = strawberry.field(description="Registered name.")
    legal_id: LegalId = strawberry.field(description="National id of the legal entity.")
    economic_code: str | None = strawberry.field(description="Economic code for tax.")
    locale: Locale = strawberry.field(description="Language of its documents.")

    is_type_of = rows_of(OrganizationRow)

    contacts: list[Contact] = plain(_contacts, description="People to write to, at most 20.")

    documents: list[Document] = batched(loaders.papers, key="id", description="Company papers on file, at most 50.")

    @strawberry.field(
        description="Corporate general account (CGA), the top of the tree visible to the viewer.",
        extensions=[Needs(Permission.ACCOUNT_READ)],
    )
    async def root_account(
        row: strawberry.Parent[OrganizationRow],
        info: Info,
        scope: Scope,
        as_of: Annotated[datetime | None, strawberry.argument(description="The tree as it stood then.")] = None,
    ) -> Account:
        """The top keeps its place in time, so `as_of` only dates what is asked below it."""
        async with info.context.read() as session:
            top = await queries.top_account(session, scope, row.id)
        if top is None:
            raise Forbidden
        return cast(Account, top)

    @strawberry.field(
        description="Accounts in tree order (parents first), so that one page draws a tree of any depth.",
        extensions=[Needs(Permission.ACCOUNT_READ)],
    )
    async def accounts(
        row: strawberry.Parent[OrganizationRow],
        info: Info,
        scope: Scope,
        as_of: Annotated[datetime | None, strawberry.argument(description="The tree as it stood then.")] = None,
        filter: Annotated[AccountFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        search: Annotated[str | None, strawberry.argument(description="Part of a name or number.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[Account]:
        """One keyset page of the tree."""
        id, window = row.id, Window.of(first, after, last, before)
        wanted = filter.to_filter(info.context) if filter else queries.AccountFilter()
        return await CountedConnection[Account].read(
            info.context,
            lambda session: queries.accounts_page(session, scope, id, window=window, filter=wanted, search=search, as_of=as_of),
            lambda session: queries.accounts_count(session, scope, id, filter=wanted, search=search, as_of=as_of),
        )

    access_log: Connection[AccessLogEntry] | None = strawberry.field(
        resolver=access_log_of_organization,
        description="Who looked at this organization's data, operator's people included",
        extensions=[Needs(Permission.AUDIT_READ)],
    )
    memberships: CountedConnection[Membership] = strawberry.field(
        resolver=memberships_of_organization, description="Appointed people", extensions=[Needs(Permission.ACCOUNT_READ)]
    )
    support_views: list[Session] = batched(
        signing_in_loaders.support_views, key="id", description="Support views of this organization open now, for the banner; at most 10."
    )
    api_tokens: CountedConnection[ApiToken] | None = strawberry.field(
        resolver=tokens_of_organization, description="API tokens, dead ones included", extensions=[Needs(Permission.TOKEN_MANAGE)]
    )
    groups: CountedConnection[Group] | None = strawberry.field(
        resolver=groups_of_organization, description="Groups", extensions=[Needs(Permission.GROUP_READ)]
    )
    tickets: CountedConnection[Ticket] | None = strawberry.field(
        resolver=tickets_of_organization, description="Requests and complaints", extensions=[Needs(Permission.TICKET_READ)]
    )
    budgets: CountedConnection[Budget] | None = strawberry.field(
        resolver=budgets_of_organization, description="Budgets", extensions=[Needs(Permission.BUDGET_READ)]
    )
    approval_bands: list[ApprovalBand] | None = strawberry.field(
        resolver=bands_of_organization,
        description="Amount bands and their approvers, at most 50",
        extensions=[Needs(Permission.BUDGET_READ)],
    )
    audit_trail: Connection[AuditEntry] | None = strawberry.field(
        resolver=trail_of_organization, description="Who changed what", extensions=[Needs(Permission.AUDIT_READ)]
    )
