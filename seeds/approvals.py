"""What a demo company may spend and whose word it takes: bands, a budget that is well used, and an order that waits for an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_
from sqlmodel import col, select

from domain.accounts.service import next_number
from domain.accounts.tables import Account
from domain.approvals import rules
from domain.approvals.notices import put_into_feeds
from domain.approvals.rules import ANSWER_WITHIN
from domain.approvals.tables import Approval, ApprovalAsked, ApprovalBand, ApprovalState, Budget, Spending, SpendingState
from domain.audit.chain import Deed, append_all
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.calendar import JalaliDay, JalaliMonth
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price, taxed
from domain.kernel.plan import ApprovalNeed, ApprovalReason, Change, Plan
from domain.kernel.scope import ActorRef, path_end
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.sims.states import SimStatus
from domain.wallet.holds import hold
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from seeds.dice import Dice
from seeds.identities import NIKAZIN, OMID, SARA
from seeds.lines import Line
from store.session import Session

PAYING, TOP = "110", "100"
FROM = 2_000_000
"""Rials from which the profile manager has to say yes to the fleet's manager."""
USED_PERCENT = 78
AGO = timedelta(hours=2, minutes=20)
MOST_LINES = 4
MEMO = "برای خودروهای تازهٔ مشهد"
ENOUGH = 1_500_000_000
"""What the company may spend this month, in rials: for what it buys and all bills that are due."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The order that waits: whose, from which account and wallet, what for whom."""

    account: Account
    wallet_id: UUID
    offering: Offering
    lines: Sequence[Line]
    price: Price


async def seed_approvals(
    session: Session, dice: Dice, accounts: Mapping[tuple[str, str], Account], lines: Sequence[Line], offerings: Sequence[Offering],
    actors: Mapping[str, ActorRef], vat_rate: Any, *, at: datetime,
) -> None:  # fmt: skip
    """Gives the first demo company its bands and budgets, and has its fleet's manager ask for something."""
    new_id = dice.ids("approvals", at)
    paying, top = accounts[NIKAZIN, PAYING], accounts[NIKAZIN, TOP]
    sara, omid = actors[SARA.mobile], actors[OMID.mobile]
    band = {"id": new_id(), "organization_id": paying.organization_id, "account_id": paying.id, "from_amount": FROM, "approver_id": sara.id}
    await session.execute(insert(ApprovalBand), [band])
    wish = await _wish(session, paying, lines, offerings, vat_rate)
    held = wish.price.gross.minor * len(wish.lines)
    now = JalaliMonth.of(at)
    months, parts = [(top, now), (paying, now)], []
    if last := await _bought_apart(session, top, paying):
        account = next(account for account in accounts.values() if account.id == last.account_id)
        months.append((account, JalaliMonth.of(last.placed_at)))
    for account, month in months:
        committed = held if paying.path.startswith(account.path) else 0
        spent = await _spent(session, account, month)
        amount = ENOUGH if committed else spent * 100 // USED_PERCENT
        budget = rules.budget_id(account.id, str(month))
        row = {
            "id": budget, "organization_id": account.organization_id, "subject_kind": Kind.ACCOUNT.value, "subject_id": account.id,
            "month": str(month), "amount": amount, "thresholds": [75, 90, 100], "is_set": True, "spent": spent, "committed": committed,
            "told": rules.reached((75, 90, 100), spent + committed, amount),
        }  # fmt: skip
        await session.execute(insert(Budget), [row])
        if committed:
            parts.append({"budget": budget.hex, "kind": Kind.ACCOUNT.value, "subject": account.id.hex, "amount": held, "over": False})
    await _ask(session, new_id, wish, omid, sara.id, parts, at=at - AGO)


async def _spent(session: Session, account: Account, month: JalaliMonth) -> int:
    """What orders of a month cost at or below an account."""
    cost = func.coalesce(func.sum(col(Order.net) + col(Order.vat) - col(Order.refunded)), 0)
    mine = select(cost).where(*_of(account), col(Order.placed_at) >= month.starts_at, col(Order.placed_at) < month.ends_at)
    return int((await session.execute(mine)).scalar_one())


async def _bought_apart(session: Session, top: Account, paying: Account) -> Order | None:
    """The last purchase of another account than these two, if any bought something: its budget is the well-used one."""
    apart = or_(col(Order.path) < paying.path, col(Order.path) >= path_end(paying.path))
    last = select(Order).where(*_of(top), Order.account_id != top.id, apart).order_by(col(Order.placed_at).desc(), col(Order.id)).limit(1)
    return (await session.scalars(last)).one_or_none()


def _of(account: Account) -> tuple[Any, ...]:
    here = col(Order.path) >= account.path, col(Order.path) < path_end(account.path)
    return Order.organization_id == account.organization_id, *here


