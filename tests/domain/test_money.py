"""Everything that moves money, on random trees that are rearranged while time goes on: whatever is done or refused, the books hold.

`SIMURGH_MONEY_STEPS` says how many steps on each engine; without it a short run. What was done and refused is counted and printed (`-s`).
"""

import asyncio
import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from auth.actor import Actor
from domain import registry
from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, AccountEdge, PaymentMode
from domain.approvals import deciding
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Command, Service, carry_out
from domain.billing import running, terms
from domain.billing.paying import bill_pay
from domain.billing.rules import Terms
from domain.billing.running import Wish as BillWish
from domain.billing.tables import Bill
from domain.hierarchy.service import account_move
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import DomainError
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, Reach
from domain.orders import held
from domain.orders.fulfilment import handlers
from domain.orders.tables import Order
from domain.payments import verifying
from domain.payments.service import FromWallet
from domain.payments.tables import Payment, PaymentMethod, PaymentState
from domain.people.tables import Membership, Person
from domain.sims.tables import Sim, SimPlacement
from domain.transfers import policies, requests, rules
from domain.transfers.rules import Wish
from domain.transfers.service import TransferRequest, transfer
from domain.wallet import holds
from domain.wallet.expiry import expire_lots
from domain.wallet.ledger import Posting, post, post_reversal
from domain.wallet.proof import prove
from domain.wallet.purses import house, open_wallet, purse
from domain.wallet.queries import Posted, statement_of
from domain.wallet.rules import Leg, reversal
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerHold, LedgerReason
from gateways.psp_sandbox import Answer
from store import outbox
from store.documents import open_documents
from store.faults import StoreBusy
from store.session import Database
from tests.approvals import set_bands
from tests.domain.orders.shop import Shop
from tests.domain.payments.till import Till
from tests.offerings import make_offering, sell
from tests.world import NOW, MovableClock, Tenant, TwoTenants, make_sim, manager, operator_admin

T = TypeVar("T")
K = LedgerAccountKind
DEEPEST, ACCOUNTS, LINES = 8, 10, 6
STEPS, A_RUN = int(os.environ.get("SIMURGH_MONEY_STEPS", "0")), 50
NUMBERS = itertools.count(1)
BEGAN = NOW - timedelta(days=30)
amounts = some.integers(1, 2_000_000)
any_one = some.integers(0, 10_000)


class Workers(dict[str, Any]):
    """Those who do the work after commit that moves money; what only tells people is taken as told."""

    def __missing__(self, kind: str) -> Any:
        async def told(_: Any) -> None:
            return None

        return told


