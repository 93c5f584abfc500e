"""Buying for many: planned in chunks, the money held as a whole, filled by a job a chunk at a time (decision 0103).

Each chunk captures what it sells from the hold in the transaction that makes its items, so nothing is charged without an item nor the other
way; what is left of the hold when the job is over is given back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.service import account_for_write
from domain.approvals import asking as ask
from domain.approvals.deciding import withdraw
from domain.approvals.rules import shares
from domain.approvals.spending import Claim, give_back, grant, spend
from domain.audit.writing import Work
from domain.catalogue import queries as catalogue
from domain.catalogue.tables import Offering
from domain.jobs.deeds import Decision, Deed, Opened, Opening, Request, Target
from domain.jobs.service import Chosen, job_for_update, numbered, set_going
from domain.jobs.states import OPEN, JobKind, JobState
from domain.jobs.tables import Job
from domain.kernel.errors import NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.money import Money
from domain.kernel.scope import ActorRef, Scope
from domain.orders import rules
from domain.orders.provisioning import move_on
from domain.orders.rules import Line
from domain.orders.service import (
    PlaceOrder,
    Sale,
    Terms,
    claim,
    decide,
    email_of_buyer,
    group_bought_for,
    on_sale,
    open_order,
    paying_account,
    put_in,
    receipt_letter,
    step,
)
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.sims.selection import SimSelection
from domain.wallet import holds
from domain.wallet.service import hold_for, pay_for_items
from store.session import Session


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An order for many as its job keeps it; what is agreed when it is placed stands there from then on."""

    account_id: UUID
    lines: list[dict[str, Any]]
    locale: Locale
    receipt_emails: list[str]
    purchase_order_number: str | None
    external_reference: str | None
    memo: str | None
    order_id: UUID | None = None
    vat_rate: Decimal | None = None
    nets: dict[UUID, int] | None = None
    by_centre: dict[UUID, int] = {}
    approval_id: UUID | None = None

    def to_lines(self) -> list[Line]:
        """The lines, without the cards."""
        return [msgspec.convert({**line, "sim_ids": ()}, Line) for line in self.lines]


@dataclass(frozen=True)
class OrderSelection:
    """The cards of all lines of an order; each row says its line."""

    lines: Sequence[SimSelection]

    @property
    def at_once(self) -> Sequence[Target] | None:
        """Never: few are sold by `service.place`."""
        return None

    @property
    def few(self) -> list[list[UUID]] | None:
        """The ids of each line when they are at most 100 together, each named by its id; else null."""
        named = [line.at_once for line in self.lines]
        ids = [[target.subject_id for target in targets if target.subject_id] for targets in named if targets is not None]
        return ids if len(ids) == len(named) and sum(map(len, ids)) <= rules.MOST_TARGETS else None

    async def chosen(self, session: Session, scope: Scope) -> Chosen:
        """The rows of one line after those of another."""
        return numbered([(await line.chosen(session, scope), {"line": place}) for place, line in enumerate(self.lines)])

    async def claim(self, work: Work) -> None:
        """Uploads serve once."""
        for line in self.lines:
            await line.claim(work)


def fill_request(request: PlaceOrder) -> Request:
    """What an order asks for all of its rows, as plain values; raises `InvalidInput` for what can't be meant."""
    rules.check_count(request.lines)
    rules.check_words(request.memo, request.purchase_order_number, request.external_reference)
    lines = [{name: value for name, value in msgspec.to_builtins(line).items() if name != "sim_ids"} for line in request.lines]
    asked = Asked(
        account_id=request.account_id, lines=lines, locale=request.locale, receipt_emails=list(request.receipt_emails),
        purchase_order_number=request.purchase_order_number, external_reference=request.external_reference, memo=request.memo,
    )  # fmt: skip
    return _plain(asked)


def _plain(asked: Asked) -> Request:
    plain: Request = msgspec.to_builtins(asked)
    return plain


def _asked(request: Request) -> Asked:
    return msgspec.convert(request, Asked)


@dataclass(frozen=True, slots=True)
class _Filling:
    """A sale for an order that is being filled."""

    order: Order
    terms: Terms
    sale: Sale
    approval_id: UUID | None


