"""Many hands at once: no window and no floor is passed, one key is one transfer, a line's wallet is opened once."""

import asyncio
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import select

from domain.kernel.errors import InsufficientFunds, LimitReached
from domain.transfers.tables import Transfer
from domain.wallet.tables import LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Database
from tests.ledger import faults
from tests.transfers import balance, choose, fill, insistently, manages, move, prepaid
from tests.world import TwoTenants

DAY = [{"days": 1, "count": 7, "amount": 50_000}]


async def test_200_transfers_at_once_pass_no_window(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await choose(database, tenant, "irancell", sent=DAY)
    rich, *poor = await prepaid(database, tenant, 10_000_000, 0, 0, 0)

    answers = await asyncio.gather(*(insistently(database, tenant, rich, poor[n % 3], 7_500) for n in range(200)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 6  # the seventh fits by number, not by amount
    assert all(isinstance(answer, LimitReached) for answer in answers if isinstance(answer, BaseException))
    assert await balance(database, rich) == 10_000_000 - 6 * 7_500
    assert sum(filter(None, [await balance(database, id) for id in poor])) == 6 * 7_500
    assert await faults(database) == []


async def test_200_transfers_into_one_wallet_at_once_pass_no_window_of_its(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await choose(database, tenant, "irancell", received=DAY)
    *rich, poor = await prepaid(database, tenant, 10_000_000, 10_000_000, 10_000_000, 0)

    answers = await asyncio.gather(*(insistently(database, tenant, rich[n % 3], poor, 5_000) for n in range(200)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 7
    assert await balance(database, poor) == 35_000
    assert await faults(database) == []


async def test_200_transfers_at_once_leave_what_has_to_stay(database: Database, two_tenants: TwoTenants) -> None:
    """With a fee, in all directions: money is neither lost nor made."""
    tenant = two_tenants.one
    await choose(database, tenant, "irancell", fee=100, minimum_remaining=2_000)
    lines = await prepaid(database, tenant, 30_000, 30_000, 30_000, 30_000)

    answers = await asyncio.gather(
        *(insistently(database, tenant, lines[n % 4], lines[(n + 1 + n // 4 % 3) % 4], 9_000) for n in range(200)), return_exceptions=True
    )

    done = sum(not isinstance(answer, BaseException) for answer in answers)
    assert all(isinstance(answer, InsufficientFunds) for answer in answers if isinstance(answer, BaseException))
    left = [await balance(database, line) or 0 for line in lines]
    assert done and sum(left) == 120_000 - 100 * done and min(left) >= 2_000
    assert await faults(database) == []


async def test_one_key_is_one_transfer(database: Database, two_tenants: TwoTenants) -> None:
    tenant, scope, key = two_tenants.one, manages(two_tenants.one), uuid4()
    rich, poor = await prepaid(database, tenant, 1_000_000, 0)

    done = await asyncio.gather(*(move(database, tenant, rich, poor, 5_000, scope=scope, key=key) for _ in range(30)))

    assert len({answer.result["transfer"] for answer in done if answer.result}) == 1
    assert await balance(database, poor) == 5_000
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(Transfer))).scalar_one() == 1


async def test_a_lines_wallet_is_opened_once_with_what_the_network_told(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    rich, line = await prepaid(database, tenant, 9_000_000, 123_456)

    await asyncio.gather(
        *(move(database, tenant, rich, line, 1_000) for _ in range(3)), *(fill(database, tenant, line, 10, LedgerReason.TOP_UP) for _ in range(10))
    )

    assert await balance(database, line) == 123_456 + 3_000 + 100
    async with database.read() as session:
        of_line = select(LedgerEntry.amount).join(LedgerTransfer, LedgerTransfer.id == LedgerEntry.transfer_id)
        opened = of_line.where(LedgerEntry.ledger_account_id == line, LedgerTransfer.reason == "ADJUSTMENT")
        assert list(await session.scalars(opened)) == [123_456]
    assert await faults(database) == []