class Company:
    """One company of a run: its tree, its lines, its people, its clock, and what was seen of its books so far."""

    def __init__(self, database: Database, tenant: Tenant, buyer: Person, offering: Any, folder: Path) -> None:
        self.database, self.tenant, self.clock = database, tenant, MovableClock()
        self.shop = Shop(database, TwoTenants(tenant, tenant), offering)
        self.till = Till(database, tenant, folder, self.clock)
        self.shop.clock = self.clock
        delivering = handlers(database, self.shop.network, self.shop.post, self.shop.press, self.clock)
        self.workers = Workers({**delivering, **verifying.handlers(database, self.till.terminals, self.clock)})
        self.decider = tenant.as_profile_manager()
        self.buyer = manager(buyer, Role.PROFILE_MANAGER, Reach(tenant.id))
        self.codes: list[str] = []
        self.booked: set[UUID] = set()
        self.then: list[tuple[datetime, Mapping[UUID, int]]] = []
        self.closed: dict[tuple[JalaliMonth, UUID], Any] = {}

    @classmethod
    async def founded(cls, database: Database, parents: Sequence[int], folder: Path) -> "Company":
        """A tree up to eight deep with wallets, one of them with lots; prepaid and postpaid lines; two managers of all of it."""
        number, offering = next(NUMBERS), make_offering(f"DATA{uuid4().hex[:8]}")
        async with database.write() as session:
            own = await make_organization(session, id=uuid7(), name="Company", legal_id=uuid4().hex, at=BEGAN)
            accounts: list[Account] = []
            for index, choice in enumerate([0, *parents]):
                above = [one for one in accounts if one.depth < DEEPEST - 1]
                parent = (above[-1] if choice % 3 else above[choice % len(above)]).id if above else None
                made = await make_account(
                    session, own.id, id=uuid7(), number=f"M{number}-{index}", name="Account", parent_id=parent,
                    payment_mode=PaymentMode.PREPAID if index % 3 == 2 else PaymentMode.POSTPAID,
                    at=BEGAN,
                )  # fmt: skip
                accounts.append(made)
            names = {("root" if not index else f"a{index}"): account for index, account in enumerate(accounts)}
            wallets = {
                name: await open_wallet(
                    session, own.id, Ref(Kind.ACCOUNT, account.id), floor=-500_000 if name == "a1" else 0, lot_months=1 if name == "a2" else None,
                    ceiling=5_000_000 if name == "a3" else None,
                )
                for name, account in names.items()
            }  # fmt: skip
            people = [
                Person(id=uuid7(), name=f"P{index}", name_fold="p", email=f"m{number}-{index}@example.com", created_at=BEGAN) for index in range(2)
            ]
            session.add_all(people)
            await session.flush()
            session.add_all(
                Membership(
                    id=uuid7(), organization_id=own.id, person_id=one.id, role=Role.PROFILE_MANAGER, account_id=accounts[0].id, valid_from=BEGAN
                )
                for one in people
            )
            sims = [make_sim(own.id, accounts[-1 - index % len(accounts)], number * 10 + index, 0, BEGAN) for index in range(LINES)]
            for index, sim in enumerate(sims):
                if index % 3:
                    sim.payment_mode, sim.balance, sim.figures_source = PaymentMode.PREPAID, 40_000 * (index % 2), "CARRIER"
                    sim.credit_limit = sim.debt = sim.current_charge = None
            session.add_all(sims)
            await session.flush()
            session.add_all(
                SimPlacement(id=uuid7(), organization_id=own.id, sim_id=sim.id, account_id=sim.account_id, valid_from=BEGAN) for sim in sims
            )
        await sell(database, offering)
        tenant = Tenant(own.id, names, people[0], people[0], sims, wallets)
        company = cls(database, tenant, people[1], offering, folder / str(number))
        for id in company.purses[::2]:
            await company.adjust(id, 4_000_000)
        return company

    @property
    def purses(self) -> list[UUID]:
        """Wallets of accounts and of prepaid lines."""
        return [*self.tenant.wallets.values(), *(sim.id for sim in self.tenant.sims if sim.payment_mode == PaymentMode.PREPAID)]

    async def write(self, actor: Actor, right: Permission, service: Service) -> Any:
        """Carries a service out as somebody, now; returns its result."""
        at, command = self.clock.now(), Command("test", MutationMode.APPLY, "", idempotency_key=uuid4())
        return (await carry_out(self.database, actor.scope(right, at), command, service, at=at)).result

    async def move(self, source: UUID, target: UUID, amount: int) -> None:
        request = TransferRequest(source, target, amount, rules.reference(uuid4()))
        await self.write(self.decider, Permission.WALLET_TRANSFER, lambda work: transfer(work, request))

    async def work(self, after: timedelta = timedelta(0)) -> None:
        """Moves the clock on and does all that is due."""
        self.clock.move(after)
        while await outbox.run_once(self.database, self.workers, self.clock, worker="test"):
            pass

    async def adjust(self, wallet_id: UUID, amount: int) -> None:
        correct: Service = lambda work: adjust(work, wallet_id=wallet_id, amount=amount, reason="test")  # noqa: E731 (a name for what is done)
        await self.write(operator_admin(), Permission.WALLET_ADJUST, correct)

    async def one(self, table: Any, choice: int, *where: Any) -> Any:
        """Some row of the company, null for none."""
        async with self.database.read() as session:
            rows = (await session.scalars(select(table).where(table.organization_id == self.tenant.id, *where).order_by(table.id))).all()
        return rows[choice % len(rows)] if rows else None

    async def place(self, name: str) -> str:
        """Where an account hangs now."""
        return str((await self.one(Account, 0, Account.id == self.tenant.accounts[name].id)).path)

    async def books(self) -> dict[UUID, LedgerAccount]:
        async with self.database.read() as session:
            rows = await session.scalars(select(LedgerAccount).where(LedgerAccount.organization_id == self.tenant.id))
            return {row.id: row for row in rows}


