"""Orders that wait for an approval: carried out once it is given, given up when it is not; and withdrawing what hasn't begun."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.service import account_for_write
from domain.approvals.deciding import SUBJECTS, Subject, withdraw
from domain.approvals.rules import shares
from domain.approvals.spending import Claim, give_back, grant, release
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Result, Work
from domain.bundles.queries import same_products
from domain.catalogue import queries as catalogue
from domain.catalogue.queries import in_language
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.errors import DomainError, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, encode
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price
from domain.kernel.permissions import Permission
from domain.kernel.plan import Reason
from domain.kernel.scope import ActorRef, system_scope
from domain.orders import filling, queries, rules
from domain.orders.provisioning import move_on
from domain.orders.queries import CardRow
from domain.orders.service import provision_letter, receipt_letter, step
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.wallet import holds
from domain.wallet.service import pay_for_items, refund_item

MOST_CANCELLED = 100


async def carry_out(work: Work, approval: Approval) -> None:
    """Sells what was held to every line that may still have it, for the price agreed; the others' money is given back.

    Raises `OfferingUnavailable`, `BudgetExceeded` when a budget would be passed that isn't the answerer's to let pass, and `NotEligible`
    when no line is left.
    """
    order = await _locked(work, approval.subject_id)
    answerer = work.scope.actor.person_id
    if answerer is None:
        raise NotFound(field=("approvalId",))
    if order.job_id is not None:
        await filling.approve(work, order, answerer, approval.id)
        return
    items = await queries.items_for_update(work.sql, order, [OrderState.HELD])
    refusals = await _refusals(work, order, items)
    kept = [item for item in items if item.id not in refusals]
    if not kept:
        raise NotEligible("approvals.nothing_left", field=("approvalId",))
    buyer = replace(ActorRef.from_json(order.by), approval_id=approval.id)
    prices = {item.id: _price(item) for item in kept}
    cause, by_centre = Ref(Kind.ORDER, order.id), shares((item.cost_centre_id, prices[item.id].gross.minor) for item in kept)
    total = rules.total(list(prices.values()), order.vat_rate)
    account = await account_for_write(work.sql, order.account_id)
    if account is None:
        raise NotFound(field=("approvalId",))
    claim = Claim(order.organization_id, account.path, cause, total.gross.minor, by_centre, ActorRef.from_json(order.by))
    await grant(work, claim, answerer)
    if approval.hold_id is not None:
        await holds.release(work.sql, approval.hold_id)
    paid = await pay_for_items(work, account=account, items=list(prices.items()), cause=cause, by=buyer)
    for item in items:
        refusal = refusals.get(item.id)
        item.state = OrderState.FAILED if refusal else OrderState.ACKNOWLEDGED
        item.transfer_id = paid.get(item.id)
        if refusal is not None:
            item.failure = Reason.of(refusal).as_json()
            order.refunded += _price(item).gross.minor
    work.total = total
    _turn(work, order, OrderState.ACKNOWLEDGED)
    letters = [receipt_letter(order.id, work.at), *(provision_letter(item.id, item.sim_id, work.at) for item in kept)]
    await work.afterwards_each(letters)


async def give_up(work: Work, approval: Approval) -> None:
    """Gives back what was held: it was refused, nobody answered in time, or it was withdrawn."""
    order = await _locked(work, approval.subject_id)
    state = OrderState.CANCELLED if approval.state == ApprovalState.CANCELLED else OrderState.REJECTED
    await release(work.sql, order.organization_id, order.id)
    if approval.hold_id is not None:
        await holds.release(work.sql, approval.hold_id)
    for item in await queries.items_for_update(work.sql, order, [OrderState.HELD]):
        item.state = state
    order.refunded = order.net + order.vat
    if order.job_id is not None:
        await filling.give_up(work, order)
    _turn(work, order, state)


SUBJECTS[Kind.ORDER] = Subject(carry_out, give_up)


async def cancel(work: Work, order_id: UUID, item_ids: Collection[UUID] | None = None) -> Result:
    """Withdraws what the carrier hasn't begun, all of it or some items, and gives the money back: `order`.

    What waits for an approval is withdrawn as a whole. Raises `NotFound`, `InvalidInput`, `NotEligible`, and `StateConflict` when nothing
    is left to withdraw.
    """
    if item_ids is not None and not 1 <= len(item_ids) <= MOST_CANCELLED:
        raise InvalidInput("orders.targets", field=("itemIds",), most=MOST_CANCELLED)
    (found,) = await queries.orders_by_ids(work.sql, work.scope, [order_id])
    if found is None:
        raise NotFound(field=("orderId",))
    if found.state is OrderState.HELD:
        if item_ids is not None:
            raise NotEligible("orders.held_whole", field=("itemIds",))
        if await withdraw(work, Ref(Kind.ORDER, order_id)):
            return {"order": order_id}
    order = await queries.order_for_update(work.sql, work.scope, order_id)
    if order is None:
        raise NotFound(field=("orderId",))
    work.within(order.organization_id, order.path, order.id)
    waiting = await queries.items_for_update(work.sql, order, [OrderState.ACKNOWLEDGED])
    chosen = [item for item in waiting if item_ids is None or item.id in item_ids]
    if item_ids is not None and len(chosen) < len(set(item_ids)):
        raise StateConflict("orders.begun", field=("itemIds",))
    if not chosen:
        raise StateConflict("orders.begun", field=("orderId",))
    prices = {item.id: _price(item).gross for item in chosen}
    await give_back(work.sql, order.organization_id, order.id, [(item.cost_centre_id, prices[item.id].minor) for item in chosen])
    for item in chosen:
        if item.transfer_id is not None:
            await refund_item(work.sql, transfer_id=item.transfer_id, by=work.actor, at=work.at, memo=order.number)
            order.refunded += prices[item.id].minor
        before, item.state = item.state, OrderState.CANCELLED
        work.changed(Ref(Kind.ORDER_ITEM, item.id), order.number, "state", before, item.state, money=prices[item.id])
    await move_on(work.sql, order, work.at, work.actor)
    return {"order": order_id}


async def _locked(work: Work, order_id: UUID) -> Order:
    """The order that an approval is about: seen through the approval, whoever's scope it lies in."""
    wanted = select(Order).where(col(Order.id) == order_id).with_for_update().execution_options(populate_existing=True)
    order = (await work.sql.scalars(wanted)).one()
    work.within(order.organization_id, order.path, order.id)
    return order


