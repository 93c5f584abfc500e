"""One company of the money test: a random tree with wallets, lines, people, a group and a clock, and the ways in which its money moves."""

import itertools
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlmodel import select

from auth.actor import Actor
from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.approvals import rounds as approval_rounds
from domain.audit.writing import Command, Service, Work, carry_out
from domain.billing import rounds as billing_rounds
from domain.billing import running as billing
from domain.billing.counting import open_book
from domain.billing.paying import bill_pay
from domain.billing.running import Wish
from domain.billing.tables import Bill
from domain.catalogue.tables import Offering
from domain.groups import firing, paying
from domain.groups import service as groups
from domain.groups.tables import PaymentPolicy
from domain.hierarchy import present
from domain.hierarchy.service import account_move
from domain.jobs import running as jobs
from domain.jobs.service import RUN, Many, carry_out_many
from domain.kernel.calendar import JalaliMonth, day_of
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import Reach, system_scope
from domain.orders.filling import ORDER, OrderSelection, fill_request
from domain.orders.fulfilment import handlers
from domain.orders.rules import Line
from domain.orders.service import PlaceOrder
from domain.payments import verifying, vouchers
from domain.payments.service import ByGateway, ByPaper, ByVoucher, FromWallet, Way
from domain.payments.tables import Payment
from domain.people.tables import Membership, Person
from domain.sims.queries import SimFilter
from domain.sims.selection import SimSelection
from domain.sims.tables import SimPlacement
from domain.transfers import rules as transfer_rules
from domain.transfers.service import TransferRequest, transfer
from domain.wallet.expiry import expire_lots
from domain.wallet.purses import open_wallet
from domain.wallet.service import adjust
from gateways.psp_sandbox import Answer
from store import outbox
from store.outbox import OutboxRow, Task
from store.session import Database
from tests.domain.orders.shop import Shop
from tests.domain.payments.till import RETURN, SEALER, Till
from tests.offerings import make_offering, sell
from tests.world import NOW, MovableClock, Tenant, TwoTenants, make_sim, manager, operator_admin

DEEPEST, ACCOUNTS, LINES = 8, 10, 6
NUMBERS = itertools.count(1)
BEGAN = NOW - timedelta(days=40)
METHODS = ("wallet", "gateway", "slip", "cheque", "voucher")
"""How a bill can be paid."""


class Workers(dict[str, Any]):
    """Those who do the work after commit that moves money; what only tells people is taken as told."""

    def __missing__(self, kind: str) -> Any:
        async def told(_: Any) -> None:
            return None

        return told