def machine(runner: asyncio.Runner, database: Database, folder: Path, counts: Counter[str]) -> type[RuleBasedStateMachine]:
    """The state machine over one database; each run founds a company of its own."""

    class Money(RuleBasedStateMachine):
        company: Company

        @initialize(parents=some.lists(any_one, min_size=ACCOUNTS - 1, max_size=ACCOUNTS - 1))
        def founded(self, parents: list[int]) -> None:
            self.company = runner.run(Company.founded(database, parents, folder))
            counts[f"trees {max(account.depth for account in self.company.tenant.accounts.values()) + 1} deep"] += 1

        def _do(self, name: str, act: Callable[[Company], Awaitable[Any]]) -> None:
            """Does something a second later; what is refused leaves every balance as it was."""

            async def done() -> None:
                self.company.clock.move(timedelta(seconds=1))
                before = await self.company.books()
                try:
                    nothing = await act(self.company)
                except DomainError as refused:
                    counts[f"{name}: refused"] += 1
                    counts[f"refused: {refused.code}"] += 1
                    after = await self.company.books()
                    assert {id: (row.balance, row.held) for id, row in before.items()} == {id: (after[id].balance, after[id].held) for id in before}
                    assert all(row.balance == 0 for id, row in after.items() if id not in before)
                else:
                    counts[f"{name}: nothing to do" if nothing is False else name] += 1

            runner.run(done())

        @rule(wallet=any_one, amount=amounts, is_taken=some.booleans())
        def corrects(self, wallet: int, amount: int, is_taken: bool) -> None:
            self._do("adjustment", lambda own: own.adjust(own.purses[wallet % len(own.purses)], -amount if is_taken else amount))

        @rule(wallet=any_one, amount=some.integers(10_000, 3_000_000), answer=some.sampled_from(list(Answer)))
        def pays_in_by_gateway(self, wallet: int, amount: int, answer: Answer) -> None:
            async def act(own: Company) -> None:
                payment = await own.till.top_up(amount, wallet_id=own.purses[wallet % len(own.purses)])
                await own.till.opened(payment)
                await own.till.act(payment, answer)
                for _ in range(2 if answer is Answer.TWICE else 0 if answer is Answer.NEVER else 1):
                    await own.till.came_back(payment)

            self._do(f"top-up by gateway, {answer.value}", act)

        @rule(wallet=any_one, amount=some.integers(10_000, 3_000_000), is_cheque=some.booleans(), is_received=some.booleans())
        def pays_in_by_paper(self, wallet: int, amount: int, is_cheque: bool, is_received: bool) -> None:
            async def act(own: Company) -> None:
                payment = await own.till.slip(amount, uuid4().hex[:10], is_cheque=is_cheque)
                await own.till.resolve(payment, is_received)

            self._do("slip or cheque", act)

        @rule(wallet=any_one, payment=any_one, is_to_wallet=some.booleans(), part=some.none() | amounts)
        def a_payment_is_given_back(self, wallet: int, payment: int, is_to_wallet: bool, part: int | None) -> None:
            async def act(own: Company) -> bool:
                settled = (col(Payment.state) == PaymentState.SETTLED, col(Payment.refund_of_id).is_(None))
                found = await own.one(Payment, payment, *settled)
                if found is not None:
                    await own.till.refund(found, part, is_to_wallet=is_to_wallet)
                return found is not None

            self._do("refund of a payment", act)

        @rule(payment=any_one, is_received=some.booleans())
        def a_refund_by_hand_is_carried_out(self, payment: int, is_received: bool) -> None:
            async def act(own: Company) -> bool:
                waits = (col(Payment.state) == PaymentState.CREATED, col(Payment.method) != PaymentMethod.GATEWAY)
                found = await own.one(Payment, payment, *waits)
                if found is not None:
                    await own.till.resolve(found, is_received)
                return found is not None

            self._do("refund by hand", act)

        @rule(wallet=any_one, amount=some.sampled_from([50_000, 500_000]))
        def a_voucher_is_redeemed(self, wallet: int, amount: int) -> None:
            async def act(own: Company) -> None:
                if not own.codes:
                    own.codes = list((await own.till.batch(amount=amount))[1])
                await own.till.redeem(own.codes.pop(), wallet_id=own.purses[wallet % len(own.purses)])

            self._do("voucher", act)

        @rule(account=any_one, lines=some.sets(some.integers(0, LINES - 1), min_size=1, max_size=3), refused=some.sets(some.integers(0, LINES - 1), max_size=2))
        def bundles_are_bought(self, account: int, lines: set[int], refused: set[int]) -> None:
            async def act(own: Company) -> None:
                own.shop.network.refuses = {own.tenant.sims[index].msisdn or "" for index in refused}
                chosen = list(own.tenant.accounts.values())[account % ACCOUNTS]
                await own.shop.buy(*(own.tenant.sims[index].id for index in sorted(lines)), actor=own.buyer, account_id=chosen.id)

            self._do("order", act)

        @rule(minutes=some.integers(0, 300))
        def what_is_due_is_done(self, minutes: int) -> None:
            """Bundles are delivered or paid back, unfinished payments followed up, refunds given."""
            self._do("work after commit", lambda own: own.work(timedelta(minutes=minutes)))

        @rule(order=any_one)
        def an_order_is_withdrawn(self, order: int) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Order, order)
                if found is not None:
                    await own.write(own.buyer, Permission.ORDER_PLACE, lambda work: held.cancel(work, found.id))
                return found is not None

            self._do("order withdrawn", act)

        @rule(amount=some.sampled_from([1, 2_000_000, 10_000_000]))
        def bands_are_set(self, amount: int) -> None:
            self._do("amount bands", lambda own: set_bands(database, own.tenant, "root", (amount, own.decider.ref.id), at=own.clock.now()))

        @rule(approval=any_one, is_granted=some.booleans())
        def an_approval_is_answered(self, approval: int, is_granted: bool) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Approval, approval, col(Approval.state) == ApprovalState.PENDING)
                if found is not None:
                    await own.write(own.decider, Permission.APPROVAL_DECIDE, lambda work: deciding.decide(work, found.id, is_granted, None))
                return found is not None

            self._do("approval answered", act)

        @rule(wallet=any_one, amount=amounts)
        def money_is_held(self, wallet: int, amount: int) -> None:
            async def act(own: Company) -> None:
                id = list(own.tenant.wallets.values())[wallet % ACCOUNTS]
                async with database.write() as session:
                    await holds.hold(session, own.tenant.id, id, amount, cause=Ref(Kind.ORDER, uuid7()), at=own.clock.now())

            self._do("hold", act)

        @rule(hold=any_one, part=some.none() | amounts, is_captured=some.booleans())
        def a_hold_ends(self, hold: int, part: int | None, is_captured: bool) -> None:
            async def act(own: Company) -> bool:
                mine = (col(LedgerHold.remaining) > 0, col(LedgerHold.cause_kind) == Kind.ORDER.value)
                ordered = select(Order.id).where(Order.organization_id == own.tenant.id)
                found = await own.one(LedgerHold, hold, *mine, col(LedgerHold.cause_id).not_in(ordered))
                if found is None:
                    return False
                amount, name = min(part or found.remaining, found.remaining), next(name for name, id in own.tenant.wallets.items() if id == found.ledger_account_id)
                path = await own.place(name)
                async with database.write() as session:
                    if is_captured:
                        revenue = (await house(session, own.tenant.id))[K.REVENUE]
                        legs = (Leg(found.ledger_account_id, -amount), Leg(revenue, amount))
                        await holds.capture(session, found.id, Posting(legs, path, LedgerReason.USAGE, SYSTEM, own.clock.now()))
                    else:
                        await holds.release(session, found.id, amount)
                return True

            self._do("capture" if is_captured else "release", act)

        @rule(source=any_one, to=any_one, amount=amounts)
        def money_is_moved(self, source: int, to: int, amount: int) -> None:
            self._do("transfer", lambda own: own.move(own.purses[source % len(own.purses)], own.purses[to % len(own.purses)], amount))

        @rule(source=any_one, others=some.lists(any_one, min_size=2, max_size=5), amount=some.integers(1_000, 300_000))
        def many_move_money_at_once(self, source: int, others: list[int], amount: int) -> None:
            async def act(own: Company) -> None:
                moves: list[Coroutine[Any, Any, None]] = [own.move(own.purses[source % len(own.purses)], own.purses[to % len(own.purses)], amount) for to in others]
                for answer in await asyncio.gather(*moves, own.adjust(own.purses[0], amount), return_exceptions=True):
                    assert answer is None or isinstance(answer, DomainError | StoreBusy), answer

            self._do("transfers and a correction at once", act)

        @rule(name=some.sampled_from(["lines", "mobi_uz", "m1_local", "m1_international", "zain_alamodak"]), fee=some.sampled_from([0, 110]), is_sender=some.booleans())
        def another_policy_holds(self, name: str, fee: int, is_sender: bool) -> None:
            async def act(own: Company) -> None:
                terms = {**policies.SHIPPED[name], "is_fee_paid_by_sender": is_sender} | ({"fee": fee} if fee else {})
                async with database.write() as session:
                    await policies.choose(session, own.tenant.id, Kind.SIM, name, terms, at=own.clock.now())

            self._do("transfer policy", act)

        @rule(line=some.integers(0, LINES - 1), amount=some.sampled_from([1_000, 200_000]))
        def a_holder_asks_for_money(self, line: int, amount: int) -> None:
            async def act(own: Company) -> None:
                await requests.heard(database, own.tenant.sims[line].msisdn or "", Wish(amount), call_id=uuid4(), at=own.clock.now())

            self._do("request of a holder", act)

        @rule(days=some.integers(0, 45))
        def time_goes_on(self, days: int) -> None:
            async def act(own: Company) -> None:
                own.clock.move(timedelta(days=days, hours=1))
                await expire_lots(database, at=own.clock.now())

            self._do("time and lots that are lost", act)

        @rule(account=some.integers(1, ACCOUNTS - 1), parent=any_one)
        def an_account_is_moved(self, account: int, parent: int) -> None:
            async def act(own: Company) -> None:
                accounts = list(own.tenant.accounts.values())
                moved, under = accounts[account].id, accounts[parent % ACCOUNTS].id
                await own.write(own.decider, Permission.ACCOUNT_MANAGE, lambda work: account_move(work, moved, under))

            self._do("account moved", act)

        @rule(account=any_one, credit_limit=some.sampled_from([0, 300_000, 5_000_000]), is_billed_here=some.booleans())
        def terms_are_agreed(self, account: int, credit_limit: int, is_billed_here: bool) -> None:
            async def act(own: Company) -> None:
                id, agreed = list(own.tenant.accounts.values())[account % ACCOUNTS].id, Terms(is_billed_here, credit_limit=credit_limit)

                async def agree(work: Any) -> Any:
                    await terms.agree(work, (await terms.terms_now(work, id))[0], agreed)
                    return {}

                await own.write(operator_admin(), Permission.WALLET_ADJUST, agree)

            self._do("terms and credit", act)

        @rule(account=any_one, amount=amounts, is_released=some.booleans())
        def a_deposit_is_booked(self, account: int, amount: int, is_released: bool) -> None:
            id = list(self.company.tenant.accounts.values())[account % ACCOUNTS].id
            put: Service = lambda work: terms.deposit(work, id, -amount if is_released else amount)  # noqa: E731 (a name for what is done)
            self._do("deposit taken or released", lambda own: own.write(operator_admin(), Permission.WALLET_ADJUST, put))

        @rule()
        def last_months_bills_are_made(self) -> None:
            async def act(own: Company) -> None:
                at, month = own.clock.now(), JalaliMonth.of(own.clock.now()).plus(-1)
                async for _ in running.run(database, BillWish(own.tenant.id, month, at, at)):
                    pass

            self._do("bill run", act)

        @rule(bill=any_one, wallet=any_one, part=some.none() | amounts)
        def a_bill_is_paid(self, bill: int, wallet: int, part: int | None) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Bill, bill, col(Bill.amount_due) > 0)
                if found is not None:
                    way = FromWallet(own.purses[wallet % ACCOUNTS])
                    await own.write(own.decider, Permission.BILL_PAY, lambda work: bill_pay(work, found.id, part, way))
                return found is not None

            self._do("bill paid", act)

        @rule(account=any_one, amount=amounts)
        def a_deposit_is_taken_and_given_back(self, account: int, amount: int) -> None:
            async def act(own: Company) -> None:
                chosen, at = list(own.tenant.accounts)[account % ACCOUNTS], own.clock.now()
                owner, path = Ref(Kind.ACCOUNT, own.tenant.accounts[chosen].id), await own.place(chosen)
                async with database.write() as session:
                    deposit = await purse(session, own.tenant.id, owner, K.DEPOSIT, floor=0)
                    legs = (Leg(own.tenant.wallets[chosen], -amount), Leg(deposit, amount))
                    taken = Posting(legs, path, LedgerReason.DEPOSIT, SYSTEM, at)


                    await post(session, own.tenant.id, [taken])
                    if amount % 2:
                        await post_reversal(session, own.tenant.id, Posting(reversal(legs), path, LedgerReason.DEPOSIT, SYSTEM, at, reverses_id=taken.id))

            self._do("deposit out of a wallet", act)

        @invariant()
        def the_books_hold(self) -> None:
            if hasattr(self, "company"):
                runner.run(holds_now(self.company))
                counts["steps checked"] += 1

        def teardown(self) -> None:
            if hasattr(self, "company"):
                runner.run(history_holds(self.company))

    return Money


