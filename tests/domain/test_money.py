"""Everything that moves money, on random trees that are rearranged while time goes on: whatever is done or refused, the books hold.

After each step is checked what is cheap (`Books.look`): all money sums to nothing, every balance is that of its entries, each transfer
balances, floors hold, each parent is the sum of its children at each instant of a movement, and what was refused changed nothing. Every
`EVERY` steps and at the end of each company everything is recomputed from what is stored (`Books.prove`), bills, disputes, orders, policies
and closed months too; at the end the balances of every earlier step as well (`Books.end`).

`SIMURGH_MONEY_STEPS` says how many steps on each engine; without it a short run. What was done, refused and checked is counted and printed
(`-s`).
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import update
from sqlmodel import col, select

from api.books import LOOKS
from domain import registry
from domain.accounts.tables import Account
from domain.approvals import deciding
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Service, Work
from domain.billing import issuing, terms
from domain.billing.disputes import bill_dispute, bill_dispute_resolve
from domain.billing.rules import Terms
from domain.billing.states import ISSUED, BillState, DisputeState
from domain.billing.tables import Bill, BillDispute, BillLine, BillNote
from domain.groups import policies as payment_policies
from domain.groups.rules import AutoPay, Rule, TopUp
from domain.groups.tables import PaymentPolicy
from domain.jobs import running, service
from domain.jobs.states import OPEN
from domain.jobs.tables import Job
from domain.kernel.errors import DomainError
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.money import Money, taxed
from domain.kernel.permissions import Permission
from domain.kernel.quantity import Unit
from domain.kernel.scope import SYSTEM
from domain.orders import held
from domain.orders.tables import Order, OrderState
from domain.payments.tables import Payment, PaymentMethod, PaymentState
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.transfers import policies, requests
from domain.transfers.rules import Wish
from domain.usage.documents import UsageRecord
from domain.wallet import holds
from domain.wallet.ledger import Posting, post, post_reversal
from domain.wallet.proof import prove
from domain.wallet.purses import house, purse
from domain.wallet.rules import Leg, reversal
from domain.wallet.tables import LedgerAccountKind, LedgerHold, LedgerReason
from gateways.psp_sandbox import Answer
from store.documents import open_documents
from store.faults import StoreBusy
from store.session import Database
from tests.approvals import set_bands
from tests.domain.money.books import Books
from tests.domain.money.company import ACCOUNTS, LINES, METHODS, Company
from tests.usage import usage
from tests.world import operator_admin

K = LedgerAccountKind
STEPS, A_RUN, EVERY = int(os.environ.get("SIMURGH_MONEY_STEPS", "0")), 150, 25
SHORT_RUNS, SHORT_RUN = 3, 40
amounts = some.integers(1, 2_000_000)
any_one = some.integers(0, 10_000)
some_lines = some.sets(some.integers(0, LINES - 1), min_size=1, max_size=3)
answers = some.sampled_from(list(Answer))


def after(*names: str) -> Callable[[Any], bool]:
    """Whether one of these was done: what is without purpose before isn't tried."""
    return lambda moves: not moves.done.isdisjoint(names)


