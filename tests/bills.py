"""Bills as they stand when they were issued, for tests that read them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from domain.accounts.tables import Account
from domain.billing import rules
from domain.billing.states import BillLineKind, BillState
from domain.billing.tables import Bill, BillLine
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import uuid7
from domain.kernel.money import Money, taxed
from domain.kernel.quantity import UsageType
from domain.sims.tables import Sim
from store.session import Database

MONTH = JalaliMonth(1405, 7)
RATE = Decimal(10)


@dataclass(frozen=True)
class Issued:
    """A bill's id and those of its lines."""

    id: UUID
    line_ids: list[UUID]


async def issue_bill(
    database: Database, account: Account, sim: Sim, *, month: JalaliMonth = MONTH, net: tuple[int, ...] = (120_000, 35_500), paid: int = 0
) -> Issued:
    """A bill of one month with a line of calls, then data, for each net amount; issued a day after the month."""
    prices = [taxed(Money(amount), RATE) for amount in net]
    total = sum(price.gross.minor for price in prices)
    issued_at = month.ends_at + timedelta(days=1)
    bill = Bill(
        id=uuid7(), organization_id=account.organization_id, account_id=account.id, path=account.path, month=str(month),
        starts_at=month.starts_at, ends_at=month.ends_at, number=f"B-{month}-{account.number}", counted_to=issued_at, issued_at=issued_at,
        state=rules.state_when_paid(total, total - paid), due_at=rules.due_at(issued_at, 28), line_count=len(prices), net=sum(net),
        vat=sum(price.vat.minor for price in prices), vat_rate=RATE, paid=paid, amount_due=total - paid,
    )  # fmt: skip
    lines = [
        BillLine(
            id=uuid7(), organization_id=account.organization_id, bill_id=bill.id, key=uuid7(), kind=BillLineKind.USAGE, path=sim.path,
            account_id=sim.account_id, sim_id=sim.id, service=service, starts_at=month.starts_at, ends_at=month.ends_at, quantity=1000,
            net=price.net.minor, vat=price.vat.minor, vat_rate=RATE,
        )
        for service, price in zip((UsageType.VOICE, UsageType.DATA) * len(prices), prices, strict=False)
    ]  # fmt: skip
    async with database.write() as session:
        session.add(bill)
        await session.flush()
        session.add_all(lines)
    assert bill.state in {BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED}
    return Issued(bill.id, [line.id for line in lines])
