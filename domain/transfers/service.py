"""Moving money between two wallets of one company: the whole story of a transfer, under the policy of the wallet it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.approvals.spending import Claim, spend_now
from domain.audit.writing import Result, Work
from domain.catalogue.queries import vat_rate
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money, Price
from domain.kernel.scope import Scope
from domain.sims.states import SimStatus
from domain.transfers import notices, rules, windows
from domain.transfers.policies import policies_at
from domain.transfers.rules import Line, Terms
from domain.transfers.tables import Transfer, TransferOptOut
from domain.transfers.windows import Side
from domain.wallet.ledger import Posting, Standing, lock, post
from domain.wallet.owners import Owned, opening, wallets_for_write
from domain.wallet.purses import house, purse
from domain.wallet.rules import Leg, sale
from domain.wallet.tables import LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session
from store.upsert import insert_all

K = LedgerAccountKind
SPENT = (LedgerReason.ORDER, LedgerReason.USAGE)


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What to move from where to where; `reference` is what people name the attempt by, `cause` what it was asked for in."""

    from_wallet_id: UUID
    to_wallet_id: UUID
    amount: int
    reference: str
    memo: str | None = None
    cause: Ref | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer that the policies know, before the money is looked at; `into` is the purse that takes it, `own` the house's accounts."""

    sender: Owned
    receiver: Owned
    terms: Terms
    accepting: Terms
    amount: int
    fee: Price
    into: UUID
    own: Mapping[LedgerAccountKind, UUID]

    @property
    def payer(self) -> Owned:
        """Who pays the fee."""
        return self.sender if self.terms.is_fee_paid_by_sender else self.receiver

    @property
    def touched(self) -> set[UUID]:
        """The ledger accounts that it moves, wallets always."""
        house = {K.REVENUE, K.TAX} if self.terms.fee else set()
        house |= {K.CLEARING} if self.sender.unbooked or self.receiver.unbooked else set()
        return {self.sender.wallet_id, self.receiver.wallet_id, self.into} | {self.own[kind] for kind in house}

    def fee_of(self, wallet: Owned) -> int:
        """What a side pays for it."""
        return self.terms.fee if wallet is self.payer else 0


async def transfer(work: Work, request: TransferRequest, *, reach: Scope | None = None) -> Result:
    """Moves money between two wallets in scope, with the policy's fee, and has both sides told; returns `transfer`.

    `reach` is where the wallets have to be when that is another scope than the work's.

    Raises `NotFound`, `InvalidInput`, `NotEligible`, `LimitReached`, `InsufficientFunds`, each with the request's reference; what is
    refused costs nothing. What is moved isn't spent; its fee is, and may raise `BudgetExceeded`.
    """
    with rules.referring(request.reference):
        memo = rules.check_memo(request.memo)
        move = await _decided(work, request, reach or work.scope)
        id = uuid7()
        await count_fee(work, move.payer, move.terms.fee, id)
        standing = await lock(work.sql, move.sender.organization_id, move.touched)
        await _check_money(work, move, standing)
        await _book(work, move, request, memo, id)
        _tell_changes(work, move, standing)
        await notices.tell_moved(work, id, move.sender, move.receiver, move.amount, request.reference)
        return {"transfer": id}


async def _decided(work: Work, request: TransferRequest, reach: Scope) -> Move:
    """What both wallets' policies say of it."""
    if request.from_wallet_id == request.to_wallet_id:
        raise InvalidInput("transfer.same", field=("toWalletId",))
    found = await wallets_for_write(work.sql, reach, [request.from_wallet_id, request.to_wallet_id])
    for id, field in ((request.from_wallet_id, "fromWalletId"), (request.to_wallet_id, "toWalletId")):
        if id not in found:
            raise NotFound(field=(field,))
    sender, receiver = found[request.from_wallet_id], found[request.to_wallet_id]
    for wallet in (sender, receiver):
        work.within(wallet.organization_id, wallet.path, wallet.wallet_id)
    if sender.organization_id != receiver.organization_id:
        raise NotEligible("transfer.other_company", field=("toWalletId",))
    policies = await policies_at(work.sql, sender.organization_id, work.at)
    terms, accepting = policies[sender.owner.kind], policies[receiver.owner.kind]
    rules.check_amount(terms, request.amount)
    sending, receiving = await lines_of(work.sql, sender, receiver)
    rules.check_sender(terms, sending, work.at)
    rules.check_receiver(accepting, receiving)
    if sending is not None and terms.spent_of_first_top_up is not None:
        rules.check_first_top_up(terms, sending, *await _first_top_up(work.sql, sender))
    fee = rules.fee_price(terms.fee, await vat_rate(work.sql, work.at) if terms.fee else Decimal(0))
    own = await house(work.sql, sender.organization_id)
    return Move(sender, receiver, terms, accepting, request.amount, fee, await _into(work.sql, terms, receiver), own)


async def lines_of(session: Session, *wallets: Owned) -> list[Line | None]:
    """What rules ask of lines; null for an account's wallet."""
    cards = {wallet.line.id: wallet.line for wallet in wallets if wallet.line}
    own = col(TransferOptOut.organization_id) == wallets[0].organization_id
    out = set(await session.scalars(select(TransferOptOut.sim_id).where(own, col(TransferOptOut.sim_id).in_(cards)))) if cards else set()
    lines = {
        id: Line(card.msisdn or card.iccid, SimStatus(card.status), PaymentMode(card.payment_mode), card.activated_at, id in out)
        for id, card in cards.items()
    }
    return [lines.get(wallet.owner.id) for wallet in wallets]