def machine(runner: asyncio.Runner, database: Database, folder: Path, counts: Counter[str]) -> type[RuleBasedStateMachine]:
    """The state machine over one database; each run founds a company of its own."""

    class Moves(RuleBasedStateMachine):
        company: Company
        books: Books
        steps = 0
        done: frozenset[str] = frozenset()

        @initialize(parents=some.lists(any_one, min_size=ACCOUNTS - 1, max_size=ACCOUNTS - 1))
        def founded(self, parents: list[int]) -> None:
            assume(any(parents))  # not the simplest of all runs, which does one and the same a hundred times
            self.company = runner.run(Company.founded(database, parents, folder))
            self.books = Books(database, self.company.tenant.id, self.company.clock, counts)
            runner.run(self.company.bill(is_held=False, steps=None))
            runner.run(self.books.look())
            runner.run(self.books.prove())
            counts[f"trees {max(account.depth for account in self.company.tenant.accounts.values()) + 1} deep"] += 1

        def _do(self, name: str, act: Callable[[Company], Awaitable[Any]]) -> None:
            """Does something a second later; what is refused leaves every balance as it was."""

            async def done() -> None:
                self.company.clock.move(timedelta(seconds=1))
                await self.company.catch_up()
                is_refused = False
                try:
                    nothing = await act(self.company)
                except DomainError as refused:
                    is_refused = True
                    counts[f"{name}: refused"] += 1
                    counts[f"refused: {refused.code}"] += 1
                else:
                    counts[f"{name}: nothing to do" if nothing is False else name] += 1
                    self.done |= {name}
                await self.books.look(is_refused=is_refused)
                self.steps += 1
                counts["steps"] += 1
                if self.steps % EVERY == 0:
                    await self.books.prove()

            runner.run(done())

        @rule(wallet=any_one, amount=amounts, is_taken=some.booleans())
        def corrects(self, wallet: int, amount: int, is_taken: bool) -> None:
            self._do("adjustment", lambda own: own.adjust(own.purse(wallet), -amount if is_taken else amount))

        @rule(wallet=any_one, amount=some.integers(10_000, 3_000_000), answer=answers)
        def pays_in_by_gateway(self, wallet: int, amount: int, answer: Answer) -> None:
            async def act(own: Company) -> None:
                await own.through_gateway(await own.till.top_up(amount, wallet_id=own.purse(wallet)), answer)

            self._do(f"top-up by gateway, {answer.value}", act)

        @rule(wallet=any_one, amount=some.integers(10_000, 3_000_000), is_cheque=some.booleans(), is_received=some.booleans())
        def pays_in_by_paper(self, wallet: int, amount: int, is_cheque: bool, is_received: bool) -> None:
            async def act(own: Company) -> None:
                payment = await own.till.slip(amount, uuid4().hex[:10], is_cheque=is_cheque)
                await own.till.resolve(payment, is_received)

            self._do("slip or cheque", act)

        @rule(payment=any_one, is_to_wallet=some.booleans(), part=some.none() | amounts)
        def a_payment_is_given_back(self, payment: int, is_to_wallet: bool, part: int | None) -> None:
            async def act(own: Company) -> bool:
                settled = (col(Payment.state) == PaymentState.SETTLED, col(Payment.refund_of_id).is_(None))
                found = await own.one(Payment, payment, *settled)
                if found is not None:
                    await own.till.refund(found, part, is_to_wallet=is_to_wallet)
                return found is not None

            self._do("refund of a payment", act)

        @precondition(after("refund of a payment"))
        @rule(payment=any_one, is_received=some.booleans())
        def a_refund_by_hand_is_carried_out(self, payment: int, is_received: bool) -> None:
            async def act(own: Company) -> bool:
                waits = (col(Payment.state) == PaymentState.CREATED, col(Payment.method) != PaymentMethod.GATEWAY)
                found = await own.one(Payment, payment, *waits)
                if found is not None:
                    await own.till.resolve(found, is_received)
                return found is not None

            self._do("refund by hand", act)

        @rule(wallet=any_one)
        def a_voucher_is_redeemed(self, wallet: int) -> None:
            async def act(own: Company) -> None:
                await own.till.top_up(None, await own.voucher(), wallet_id=own.purse(wallet))

            self._do("voucher", act)

        @rule(account=any_one, lines=some_lines, refused=some.sets(some.integers(0, LINES - 1), max_size=2))
        def bundles_are_bought(self, account: int, lines: set[int], refused: set[int]) -> None:
            async def act(own: Company) -> None:
                own.shop.network.refuses = {own.tenant.sims[index].msisdn or "" for index in refused}
                await own.shop.buy(*(own.tenant.sims[index].id for index in sorted(lines)), actor=own.buyer, account_id=own.account(account).id)

            self._do("order", act)

        @rule(account=any_one, lines=some.just(set()) | some_lines)
        def bundles_are_bought_for_many(self, account: int, lines: set[int]) -> None:
            self._do("group's order" if not lines else "order by a job", lambda own: own.buy_for_many(account, sorted(lines)))

        @precondition(after("group's order", "order by a job"))
        @rule(job=any_one)
        def a_job_sells_a_chunk(self, job: int) -> None:
            async def act(own: Company) -> bool:
                waiting = select(Order.job_id).where(Order.organization_id == own.tenant.id, Order.state == OrderState.HELD, col(Order.job_id).is_not(None))
                found = await own.one(Job, job, col(Job.state).in_(OPEN), col(Job.id).not_in(waiting))
                if found is not None:
                    await own.do_a_chunk(found.id)
                return found is not None

            self._do("chunk of a job", act)

        @precondition(after("group's order", "order by a job"))
        @rule(job=any_one)
        def a_job_is_cancelled(self, job: int) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Job, job, col(Job.state).in_(OPEN))
                if found is not None:
                    await own.write(own.buyer, Permission.ORDER_PLACE, lambda work: service.cancel(work, found.id))
                return found is not None

            self._do("job cancelled", act)

        @rule(line=some.integers(0, LINES - 1), is_blocked=some.booleans())
        def a_line_is_blocked_or_free_again(self, line: int, is_blocked: bool) -> None:
            async def act(own: Company) -> None:
                status = SimStatus.BLOCKED if is_blocked else SimStatus.ACTIVE
                async with database.write() as session:
                    await session.execute(update(Sim).where(col(Sim.id) == own.tenant.sims[line].id).values(status=status))

            self._do("line blocked or free again", act)

        @rule(minutes=some.integers(0, 300))
        def what_is_due_is_done(self, minutes: int) -> None:
            """Bundles are delivered or paid back, unfinished payments followed up, refunds given, jobs done, approvals ended."""
            self._do("work after commit", lambda own: own.work(timedelta(minutes=minutes)))

        @precondition(after("order", "group's order", "order by a job"))
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

        @precondition(after("amount bands"))
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
                async with database.write() as session:
                    await holds.hold(session, own.tenant.id, own.wallet(wallet), amount, cause=Ref(Kind.ORDER, uuid7()), at=own.clock.now())

            self._do("hold", act)

        @precondition(after("hold"))
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
            self._do("transfer", lambda own: own.move(own.purse(source), own.purse(to), amount))

        @rule(source=any_one, others=some.lists(any_one, min_size=2, max_size=5), amount=some.integers(1_000, 300_000))
        def many_move_money_at_once(self, source: int, others: list[int], amount: int) -> None:
            async def act(own: Company) -> None:
                moves: list[Coroutine[Any, Any, None]] = [own.move(own.purse(source), own.purse(to), amount) for to in others]
                for answer in await asyncio.gather(*moves, own.adjust(own.purses[0], amount), return_exceptions=True):
                    assert answer is None or isinstance(answer, DomainError | StoreBusy), answer

            self._do("transfers and a correction at once", act)

        @rule(name=some.sampled_from(["lines", "mobi_uz", "m1_local", "m1_international", "zain_alamodak"]), fee=some.sampled_from([0, 110]), is_sender=some.booleans())
        def another_policy_holds(self, name: str, fee: int, is_sender: bool) -> None:
            async def act(own: Company) -> None:
                agreed = {**policies.SHIPPED[name], "is_fee_paid_by_sender": is_sender} | ({"fee": fee} if fee else {})
                async with database.write() as session:
                    await policies.choose(session, own.tenant.id, Kind.SIM, name, agreed, at=own.clock.now())

            self._do("transfer policy", act)

        @rule(line=some.integers(0, LINES - 1), amount=some.sampled_from([1_000, 200_000, None]))
        def a_holder_asks_for_money_or_to_be_left_out(self, line: int, amount: int | None) -> None:
            async def act(own: Company) -> None:
                await requests.heard(database, own.tenant.sims[line].msisdn or "", Wish(amount), call_id=uuid4(), at=own.clock.now())

            self._do("request of a holder", act)

        @rule(days=some.integers(0, 45))
        def time_goes_on(self, days: int) -> None:
            self._do("time and lots that are lost", lambda own: own.later(days))

        @rule(account=some.integers(1, ACCOUNTS - 1), parent=any_one, days=some.just(0) | some.integers(-20, 40))
        def an_account_is_moved(self, account: int, parent: int, days: int) -> None:
            name = "account moved" if not days else "account's move planned" if days > 0 else "account moved in the past"
            self._do(name, lambda own: own.rehang(account, parent, days))

        @rule(account=any_one, credit_limit=some.sampled_from([0, 300_000, 5_000_000]), is_billed_here=some.booleans())
        def terms_are_agreed(self, account: int, credit_limit: int, is_billed_here: bool) -> None:
            async def act(own: Company) -> None:
                agreed = Terms(is_billed_here, credit_limit=credit_limit)

                async def agree(work: Work) -> Any:
                    await terms.agree(work, await work.sql.get_one(Account, own.account(account).id), agreed)
                    return {}

                await own.write(operator_admin(), Permission.WALLET_ADJUST, agree)

            self._do("terms and credit", act)

        @rule(account=any_one, amount=amounts, is_released=some.booleans())
        def a_deposit_is_booked(self, account: int, amount: int, is_released: bool) -> None:
            id = self.company.account(account).id
            put: Service = lambda work: terms.deposit(work, id, -amount if is_released else amount)  # noqa: E731 (a name for what is done)
            self._do("deposit taken or released", lambda own: own.write(operator_admin(), Permission.WALLET_ADJUST, put))

        @rule(line=some.integers(0, LINES - 1), charge=some.integers(-50_000, 400_000), late=some.integers(0, 20))
        def usage_comes_in(self, line: int, charge: int, late: int) -> None:
            async def act(own: Company) -> None:
                sim, now = await own.one(Sim, line), own.clock.now()
                await UsageRecord.insert_one(usage(sim, at=now - timedelta(days=late), charge=charge, as_of=now))

            self._do("usage", act)

        @rule(is_held=some.booleans(), steps=some.none() | some.integers(0, 6))
        def bills_are_made(self, is_held: bool, steps: int | None) -> None:
            self._do("bill run" if steps is None else "bill run, broken off", lambda own: own.bill(is_held=is_held, steps=steps))

        @precondition(after("bill run", "bill run, broken off"))
        @rule(bill=any_one)
        def a_bill_that_was_held_back_is_issued(self, bill: int) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Bill, bill, col(Bill.state) == BillState.ON_HOLD)
                if found is not None:
                    await own.write(operator_admin(), Permission.BILL_READ, lambda work: issuing.release(work, found.id))
                return found is not None

            self._do("bill released", act)

        @rule(bill=any_one, wallet=any_one, part=some.none() | amounts, method=some.sampled_from(METHODS), answer=answers)
        def a_bill_is_paid(self, bill: int, wallet: int, part: int | None, method: str, answer: Answer) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Bill, bill, col(Bill.amount_due) > 0, col(Bill.state).in_(ISSUED))
                if found is not None:
                    await own.pay_bill(found, method, part, own.wallet(wallet), answer)
                return found is not None

            self._do(f"bill paid, {method}", act)

        @rule(bill=any_one, lines=some.sets(any_one, min_size=1, max_size=3))
        def lines_of_a_bill_are_disputed(self, bill: int, lines: set[int]) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(Bill, bill, col(Bill.state).in_(ISSUED))
                if found is None:
                    return False
                chosen = {(await own.one(BillLine, line, col(BillLine.bill_id) == found.id)).id for line in lines}
                objection: Service = lambda work: bill_dispute(work, found.id, sorted(chosen), "too much", locale=Locale.EN)  # noqa: E731 (a name for what is done)
                await own.write(own.decider, Permission.BILL_DISPUTE, objection)
                return True

            self._do("dispute", act)

        @precondition(after("dispute"))
        @rule(dispute=any_one, share=some.none() | some.integers(0, 110))
        def a_dispute_is_decided(self, dispute: int, share: int | None) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(BillDispute, dispute, col(BillDispute.state) == DisputeState.OPEN)
                if found is not None:
                    credit = None if share is None else found.amount * share // 121  # of the net, which is less than the sum with tax
                    ending: Service = lambda work: bill_dispute_resolve(work, found.id, credit, "said")  # noqa: E731 (a name for what is done)
                    await own.write(operator_admin(), Permission.BILL_RESOLVE, ending)
                return found is not None

            self._do("dispute decided", act)

        @rule(account=any_one, net=some.integers(-400_000, 400_000).filter(bool))
        def a_note_is_made(self, account: int, net: int) -> None:
            """Debit or credit, to be a line of the account's next bill."""

            async def act(own: Company) -> None:
                at, id, price = own.clock.now(), own.account(account).id, taxed(Money(net), own.vat_rate)
                async with database.write() as session:
                    path = (await session.get_one(Account, id)).path
                    session.add(
                        BillNote(
                            id=uuid7(), organization_id=own.tenant.id, account_id=id, path=path, net=price.net.minor, vat=price.vat.minor,
                            vat_rate=price.vat_rate, text="note", made_at=at, by=SYSTEM.as_json(),
                        )
                    )  # fmt: skip

            self._do("debit note" if net > 0 else "credit note", act)

        @rule(wallet=any_one, trigger=some.integers(1, 500_000), amount=some.integers(1_000, 600_000))
        def lines_are_to_be_recharged(self, wallet: int, trigger: int, amount: int) -> None:
            self._save_policy("policy of recharging", wallet, TopUp(trigger, Unit.RIAL, amount))

        @rule(wallet=any_one, day=some.none() | some.integers(1, 29), threshold=some.integers(1, 800_000))
        def bills_are_to_be_paid(self, wallet: int, day: int | None, threshold: int) -> None:
            self._save_policy("policy of paying bills", wallet, AutoPay(day, threshold if day is None or threshold % 2 else None))

        def _save_policy(self, name: str, wallet: int, wanted: Rule) -> None:
            async def act(own: Company) -> None:
                def save(work: Work) -> Any:
                    return payment_policies.save(
                        work, policy_id=None, group_id=own.group_id, rule=wanted, wallet_id=own.wallet(wallet), emails=(), is_active=True
                    )

                await own.write(own.decider, Permission.POLICY_MANAGE, save)

            self._do(name, act)

        @precondition(after("policy of recharging", "policy of paying bills"))
        @rule(policy=any_one)
        def a_policy_ends(self, policy: int) -> None:
            async def act(own: Company) -> bool:
                found = await own.one(PaymentPolicy, policy)
                if found is not None:
                    await own.write(own.decider, Permission.POLICY_MANAGE, lambda work: payment_policies.delete_policy(work, found.id))
                return found is not None

            self._do("policy ended", act)

        @precondition(after("policy of recharging", "policy of paying bills"))
        @rule()
        def policies_pay(self) -> None:
            self._do("look of the policies", lambda own: own.pay_by_policies())

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

        def teardown(self) -> None:
            if hasattr(self, "books") and self.books.is_sound:  # else it failed
                runner.run(self.books.end())
                runner.run(self.company.closed())

    return Moves


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cards a chunk, so that jobs have some."""
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(service, "CHUNK", 2)


def test_whatever_is_done_with_money_the_books_hold(database_url: str, document_server_url: str, tmp_path: Path) -> None:
    """On each engine."""
    counts: Counter[str] = Counter()
    began = time.process_time()
    with asyncio.Runner() as runner:

        async def opened() -> Database:
            return Database(database_url)

        database = runner.run(opened())
        documents = open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid4().hex}")
        runner.run(documents.__aenter__())
        try:
            while counts["steps"] < (STEPS or SHORT_RUN):  # a run may end early
                runs, length = (1 + (STEPS - counts["steps"]) // A_RUN, A_RUN) if STEPS else (SHORT_RUNS, SHORT_RUN)
                run_state_machine_as_test(
                    machine(runner, database, tmp_path, counts),
                    settings=settings(
                        max_examples=runs, stateful_step_count=length, deadline=None, database=None, suppress_health_check=list(HealthCheck),
                        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False,
                    ),
                )  # fmt: skip

            async def all_of_it() -> list[Any]:
                async with database.snapshot() as session:
                    return await prove(session, looks=LOOKS)

            assert runner.run(all_of_it()) == []
        finally:
            runner.run(documents.__aexit__(None, None, None))
            runner.run(database.close())
            spent = time.process_time() - began
            print(f"\n{database_url.partition(':')[0]}: {counts['steps']:,} steps in {spent:.0f} s of this process, {counts['steps'] / spent:.1f} a second")
            for name, count in sorted(counts.items()):
                print(f"{count:>9,} {name}")
