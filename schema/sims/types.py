"""SIM cards, as a client sees them."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, cast

import msgspec
import strawberry

from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind
from domain.sims.rows import FiguresRow, NamedSim, SimRow, figures, standing
from domain.sims.rules import acting, rights
from schema.accounts import loaders as account_loaders
from schema.accounts.enums import PaymentMode
from schema.audit.queries import trail_of_sim
from schema.audit.types import AuditEntry
from schema.bundles import loaders as bundle_loaders
from schema.bundles.types import Bucket, Product
from schema.catalogue import loaders as catalogue_loaders
from schema.catalogue.types import ProductOffering
from schema.engine.fields import batched, itself, plain, rows_of
from schema.groups import loaders as group_loaders
from schema.groups.types import Group
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import FigureSource, Measured, Money, Period
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import Connection
from schema.kernel.rights import Permission
from schema.kernel.scalars import ICCID, IMEI, IMSI, MSISDN
from schema.sims import loaders
from schema.sims.enums import ApnAuthType, Barring, IpAllocation, PdnType, SimStatus, SimStatusReason
from schema.sims.puk import puk_reveals_left
from schema.usage import loaders as usage_loaders
from schema.usage.queries import usage_of_sim
from schema.usage.types import UsageRecord
from schema.wallet import loaders as wallet_loaders
from schema.wallet.types import Wallet

if TYPE_CHECKING:
    from schema.accounts.types import Account, CostCentre
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    CostCentre = Annotated["CostCentre", strawberry.lazy("schema.accounts.types")]


@strawberry.type(description="Life of a line.")
class SimValidity:
    """Three instants of a line's life."""

    activated_at: datetime | None = strawberry.field(description="First activation.")
    valid_until: datetime | None = strawberry.field(description="Usable until.")
    grace_until: datetime | None = strawberry.field(description="Can be revived until.")


class HolderRow(msgspec.Struct, frozen=True, gc=False):
    """A holder as the viewer sees them: made for each row of a page."""

    name: str
    employee_number: str | None


@strawberry.type(description="The employee who carries a SIM card.")
class Holder:
    """Served from `HolderRow`."""

    name: str = strawberry.field(description="Name, masked for support.")
    employee_number: str | None = strawberry.field(description="Number in the company.")

    is_type_of = rows_of(HolderRow)


@strawberry.type(description="A SIM card's stay under an account.")
class SimPlacement:
    """Served from `PlacementRow`."""

    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account it stands under.")
    valid_for: Period = plain(itself, description="When it holds.")


@strawberry.type(description="The five figures of a line; one that doesn't apply to its payment mode is null.")
class SimFigures(Measured):
    """Served from `FiguresRow`."""

    remaining_credit_limit: Money | None = strawberry.field(description="What may still be used: credit limit − payable.")
    balance: Money | None = strawberry.field(description="Money on the line.")
    debt: Money | None = strawberry.field(description="Billed and unpaid.")
    current_charge: Money | None = strawberry.field(description="Used since the last bill.")
    payable: Money | None = strawberry.field(description="To settle the line today: debt + current charge.")

    is_type_of = rows_of(FiguresRow)


@strawberry.type(description="An access point with its bearer (3GPP TS 23.003, 23.401); secrets are never shown.")
class Apn:
    """Served from `ApnRow`, as the carrier reported it."""

    network_identifier: str = strawberry.field(description="Network identifier.")
    operator_identifier: str | None = strawberry.field(description="Operator identifier, `mnc035.mcc432.gprs`.")
    pdn_type: PdnType = strawberry.field(description="Bearer type.")
    ip_allocation: IpAllocation = strawberry.field(description="How addresses are given.")
    static_address: str | None = strawberry.field(description="Address, when static.")
    qos_class: int | None = strawberry.field(description="Quality class, QCI or 5QI.")
    arp: int | None = strawberry.field(description="Allocation and retention priority, 1–15.")
    ambr_uplink: Decimal | None = strawberry.field(description="Ceiling upwards, bit/s.")
    ambr_downlink: Decimal | None = strawberry.field(description="Ceiling downwards, bit/s.")
    charging_characteristics: str | None = strawberry.field(description="Charging characteristics, four hex digits.")
    is_visited_allowed: bool = strawberry.field(description="May be served by a visited network.")
    is_private: bool = strawberry.field(description="Belongs to the company alone.")
    auth_type: ApnAuthType = strawberry.field(description="Authentication.")
    is_active: bool = strawberry.field(description="Usable now.")
    activated_at: datetime | None = strawberry.field(description="Since when.")
    as_of: datetime = strawberry.field(description="Complete up to here.")
    source: FigureSource = strawberry.field(description="Counted by.")


def _holder(row: SimRow, context: Context) -> Any:
    """Masked for support; null on a card nobody carries."""
    if not row.holder_name:
        return None
    return HolderRow(masks.name(context, row.holder_name) or "", row.employee_number)


def _figures(row: SimRow, context: Context) -> FiguresRow | None:
    """Null where the card lies outside what the viewer may see of money."""
    return figures(row, context.now) if context.scope(Permission.WALLET_READ).covers(row.organization_id, row.path) else None