def _price(item: OrderItem) -> Price:
    return Price(Money(item.net), Money(item.vat), item.vat_rate)


def _turn(work: Work, order: Order, state: OrderState) -> None:
    """Takes the order on, with a step in its timeline."""
    work.changed(Ref(Kind.ORDER, order.id), order.number, "state", order.state, state, money=Money(order.net + order.vat))
    order.state = state
    work.sql.add(OrderStep(**step(order.organization_id, order.id, state, work.at, work.actor)))


async def _refusals(work: Work, order: Order, items: Sequence[OrderItem]) -> Mapping[UUID, DomainError]:
    """Why some items can't be delivered any more; the plan shows each as left out, and what becomes of the others."""
    offerings = {id: await catalogue.offering_on_sale(work.sql, id, work.at) for id in sorted({item.offering_id for item in items})}
    sim_ids = sorted({item.sim_id for item in items})
    anywhere = system_scope(Permission.ORDER_PLACE, work.at)
    cards = await queries.cards_for_update(work.sql, anywhere, order.organization_id, sim_ids)
    taken = Counter(await same_products(work.sql, sim_ids, list(offerings), at=work.at))
    taken += Counter(await queries.unfinished_items(work.sql, order.organization_id, sim_ids, but_of=order.id))
    found: dict[UUID, DomainError] = {}
    for item in items:
        card, offering = cards.get(item.sim_id), offerings[item.offering_id]
        refusal = _refusal(item, card, offering, taken)
        if refusal is not None:
            found[item.id] = refusal
            work.left_out(Ref(Kind.SIM, item.sim_id), card.label if card else encode(Kind.SIM, item.sim_id), refusal)
        elif card is not None:
            taken[item.sim_id, item.offering_id] += 1
            work.within(order.organization_id, card.path)
            name = in_language(offering.names, Locale(order.locale))
            work.changed(Ref(Kind.SIM, card.id), card.label, "products", None, name, money=_price(item).gross)
    return found


def _refusal(item: OrderItem, card: CardRow | None, offering: Offering, taken: Counter[tuple[UUID, UUID]]) -> DomainError | None:
    if card is None:
        return NotFound()
    facts = rules.Card(card.status, card.payment_mode, card.msisdn is not None, taken[item.sim_id, item.offering_id])
    activation = ActivationMode(item.activation)
    return rules.refusal(facts, activation, payment_modes=offering.payment_modes, max_queued=offering.max_queued)
