"""Paying in tests: every step in a transaction of its own, as the company's manager, the operator, or the gateway's page."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlmodel import col, select

from domain.audit.writing import Command, Done, Service, carry_out, fingerprint
from domain.catalogue.tables import ActivationMode
from domain.kernel.locale import Locale
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.proof import Proof
from domain.kernel.scope import Scope
from domain.kernel.sealing import Sealer
from domain.notifications.queries import notices_page
from domain.payments import service, verifying, vouchers
from domain.payments.ports import Terminals
from domain.payments.service import ByGateway, ByPaper, Way
from domain.payments.tables import Payment, PaymentStep
from domain.payments.vouchers import NewBatch
from domain.wallet.proof import Fault, prove
from domain.wallet.tables import LedgerAccount, LedgerTransfer
from gateways.psp_sandbox import Answer, SandboxGateway
from store import outbox
from store.session import Database
from tests.world import MovableClock, Tenant, operator_admin

RETURN = "https://company.example/money?from=app"
CALLBACK = "https://simurgh.example/payments/x/callback"
SEALER = Sealer("test master key")


@dataclass
class Till:
    """One company's payments on a store."""

    database: Database
    tenant: Tenant
    folder: Path
    clock: MovableClock = field(default_factory=MovableClock)

    def __post_init__(self) -> None:
        self.sandbox = SandboxGateway(self.folder, self.clock, "https://psp.example/pay")
        self.terminals = Terminals({"sandbox": self.sandbox})

    @property
    def wallet_id(self) -> UUID:
        """The wallet of the top account."""
        return self.tenant.wallets["root"]

    def scope(self, permission: Permission = Permission.WALLET_TOP_UP) -> Scope:
        """Of the company's manager, or the operator's where it takes that."""
        actor = self.tenant.as_profile_manager() if permission is Permission.WALLET_TOP_UP else self.operator
        return actor.scope(permission, self.clock.now())

    @property
    def operator(self):  # type: ignore[no-untyped-def]
        """The operator's administrator."""
        return replace(operator_admin(), proven_at=self.clock.now())

    async def write(self, service: Service, permission: Permission = Permission.WALLET_TOP_UP, *, key: UUID | None = None, mode: MutationMode = MutationMode.APPLY) -> Done:
        """Carries a service out."""
        command = Command("test", mode, fingerprint({}), idempotency_key=key or uuid4())
        return await carry_out(self.database, self.scope(permission), command, service, at=self.clock.now())

    async def top_up(self, amount: int | None, way: Way | None = None, *, wallet_id: UUID | None = None) -> Payment:
        """Begins a payment into the wallet."""
        chosen = way or ByGateway(RETURN, self.terminals)
        done = await self.write(lambda work: service.top_up(work, wallet_id or self.wallet_id, amount, chosen))
        assert done.result is not None
        return await self.payment(done.result["payment"])

    async def slip(self, amount: int, reference: str = "4711", *, is_cheque: bool = False) -> Payment:
        """Registers a paper of today."""
        return await self.top_up(amount, ByPaper(is_cheque, reference, self.today))

    @property
    def today(self) -> date:
        """The clock's day."""
        return self.clock.now().date()

    async def opened(self, payment: Payment) -> str:
        """Where the payer is sent who wants to pay."""
        assert payment.token is not None
        return await verifying.open_page(self.database, self.terminals, payment.token, callback_url=CALLBACK, at=self.clock.now())

    async def came_back(self, payment: Payment) -> str:
        """Where the payer is sent who comes back."""
        assert payment.token is not None
        return await verifying.came_back(self.database, self.terminals, payment.token, at=self.clock.now())

    async def act(self, payment: Payment, answer: Answer) -> None:
        """Does what the payer does on the gateway's page."""
        own = await self.payment(payment.id)
        assert own.authority is not None
        self.sandbox.act(own.authority, answer)

    async def paid(self, amount: int) -> Payment:
        """A payment that went well."""
        payment = await self.top_up(amount)
        await self.opened(payment)
        await self.act(payment, Answer.PAY)
        await self.came_back(payment)
        return await self.payment(payment.id)

    async def told(self) -> list[str]:
        """The headlines in the manager's feed, newest first."""
        async with self.database.read() as session:
            rows = (await notices_page(session, self.tenant.profile_manager.id, Window(100), unread_only=True)).rows
        return [row.title(Locale.EN) for row in rows]

    async def resolve(self, payment: Payment, is_received: bool) -> Payment:
        """The operator's word on a paper or a refund."""
        await self.write(lambda work: service.resolve(work, payment.id, is_received=is_received), Permission.PAYMENT_SETTLE)
        return await self.payment(payment.id)

    async def refund(self, payment: Payment, amount: int | None = None, *, is_to_wallet: bool = False) -> Payment:
        """The operator gives back."""
        done = await self.write(
            lambda work: service.refund(work, payment.id, amount, is_to_wallet=is_to_wallet), Permission.PAYMENT_SETTLE
        )
        assert done.result is not None
        return await self.payment(done.result["payment"])

    async def batch(self, count: int = 2, amount: int = 500_000, activation: ActivationMode = ActivationMode.FIRST_USE, months: int = 6) -> tuple[UUID, list[str]]:
        """Vouchers."""
        codes: list[str] = []
        proof = Proof(self.clock.now())

        async def make(work):  # type: ignore[no-untyped-def]
            result, made = await vouchers.batch_create(work, SEALER, proof, NewBatch(count, amount, activation, months))
            codes.extend(made)
            return result

        done = await self.write(make, Permission.VOUCHER_ISSUE)
        assert done.result is not None
        return done.result["batch"], codes

    async def redeem(self, code: str, *, wallet_id: UUID | None = None) -> Payment:
        """Pays in with a voucher's code."""
        voucher_id = await vouchers.find(self.database, SEALER, self.scope(), self.tenant.id, code, at=self.clock.now())
        return await self.top_up(None, service.ByVoucher(voucher_id), wallet_id=wallet_id)

    async def work(self, after: timedelta = timedelta(0)) -> int:
        """Moves the clock and does what is due."""
        self.clock.move(after)
        handlers = verifying.handlers(self.database, self.terminals, self.clock)
        return await outbox.run_once(self.database, handlers, self.clock, worker="till")

    async def payment(self, payment_id: UUID) -> Payment:
        """A payment as it is now."""
        async with self.database.read() as session:
            return await session.get_one(Payment, payment_id)

    async def steps(self, payment: Payment) -> list[str]:
        """The states it went through."""
        async with self.database.read() as session:
            statement = select(PaymentStep.state).where(PaymentStep.payment_id == payment.id).order_by(col(PaymentStep.at), col(PaymentStep.id))
            return list(await session.scalars(statement))

    async def notes(self, payment: Payment) -> list[str]:
        """What was noted of its steps."""
        async with self.database.read() as session:
            statement = select(PaymentStep.note).where(PaymentStep.payment_id == payment.id).order_by(col(PaymentStep.at), col(PaymentStep.id))
            return [note for note in await session.scalars(statement) if note]

    async def balance(self, wallet_id: UUID | None = None) -> tuple[int, int]:
        """What is there and what of it is held."""
        async with self.database.read() as session:
            wallet = await session.get_one(LedgerAccount, wallet_id or self.wallet_id)
            return wallet.balance, wallet.held

    async def transfers(self) -> list[LedgerTransfer]:
        """All movements, in order."""
        async with self.database.read() as session:
            return list(await session.scalars(select(LedgerTransfer).order_by(col(LedgerTransfer.posted_at), col(LedgerTransfer.id))))

    async def bound(self, *, ceiling: int | None) -> None:
        """Gives the wallet a ceiling."""
        async with self.database.write() as session:
            await session.execute(update(LedgerAccount).where(col(LedgerAccount.id) == self.wallet_id).values(ceiling=ceiling))

    async def faults(self) -> list[Fault]:
        """What the ledger's proof finds."""
        async with self.database.read() as session:
            return await prove(session)


def since(till: Till, start: datetime) -> timedelta:
    """How long the clock ran."""
    return till.clock.now() - start
