"""A company with money and offerings on sale, a network that answers as a test wants, and a worker whose clock is moved by hand."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, func, select

from auth.actor import Actor
from domain.audit.writing import Command, Done, Work, carry_out
from domain.bundles.tables import Product
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import system_scope
from domain.notifications.ports import MailMessage
from domain.orders import service
from domain.orders.fulfilment import handlers
from domain.orders.ports import CarrierAnswer, Outcome, Provision
from domain.orders.rules import Line
from domain.orders.service import PlaceOrder
from domain.orders.tables import Order, OrderItem, OrderStep
from domain.wallet.proof import Fault, prove
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerTransfer
from store import outbox
from store.session import Database
from tests.offerings import make_offering, sell
from tests.press import Press
from tests.world import MovableClock, TwoTenants

OPENING = 200_000_000
GROSS = 1_100_000
DONE = CarrierAnswer(Outcome.COMPLETED)
ACCEPTED = CarrierAnswer(Outcome.ACCEPTED)
REFUSED = CarrierAnswer(Outcome.REFUSED, "NO_SUCH_LINE")


class Network:
    """Answers from a script, then completes everything; keeps what it was told."""

    def __init__(self) -> None:
        self.script: list[CarrierAnswer | Exception] = []
        self.told: list[Provision] = []
        self.asked: list[UUID] = []
        self.refuses: set[str] = set()

    async def provision(self, item: Provision) -> CarrierAnswer:
        self.told.append(item)
        return REFUSED if item.msisdn in self.refuses else self._next()

    async def progress(self, item_id: UUID) -> CarrierAnswer:
        self.asked.append(item_id)
        known = next((item for item in self.told if item.item_id == item_id), None)
        if known is None:
            return CarrierAnswer(Outcome.UNKNOWN)
        return REFUSED if known.msisdn in self.refuses else self._next()

    def _next(self) -> CarrierAnswer:
        answer = self.script.pop(0) if self.script else DONE
        if isinstance(answer, Exception):
            raise answer
        return answer


class Post:
    """A mailer that keeps each message once by its id, and counts how often it was handed over."""

    def __init__(self) -> None:
        self.sent: dict[UUID, MailMessage] = {}
        self.handed = 0
        self.failures: list[Exception] = []

    async def send(self, message: MailMessage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.handed += 1
        self.sent[message.id] = message


class Shop:
    """Buys, works and counts."""

    def __init__(self, database: Database, tenants: TwoTenants, offering: Offering) -> None:
        self.database, self.tenants, self.offering = database, tenants, offering
        self.one = tenants.one
        self.clock, self.network, self.post, self.press = MovableClock(), Network(), Post(), Press()
        self.handlers = handlers(database, self.network, self.post, self.press, self.clock)

    @classmethod
    async def opened(cls, database: Database, tenants: TwoTenants, *others: Offering) -> "Shop":
        """Ten gigabytes on sale, and 200 million rials in the wallet of both companies' top accounts."""
        shop = cls(database, tenants, make_offering())
        await sell(database, shop.offering, *others)
        at = shop.clock.now()
        async with database.write() as session:
            for tenant in (tenants.one, tenants.other):
                work = Work(session, system_scope(Permission.WALLET_ADJUST, at), at, MutationMode.APPLY)
                await adjust(work, wallet_id=tenant.wallets["root"], amount=OPENING, reason="opening")
        return shop

    def request(self, *sim_ids: UUID, **changes: Any) -> PlaceOrder:
        """The offering for some lines of the first company, now."""
        wanted = sim_ids or (self.one.sims[0].id,)
        line = Line(
            changes.pop("offering_id", self.offering.id), wanted, changes.pop("activation", ActivationMode.NOW),
            changes.pop("activate_at", None), changes.pop("is_renewing", False),
        )  # fmt: skip
        values: dict[str, Any] = {"account_id": self.one.accounts["root"].id, "lines": [line], "locale": Locale.EN}
        return PlaceOrder(**values | changes)

    async def buy(
        self,
        *sim_ids: UUID,
        actor: Actor | None = None,
        mode: MutationMode = MutationMode.APPLY,
        key: UUID | None = None,
        plan_token: str | None = None,
        skip: bool = False,
        **changes: Any,
    ) -> Done:
        """Places an order."""
        policy = BulkErrorPolicy.SKIP_FAILED if skip else BulkErrorPolicy.REJECT_ALL
        request = self.request(*sim_ids, policy=policy, **changes)
        scope = (actor or self.one.as_profile_manager()).scope(Permission.ORDER_PLACE, self.clock.now())
        command = Command("orderPlace", mode, repr(request), plan_token, key or uuid4())
        return await carry_out(self.database, scope, command, lambda work: service.place(work, request), at=self.clock.now())

    async def work(self, *, rounds: int = 60, step: timedelta = timedelta(0)) -> None:
        """Does what is due, moving the clock on by `step` after each round, until nothing is due in a round."""
        for _ in range(rounds):
            taken = await outbox.run_once(self.database, self.handlers, self.clock, worker="test")
            if not taken and not step:
                return
            self.clock.move(step)

    async def order(self, done: Done) -> Order:
        assert done.result is not None
        async with self.database.read() as session:
            return await session.get_one(Order, done.result["order"])

    async def items(self, done: Done) -> Sequence[OrderItem]:
        assert done.result is not None
        async with self.database.read() as session:
            statement = select(OrderItem).where(OrderItem.order_id == done.result["order"]).order_by(col(OrderItem.position))
            return (await session.scalars(statement)).all()

    async def timeline(self, done: Done) -> list[str]:
        assert done.result is not None
        async with self.database.read() as session:
            statement = select(OrderStep.state).where(OrderStep.order_id == done.result["order"]).order_by(col(OrderStep.at), col(OrderStep.id))
            return list((await session.scalars(statement)).all())

    async def balance(self) -> int:
        async with self.database.read() as session:
            return (await session.execute(select(LedgerAccount.balance).where(LedgerAccount.id == self.one.wallets["root"]))).scalar_one()

    async def faults(self) -> list[Fault]:
        async with self.database.read() as session:
            return await prove(session)

    async def counts(self) -> Counter[str]:
        """Rows that buying makes."""
        async with self.database.read() as session:
            return Counter(
                {
                    table.__name__: (await session.execute(select(func.count()).select_from(table))).scalar_one()
                    for table in (Order, OrderItem, OrderStep, Product, LedgerTransfer, outbox.OutboxRow)
                }
            )
