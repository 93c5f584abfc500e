"""Wallets and the ledger behind them, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from domain.kernel import money as domain_money
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.wallet import queries
from domain.wallet.queries import LedgerEntryRow, LedgerTransferRow, LotRow, Posted, WalletRow
from schema.engine.fields import batched, itself, rows_of
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last, Measured, Money, PeriodInput
from schema.kernel.needs import Needs
from schema.kernel.nodes import Found, Node, found, global_id
from schema.kernel.pages import Connection, CountedConnection
from schema.payments.queries import payments_of_wallet
from schema.payments.types import Payment
from schema.people.actors import Actor
from schema.transfers import loaders as transfer_loaders
from schema.transfers.types import TransferPolicy
from schema.wallet import loaders
from schema.wallet.enums import LedgerAccountKind, LedgerReason
from schema.wallet.owners import owners

if TYPE_CHECKING:
    from schema.accounts.types import Account
    from schema.sims.types import Sim
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="Sums of a span of a wallet.")
class WalletStatement:
    """Served from `StatementRow`."""

    opening: Money = strawberry.field(description="Balance at its start.")
    credits: Money = strawberry.field(description="In.")
    debits: Money = strawberry.field(description="Out.")
    closing: Money = strawberry.field(description="Balance at its end.")
    entry_count: int = strawberry.field(description="Entries in it.")


def _balance_of_wallet(row: LedgerEntryRow) -> tuple[UUID, domain_money.Money] | None:
    """Null for the operator's own accounts."""
    return (row.wallet_id, row.balance_after) if row.wallet_id else None


@strawberry.type(description="One side of a transfer.")
class LedgerEntry(Node):
    """Served from `LedgerEntryRow`."""

    id: strawberry.ID = global_id(Kind.LEDGER_ENTRY)
    kind: LedgerAccountKind = strawberry.field(description="Ledger account hit.")
    amount: Money = strawberry.field(description="Signed amount; the entries of a transfer sum to zero.")

    is_type_of = rows_of(LedgerEntryRow)

    transfer: "LedgerTransfer" = batched(loaders.transfers, key="transfer_id", description="The whole movement.")
    wallet: "Wallet | None" = batched(
        loaders.wallets, key="wallet_id", description="Wallet hit, null for the operator's own accounts and wallets out of scope."
    )
    balance_after: Money | None = batched(
        loaders.balances_seen, key=_balance_of_wallet, description="Balance right after, null where wallet is."
    )


@strawberry.type(description="An immutable movement of money.")
class LedgerTransfer(Node):
    """Served from `LedgerTransferRow`."""

    id: strawberry.ID = global_id(Kind.LEDGER_TRANSFER)
    posted_at: datetime = strawberry.field(description="When it was booked.")
    reason: LedgerReason = strawberry.field(description="Why money moved.")
    by: Actor = strawberry.field(description="Who did it.")
    memo: str | None = strawberry.field(description="Note.")

    is_type_of = rows_of(LedgerTransferRow)

    entries: list[LedgerEntry] = batched(loaders.entries_of_transfers, key="id", description="Its sides, 2–20.")
    reverses: "LedgerTransfer | None" = batched(loaders.transfers, key="reverses_id", description="Transfer that it undoes.")
    cause: Node | None = batched(
        found, key="cause", description="Order, payment, bill or policy run behind it.", extensions=[Found()]
    )


@strawberry.type(description="Money that came together and may expire together.")
class WalletLot:
    """Served from `LotRow`."""

    remaining: Money = strawberry.field(description="Left of it.")
    created_at: datetime = strawberry.field(description="When it came.")
    expires_at: datetime | None = strawberry.field(description="When the rest is lost.")

    is_type_of = rows_of(LotRow)


WalletOwner = Annotated[Account | Sim, strawberry.union("WalletOwner", description="What can own a wallet.")]


@strawberry.type(description="A purse on the double-entry ledger.")
class Wallet(Node, Measured):
    """Served from `WalletRow`; counted by the ledger at the instant of the request."""

    id: strawberry.ID = global_id(Kind.WALLET)
    balance: Money = strawberry.field(description="Sum of all entries.")
    held: Money = strawberry.field(description="Held for unfinished business.")
    available: Money = strawberry.field(description="Balance less holds, down to the floor.")
    floor: Money = strawberry.field(description="Balance can't go below: zero, or minus the credit limit.")
    ceiling: Money | None = strawberry.field(description="No top-up above, null for no bound.")

    is_type_of = rows_of(WalletRow)

    owner: WalletOwner = batched(owners, key="owner", description="Whose: an account or a prepaid SIM card.")
    lots: list[WalletLot] = batched(
        loaders.lots_of_wallets, key=("organization_id", "id"), description="Lots in order of use, first bought first, the next 50."
    )
    transfer_policy: TransferPolicy | None = batched(
        transfer_loaders.policies, key=itself, description="Rules and used-up windows of transfers out of it, null if not allowed."
    )
    payments: CountedConnection[Payment] = strawberry.field(
        resolver=payments_of_wallet, description="Payments in, newest first", extensions=[Needs(Permission.WALLET_READ)]
    )

    @strawberry.field(description="Movements, newest first.", extensions=[Needs(Permission.WALLET_READ)])
    async def entries(
        row: strawberry.Parent[WalletRow],
        info: Info,
        scope: Scope,
        posted: Annotated[PeriodInput | None, strawberry.argument(description="Posted within.")] = None,
        reasons: Annotated[list[LedgerReason] | None, strawberry.argument(description="Reasons.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[LedgerEntry]:
        """One keyset page."""
        window, span = Window.of(first, after, last, before), _span(posted)
        return await Connection[LedgerEntry].read(
            info.context,
            lambda session: queries.entries_page(
                session, scope, row.organization_id, row.id, window=window, posted=span, reasons=reasons
            ),
        )

    @strawberry.field(description="Opening + credits − debits = closing, for reconciliation.")
    async def statement(
        row: strawberry.Parent[WalletRow],
        info: Info,
        posted: Annotated[PeriodInput, strawberry.argument(description="Posted within.")],
    ) -> WalletStatement:
        """Of the whole wallet, whatever its account's place was."""
        async with info.context.read() as session:
            return cast(WalletStatement, await queries.statement_of(session, row.organization_id, row.id, _span(posted)))


def _span(posted: PeriodInput | None) -> Posted:
    return Posted(posted.starts_at, posted.ends_at) if posted else Posted()