class Company:
    """One company of a run: its tree, its lines, its people, its clock."""

    def __init__(self, database: Database, tenant: Tenant, buyer: Person, offerings: Sequence[Offering], group_id: UUID, folder: Path) -> None:
        self.database, self.tenant, self.group_id, self.clock = database, tenant, group_id, MovableClock()
        self.shop = Shop(database, TwoTenants(tenant, tenant), offerings[0])
        self.till = Till(database, tenant, folder, self.clock)
        self.shop.clock = self.clock
        self.jobs = jobs.handlers(database, self.clock, {ORDER.mutation: ORDER})
        delivering = handlers(database, self.shop.network, self.shop.post, self.shop.press, self.clock)
        moving = present.handlers(database, self.clock)
        self.workers = Workers({**delivering, **verifying.handlers(database, self.till.terminals, self.clock), **self.jobs, **moving})
        self.decider = tenant.as_profile_manager()
        self.buyer = manager(buyer, Role.PROFILE_MANAGER, Reach(tenant.id))
        self.codes: list[str] = []
        self.unbilled = JalaliMonth.of(BEGAN)
        self.moves: list[datetime] = []
        self.vat_rate = Decimal(10)

    @classmethod
    async def founded(cls, database: Database, parents: Sequence[int], folder: Path) -> "Company":
        """A tree up to eight deep with wallets, one of them with lots; prepaid lines, and postpaid ones with a plan; two managers of all of it."""
        number, offerings = next(NUMBERS), [make_offering(f"{code}{uuid4().hex[:8]}", net_price=price) for code, price in (("DATA", 1_000_000), ("PLAN", 310_001))]
        await sell(database, *offerings)
        async with database.write() as session:
            own = await make_organization(session, id=uuid7(), name="Company", legal_id=uuid4().hex, at=BEGAN)
            accounts: list[Account] = []
            for index, choice in enumerate([0, *parents]):
                above = [one for one in accounts if one.depth < DEEPEST - 1]
                parent = (above[-1] if choice % 3 else above[choice % len(above)]).id if above else None
                made = await make_account(
                    session, own.id, id=uuid7(), number=f"M{number}-{index}", name="Account", parent_id=parent,
                    payment_mode=PaymentMode.PREPAID if index % 3 == 2 else PaymentMode.POSTPAID, at=BEGAN,
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
                sim.activated_at, sim.plan_id = BEGAN, offerings[1].id
                if index % 3:
                    sim.payment_mode, sim.balance, sim.figures_source = PaymentMode.PREPAID, 40_000 * (index % 2), "CARRIER"
                    sim.credit_limit = sim.debt = sim.current_charge = sim.plan_id = None
            session.add_all(sims)
            await session.flush()
            session.add_all(
                SimPlacement(id=uuid7(), organization_id=own.id, sim_id=sim.id, account_id=sim.account_id, valid_from=BEGAN) for sim in sims
            )
            await open_book(session, own.id, since=JalaliMonth.of(BEGAN).starts_at)
            every = [sim.id for sim in sims]
            work = Work(session, system_scope(Permission.GROUP_MANAGE, NOW), NOW, MutationMode.APPLY)
            group = (await groups.create(work, accounts[0].id, name="All", first=SimSelection(every)))["group"]
            work = Work(session, system_scope(Permission.WALLET_ADJUST, NOW), NOW, MutationMode.APPLY)
            for id in [*wallets.values()][::2]:
                await adjust(work, wallet_id=id, amount=12_000_000, reason="opening")
        tenant = Tenant(own.id, names, people[0], people[0], sims, wallets)
        return cls(database, tenant, people[1], offerings, group, folder / str(number))

    async def closed(self) -> None:
        """Leaves nothing behind that later companies would come across."""
        async with self.database.write() as session:
            await session.execute(delete(OutboxRow))
            await session.execute(update(PaymentPolicy).values(is_active=False))

    @property
    def purses(self) -> list[UUID]:
        """Wallets of accounts and of prepaid lines."""
        return [*self.tenant.wallets.values(), *(sim.id for sim in self.tenant.sims if sim.payment_mode == PaymentMode.PREPAID)]

    def account(self, choice: int) -> Account:
        """Some account, as it was when it was made."""
        return list(self.tenant.accounts.values())[choice % ACCOUNTS]

    def wallet(self, choice: int) -> UUID:
        """Some account's wallet."""
        return list(self.tenant.wallets.values())[choice % ACCOUNTS]

    def purse(self, choice: int) -> UUID:
        """Some wallet of an account or a line."""
        return self.purses[choice % len(self.purses)]

    async def write(self, actor: Actor, right: Permission, service: Service) -> Any:
        """Carries a service out as somebody, now; returns its result."""
        at, command = self.clock.now(), Command("test", MutationMode.APPLY, "", idempotency_key=uuid4())
        return (await carry_out(self.database, actor.scope(right, at), command, service, at=at)).result

    async def catch_up(self) -> None:
        """Carries out the planned moves that are due, as whoever asks next would."""
        if any(at <= self.clock.now() for at in self.moves):
            self.moves = [at for at in self.moves if at > self.clock.now()]
            await present.catch_up(self.database, [self.tenant.id], at=self.clock.now())

    async def one(self, table: Any, choice: int, *where: Any) -> Any:
        """Some row of the company, null for none."""
        async with self.database.read() as session:
            rows = (await session.scalars(select(table).where(table.organization_id == self.tenant.id, *where).order_by(table.id))).all()
        return rows[choice % len(rows)] if rows else None

    async def place(self, name: str) -> str:
        """Where an account hangs now."""
        return str((await self.one(Account, 0, Account.id == self.tenant.accounts[name].id)).path)

    async def move(self, source: UUID, target: UUID, amount: int) -> None:
        """A transfer under the policies."""
        request = TransferRequest(source, target, amount, transfer_rules.reference(uuid4()))
        await self.write(self.decider, Permission.WALLET_TRANSFER, lambda work: transfer(work, request))

    async def adjust(self, wallet_id: UUID, amount: int) -> None:
        """The operator's correction."""
        correct: Service = lambda work: adjust(work, wallet_id=wallet_id, amount=amount, reason="test")  # noqa: E731 (a name for what is done)
        await self.write(operator_admin(), Permission.WALLET_ADJUST, correct)

    async def rehang(self, account: int, parent: int, days: int) -> None:
        """Hangs an account elsewhere: now, some days later, or some days ago."""
        moved, under, when = self.account(account).id, self.account(parent).id, self.clock.now() + timedelta(days=days)
        effective_at = when if days else None
        await self.write(self.decider, Permission.ACCOUNT_MANAGE, lambda work: account_move(work, moved, under, effective_at=effective_at))
        if days > 0:
            self.moves.append(when)

    async def work(self, after: timedelta = timedelta(0)) -> None:
        """Moves the clock on and does all that is due: deliveries, payments to follow up, jobs, approvals that nobody answered."""
        self.clock.move(after)
        await self.catch_up()
        await approval_rounds.end_late(self.database, at=self.clock.now())
        while await outbox.run_once(self.database, self.workers, self.clock, worker="test"):
            pass

    async def later(self, days: int) -> None:
        """Moves the clock on; what lots lose by then is lost."""
        self.clock.move(timedelta(days=days, hours=1))
        await self.catch_up()
        await expire_lots(self.database, at=self.clock.now())

    async def buy_for_many(self, choice: int, lines: Sequence[int]) -> None:
        """Bundles for some lines, or for the group, by a job that sells a few at a time."""
        ids = [self.tenant.sims[index].id for index in lines]
        chosen = SimSelection(ids) if ids else SimSelection(filter=SimFilter(group_id=self.group_id))
        request = PlaceOrder(self.account(choice).id, [Line(self.shop.offering.id, ())], Locale.EN)
        many = Many(ORDER, fill_request(request), OrderSelection([chosen]), BulkErrorPolicy.SKIP_FAILED)
        at = self.clock.now()
        command = Command("orderPlace", MutationMode.APPLY, repr(request), idempotency_key=uuid4())
        await carry_out_many(self.database, self.buyer.scope(Permission.ORDER_PLACE, at), command, many, at=at)

    async def do_a_chunk(self, job_id: UUID) -> None:
        """The next rows of a job, and no more."""
        with suppress(outbox.Later):
            await self.jobs[RUN](Task(1, RUN, "job", {"job_id": job_id.hex}, 1))

    async def pay_by_policies(self) -> None:
        """Looks whether policies have to fire, until they don't."""
        while await firing.sweep(self.database, at=self.clock.now()):
            pass
        await paying.pay_due(self.database, at=self.clock.now())

    async def bill(self, *, is_held: bool, steps: int | None) -> bool:
        """Makes the bills of months that are over, or goes on making them for so many steps; whether there were any to make."""
        at, is_any = self.clock.now(), False
        while self.unbilled.ends_at <= at:
            is_any = True
            async for _ in billing.run(self.database, Wish(self.tenant.id, self.unbilled, at, at, is_held)):
                if steps is not None and (steps := steps - 1) < 0:
                    return True
            self.unbilled = self.unbilled.plus(1)
        return is_any

    async def pay_bill(self, bill: Bill, method: str, amount: int | None, wallet_id: UUID, answer: Answer) -> None:
        """By any method, from its beginning to its end."""
        way: Way
        match method:
            case "wallet":
                way = FromWallet(wallet_id)
            case "gateway":
                way = ByGateway(RETURN, self.till.terminals)
            case "voucher":
                way, amount = await self.voucher(), None
            case _:
                way = ByPaper(method == "cheque", uuid4().hex[:10], day_of(self.clock.now()))
        done = await self.write(self.decider, Permission.BILL_PAY, lambda work: bill_pay(work, bill.id, amount, way))
        payment = await self.till.payment(done["payment"])
        if method == "gateway":
            await self.through_gateway(payment, answer)
        elif method in ("slip", "cheque"):
            await self.till.resolve(payment, answer is not Answer.REFUSE)
        await billing_rounds.after_payment(self.database, bill.id, at=self.clock.now())

    async def through_gateway(self, payment: Payment, answer: Answer) -> None:
        """To the gateway's page and back as often as the answer has it."""
        await self.till.opened(payment)
        await self.till.act(payment, answer)
        for _ in range(2 if answer is Answer.TWICE else 0 if answer is Answer.NEVER else 1):
            await self.till.came_back(payment)

    async def voucher(self) -> ByVoucher:
        """The next voucher of those that were sold."""
        if not self.codes:
            self.codes = list((await self.till.batch(count=4, amount=500_000))[1])
        scope = self.till.scope()
        return ByVoucher(await vouchers.find(self.database, SEALER, scope, self.tenant.id, self.codes.pop(), at=self.clock.now()))
