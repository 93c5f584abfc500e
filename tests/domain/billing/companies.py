"""Companies drawn by a die for tests of billing: a tree with any terms, cards that move, usage in time and late, purchases and refunds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import select

from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.billing.rules import Place, Terms
from domain.billing.running import Wish, run
from domain.billing.tables import BillingTerms
from domain.catalogue.tables import Offering, VatRate
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money, taxed
from domain.kernel.quantity import UsageType
from domain.kernel.scope import SYSTEM
from domain.orders.tables import Order, OrderItem, OrderState
from domain.sims.tables import Sim, SimPlacement
from domain.usage.documents import UsageRecord
from domain.wallet.ledger import Posting, post, post_reversal
from domain.wallet.purses import house, open_wallet
from domain.wallet.rules import reversal, sale
from domain.wallet.tables import LedgerAccountKind, LedgerReason
from store.session import Database
from tests.offerings import make_offering
from tests.usage import usage
from tests.world import make_sim

MONTHS = [JalaliMonth(1405, month) for month in (5, 6, 7)]
SINCE = MONTHS[0].starts_at - timedelta(days=40)
TURN = datetime(2026, 9, 5, 9, 30, tzinfo=UTC)
"""When the tax rate changed in this world, in the middle of a month and of a day."""
RATES = ((SINCE - timedelta(days=999), Decimal(9)), (TURN, Decimal(10)))
PRICES = (310_000, 1_000_001)


@dataclass(frozen=True)
class Purchase:
    """Something bought for a card, perhaps given back later: by which account at what place, when, net and tax."""

    account_id: UUID
    path: str
    at: datetime
    refunded_at: datetime | None
    net: int
    vat: int
    transfers: tuple[tuple[UUID, datetime, int], ...]
    """Id, instant and sign of what was paid and what was given back."""


@dataclass
class Company:
    """What was drawn, as the bills have to find it."""

    id: UUID
    accounts: list[Account] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    terms: dict[UUID, Terms] = field(default_factory=dict)
    sims: list[Sim] = field(default_factory=list)
    stays: dict[UUID, list[tuple[datetime, str]]] = field(default_factory=dict)
    records: list[UsageRecord] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    plans: dict[UUID, int] = field(default_factory=dict)

    def path_at(self, sim_id: UUID, at: datetime) -> str:
        """Where a card stood."""
        return [path for since, path in self.stays[sim_id] if since <= at][-1]


async def set_rates(database: Database) -> None:
    """The tax rates of this world, once."""
    async with database.write() as session:
        if (await session.execute(select(VatRate.valid_from))).first() is None:
            session.add_all(VatRate(valid_from=at, rate=rate) for at, rate in RATES)


async def draw_company(database: Database, draw: Random) -> Company:
    """A company with everything."""
    await set_rates(database)
    async with database.write() as session:
        organization = await make_organization(session, id=uuid7(), name="Any Company", legal_id=uuid4().hex, at=SINCE)
        company = Company(organization.id)
        plans = [make_offering(f"P{uuid4().hex[:8]}", net_price=price) for price in PRICES]
        session.add_all(plans)
        company.plans = {plan.id: plan.net_price for plan in plans}
        for number in range(draw.randint(2, 9)):
            parent = draw.choice([*company.accounts[-1:], *company.accounts]) if company.accounts else None
            account = await make_account(
                session, company.id, id=uuid7(), number=str(number), name=f"Account {number}", parent_id=parent.id if parent else None,
                payment_mode=draw.choice([PaymentMode.POSTPAID] * 4 + [PaymentMode.PREPAID]), at=SINCE,
            )  # fmt: skip
            company.accounts.append(account)
            company.places[account.path] = Place(account.id, account.depth, account.payment_mode == PaymentMode.POSTPAID)
            if draw.random() < 0.5:
                terms = Terms(draw.random() < 0.5, draw.choice((1, 2)), draw.randint(1, 60))
                company.terms[account.id] = terms
                session.add(
                    BillingTerms(
                        account_id=account.id, organization_id=company.id, is_billed_here=terms.is_billed_here,
                        cycle_months=terms.cycle_months, due_days=terms.due_days,
                    )
                )  # fmt: skip
            await open_wallet(session, company.id, Ref(Kind.ACCOUNT, account.id), floor=-(10**12))
        await session.flush()
        for _ in range(draw.randint(1, 7)):
            await _card(session, company, draw, plans)
        await session.flush()
        for _ in range(draw.randint(0, 6)):
            await _purchase(session, company, draw, plans[0])
    company.records = list(_records(company, draw))
    if company.records:
        await UsageRecord.insert_many(company.records)
    return company


async def _card(session: Any, company: Company, draw: Random, plans: Sequence[Offering]) -> None:
    home = draw.choice(company.accounts)
    sim = make_sim(company.id, home, int(uuid4()) % 10**7, 0, SINCE)
    sim.payment_mode = draw.choice([PaymentMode.POSTPAID] * 5 + [PaymentMode.PREPAID])
    sim.plan_id = draw.choice([None, *(plan.id for plan in plans)])
    sim.activated_at = SINCE + timedelta(hours=draw.randint(0, 24 * 110))
    moves = sorted(MONTHS[0].starts_at + timedelta(hours=draw.randint(0, 24 * 90)) for _ in range(draw.choice((0, 0, 1, 2))))
    stays = [(SINCE, home), *((at, draw.choice(company.accounts)) for at in moves)]
    session.add(sim)
    await session.flush()
    for place, (since, account) in enumerate(stays):
        until = stays[place + 1][0] if place + 1 < len(stays) else None
        session.add(
            SimPlacement(id=uuid7(), organization_id=company.id, sim_id=sim.id, account_id=account.id, valid_from=since, valid_to=until)
        )
    company.sims.append(sim)
    company.stays[sim.id] = [(since, account.path) for since, account in stays]


async def _purchase(session: Any, company: Company, draw: Random, offering: Offering) -> None:
    account, sim = draw.choice(company.accounts), draw.choice(company.sims)
    at = SINCE + timedelta(hours=draw.randint(24 * 45, 24 * 130))
    refunded_at = at + timedelta(days=draw.randint(0, 40)) if draw.random() < 0.4 else None
    price = taxed(Money(draw.randint(1, 5_000_000)), next(rate for since, rate in reversed(RATES) if since <= at))
    order = Order(
        id=uuid7(), organization_id=company.id, account_id=account.id, path=account.path, number=uuid4().hex, state=OrderState.COMPLETED,
        by=SYSTEM.as_json(), placed_at=at, net=price.net.minor, vat=price.vat.minor, vat_rate=price.vat_rate, receipt_emails=[], locale="FA",
    )  # fmt: skip
    session.add(order)
    await session.flush()
    wallet = await open_wallet(session, company.id, Ref(Kind.ACCOUNT, account.id))
    books = await house(session, company.id)
    legs = sale(price, wallet=wallet, revenue=books[LedgerAccountKind.REVENUE], tax=books[LedgerAccountKind.TAX])
    cause = Ref(Kind.ORDER, order.id)
    paid = Posting(legs, account.path, LedgerReason.ORDER, SYSTEM, at, cause)
    await post(session, company.id, [paid])
    session.add(
        OrderItem(
            id=uuid7(), organization_id=company.id, order_id=order.id, position=0, offering_id=offering.id, sim_id=sim.id,
            state=OrderState.COMPLETED, activation="NOW", net=price.net.minor, vat=price.vat.minor, vat_rate=price.vat_rate,
            transfer_id=paid.id,
        )
    )  # fmt: skip
    transfers = [(paid.id, at, 1)]
    if refunded_at is not None:
        back = Posting(reversal(legs), account.path, LedgerReason.REFUND, SYSTEM, refunded_at, cause, reverses_id=paid.id)
        transfers.append((await post_reversal(session, company.id, back), refunded_at, -1))
    company.purchases.append(Purchase(account.id, account.path, at, refunded_at, price.net.minor, price.vat.minor, tuple(transfers)))


def _records(company: Company, draw: Random) -> Iterator[UsageRecord]:
    """Usage from before the first cycle to after the last, a third of it late, some free, some a bonus."""
    for sim in company.sims:
        for _ in range(draw.randint(0, 8)):
            at = (SINCE + timedelta(minutes=draw.randint(0, 60 * 24 * 150))).replace(microsecond=0)
            late = timedelta(days=draw.choice((0, 0, draw.randint(1, 70))), seconds=draw.randint(0, 90))
            charge = draw.choice((0, draw.randint(1, 900_000), draw.randint(1, 900_000), -draw.randint(1, 90_000)))
            service = draw.choice((UsageType.VOICE, UsageType.DATA, UsageType.SMS))
            yield usage(
                sim, at=at, path=company.path_at(sim.id, at), charge=charge, quantity=draw.randint(1, 10**9), service=service, as_of=at + late
            )


def wish_for(company: Company, month: JalaliMonth, after: timedelta) -> Wish:
    """A run so long after the end of a month, with all that came in by then."""
    at = month.ends_at + after
    return Wish(company.id, month, at, at)


async def bill(database: Database, wish: Wish) -> None:
    """A run from its beginning to its end."""
    async for _ in run(database, wish):
        pass