async def _decide(work: Work, request: Request, targets: Sequence[Target]) -> Decision:
    """Sales for some rows; once the order is placed for the prices agreed."""
    asked = _asked(request)
    order = await _order(work, asked) if asked.order_id is not None else None
    lines = asked.to_lines()
    terms = await _terms(work, asked, lines)
    decision = await decide(work, terms, [(target, lines[int((target.payload or {})["line"])]) for target in targets])
    sales: list[Sale] = decision.acts
    if order is not None:
        decision.acts = [_Filling(order, terms, sale, asked.approval_id) for sale in sales]
    if sales:
        decision.price = rules.total([sale.price for sale in sales], terms.vat_rate)
        decision.fact = shares((sale.card.cost_centre_id, sale.price.gross.minor) for sale in sales)
    return decision


async def _terms(work: Work, asked: Asked, lines: Sequence[Line]) -> Terms:
    """Who pays for what, at which prices: the catalogue's while it is planned, then those agreed."""
    account = await paying_account(work, asked.account_id)
    if asked.order_id is None or asked.vat_rate is None or asked.nets is None:
        offerings: Mapping[UUID, Offering] = await on_sale(work, lines)
        return Terms(account, offerings, await catalogue.vat_rate(work.sql, work.at), asked.locale)
    wanted = select(Offering).where(col(Offering.id).in_({line.offering_id for line in lines}))
    sold = {offering.id: offering for offering in await work.sql.scalars(wanted)}
    return Terms(account, sold, asked.vat_rate, asked.locale, asked.nets)


async def _open(work: Work, request: Request, opening: Opening) -> Opened:
    """Places the order and holds the money for all of it; it waits where somebody has to approve it first.

    Raises `InsufficientFunds`, `BudgetExceeded`, `AlreadyExists`, `InvalidInput`.
    """
    asked = _asked(request)
    lines = asked.to_lines()
    terms = await _terms(work, asked, lines)
    emails = rules.addresses(await email_of_buyer(work), asked.receipt_emails)
    order_id, account, total = uuid7(), terms.account, opening.price
    group_id = await group_bought_for(work, account, ())
    cause, by_centre = Ref(Kind.ORDER, order_id), Counter[UUID]()
    for part in opening.facts:
        by_centre.update(part)
    work.total = total
    waits_for = await spend(work, claim(work, account, cause, total, by_centre))
    state = OrderState.HELD if waits_for else OrderState.ACKNOWLEDGED
    hold_id = await hold_for(work, account=account, amount=total.gross, cause=cause)
    placed = PlaceOrder(
        asked.account_id, lines, asked.locale, emails, asked.purchase_order_number, asked.external_reference, asked.memo
    )  # fmt: skip
    number = await open_order(
        work, placed, account, order_id, total, emails, state,
        job_id=opening.job_id, hold_id=hold_id, is_filling=True, unsold=opening.count, group_id=group_id,
    )  # fmt: skip
    work.changed(Ref(Kind.ORDER, order_id), number, "state", None, state, money=total.gross)
    nets = {offering.id: offering.net_price for offering in terms.offerings.values()}
    agreed = msgspec.structs.replace(asked, order_id=order_id, vat_rate=terms.vat_rate, nets=nets, by_centre=dict(by_centre))
    if waits_for:
        due_at = min((line.activate_at for line in lines if line.activate_at), default=None)
        about = ask.Request(cause, account.organization_id, account.id, account.path, total.gross.minor, hold_id, due_at)
        await ask.ask(work, about, waits_for)
    return Opened(_plain(agreed), {"order": order_id}, waits=bool(waits_for))


async def _sell(work: Work, fillings: Sequence[_Filling]) -> None:
    """Pays for some rows from the hold and puts them into the order."""
    if not fillings:
        return
    order, terms, sales = fillings[0].order, fillings[0].terms, [filling.sale for filling in fillings]
    prices = [(sale.id, sale.price) for sale in sales]
    buyer = replace(work.scope.actor, approval_id=fillings[0].approval_id)
    cause = Ref(Kind.ORDER, order.id)
    paid = await pay_for_items(work, account=terms.account, items=prices, cause=cause, by=buyer, hold_id=order.hold_id)
    await put_in(work, order.organization_id, order.id, sales, paid)
    order.unsold -= len(sales)
    await work.sql.flush()