async def _first_top_up(session: Session, wallet: Owned) -> tuple[int, int]:
    """With how much a wallet was first topped up, and how much was spent from it since."""
    of_wallet = (col(LedgerEntry.organization_id) == wallet.organization_id, col(LedgerEntry.ledger_account_id) == wallet.wallet_id)
    entries = select(LedgerEntry.amount).join(LedgerTransfer, col(LedgerTransfer.id) == col(LedgerEntry.transfer_id)).where(*of_wallet)
    first = entries.where(col(LedgerTransfer.reason) == LedgerReason.TOP_UP).order_by(col(LedgerEntry.seq)).limit(1)
    spent = entries.where(col(LedgerTransfer.reason).in_(SPENT)).with_only_columns(func.sum(-col(LedgerEntry.amount)))
    return (await session.scalars(first)).one_or_none() or 0, int((await session.scalars(spent)).one() or 0)


async def _into(session: Session, terms: Terms, receiver: Owned) -> UUID:
    """The purse that takes the money: the receiver's wallet, or a line's bonus money (M1-05)."""
    if terms.bonus_days is None or receiver.line is None:
        return receiver.wallet_id
    return await purse(session, receiver.organization_id, receiver.owner, K.PROMOTION, floor=0, lot_months=1)


async def _check_money(work: Work, move: Move, standing: Mapping[UUID, Standing]) -> None:
    """The windows of both sides and what has to stay; both wallets are locked."""
    sides = ((move.sender, Side.SENT, move.terms), (move.receiver, Side.RECEIVED, move.accepting))
    for wallet, side, terms in sides:
        await windows.check(work.sql, wallet.organization_id, wallet.wallet_id, side, terms, move.amount, work.at)
    available = standing[move.sender.wallet_id].available or 0
    rules.check_funds(move.terms, available + move.sender.unbooked, move.amount, move.fee_of(move.sender))


async def count_fee(work: Work, payer: Owned, fee: int, transfer_id: UUID) -> None:
    """Takes a fee that a transfer costs out of the budgets of whoever pays it; raises `BudgetExceeded`."""
    if fee:
        centre_id = payer.line.cost_centre_id if payer.line is not None else None
        shares = {centre_id: fee} if centre_id is not None else {}
        cause = Ref(Kind.LEDGER_TRANSFER, transfer_id)
        await spend_now(work, Claim(payer.organization_id, payer.path, cause, fee, shares, work.scope.actor))


async def _book(work: Work, move: Move, request: TransferRequest, memo: str | None, id: UUID) -> None:
    """The transfer, its fee as one of its own, and what windows count."""
    by, at, sender, receiver = work.scope.actor, work.at, move.sender, move.receiver
    lost_at = at + timedelta(days=move.terms.bonus_days) if move.terms.bonus_days and move.into != receiver.wallet_id else None
    legs = (Leg(sender.wallet_id, -move.amount), Leg(move.into, move.amount, path=receiver.path, lost_at=lost_at))
    moving = Posting(legs, sender.path, LedgerReason.TRANSFER, by, at, request.cause, memo, id=id)
    postings = [*opening(sender, move.own[K.CLEARING], at), *opening(receiver, move.own[K.CLEARING], at), moving]
    if move.terms.fee:
        paid = sale(move.fee, wallet=move.payer.wallet_id, revenue=move.own[K.REVENUE], tax=move.own[K.TAX])
        postings.append(Posting(paid, move.payer.path, LedgerReason.FEE, by, at, Ref(Kind.LEDGER_TRANSFER, moving.id)))
    await post(work.sql, sender.organization_id, postings)
    row = {
        "id": moving.id, "organization_id": sender.organization_id, "from_wallet_id": sender.wallet_id, "to_wallet_id": receiver.wallet_id,
        "amount": move.amount, "fee": move.terms.fee, "moved_at": at, "policy": move.terms.name, "reference": request.reference,
    }  # fmt: skip
    await insert_all(work.sql, Transfer, [row])


def _tell_changes(work: Work, move: Move, standing: Mapping[UUID, Standing]) -> None:
    """Both balances, the fee as the plan's price, and how long the receiver's line is valid."""
    for wallet, moved in ((move.sender, -move.amount), (move.receiver, move.amount)):
        is_bonus = wallet is move.receiver and move.into != wallet.wallet_id
        if is_bonus:
            before = standing[move.into].balance
            work.changed(wallet.owner, wallet.label, "bonus", before, before + moved, money=Money(moved))
        change = (0 if is_bonus else moved) - move.fee_of(wallet)
        if change:
            before = standing[wallet.wallet_id].balance + wallet.unbooked
            work.changed(Ref(Kind.WALLET, wallet.wallet_id), wallet.label, "balance", before, before + change, money=Money(change))
    if move.terms.fee:
        work.total = move.fee
    line = move.receiver.line
    if line is not None and move.terms.extends_validity_days:
        until = work.at + timedelta(days=move.terms.extends_validity_days)
        if line.valid_until is not None and line.valid_until < until:
            work.changed(move.receiver.owner, move.receiver.label, "validUntil", line.valid_until, until)
            line.valid_until = until