async def _wish(session: Session, account: Account, lines: Sequence[Line], offerings: Sequence[Offering], vat_rate: Any) -> Wish:
    """The dearest offering over the band that the wallet can pay for up to four lines below the account."""
    wallet = select(LedgerAccount).where(LedgerAccount.kind == LedgerAccountKind.WALLET, LedgerAccount.owner_id == account.id)
    purse = (await session.scalars(wallet.where(LedgerAccount.organization_id == account.organization_id))).one()
    available = purse.balance - purse.held - (purse.floor or 0)
    fit = [line for line in lines if line.status is SimStatus.ACTIVE and line.msisdn and line.path.startswith(account.path)]
    ways = [
        (len(some) * price.gross.minor, offering.code, Wish(account, purse.id, offering, some, price))
        for offering in offerings
        for price in [taxed(Money(offering.net_price), vat_rate)]
        for some in (_able(fit, offering)[:count] for count in range(1, MOST_LINES + 1))
        if some and ActivationMode.NOW in offering.activations and FROM <= len(some) * price.gross.minor <= available
    ]
    return max(ways, key=lambda way: way[:2])[2]


def _able(lines: Sequence[Line], offering: Offering) -> list[Line]:
    return [line for line in lines if line.payment_mode in offering.payment_modes]


async def _ask(
    session: Session, new_id: Any, wish: Wish, by: ActorRef, approver_id: UUID, parts: Sequence[Mapping[str, Any]], *, at: datetime
) -> None:
    """An order with its money on hold and the approval that it waits for, as placing it would have written them."""
    account, organization_id, count = wish.account, wish.account.organization_id, len(wish.lines)
    order_id, approval_id, hold_id = new_id(), new_id(), new_id()
    year = JalaliDay.of(at).year
    number = f"SO-{year}-{await next_number(session, organization_id, f'SO-{year}'):06}"
    total = Price(wish.price.net * count, wish.price.vat * count, wish.price.vat_rate)
    name, price = wish.offering.names[Locale.FA], wish.price.gross
    changes = [Change(Ref(Kind.SIM, line.id), line.label, "products", None, name, price) for line in wish.lines]
    changes.append(Change(Ref(Kind.WALLET, wish.wallet_id), account.number, "held", "0", str(total.gross.minor), total.gross))
    need = ApprovalNeed(ApprovalReason.AMOUNT, (approver_id,), total.gross)
    order = {
        "id": order_id, "organization_id": organization_id, "account_id": account.id, "path": account.path, "number": number,
        "state": OrderState.HELD, "by": by.as_json(), "placed_by_id": by.person_id, "placed_at": at, "net": total.net.minor,
        "vat": total.vat.minor, "vat_rate": total.vat_rate, "refunded": 0, "memo": MEMO, "receipt_emails": [OMID.email],
        "locale": Locale.FA,
    }  # fmt: skip
    items = [
        {
            "id": new_id(), "organization_id": organization_id, "order_id": order_id, "position": position, "offering_id": wish.offering.id,
            "sim_id": line.id, "state": OrderState.HELD, "activation": ActivationMode.NOW, "is_renewing": False,
            "net": wish.price.net.minor, "vat": wish.price.vat.minor, "vat_rate": wish.price.vat_rate,
        }
        for position, line in enumerate(wish.lines)
    ]  # fmt: skip
    step = {
        "id": new_id(), "organization_id": organization_id, "order_id": order_id, "state": OrderState.HELD, "at": at, "by": by.as_json(),
    }  # fmt: skip
    spending = {
        "organization_id": organization_id, "cause_id": order_id, "cause_kind": Kind.ORDER.value, "state": SpendingState.COMMITTED,
        "amount": total.gross.minor, "parts": list(parts),
    }  # fmt: skip
    approval = {
        "id": approval_id, "organization_id": organization_id, "account_id": account.id, "path": account.path,
        "reason": ApprovalReason.AMOUNT, "state": ApprovalState.PENDING, "amount": total.gross.minor, "subject_kind": Kind.ORDER.value,
        "subject_id": order_id, "by": by.as_json(), "requester_id": by.person_id, "requested_at": at, "due_at": at + ANSWER_WITHIN,
        "plan": Plan(changes, [], total, None, approvals=[need]).as_json(), "is_over_band": True, "over": [], "hold_id": hold_id,
        "changed_at": at,
    }  # fmt: skip
    asked = {"organization_id": organization_id, "approval_id": approval_id, "person_id": approver_id}
    for table, rows in (
        (Order, [order]), (OrderItem, items), (OrderStep, [step]), (Spending, [spending]), (Approval, [approval]),
        (ApprovalAsked, [asked]),
    ):  # fmt: skip
        await session.execute(insert(table), rows)
    await put_into_feeds(session, Approval(**approval), [approver_id], at=at)
    await hold(session, organization_id, wish.wallet_id, total.gross.minor, cause=Ref(Kind.ORDER, order_id), at=at, id=hold_id)
    deed = Deed(by, "orderPlace", at, account.path, changes, subjects=[order_id, approval_id], id=new_id())
    await append_all(session, organization_id, [deed])
