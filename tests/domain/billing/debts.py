"""Bills whose debt stands in the ledger, for tests that pay and dispute them."""

from uuid import UUID, uuid4

from domain.accounts.tables import Account
from domain.audit.writing import Command, Done, Service, carry_out
from domain.billing.tables import Bill
from domain.kernel.ids import Kind, Ref
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, Scope
from domain.sims.tables import Sim
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, purse
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccountKind as K
from domain.wallet.tables import LedgerReason
from store.session import Database
from tests.bills import Issued, issue_bill
from tests.ledger import balances
from tests.world import NOW, Tenant, operator_admin

ADMIN = operator_admin()


async def owed(database: Database, account: Account, sim: Sim, net: tuple[int, ...] = (120_000, 35_500)) -> Issued:
    """A bill that was issued, and its debt: RECEIVABLE to REVENUE and TAX."""
    issued = await issue_bill(database, account, sim, net=net)
    async with database.write() as session:
        bill = await session.get_one(Bill, issued.id)
        own = await house(session, bill.organization_id)
        debt = await purse(session, bill.organization_id, Ref(Kind.ACCOUNT, account.id), K.RECEIVABLE)
        legs = [Leg(debt, -bill.net - bill.vat), Leg(own[K.REVENUE], bill.net), Leg(own[K.TAX], bill.vat)]
        posting = Posting(legs, bill.path, LedgerReason.USAGE, SYSTEM, NOW, Ref(Kind.BILL, bill.id))
        await post(session, bill.organization_id, [posting])
    return issued


def company(tenant: Tenant, permission: Permission) -> Scope:
    """What the company's manager may."""
    return tenant.as_profile_manager().scope(permission, NOW)


def operator(permission: Permission) -> Scope:
    """What the operator's administrator may."""
    return ADMIN.scope(permission, NOW)


async def done(database: Database, scope: Scope, mutation: str, service: Service, *, key: UUID | None = None) -> Done:
    """Carries a service out."""
    command = Command(mutation, MutationMode.APPLY, "", idempotency_key=key or uuid4())
    return await carry_out(database, scope, command, service, at=NOW)


async def bill_now(database: Database, id: UUID) -> Bill:
    """The bill as it stands."""
    async with database.read() as session:
        return await session.get_one(Bill, id)


async def purses(database: Database, account: Account) -> dict[str, int]:
    """Balances of an account by kind, those nothing moved yet at nothing."""
    found = await balances(database, [account.id])
    return {kind: found.get((account.id, kind), 0) for kind in (K.WALLET, K.RECEIVABLE)}
