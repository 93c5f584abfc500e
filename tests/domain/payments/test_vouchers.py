"""Vouchers: nothing but digests at rest, each used once, guesses limited, validity as its batch says."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from domain.catalogue.tables import ActivationMode
from domain.kernel.errors import InvalidInput, LimitReached, NotEligible, NotFound, StateConflict
from domain.kernel.proof import Proof, StepUpRequired
from domain.payments import vouchers
from domain.payments.service import ByPaper, ByVoucher
from domain.payments.tables import Voucher, VoucherBatch, VoucherGuess
from domain.payments.vouchers import NewBatch
from domain.wallet.tables import LedgerAccount
from tests.domain.payments.till import SEALER, Till


async def redeemed(till: Till, batch_id: object) -> int:
    async with till.database.read() as session:
        return (await session.get_one(VoucherBatch, batch_id)).redeemed_count


async def test_codes_are_shown_once_and_never_kept(till: Till) -> None:
    _, codes = await till.batch(count=50)

    assert len(set(codes)) == 50 and all(len(code) == 19 and code.replace("-", "").isdigit() for code in codes)
    async with till.database.read() as session:
        kept = list(await session.scalars(select(Voucher)))
    assert len(kept) == 50
    bare = {code.replace("-", "") for code in codes}
    assert all(len(voucher.code_hash) == 64 and not any(code in str(voucher) for code in bare) for voucher in kept)


async def test_a_voucher_fills_a_wallet_once(till: Till) -> None:
    batch_id, (code, other) = await till.batch()

    payment = await till.redeem(f" {code.replace('-', ' ')} ")

    assert (payment.state, payment.method, payment.amount) == ("SETTLED", "VOUCHER", 500_000)
    assert await till.balance() == (500_000, 0)
    with pytest.raises(StateConflict):
        await till.redeem(code)
    persian = other.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    await till.redeem(persian, wallet_id=till.tenant.wallets["office"])
    assert await redeemed(till, batch_id) == 2
    async with till.database.read() as session:
        house = await session.scalars(select(LedgerAccount.balance).where(LedgerAccount.kind == "VOUCHER"))
        assert list(house) == [-1_000_000]
    assert await till.faults() == []


async def test_20_hands_on_one_voucher_fill_one_wallet_once(till: Till) -> None:
    batch_id, (code, _) = await till.batch()
    wallets = list(till.tenant.wallets.values())

    answers = await asyncio.gather(*(till.redeem(code, wallet_id=wallets[i % 3]) for i in range(20)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert all(isinstance(answer, StateConflict) for answer in answers if isinstance(answer, Exception))
    assert sum([(await till.balance(id))[0] for id in wallets]) == 500_000
    assert await redeemed(till, batch_id) == 1


async def test_wrong_codes_are_counted_and_close_the_door_for_an_hour(till: Till) -> None:
    _, (code, _) = await till.batch()
    for guess in ("0000-0000-0000-0000", "0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"):
        with pytest.raises(InvalidInput):
            await till.redeem(guess)
    for tried in (code, "0000000000000005"):
        with pytest.raises(LimitReached) as closed:
            await till.redeem(tried)
        assert closed.value.retry_at == till.clock.now() + timedelta(hours=1)

    till.clock.move(timedelta(hours=1))

    assert (await till.redeem(code)).state == "SETTLED"
    async with till.database.read() as session:
        assert list(await session.scalars(select(VoucherGuess))) == []


async def test_20_guesses_at_once_get_no_more_than_the_limit(till: Till) -> None:
    answers = await asyncio.gather(*(till.redeem(f"{i:016}") for i in range(20)), return_exceptions=True)

    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 5
    assert sum(isinstance(answer, LimitReached) for answer in answers) == 15


async def test_what_cant_be_a_code_is_no_guess(till: Till) -> None:
    for text in ("", "x", "1234", "12345678901234567", "😀" * 16, "\0" * 16):
        for _ in range(3):
            with pytest.raises(InvalidInput):
                await till.redeem(text)
    async with till.database.read() as session:
        assert list(await session.scalars(select(VoucherGuess))) == []


async def test_validity_follows_the_activation(till: Till) -> None:
    _, (now, now_too) = await till.batch(activation=ActivationMode.NOW)
    later_id, (later, later_too) = await till.batch(activation=ActivationMode.LATER)
    _, (first, _) = await till.batch(activation=ActivationMode.FIRST_USE)

    with pytest.raises(NotEligible):
        await till.redeem(later)
    await till.redeem(now)
    till.clock.move(timedelta(days=100))
    async with till.database.write() as session:
        await vouchers.activate(session, later_id, at=till.clock.now())
    await till.redeem(later)
    till.clock.move(timedelta(days=100))

    with pytest.raises(NotEligible):
        await till.redeem(now_too)
    await till.redeem(later_too)
    await till.redeem(first)
    async with till.database.write() as session:
        with pytest.raises(StateConflict):
            await vouchers.activate(session, later_id, at=till.clock.now())
        with pytest.raises(NotFound):
            await vouchers.activate(session, till.tenant.id, at=till.clock.now())


async def test_six_months_are_jalali_ones_to_the_end_of_the_day(till: Till) -> None:
    _, (code, other) = await till.batch(activation=ActivationMode.NOW)  # 30 Aban 1405

    till.clock.at = till.clock.now().replace(year=2027, month=5, day=21, hour=20, minute=29, second=59)  # 31 Ordibehesht 1406, 23:59:59
    with pytest.raises(NotEligible):
        await till.redeem(code)
    till.clock.at = till.clock.now().replace(day=20)  # the 30th, a second before midnight in Tehran
    assert (await till.redeem(other)).state == "SETTLED"


async def test_no_voucher_passes_a_ceiling_or_is_lost_to_it(till: Till) -> None:
    _, (code, _) = await till.batch()
    await till.bound(ceiling=499_999)

    with pytest.raises(LimitReached):
        await till.redeem(code)

    await till.bound(ceiling=500_000)
    assert (await till.redeem(code)).state == "SETTLED"


async def test_making_vouchers_takes_a_fresh_proof_and_sane_numbers(till: Till) -> None:
    stale = Proof(till.clock.now() - timedelta(minutes=6))
    for proof, wanted, error in (
        (stale, NewBatch(1, 1, ActivationMode.NOW, 6), StepUpRequired),
        (Proof(till.clock.now()), NewBatch(0, 1, ActivationMode.NOW, 6), InvalidInput),
        (Proof(till.clock.now()), NewBatch(1_001, 1, ActivationMode.NOW, 6), InvalidInput),
        (Proof(till.clock.now()), NewBatch(1, 0, ActivationMode.NOW, 6), InvalidInput),
        (Proof(till.clock.now()), NewBatch(1, 1, ActivationMode.NOW, 0), InvalidInput),
    ):  # fmt: skip

        async def make(work, proof=proof, wanted=wanted):  # type: ignore[no-untyped-def]
            return (await vouchers.batch_create(work, SEALER, proof, wanted))[0]

        with pytest.raises(error):
            await till.write(make)


async def test_a_voucher_takes_no_amount_and_goes_back_nowhere(till: Till) -> None:
    _, (code, _) = await till.batch()
    voucher_id = await vouchers.find(till.database, SEALER, till.scope(), till.tenant.id, code, at=till.clock.now())
    with pytest.raises(InvalidInput):
        await till.top_up(1, ByVoucher(voucher_id))
    with pytest.raises(InvalidInput):
        await till.top_up(None, ByPaper(False, "1", till.today))

    payment = await till.redeem(code)

    with pytest.raises(NotEligible):
        await till.refund(payment)
