"""How a company paid in: at a gateway or by slip, as rows; lately a payment in every state, and the operator's vouchers."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from domain.accounts.tables import Account, NumberSeries
from domain.catalogue.tables import ActivationMode
from domain.kernel.calendar import JalaliDay, day_of
from domain.kernel.errors import ErrorCode
from domain.kernel.ids import Kind
from domain.kernel.plan import Reason
from domain.kernel.scope import SYSTEM, ActorRef
from domain.kernel.sealing import Sealer
from domain.payments.rules import CODE_DIGITS
from domain.payments.service import FOLLOW_UP
from domain.payments.tables import Payment, PaymentMethod, PaymentState, PaymentStep, Voucher, VoucherBatch
from domain.payments.vouchers import digest
from seeds.dice import Dice, id_at
from store.outbox import Letter, send_all
from store.session import Session
from store.upsert import insert_all, insert_or_ignore

M, S = PaymentMethod, PaymentState
SLIPS = 4  # every fourth
FORMER_TERMINAL = "bank"
VOUCHERS, WORTH = 100, 500_000


class Takings:
    """One organization's payments in, drawn beside its purchases."""

    def __init__(self, draw: Random, organization_id: UUID, cashier: ActorRef) -> None:
        self._draw = draw
        self._organization_id = organization_id
        self._cashier = cashier
        self.numbers: dict[int, int] = defaultdict(int)
        self.payments: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []

    def settled(
        self, account: Account, wallet_id: UUID, payer: ActorRef, moment: datetime, amount: int, transfer_id: UUID
    ) -> dict[str, Any]:
        """A payment that came in at a moment, and its booking in `transfer_id`."""
        is_slip = not sum(self.numbers.values()) % SLIPS
        begun_at = moment - timedelta(hours=4) if is_slip else moment - timedelta(minutes=2)
        payment = self._new(account, wallet_id, payer, begun_at, amount, M.BANK_SLIP if is_slip else M.GATEWAY)
        payment |= {"state": S.SETTLED, "finished_at": moment, "transfer_id": transfer_id}
        payment["external_reference"] = f"{self._draw.randrange(10**12):012}"
        if is_slip:
            payment["paid_on"] = day_of(begun_at)
        self._step(payment, S.SETTLED, moment, self._cashier if is_slip else SYSTEM)
        return payment

    def unfinished(self, account: Account, wallet_id: UUID, payer: ActorRef, at: datetime) -> None:
        """One payment of each other state: a slip and a page that wait, a gateway that says nothing, a refusal, a bounced cheque."""

        def new(hours: float, amount: int, method: PaymentMethod) -> dict[str, Any]:
            return self._new(account, wallet_id, payer, at - timedelta(hours=hours), amount, method)

        cheque = new(50, 80_000_000, M.CHEQUE)
        self._fail(cheque, Reason(ErrorCode.PAYMENT_FAILED, "payments.not_received"), self._cashier, hours=20)
        refused = new(28, 25_000_000, M.GATEWAY)
        self._fail(refused, Reason(ErrorCode.PAYMENT_FAILED, "payments.refused", {"reason": "card limit"}), SYSTEM, hours=0.1)
        silent = new(3, 60_000_000, M.GATEWAY) | {"terminal": FORMER_TERMINAL, "authority": f"{self._draw.randrange(10**12):012}"}
        self.payments[-1] = silent
        silent["state"] = S.VERIFYING
        self._step(silent, S.VERIFYING, silent["created_at"] + timedelta(minutes=4), SYSTEM)
        slip = new(2, 120_000_000, M.BANK_SLIP)
        for paper in (cheque, slip):
            paper |= {"external_reference": f"{self._draw.randrange(10**6):06}", "paid_on": day_of(paper["created_at"])}
        new(0.2, 15_000_000, M.GATEWAY)

    def letters(self, at: datetime) -> Iterator[Letter]:
        """What has to be followed up."""
        for payment in self.payments:
            if payment["method"] == M.GATEWAY and payment["finished_at"] is None:
                name = f"payment:{payment['id']}"
                yield Letter(FOLLOW_UP, {"payment": payment["id"].hex}, name, at + timedelta(minutes=2), name)

    def _new(self, account: Account, wallet_id: UUID, payer: ActorRef, at: datetime, amount: int, method: PaymentMethod) -> dict[str, Any]:
        year = JalaliDay.of(at).year
        self.numbers[year] += 1
        is_gateway = method is M.GATEWAY
        payment: dict[str, Any] = {
            "id": id_at(self._draw, at), "organization_id": self._organization_id, "path": account.path,
            "number": f"PY-{year}-{self.numbers[year]:06}", "state": S.CREATED, "method": method, "amount": amount,
            "target_kind": Kind.WALLET.value, "target_id": wallet_id, "wallet_id": wallet_id, "source_id": None, "refund_of_id": None,
            "hold_id": None, "by": payer.as_json(), "created_at": at, "finished_at": None,
            "return_url": "https://company.example/wallet" if is_gateway else None,
            "token": f"{self._draw.getrandbits(160):040x}" if is_gateway else None, "terminal": "sandbox" if is_gateway else None,
            "authority": None, "page_url": None, "external_reference": None, "paid_on": None, "file_id": None, "failure": None,
            "transfer_id": None,
        }  # fmt: skip
        self.payments.append(payment)
        self._step(payment, S.CREATED, at, payer)
        return payment

    def _fail(self, payment: dict[str, Any], reason: Reason, by: ActorRef, *, hours: float) -> None:
        ended_at = payment["created_at"] + timedelta(hours=hours)
        payment |= {"state": S.FAILED, "finished_at": ended_at, "failure": reason.as_json()}
        self._step(payment, S.FAILED, ended_at, by, reason.message_key)

    def _step(self, payment: dict[str, Any], state: PaymentState, at: datetime, by: ActorRef, note: str | None = None) -> None:
        self.steps.append(
            {
                "id": id_at(self._draw, at), "organization_id": self._organization_id, "payment_id": payment["id"], "state": state,
                "at": at, "by": by.as_json(), "note": note,
            }
        )  # fmt: skip

    async def write(self, session: Session) -> None:
        """Writes what was drawn since it was written last; what it books has to be there."""
        await insert_all(session, Payment, self.payments)
        await insert_all(session, PaymentStep, self.steps)
        self.payments, self.steps = [], []

    async def close(self, session: Session, *, at: datetime) -> None:
        """Writes the rest, keeps the last number of each year, and has unfinished payments followed up."""
        await send_all(session, list(self.letters(at)), organization_id=self._organization_id)
        await self.write(session)
        series = [{"organization_id": self._organization_id, "series": f"PY-{year}", "last": last} for year, last in self.numbers.items()]
        await insert_or_ignore(session, NumberSeries, series)


async def seed_vouchers(session: Session, sealer: Sealer, dice: Dice, by: ActorRef, *, at: datetime) -> None:
    """A batch of vouchers that start with their first use."""
    draw, made_at = dice.stream("vouchers"), at - timedelta(days=12)
    batch_id = id_at(draw, made_at)
    batch = {
        "id": batch_id, "created_at": made_at, "by": by.as_json(), "count": VOUCHERS, "amount": WORTH,
        "activation": ActivationMode.FIRST_USE, "valid_months": 6, "activated_at": None, "redeemed_count": 0,
    }  # fmt: skip
    await insert_all(session, VoucherBatch, [batch])
    codes = (f"{draw.randrange(10**CODE_DIGITS):0{CODE_DIGITS}}" for _ in range(VOUCHERS))
    rows = [{"id": id_at(draw, made_at), "batch_id": batch_id, "code_hash": digest(sealer, code)} for code in codes]
    await insert_or_ignore(session, Voucher, rows)
