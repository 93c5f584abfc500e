"""Delivering what was bought: each item goes to the network once and is asked about until its end is known (DESIGN 9, Provisioning).

Only an explicit refusal gives money back; silence concludes nothing. Any step may be lost or repeated: what is final stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, exists
from sqlmodel import col, select

from domain.approvals.spending import give_back
from domain.audit.writing import Command, Result, Work, carry_out
from domain.bundles import service as bundles
from domain.bundles.service import Grant
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.clock import Clock
from domain.kernel.errors import ErrorCode
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode, Reason
from domain.kernel.scope import SYSTEM, ActorRef, system_scope
from domain.orders import rules
from domain.orders.ports import Allowance, Carrier, CarrierAnswer, CarrierSilent, Outcome, Provision
from domain.orders.rules import FINAL
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.sims.tables import Sim
from domain.wallet.service import refund_item
from store.outbox import Handler, Later, Task
from store.session import Database, Session

PATIENCE_SECONDS = 30
"""How long one question may take; less than the lease of the outbox."""
LONGEST_REASON = 200
LOG = structlog.get_logger("provisioning")

Settle = Callable[[Work, Order, OrderItem], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Begun:
    """An item on its way: what the network needs to know, whether it may have been told before, and when that was."""

    command: Provision
    is_told: bool
    since: datetime


def provision_handler(database: Database, carrier: Carrier, clock: Clock) -> Handler:
    """Brings one item nearer to its end; the outbox calls again until it is there."""

    async def provision(task: Task) -> None:
        item_id = UUID(task.payload["item"])
        begun = await _begin(database, item_id, at=clock.now())
        if begun is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await _ask(carrier, begun)
        except (CarrierSilent, TimeoutError, OSError) as silence:
            LOG.warning("carrier_silent", item=str(item_id), error=f"{type(silence).__name__}: {silence}")
            raise Later(rules.ask_again_at(begun.since, at=clock.now())) from silence
        if answer.outcome is Outcome.COMPLETED:
            await _finish(database, item_id, "orderItemComplete", _complete, at=clock.now())
        elif answer.outcome is Outcome.REFUSED:
            await _finish(database, item_id, "orderItemRefund", _refused(answer.reason or "?"), at=clock.now())
        else:
            raise Later(rules.ask_again_at(begun.since, at=clock.now()))

    return provision


async def _ask(carrier: Carrier, begun: Begun) -> CarrierAnswer:
    """Tells the network about an item, or asks what became of it if it may know it already."""
    if begun.is_told:
        answer = await carrier.progress(begun.command.item_id)
        if answer.outcome is not Outcome.UNKNOWN:
            return answer
    return await carrier.provision(begun.command)


async def _begin(database: Database, item_id: UUID, *, at: datetime) -> Begun | None:
    """Commits that the item is on its way before the network hears of it; null when it has come to its end."""
    async with database.write() as session:
        order, item = await _locked(session, item_id)
        if item.state in FINAL:
            return None
        is_told = item.state == OrderState.IN_PROGRESS
        item.state = OrderState.IN_PROGRESS
        item.sent_at = since = item.sent_at or at
        if order.state == OrderState.ACKNOWLEDGED:
            await move_on(session, order, at)
        columns: Sequence[Any] = (Offering.code, Offering.allowances, Sim.msisdn, Sim.iccid)
        facts: Select[Any] = select(*columns).select_from(Offering).join(Sim, col(Sim.id) == item.sim_id)
        code, allowances, msisdn, iccid = (await session.execute(facts.where(col(Offering.id) == item.offering_id))).one()
        granted = [Allowance(allowance["usage_type"], allowance["amount"]) for allowance in allowances]
        command = Provision(
            item.id, order.number, msisdn or "", iccid, code, granted, ActivationMode(item.activation), item.activate_at
        )
        return Begun(command, is_told, since)


async def _finish(database: Database, item_id: UUID, action: str, settle: Settle, *, at: datetime) -> None:
    """Brings an item to its end in one audited transaction; one that is there already stays as it is."""

    async def service(work: Work) -> Result:
        order, item = await _locked(work.sql, item_id)
        if item.state not in FINAL:
            work.within(order.organization_id, order.path, order.id, item.sim_id)
            await settle(work, order, item)
            await work.sql.flush()
            await move_on(work.sql, order, work.at)
        return {}

    await carry_out(database, system_scope(Permission.ORDER_PLACE, at), Command(action, MutationMode.APPLY, ""), service, at=at)


async def _complete(work: Work, order: Order, item: OrderItem) -> None:
    """The network has it: the line gets its product."""
    grant = Grant(
        order.organization_id, item.sim_id, item.offering_id, ActivationMode(item.activation), item.activate_at, item.is_renewing, order.id,
        item.id,
    )  # fmt: skip
    item.product_id = await bundles.grant(work.sql, grant, at=work.at)
    _turn(work, order, item, OrderState.COMPLETED)


def _refused(why: str) -> Settle:
    """The network says no: the money goes back."""
    reason = why[:LONGEST_REASON]

    async def settle(work: Work, order: Order, item: OrderItem) -> None:
        price = Money(item.net + item.vat)
        await give_back(work.sql, order.organization_id, order.id, [(item.cost_centre_id, price.minor)])
        if item.transfer_id is not None:
            await refund_item(work.sql, transfer_id=item.transfer_id, by=SYSTEM, at=work.at, memo=order.number)
            order.refunded += price.minor
        item.failure = Reason(ErrorCode.CARRIER_FAILED, "orders.refused", {"reason": reason}).as_json()
        work.reason = reason
        _turn(work, order, item, OrderState.FAILED, money=price)

    return settle


def _turn(work: Work, order: Order, item: OrderItem, state: OrderState, *, money: Money | None = None) -> None:
    work.changed(Ref(Kind.ORDER_ITEM, item.id), order.number, "state", item.state, state, money=money)
    item.state = state


async def _locked(session: Session, item_id: UUID) -> tuple[Order, OrderItem]:
    """An item and its order, locked through the order, so that the items of one order wait for each other."""
    of_item = select(OrderItem.order_id).where(OrderItem.id == item_id).scalar_subquery()
    order = (await session.scalars(select(Order).where(col(Order.id) == of_item).with_for_update())).one()
    item = (await session.scalars(select(OrderItem).where(OrderItem.id == item_id))).one()
    return order, item


async def move_on(session: Session, order: Order, at: datetime, by: ActorRef = SYSTEM) -> None:
    """Takes the order where its items stand, with a step in its timeline."""
    await session.flush()
    of_order = (col(OrderItem.organization_id) == order.organization_id, col(OrderItem.order_id) == order.id)
    has = (exists().where(*of_order, col(OrderItem.state) == state).label(state) for state in OrderState)  # of each the first, not all
    found = (await session.execute(select(*has))).one()
    states = [state for state, is_there in zip(OrderState, found, strict=True) if is_there]
    after = rules.order_state(states, is_filling=order.is_filling, unsold=order.unsold)
    if rules.may_become(OrderState(order.state), after):
        order.state = after
        session.add(
            OrderStep(id=uuid7(), organization_id=order.organization_id, order_id=order.id, state=after, at=at, by=by.as_json())
        )
        await session.flush()