def _viewer_can(row: SimRow, context: Context) -> list[Permission]:
    """In the order of their names."""
    actor = context.actor
    if actor is None or isinstance(row, NamedSim):
        return []
    usable = rights(standing(row), acting(is_operator=actor.ref.is_operator)) & actor.permissions
    return [permission for permission in sorted(usable) if context.scope(permission).covers(row.organization_id, row.path)]


def _tags(row: SimRow) -> list[str]:
    """They are stored in one text, each between bars."""
    return row.tags.split("|")[1:-1]


@strawberry.type(description="A SIM card with the line on it.")
class Sim(Node):
    """Served from `SimRow`; what hangs on it is read in batches."""

    id: strawberry.ID = global_id(Kind.SIM)
    msisdn: MSISDN | None = strawberry.field(description="Number, null on a spare card.")
    iccid: ICCID = strawberry.field(description="Card serial.")
    imsi: IMSI = strawberry.field(description="Subscriber identity.")
    imei: IMEI | None = strawberry.field(description="Device last seen.")
    locked_imei: IMEI | None = strawberry.field(description="Only device allowed, null when free.")
    status: SimStatus = strawberry.field(description="State it is in now.")
    status_reason: SimStatusReason | None = strawberry.field(description="Why it is in that state.")
    status_since: datetime = strawberry.field(description="When that state began.")
    resumes_at: datetime | None = strawberry.field(description="When a SUSPENDED card works again.")
    barring: Barring = strawberry.field(description="What is barred now.")
    payment_mode: PaymentMode = strawberry.field(description="How usage is paid.")
    tags: list[str] = plain(_tags, description="Free labels, at most 20.", needs=("tags",))
    last_usage_at: datetime | None = strawberry.field(description="Last traffic.")

    is_type_of = rows_of(SimRow)

    validity: SimValidity = plain(itself, description="Life of the line.")
    holder: Holder | None = plain(_holder, description="Employee who carries it.", needs=("holder_name", "employee_number"))
    cost_centre: CostCentre | None = batched(
        account_loaders.cost_centres, key="cost_centre_id", description="Where costs are booked."
    )

    @strawberry.field(description="Account it stands under.")
    async def account(
        row: strawberry.Parent[SimRow],
        info: Info,
        as_of: Annotated[datetime | None, strawberry.argument(description="As placed then.")] = None,
    ) -> Account:
        """Now, or as it was placed then; nowhere, or out of the viewer's sight, is `NotFound`."""
        if as_of is None:
            found = await info.context.load(account_loaders.accounts, row.account_id)
        else:
            account_id = await info.context.load(loaders.accounts_at, (row.id, as_of))
            found = await info.context.load(account_loaders.accounts_named, account_id) if account_id else None
        if found is None:
            raise NotFound(field=("account",))
        return cast(Account, found)

    placements: list[SimPlacement] = batched(
        loaders.placements, key="id", description="Where it stood, newest first, the last 50."
    )
    figures: SimFigures | None = plain(
        _figures, description="The money figures.", extensions=[Needs(Permission.WALLET_READ)],
        needs=("balance", "booked", "credit_limit", "debt", "current_charge", "figures_at", "figures_source"),
    )  # fmt: skip
    wallet: Wallet | None = batched(
        wallet_loaders.wallets_of_lines, key="id", description="Its own prepaid money, null when it has none",
        extensions=[Needs(Permission.WALLET_READ)],
    )  # fmt: skip
    plan: ProductOffering | None = batched(catalogue_loaders.offerings, key="plan_id", description="Tariff plan.")
    buckets: list[Bucket] = batched(
        bundle_loaders.buckets_of_sims, key="id", description="What is left of bought bundles, in order of use, at most 50."
    )
    products: list[Product] = batched(
        bundle_loaders.products_of_sims, key="id", description="Bundles it has, queued ones included, at most 50."
    )

    recent_usage: list[UsageRecord] | None = batched(
        usage_loaders.recent, key=("organization_id", "id"), description="The last 15 usages", extensions=[Needs(Permission.USAGE_READ)]
    )
    usage: Connection[UsageRecord] | None = strawberry.field(
        resolver=usage_of_sim, description="Itemised usage", extensions=[Needs(Permission.USAGE_READ)]
    )
    puk_reveals_left: int | None = batched(
        puk_reveals_left,
        key=("organization_id", "path"),
        description="PUK reveals this viewer has left today",
        extensions=[Needs(Permission.PUK_REVEAL)],
    )

    viewer_can: list[Permission] = plain(
        _viewer_can, description="Rights that its state and the viewer's role allow now, at most one of each.",
        needs=("status", "status_reason", "barring", "barred_by", "resumes_at", "msisdn"),
    )  # fmt: skip

    apns: list[Apn] | None = batched(loaders.apns, key="id", description="Active access points, at most 10.")

    groups: list[Group] | None = batched(
        group_loaders.groups_of_sims, key="id", description="Groups it is in, at most 20", extensions=[Needs(Permission.GROUP_READ)]
    )

    audit_trail: Connection[AuditEntry] | None = strawberry.field(
        resolver=trail_of_sim, description="Who changed what on it", extensions=[Needs(Permission.AUDIT_READ)]
    )
