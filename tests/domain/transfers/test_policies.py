"""The rows of other operators' rules (MU, ZN, M1-05, M1-06): each holds under the policy that is shipped for it, on both engines."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from domain.audit.tables import AuditEntry
from domain.kernel.errors import InsufficientFunds, LimitReached, NotEligible, NotFound
from domain.kernel.ids import Kind
from domain.sims.tables import Sim
from domain.transfers.tables import TransferOptOut
from domain.wallet.tables import LedgerAccount, LedgerReason, WalletLot
from store.outbox import OutboxRow
from store.session import Database
from tests.ledger import balances, faults
from tests.transfers import balance, choose, fill, move, prepaid
from tests.world import NOW, Tenant, TwoTenants

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def tenant(two_tenants: TwoTenants) -> Tenant:
    return two_tenants.one


async def lines(database: Database, tenant: Tenant, policy: str, *sums: int) -> Sequence[UUID]:
    """Prepaid lines with these sums under a shipped policy."""
    await choose(database, tenant, policy)
    return await prepaid(database, tenant, *sums)


async def test_mu_01_and_03_money_moves_between_lines_of_one_company_alone(database: Database, two_tenants: TwoTenants) -> None:
    own, near = await lines(database, two_tenants.one, "mobi_uz", 100_000, 0)
    (foreign,) = await lines(database, two_tenants.other, "mobi_uz", 0)

    await move(database, two_tenants.one, own, near, 5_000)
    with pytest.raises(NotFound):
        await move(database, two_tenants.one, own, foreign, 5_000)

    assert (await balance(database, own), await balance(database, near), await balance(database, foreign)) == (94_800, 5_000, None)
    assert await faults(database) == []


async def test_mu_04_set_amounts(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "mobi_uz", 500_000, 0)

    for amount in (2_500, 5_000, 10_000, 15_000, 20_000, 25_000):
        await move(database, tenant, rich, poor, amount)
    for amount in (1, 2_499, 3_000, 25_001, 30_000):
        with pytest.raises(NotEligible, match="denominations"):
            await move(database, tenant, rich, poor, amount)

    assert await balance(database, poor) == 77_500


async def test_mu_05_a_day_of_the_sender(database: Database, tenant: Tenant) -> None:
    rich, *poor = await lines(database, tenant, "mobi_uz", 1_000_000, 0, 0)
    for hour in range(4):
        await move(database, tenant, rich, poor[hour % 2], 25_000, at=NOW + hour * HOUR)

    with pytest.raises(LimitReached) as refused:
        await move(database, tenant, rich, poor[0], 2_500, at=NOW + 23 * HOUR)
    await move(database, tenant, rich, poor[0], 25_000, at=NOW + DAY)

    assert (refused.value.maximum.count, refused.value.maximum.unit, refused.value.retry_at) == (100_000, "RIAL", NOW + DAY)
    assert refused.value.message_key == "transfer.sent_amount"


async def test_mu_05_a_day_of_the_receiver(database: Database, tenant: Tenant) -> None:
    one, other, poor = await lines(database, tenant, "mobi_uz", 500_000, 500_000, 0)
    for sender in (one, other, one, other):
        await move(database, tenant, sender, poor, 25_000)

    with pytest.raises(LimitReached, match="received_amount"):
        await move(database, tenant, one, poor, 2_500)

    assert await balance(database, poor) == 100_000


async def test_mu_06_and_07_what_has_to_stay_and_the_fee_with_its_tax(database: Database, tenant: Tenant) -> None:
    line, poor = await lines(database, tenant, "mobi_uz", 15_199, 0)

    with pytest.raises(InsufficientFunds) as refused:
        await move(database, tenant, line, poor, 5_000)
    await fill(database, tenant, line, 1, LedgerReason.TOP_UP)
    done = await move(database, tenant, line, poor, 5_000)

    assert (refused.value.required.minor, refused.value.available.minor) == (15_200, 15_199)
    assert (await balance(database, line), await balance(database, poor)) == (10_000, 5_000)
    assert done.plan.total is not None and done.plan.total.gross.minor == 200
    found = await balances(database, [tenant.id])
    assert (found[tenant.id, "REVENUE"], found[tenant.id, "TAX"]) == (182, 18)


async def test_mu_08_a_line_closed_to_transfers(database: Database, tenant: Tenant) -> None:
    rich, closed = await lines(database, tenant, "mobi_uz", 100_000, 100_000)
    async with database.write() as session:
        session.add(TransferOptOut(organization_id=tenant.id, sim_id=closed, since=NOW))

    for source, target in ((rich, closed), (closed, rich)):
        with pytest.raises(NotEligible, match="opted_out"):
            await move(database, tenant, source, target, 5_000)

    assert await balance(database, rich) is None and await balance(database, closed) is None


async def test_zn_01_whole_numbers_from_1000_to_10000(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "zain", 0, 0)
    await fill(database, tenant, rich, 100_000, LedgerReason.TOP_UP)
    await fill(database, tenant, rich, -10_000, LedgerReason.USAGE)

    for amount in (999, 10_001):
        with pytest.raises(NotEligible, match=r"transfer\.range"):
            await move(database, tenant, rich, poor, amount)
    for amount in (1_000, 1_001, 10_000):
        await move(database, tenant, rich, poor, amount)

    assert await balance(database, poor) == 12_001


async def test_zn_02_more_than_1500_before_and_a_fee_on_success_only(database: Database, tenant: Tenant) -> None:
    line, poor = await lines(database, tenant, "zain", 0, 0)
    await fill(database, tenant, line, 6_500, LedgerReason.TOP_UP)
    await fill(database, tenant, line, -5_000, LedgerReason.USAGE)
    await choose(database, tenant, "zain", at=NOW - HOUR, spent_of_first_top_up=5_000)

    with pytest.raises(InsufficientFunds) as refused:
        await move(database, tenant, line, poor, 1_000)
    assert (refused.value.required.minor, await balance(database, line)) == (1_501, 1_500)

    await fill(database, tenant, line, 1, LedgerReason.TOP_UP)
    await move(database, tenant, line, poor, 1_000)
    assert (await balance(database, line), await balance(database, poor)) == (141, 1_000)


async def test_zn_03_both_sides_are_told(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "irancell", 50_000, 0)

    await move(database, tenant, rich, poor, 5_000)

    async with database.read() as session:
        letters = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == "transfer_notice"))).all()
        numbers = {row.id: row.msisdn for row in await session.scalars(select(Sim).where(Sim.id.in_([rich, poor])))}
    assert {(letter.payload["side"], letter.payload["number"]) for letter in letters} == {("sent", numbers[rich]), ("received", numbers[poor])}
    assert all(letter.payload["amount"] == 5_000 and letter.payload["at"] == NOW.isoformat() for letter in letters)


async def test_zn_04_no_longer_valid_unless_the_policy_says_so(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "irancell", 50_000, 0)
    async with database.write() as session:
        (await session.get_one(Sim, poor)).valid_until = NOW + DAY

    await move(database, tenant, rich, poor, 5_000)
    kept = await valid_until(database, poor)
    await choose(database, tenant, "irancell", at=NOW - HOUR, extends_validity_days=30)
    done = await move(database, tenant, rich, poor, 5_000)

    assert kept == NOW + DAY
    assert await valid_until(database, poor) == NOW + 30 * DAY
    assert [change.field for change in done.plan.changes] == ["balance", "balance", "validUntil"]


async def valid_until(database: Database, sim_id: UUID) -> Any:
    async with database.read() as session:
        return (await session.get_one(Sim, sim_id)).valid_until


@pytest.mark.parametrize(("first", "has_to_be_spent"), [(5_000, 5_000), (7_000, 7_000), (10_000, 10_000), (50_000, 10_000)])
async def test_zn_05_new_lines_first_spend_their_first_top_up(database: Database, tenant: Tenant, first: int, has_to_be_spent: int) -> None:
    rich, new = await lines(database, tenant, "zain", 0, 0)
    await fill(database, tenant, rich, 100_000, LedgerReason.TOP_UP)
    await fill(database, tenant, rich, -10_000, LedgerReason.USAGE)
    await move(database, tenant, rich, new, 5_000)  # it may receive

    with pytest.raises(NotEligible, match="unspent"):
        await move(database, tenant, new, rich, 1_000)
    await fill(database, tenant, new, first, LedgerReason.TOP_UP)
    await fill(database, tenant, new, 100_000, LedgerReason.TOP_UP)
    await fill(database, tenant, new, 1 - has_to_be_spent, LedgerReason.USAGE)
    with pytest.raises(NotEligible, match="unspent"):
        await move(database, tenant, new, rich, 1_000)
    await fill(database, tenant, new, -1, LedgerReason.USAGE)

    await move(database, tenant, new, rich, 1_000)


async def test_zn_06_five_a_month(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "zain_alamodak", 100_000, 0)
    for day, amount in enumerate((1_000, 2_000, 3_000, 1_000, 2_000)):
        await move(database, tenant, rich, poor, amount, at=NOW + day * DAY)

    with pytest.raises(LimitReached) as refused:
        await move(database, tenant, rich, poor, 1_000, at=NOW + 29 * DAY)
    with pytest.raises(NotEligible, match="denominations"):
        await move(database, tenant, rich, poor, 4_000, at=NOW + 30 * DAY)
    await move(database, tenant, rich, poor, 1_000, at=NOW + 30 * DAY)

    assert (refused.value.message_key, refused.value.maximum.count, refused.value.retry_at) == ("transfer.sent_count", 5, NOW + 30 * DAY)


async def test_m1_05_to_the_bonus_balance_for_30_days(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "m1_local", 1_305, 0)

    with pytest.raises(NotEligible):
        await move(database, tenant, rich, poor, 300)
    await move(database, tenant, rich, poor, 1_000)
    with pytest.raises(InsufficientFunds):  # a dollar stays
        await move(database, tenant, rich, poor, 200)

    async with database.read() as session:
        bonus = (await session.scalars(select(LedgerAccount).where(LedgerAccount.owner_id == poor, LedgerAccount.kind == "PROMOTION"))).one()
        lot = (await session.scalars(select(WalletLot).where(WalletLot.ledger_account_id == bonus.id))).one()
    assert (await balance(database, rich), await balance(database, poor), bonus.balance) == (300, 0, 1_000)
    assert (lot.remaining, lot.expires_at) == (1_000, NOW + 30 * DAY)
    with pytest.raises(InsufficientFunds):  # only from the main balance
        await move(database, tenant, poor, rich, 200)
    assert await faults(database) == []


async def test_m1_06_windows_of_1_7_and_30_days(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "m1_international", 10_000_000, 0)
    at, done = NOW, []
    for day in range(31):
        at = NOW + day * DAY
        for _ in range(7):
            try:
                await move(database, tenant, rich, poor, 600, at=at)
            except LimitReached as refused:
                assert refused.params["reference"].startswith("T-")
                assert refused.retry_at is not None and at < refused.retry_at
            else:
                done.append(at)

    for days, most in ((1, 5), (7, 15), (30, 30)):
        for first in done:
            assert sum(first <= one < first + days * DAY for one in done) <= most
    assert len(done) == 35  # thirty in the first thirty days, five as the first five leave
    assert await balance(database, poor) == 35 * 600


@pytest.mark.parametrize(("amount", "maximum"), [(3_001, 3_000), (1_501, 3_000)])
async def test_m1_06_money_a_day(database: Database, tenant: Tenant, amount: int, maximum: int) -> None:
    rich, poor = await lines(database, tenant, "m1_international", 10_000, 0)
    await move(database, tenant, rich, poor, 1_500)

    with pytest.raises(LimitReached) as refused:
        await move(database, tenant, rich, poor, amount)

    assert refused.value.maximum.count == maximum
    assert refused.value.retry_at == (NOW + DAY if amount <= maximum else None)


async def test_m1_06_the_reference_of_a_refusal_is_in_the_audit_trail(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "irancell", 500, 0)
    key = uuid4()

    with pytest.raises(InsufficientFunds) as refused:
        await move(database, tenant, rich, poor, 1_000, key=key)

    async with database.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "walletTransfer"))).one()
    assert refused.value.params["reference"] == entry.failure["params"]["reference"]


async def test_a_policy_holds_from_its_day_on(database: Database, tenant: Tenant) -> None:
    rich, poor = await lines(database, tenant, "irancell", 100_000, 0)
    await choose(database, tenant, "mine", at=NOW + DAY, is_allowed=False)

    await move(database, tenant, rich, poor, 5_000, at=NOW + DAY - HOUR)
    with pytest.raises(NotEligible, match="not_allowed"):
        await move(database, tenant, rich, poor, 5_000, at=NOW + DAY)


async def test_the_receiver_may_pay(database: Database, tenant: Tenant) -> None:
    await choose(database, tenant, "mine", fee=110, is_fee_paid_by_sender=False)
    rich, poor = await prepaid(database, tenant, 1_000, 0)

    await move(database, tenant, rich, poor, 1_000)

    assert (await balance(database, rich), await balance(database, poor)) == (0, 890)
    assert await faults(database) == []


async def test_money_of_accounts_is_shared_out_to_lines_and_back(database: Database, tenant: Tenant) -> None:
    (line,) = await prepaid(database, tenant, 0)
    await choose(database, tenant, "lines", owner=Kind.SIM)
    wallet = tenant.wallets["root"]
    await fill(database, tenant, wallet, 2_000_000, LedgerReason.TOP_UP)

    for _ in range(8):
        await move(database, tenant, wallet, line, 100_000, memo="November")
    await move(database, tenant, line, tenant.wallets["sales"], 700_000)

    assert [await balance(database, id) for id in (wallet, line, tenant.wallets["sales"])] == [1_200_000, 100_000, 700_000]
    assert await faults(database) == []