async def holds_now(own: Company) -> None:
    """Nothing is found by the proof, all money sums to nothing, floors hold, and what was just booked adds up at each place of the tree."""
    books = await own.books()
    async with own.database.read() as session:
        assert await prove(session, own.tenant.id) == []
        fresh = select(LedgerEntry).where(LedgerEntry.organization_id == own.tenant.id, col(LedgerEntry.id).not_in(own.booked))
        entries = (await session.scalars(fresh)).all() if own.booked else (await session.scalars(select(LedgerEntry).where(LedgerEntry.organization_id == own.tenant.id))).all()
        edges = (await session.scalars(select(AccountEdge).where(AccountEdge.organization_id == own.tenant.id))).all()
        lines = {sim.id: sim.account_id for sim in await session.scalars(select(Sim).where(Sim.organization_id == own.tenant.id))}
    assert sum(row.balance for row in books.values()) == 0
    assert all(row.floor is None or row.balance - row.held >= row.floor for row in books.values())
    own.booked |= {entry.id for entry in entries}
    for at in {entry.posted_at for entry in entries}:
        adds_up([entry for entry in entries if entry.posted_at == at], books, edges, lines, at)
    own.then.append((own.clock.now(), {id: row.balance for id, row in books.items()}))
    await months_stay(own, books)


