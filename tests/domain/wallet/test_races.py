"""Many hands on one wallet: the floor holds, one key is one effect, one refund is one refund."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import select

from domain.audit.tables import AuditEntry
from domain.kernel.errors import InsufficientFunds
from domain.kernel.money import Money
from domain.wallet.queries import Posted, StatementRow, statement_of
from domain.wallet.tables import LedgerTransfer
from store.session import Database
from tests.ledger import PRICE, adjust, admin, balances, faults, pay, refund
from tests.world import NOW, Tenant, TwoTenants


async def balance(database: Database, tenant: Tenant) -> int:
    return (await balances(database, [tenant.accounts["root"].id]))[tenant.accounts["root"].id, "WALLET"]


async def test_200_parallel_debits_never_pass_the_floor(database: Database, two_tenants: TwoTenants) -> None:
    tenant, fits = two_tenants.one, 63
    await adjust(database, tenant.wallets["root"], fits * PRICE.gross.minor + PRICE.gross.minor - 1)

    answers = await asyncio.gather(*(pay(database, tenant.accounts["root"], [PRICE]) for _ in range(200)), return_exceptions=True)

    assert sum(isinstance(answer, list) for answer in answers) == fits
    refused = [answer for answer in answers if not isinstance(answer, list)]
    assert all(isinstance(error, InsufficientFunds) and error.required == PRICE.gross > error.available >= Money(0) for error in refused)
    assert await balance(database, tenant) == PRICE.gross.minor - 1
    assert await faults(database) == []


async def test_50_times_the_same_key_at_once_is_one_effect(database: Database, two_tenants: TwoTenants) -> None:
    tenant, scope, key = two_tenants.one, admin(), uuid4()

    done = await asyncio.gather(*(adjust(database, tenant.wallets["root"], 70_000, scope=scope, key=key) for _ in range(50)))

    assert sum(not answer.is_replay for answer in done) == 1
    assert len({answer.result["transfer"] for answer in done if answer.result}) == 1
    assert await balance(database, tenant) == 70_000
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(LedgerTransfer))).scalar_one() == 1
        assert (await session.execute(select(func.count()).select_from(AuditEntry))).scalar_one() == 1


async def test_20_refunds_of_one_item_at_once_give_it_back_once(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    (transfer,) = await pay(database, tenant.accounts["root"], [PRICE])

    undone = await asyncio.gather(*(refund(database, transfer) for _ in range(20)))

    assert len(set(undone)) == 1
    assert await balance(database, tenant) == 1_000_000
    assert await faults(database) == []


async def test_two_companies_at_once_keep_their_money_apart(database: Database, two_tenants: TwoTenants) -> None:
    both = (two_tenants.one, two_tenants.other)
    await asyncio.gather(*(adjust(database, tenant.wallets["root"], 20 * PRICE.gross.minor) for tenant in both))

    await asyncio.gather(*(pay(database, tenant.accounts["root"], [PRICE] * 2) for _ in range(10) for tenant in both))

    for tenant in both:
        found = await balances(database, [tenant.id, tenant.accounts["root"].id])
        assert {kind: amount for (_, kind), amount in found.items()} == {
            "WALLET": 0, "REVENUE": 20 * PRICE.net.minor, "TAX": 20 * PRICE.vat.minor, "CLEARING": -20 * PRICE.gross.minor,
        }  # fmt: skip
    assert await faults(database) == []


async def test_statements_add_up_while_money_moves(database: Database, two_tenants: TwoTenants) -> None:
    """They are reckoned back from the balance: it and the entries are of one instant."""
    tenant = two_tenants.one
    wallet_id, paid = tenant.wallets["root"], PRICE.gross.minor
    await adjust(database, wallet_id, 100 * paid)
    spans = [Posted(), Posted(since=NOW - timedelta(days=1)), Posted(before=NOW + timedelta(days=1))]

    async def statement(number: int) -> StatementRow:
        async with database.read() as session:
            return await statement_of(session, tenant.id, wallet_id, spans[number % len(spans)])

    async def statements(first: int) -> list[StatementRow]:
        return [await statement(number) for number in range(first, first + 20)]

    _, *told = await asyncio.gather(
        asyncio.gather(*(pay(database, tenant.accounts["root"], [PRICE]) for _ in range(60))), *(statements(first) for first in range(5))
    )

    rows = [row for each in told for row in each]
    assert {row.opening.minor for row in rows} == {0} and {row.credits.minor for row in rows} == {100 * paid}
    assert all(row.debits.minor == (row.entry_count - 1) * paid for row in rows)
    assert len({row.entry_count for row in rows}) > 1
    assert (await statement(0)).closing.minor == 40 * paid == await balance(database, tenant)
