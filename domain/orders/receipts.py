"""The work of receipts after commit: made once, kept as a file, mailed to each address."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.catalogue.queries import in_language
from domain.catalogue.tables import Offering
from domain.files import service as files
from domain.files.queries import content
from domain.kernel.clock import Clock
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import Money, Price
from domain.kernel.scope import ActorRef
from domain.notifications.ports import Mailer, PermanentDeliveryError
from domain.orders import receipt
from domain.orders.receipt import ReceiptData, ReceiptLine, ReceiptPrinter
from domain.orders.service import first_mail_id, mail_letter
from domain.orders.tables import Order, OrderItem
from domain.sims.tables import Sim, SimGroup
from store import outbox
from store.outbox import GiveUp, Handler, Later, Task
from store.session import Database, Session

UNTIL_MADE = timedelta(seconds=5)
"""A mail asked for before its receipt was made looks again after this long."""


def receipt_handler(database: Database, printer: ReceiptPrinter, clock: Clock, operator_name: str) -> Handler:
    """Makes an order's receipt and hands it to the mail, once."""

    async def make(task: Task) -> None:
        order_id = UUID(task.payload["order"])
        async with database.read() as session:
            order, data = await _told(session, order_id, operator_name)
        if order.receipt_file_id is not None:
            return
        pdf = await printer.render(data, Locale(order.locale))
        async with database.write() as session:
            order = (await session.scalars(select(Order).where(Order.id == order_id).with_for_update())).one()
            if order.receipt_file_id is None:
                at, name = clock.now(), receipt.file_name(data)
                order.receipt_file_id = await files.keep(
                    session, order.organization_id, name=name, media_type=receipt.MEDIA_TYPE, content=pdf, at=at
                )
                letters = [mail_letter(order.id, email, first_mail_id(order.id, email), at) for email in order.receipt_emails]
                await outbox.send_all(session, letters, organization_id=order.organization_id)

    return make


def receipt_mail_handler(database: Database, mailer: Mailer, clock: Clock, operator_name: str) -> Handler:
    """Mails a receipt to one address; sent again it is the same mail."""

    async def send(task: Task) -> None:
        async with database.read() as session:
            order, data = await _told(session, UUID(task.payload["order"]), operator_name)
            if order.receipt_file_id is None:
                raise Later(clock.now() + UNTIL_MADE)
        pdf = await content(database, order.receipt_file_id)
        mail = receipt.mail(UUID(task.payload["mail"]), task.payload["to"], data, pdf, Locale(order.locale))
        try:
            await mailer.send(mail)
        except PermanentDeliveryError as refusal:
            raise GiveUp(str(refusal)) from refusal

    return send


async def _told(session: Session, order_id: UUID, operator_name: str) -> tuple[Order, ReceiptData]:
    """An order and all that its receipt tells."""
    found: Any = (
        select(Order, Organization, Account)
        .join(Organization, col(Organization.id) == col(Order.organization_id))
        .join(Account, col(Account.id) == col(Order.account_id))
        .where(col(Order.id) == order_id)
    )
    order, organization, account = (await session.execute(found)).one()
    data = ReceiptData(
        operator_name=operator_name,
        organization_name=organization.name,
        legal_id=organization.legal_id,
        economic_code=organization.economic_code,
        order_number=order.number,
        placed_at=order.placed_at,
        buyer_name=await _buyer(session, order),
        account_number=account.number,
        account_name=account.name,
        wallet_name=account.name,
        purchase_order_number=order.purchase_order_number,
        memo=order.memo,
        lines=await (_lines(session, order) if order.job_id is None else _summed(session, order)),
        sims=(await session.execute(_of(select(func.count(col(OrderItem.sim_id).distinct())), order))).scalar_one(),
    )
    return order, data


async def _buyer(session: Session, order: Order) -> str:
    """Who bought; of a group's manager also for which group."""
    name = ActorRef.from_json(order.by).label
    group = await session.get(SimGroup, order.group_id) if order.group_id is not None else None
    return text("receipt.group_manager", Locale(order.locale), name=name, group=group.name) if group is not None else name


def _of(statement: Any, order: Order) -> Any:
    return statement.where(col(OrderItem.organization_id) == order.organization_id, col(OrderItem.order_id) == order.id)


async def _summed(session: Session, order: Order) -> Sequence[ReceiptLine]:
    """What was bought for many, by offering: a page each would be a thousand."""
    sums: Sequence[Any] = (Offering.names, func.count(), func.sum(OrderItem.net), func.sum(OrderItem.vat))
    statement: Any = select(*sums).select_from(OrderItem).join(Offering, col(Offering.id) == col(OrderItem.offering_id))
    rows = await session.execute(_of(statement, order).group_by(col(Offering.id)).order_by(col(Offering.id)))
    locale = Locale(order.locale)
    return [
        ReceiptLine(
            in_language(names, locale), text("receipt.sims", locale, count=number), Price(Money(int(net)), Money(int(vat)), order.vat_rate)
        )
        for names, number, net, vat in rows
    ]


async def _lines(session: Session, order: Order) -> Sequence[ReceiptLine]:
    columns: Sequence[Any] = (Offering.names, Sim.msisdn, Sim.iccid, OrderItem.net, OrderItem.vat, OrderItem.vat_rate)
    statement: Select[Any] = (
        select(*columns)
        .select_from(OrderItem)
        .join(Offering, col(Offering.id) == col(OrderItem.offering_id))
        .join(Sim, col(Sim.id) == col(OrderItem.sim_id))
        .where(col(OrderItem.organization_id) == order.organization_id, col(OrderItem.order_id) == order.id)
        .order_by(col(OrderItem.position))
    )
    return [
        ReceiptLine(in_language(names, Locale(order.locale)), msisdn or iccid, Price(Money(net), Money(vat), vat_rate))
        for names, msisdn, iccid, net, vat, vat_rate in await session.execute(statement)
    ]