def adds_up(
    entries: Sequence[LedgerEntry], books: Mapping[UUID, LedgerAccount], edges: Sequence[AccountEdge], lines: Mapping[UUID, UUID], at: datetime
) -> None:
    """By the tree as it was at an instant: money is recorded where its owner hung, and a parent's sum is its own and its children's."""
    tree = {edge.account_id: edge for edge in edges if edge.valid_from <= at and (edge.valid_to is None or at < edge.valid_to)}
    own: dict[UUID, int] = defaultdict(int)
    kept = [(entry, books[entry.ledger_account_id]) for entry in entries if books[entry.ledger_account_id].kind == K.WALLET]
    for entry, account in kept:
        holder = lines.get(account.owner_id, account.owner_id)
        if not any(edge.account_id == holder and edge.valid_from == at for edge in edges):  # at the very instant of a move either is right
            assert tree[holder].path == entry.path
        own[holder] += entry.amount

    def total(account_id: UUID) -> int:
        return own[account_id] + sum(total(child.account_id) for child in tree.values() if child.parent_id == account_id)

    for account_id, edge in tree.items():
        assert total(account_id) == sum(entry.amount for entry, _ in kept if entry.path.startswith(edge.path))


async def months_stay(own: Company, books: Mapping[UUID, LedgerAccount]) -> None:
    """The sums of months that are over never change."""
    now = JalaliMonth.of(own.clock.now())
    month = JalaliMonth.of(own.then[0][0])
    async with own.database.read() as session:
        while month < now:
            for id in books:
                if (month, id) not in own.closed:
                    own.closed[month, id] = await statement_of(session, own.tenant.id, id, Posted(month.starts_at, month.plus(1).starts_at))
            month = month.plus(1)