async def _close(work: Work, request: Request) -> None:
    """Gives back what wasn't sold and makes the receipt of what was; done once, however often it is called."""
    asked = _asked(request)
    if asked.order_id is not None:  # cancelled before anybody answered: nobody has to any more, and all of it is given back
        await withdraw(work, Ref(Kind.ORDER, asked.order_id))
    order = await _order(work, asked)
    if not order.is_filling:
        return
    order.is_filling = False
    await give_back(work.sql, order.organization_id, order.id, await _unsold(work.sql, order, asked))
    left = await holds.release(work.sql, order.hold_id) if order.hold_id is not None else 0
    if left:
        order.refunded += left
        work.changed(Ref(Kind.ORDER, order.id), order.number, "refunded", order.refunded - left, order.refunded, money=Money(left))
    await move_on(work.sql, order, work.at)
    if order.refunded < order.net + order.vat or not order.unsold:
        await work.afterwards_each([receipt_letter(order.id, work.at)])


async def _unsold(session: Session, order: Order, asked: Asked) -> list[tuple[UUID | None, int]]:
    """What the budgets get back: of cost centres and of none, what was claimed and isn't in the order's items."""
    columns: Any = (OrderItem.cost_centre_id, func.sum(OrderItem.net + OrderItem.vat))
    mine = (col(OrderItem.organization_id) == order.organization_id, col(OrderItem.order_id) == order.id)
    sold = {centre: int(amount) for centre, amount in await session.execute(select(*columns).where(*mine).group_by(columns[0]))}
    claimed: list[tuple[UUID | None, int]] = [(None, order.net + order.vat - sum(asked.by_centre.values())), *asked.by_centre.items()]
    return [(centre, left) for centre, amount in claimed if (left := amount - sold.get(centre, 0))]


async def approve(work: Work, order: Order, approver_id: UUID, approval_id: UUID) -> None:
    """Lets a held order be filled, for the price agreed; raises `BudgetExceeded`, and `NotEligible` when its job was cancelled."""
    job, asked = await _job(work, order)
    if job.state not in OPEN:
        raise NotEligible("approvals.nothing_left", field=("approvalId",))
    account = await account_for_write(work.sql, order.account_id)
    if account is None:
        raise NotFound(field=("approvalId",))
    total = Money(order.net + order.vat)
    cause, buyer = Ref(Kind.ORDER, order.id), ActorRef.from_json(order.by)
    await grant(work, Claim(order.organization_id, account.path, cause, total.minor, asked.by_centre, buyer), approver_id)
    work.changed(cause, order.number, "state", order.state, OrderState.ACKNOWLEDGED, money=total)
    order.state = OrderState.ACKNOWLEDGED
    work.sql.add(OrderStep(**step(order.organization_id, order.id, OrderState.ACKNOWLEDGED, work.at, work.scope.actor)))
    job.request = dict(_plain(msgspec.structs.replace(asked, approval_id=approval_id)))
    await set_going(work, job)


async def give_up(work: Work, order: Order) -> None:
    """Ends the job of an order that was held and given up, before it began."""
    job, _ = await _job(work, order)
    order.is_filling = False
    if job.state in OPEN:
        job.state, job.finished_at = JobState.CANCELLED, work.at


async def _job(work: Work, order: Order) -> tuple[Job, Asked]:
    assert order.job_id is not None  # noqa: S101 (only asked of orders for many)
    job = await job_for_update(work.sql, order.job_id)
    return job, _asked(job.request)


async def _order(work: Work, asked: Asked) -> Order:
    """The order that is being filled, locked before its cards are, as those who deliver its items do."""
    statement = select(Order).where(col(Order.id) == asked.order_id).with_for_update().execution_options(populate_existing=True)
    order = (await work.sql.scalars(statement)).one()
    work.within(order.organization_id, order.path, order.id)
    return order


ORDER = Deed("orderPlace", JobKind.ORDER, Kind.SIM, "order", _decide, _sell, _open, _close)

