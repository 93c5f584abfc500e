"""Any order of money operations, one by one and at once: the ledger's proof holds after every step, and balances are the model's."""

import asyncio
from collections.abc import Coroutine, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule, run_state_machine_as_test

from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.kernel.errors import IdempotencyConflict, InsufficientFunds
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money, Price, taxed
from domain.wallet.purses import open_wallet
from store.session import Database
from tests.ledger import adjust, admin, balances, faults, pay, refund
from tests.world import NOW

T = TypeVar("T")
FLOORS = (0, -1_000_000)
amounts = some.integers(1, 3_000_000)
wallets = some.sampled_from(range(len(FLOORS)))
rates = some.sampled_from([Decimal(0), Decimal(9), Decimal("9.5"), Decimal(10)])
prices = some.lists(some.builds(lambda net, rate: taxed(Money(net), rate), some.integers(0, 400_000), rates), min_size=1, max_size=5)


def machine(runner: asyncio.Runner, database: Database) -> type[RuleBasedStateMachine]:
    """The state machine over one database; every run gets a company of its own, and the proof is of all of them."""

    def now(act: Coroutine[Any, Any, T]) -> T:
        return runner.run(act)

    async def at_once(acts: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        return await asyncio.gather(*acts, return_exceptions=True)

    class Ledger(RuleBasedStateMachine):
        paid: Bundle[tuple[int, UUID, int]] = Bundle("paid")

        def __init__(self) -> None:
            super().__init__()
            self.scope = admin()
            self.model = [0] * len(FLOORS)
            self.house = {"REVENUE": 0, "TAX": 0, "CLEARING": 0}
            self.prices: dict[UUID, Price] = {}
            self.undone: dict[UUID, UUID] = {}

        @initialize()
        def company(self) -> None:
            now(self._company())

        async def _company(self) -> None:
            async with database.write() as session:
                owner = await make_organization(session, id=uuid7(), name="Company", legal_id=uuid4().hex, at=NOW)
                self.owner = owner.id
                self.accounts: list[Account] = []
                self.wallets: list[UUID] = []
                for number, floor in enumerate(FLOORS):
                    parent = self.accounts[0].id if self.accounts else None
                    made = await make_account(
                        session,
                        owner.id,
                        id=uuid7(),
                        number=str(number),
                        name="Account",
                        parent_id=parent,
                        payment_mode=PaymentMode.PREPAID,
                        at=NOW,
                    )
                    self.accounts.append(made)
                    self.wallets.append(await open_wallet(session, owner.id, Ref(Kind.ACCOUNT, made.id), floor=floor))

        def _can_spend(self, which: int, amount: int) -> bool:
            return self.model[which] - amount >= FLOORS[which]

        @rule(which=wallets, amount=amounts)
        def comes_in(self, which: int, amount: int) -> None:
            now(adjust(database, self.wallets[which], amount))
            self._adjusted(which, amount)

        @rule(which=wallets, amount=amounts)
        def is_taken(self, which: int, amount: int) -> None:
            try:
                now(adjust(database, self.wallets[which], -amount))
            except InsufficientFunds as refused:
                assert not self._can_spend(which, amount)
                assert (refused.required.minor, refused.available.minor) == (amount, self.model[which] - FLOORS[which])
            else:
                assert self._can_spend(which, amount)
                self._adjusted(which, -amount)

        def _adjusted(self, which: int, amount: int) -> None:
            self.model[which] += amount
            self.house["CLEARING"] -= amount

        @rule(target=paid, which=wallets, items=prices)
        def buys(self, which: int, items: list[Price]) -> Any:
            total = sum(price.gross.minor for price in items)
            try:
                transfers = now(pay(database, self.accounts[which], items))
            except InsufficientFunds:
                assert not self._can_spend(which, total)
                return multiple()
            assert self._can_spend(which, total)
            return multiple(*self._bought(which, items, transfers))

        def _bought(self, which: int, items: Sequence[Price], transfers: Sequence[UUID]) -> list[tuple[int, UUID, int]]:
            dear = [price for price in items if price.gross.minor]
            for price, transfer in zip(dear, transfers, strict=True):
                self.prices[transfer] = price
                self.model[which] -= price.gross.minor
                self.house["REVENUE"] += price.net.minor
                self.house["TAX"] += price.vat.minor
            return [(which, transfer, price.gross.minor) for price, transfer in zip(dear, transfers, strict=True)]

        @rule(item=paid, times=some.integers(1, 3))
        def is_given_back(self, item: tuple[int, UUID, int], times: int) -> None:
            """Asked once or several times at once, now or again later: it is given back once."""
            self._given_back(item, now(at_once([refund(database, item[1]) for _ in range(times)])))

        def _given_back(self, item: tuple[int, UUID, int], answers: Sequence[Any]) -> None:
            which, transfer, _ = item
            (undone,) = set(answers)
            if transfer not in self.undone:
                self.undone[transfer] = undone
                price = self.prices[transfer]
                self.model[which] += price.gross.minor
                self.house["REVENUE"] -= price.net.minor
                self.house["TAX"] -= price.vat.minor
            assert self.undone[transfer] == undone

        @rule(target=paid, which=wallets, items=prices, many=some.integers(2, 5))
        def many_buy_at_once(self, which: int, items: list[Price], many: int) -> Any:
            """As many succeed as the wallet pays for, whichever they are."""
            answers = now(at_once([pay(database, self.accounts[which], items) for _ in range(many)]))
            done = [answer for answer in answers if isinstance(answer, list)]
            assert all(isinstance(answer, InsufficientFunds) for answer in answers if answer not in done)
            rows = [row for transfers in done for row in self._bought(which, items, transfers)]
            total = sum(price.gross.minor for price in items)
            assert self.model[which] >= FLOORS[which]
            assert len(done) == many or not self._can_spend(which, total)
            return multiple(*rows)

        @rule(item=paid, which=wallets, amount=amounts)
        def everything_at_once(self, item: tuple[int, UUID, int], which: int, amount: int) -> None:
            """A correction, a refund and a purchase that never fits."""
            dear = taxed(Money(10**12), Decimal(10))
            answers = now(
                at_once(
                    [adjust(database, self.wallets[which], amount), refund(database, item[1]), pay(database, self.accounts[which], [dear])]
                )
            )
            self._adjusted(which, amount)
            self._given_back(item, answers[1:2])
            assert isinstance(answers[2], InsufficientFunds)

        @rule(which=wallets, amount=amounts, many=some.integers(2, 5))
        def the_same_key_comes_again(self, which: int, amount: int, many: int) -> None:
            key = uuid4()
            answers = now(at_once([adjust(database, self.wallets[which], amount, scope=self.scope, key=key) for _ in range(many)]))
            assert len({answer.result["transfer"] for answer in answers}) == 1
            self._adjusted(which, amount)
            try:
                now(adjust(database, self.wallets[which], amount + 1, scope=self.scope, key=key))
            except IdempotencyConflict:
                return
            raise AssertionError("other content under the same key was accepted")

        @invariant()
        def the_ledger_holds(self) -> None:
            if not hasattr(self, "owner"):
                return
            assert now(faults(database)) == []
            found = now(balances(database, [self.owner, *(account.id for account in self.accounts)]))
            for which, account in enumerate(self.accounts):
                assert found[account.id, "WALLET"] == self.model[which] >= FLOORS[which]
            for kind, amount in self.house.items():
                assert found.get((self.owner, kind), 0) == amount

    return Ledger


def test_the_ledger_holds_after_every_step(database_url: str) -> None:
    """On each engine."""
    with asyncio.Runner() as runner:

        async def opened() -> Database:
            return Database(database_url)

        database = runner.run(opened())
        try:
            run_state_machine_as_test(
                machine(runner, database),
                settings=settings(
                    max_examples=12, stateful_step_count=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(database.close())