async def history_holds(own: Company) -> None:
    """Every balance of every step is what its entries up to then sum to, and closed months read as they did when they were closed."""
    async with own.database.read() as session:
        for at, balances in own.then[:: max(1, len(own.then) // 8)]:
            for id, balance in balances.items():
                assert (await statement_of(session, own.tenant.id, id, Posted(before=at + timedelta(microseconds=1)))).closing.minor == balance
        for (month, id), told in own.closed.items():
            assert await statement_of(session, own.tenant.id, id, Posted(month.starts_at, month.plus(1).starts_at)) == told


def test_whatever_is_done_with_money_the_books_hold(database_url: str, document_server_url: str, tmp_path: Path) -> None:
    """On each engine."""
    counts: Counter[str] = Counter()
    with asyncio.Runner() as runner:

        async def opened() -> Database:
            return Database(database_url)

        database = runner.run(opened())
        documents = open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid4().hex}")
        runner.run(documents.__aenter__())
        try:
            while counts["steps checked"] < (STEPS or 10):  # a run may end early
                runs, length = (1 + (STEPS - counts["steps checked"]) // A_RUN, A_RUN) if STEPS else (2, 12)
                run_state_machine_as_test(
                    machine(runner, database, tmp_path, counts),
                    settings=settings(
                        max_examples=runs, stateful_step_count=length, deadline=None, database=None, suppress_health_check=list(HealthCheck)
                    ),
                )

            async def all_of_it() -> list[Any]:
                async with database.snapshot() as session:
                    return await prove(session)

            assert runner.run(all_of_it()) == []
        finally:
            runner.run(documents.__aexit__(None, None, None))
            runner.run(database.close())
            for name, count in sorted(counts.items()):
                print(f"{count:>7,} {name}")
