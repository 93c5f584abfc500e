"""Paying for other things than wallets: a kind of thing says where its money goes, and payments know no more of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.audit.writing import Work
from domain.kernel.errors import InsufficientFunds, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import MutationMode
from domain.payments import service
from domain.payments.service import FromWallet
from domain.payments.tables import Payment
from domain.payments.targets import TARGETS, Subject
from domain.wallet.purses import purse
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccountKind, LedgerReason
from store.session import Session
from tests.domain.payments.till import Till
from tests.ledger import adjust, balances
from tests.world import Tenant

OWED = 300_000


@dataclass
class Debts:
    """What the sales account owes; more than that goes into its wallet."""

    tenant: Tenant
    purpose: str = "bill"
    left: int = OWED
    told: list[tuple[str, int]] = field(default_factory=list)

    async def find(self, session: Session, id: UUID) -> Subject | None:
        account, wallet = self.tenant.accounts["sales"], self.tenant.wallets["sales"]
        return Subject(Ref(Kind.INCIDENT, id), self.tenant.id, account.path, "debt", LedgerReason.BILL, None, wallet)

    async def check(self, session: Session, subject: Subject, amount: int) -> None:
        if not self.left:
            raise StateConflict("error.state_conflict")

    async def begin(self, work: Work, subject: Subject, payment: Payment) -> None:
        self.told.append(("begun", payment.amount))

    async def end(self, work: Work, subject: Subject, payment: Payment, amount: int) -> None:
        self.told.append(("ended", amount))

    async def credit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        due = min(amount, self.left)
        self.left -= due
        legs = [Leg(await self._purse(session), due), Leg(self.tenant.wallets["sales"], amount - due)]
        return [leg for leg in legs if leg.amount]

    async def debit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        self.left += amount
        return [Leg(await self._purse(session), -amount)]

    async def paid(self, work: Work, subject: Subject, payment: Payment) -> None:
        self.told.append(("paid", payment.amount))

    async def given_back(self, work: Work, subject: Subject, refund: Payment) -> None:
        self.told.append(("back", refund.amount))

    async def _purse(self, session: Session) -> UUID:
        owner = Ref(Kind.ACCOUNT, self.tenant.accounts["sales"].id)
        return await purse(session, self.tenant.id, owner, LedgerAccountKind.RECEIVABLE)


@pytest.fixture
def debts(till: Till, monkeypatch: pytest.MonkeyPatch) -> Debts:
    """Debts as something that is paid for."""
    made = Debts(till.tenant)
    monkeypatch.setitem(TARGETS, Kind.INCIDENT, made)
    return made


async def pay(till: Till, amount: int, wallet_id: UUID, **more: Any) -> Payment:
    debt = Ref(Kind.INCIDENT, uuid7())
    done = await till.write(lambda work: service.pay(work, debt, amount, FromWallet(wallet_id), field="billId"), **more)
    assert done.result is not None
    return await till.payment(done.result["payment"])


async def owing(till: Till) -> int:
    account = till.tenant.accounts["sales"].id
    return (await balances(till.database, [account]))[account, "RECEIVABLE"]


async def test_a_wallet_pays_at_once_and_gets_it_back(till: Till, debts: Debts) -> None:
    await adjust(till.database, till.wallet_id, 400_000)

    payment = await pay(till, 200_000, till.wallet_id)

    assert (payment.state, payment.method, payment.wallet_id, payment.source_id) == ("SETTLED", "WALLET", None, till.wallet_id)
    assert (await till.balance(), await owing(till)) == ((200_000, 0), 200_000)
    back = await till.refund(payment, 50_000, is_to_wallet=False)
    assert (back.state, back.method, back.wallet_id) == ("SETTLED", "WALLET", till.wallet_id)
    assert (await till.balance(), await owing(till)) == ((250_000, 0), 150_000)
    assert debts.told == [("begun", 200_000), ("paid", 200_000), ("ended", 50_000), ("back", 50_000)]
    assert [transfer.reason for transfer in await till.transfers()] == ["ADJUSTMENT", "BILL", "REFUND"]
    assert await till.faults() == []


async def test_a_wallet_pays_what_it_has_and_only_within_reach(till: Till, debts: Debts) -> None:
    await adjust(till.database, till.wallet_id, 99)

    with pytest.raises(InsufficientFunds):
        await pay(till, 100, till.wallet_id)
    for wallet_id in (uuid4(), till.tenant.id):
        with pytest.raises(NotFound):
            await pay(till, 50, wallet_id)

    assert await till.balance() == (99, 0)
    with pytest.raises(NotEligible):
        await till.write(lambda work: service.top_up(work, till.tenant.wallets["office"], 50, FromWallet(till.wallet_id)))


async def test_a_plan_of_it_has_the_token_of_the_act(till: Till, debts: Debts) -> None:
    await adjust(till.database, till.wallet_id, 400_000)
    debt, tokens = Ref(Kind.INCIDENT, uuid7()), []
    for _ in range(2):
        planned = await till.write(lambda work: service.pay(work, debt, 5, FromWallet(till.wallet_id), field="billId"), mode=MutationMode.PLAN)
        tokens.append(planned.plan.token)

    assert tokens[0] == tokens[1]


async def test_money_that_came_from_outside_is_split_by_the_target_and_given_back_to_a_wallet(till: Till, debts: Debts) -> None:
    done = await till.write(
        lambda work: service.pay(work, Ref(Kind.INCIDENT, uuid7()), OWED + 7, service.ByPaper(False, "1", till.today), field="billId")
    )
    assert done.result is not None
    payment = await till.resolve(await till.payment(done.result["payment"]), True)

    assert await owing(till) == OWED
    assert await till.balance(till.tenant.wallets["sales"]) == (7, 0)
    back = await till.refund(payment, 1_000, is_to_wallet=True)
    assert (back.state, back.wallet_id) == ("SETTLED", till.tenant.wallets["sales"])
    assert await till.balance(till.tenant.wallets["sales"]) == (1_007, 0)
    outside = await till.refund(payment, 2_000)
    assert (outside.state, outside.hold_id) == ("CREATED", None)
    await till.resolve(outside, True)
    assert await owing(till) == OWED - 3_000
    assert await till.faults() == []
