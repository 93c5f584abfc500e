"""Receipts: made once, kept, mailed to each address, and mailed again."""

from uuid import UUID

from sqlmodel import select

from domain.audit.writing import Command, carry_out
from domain.files.queries import content
from domain.files.tables import File
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.notifications.ports import PermanentDeliveryError, TemporaryDeliveryError
from domain.orders import service
from domain.orders.service import RECEIPT, RECEIPT_MAIL
from store.outbox import OutboxRow, Task
from tests.domain.orders.shop import Shop
from tests.world import NOW


async def test_a_receipt_is_made_kept_and_mailed_to_each_address(shop: Shop) -> None:
    done = await shop.buy(
        shop.one.sims[0].id, shop.one.sims[1].id, receipt_emails=["books@x.example", "s0@example.com"], locale=Locale.FA, memo="spring",
        purchase_order_number="PO-7",
    )  # fmt: skip
    await shop.work()

    order = await shop.order(done)
    (data,) = shop.press.printed
    assert (data.order_number, data.buyer_name, data.memo, data.purchase_order_number) == (order.number, "Sara Karimi", "spring", "PO-7")
    assert [(line.msisdn, line.offering_name, line.price.gross.minor) for line in data.lines] == [
        (sim.msisdn, "ده گیگ", 1_100_000) for sim in shop.one.sims[:2]
    ]
    assert data.total.gross.minor == order.net + order.vat
    async with shop.database.read() as session:
        kept = (await session.scalars(select(File))).one()
    pdf = await content(shop.database, kept.id)
    assert (kept.id, kept.name, pdf) == (order.receipt_file_id, f"receipt-{order.number}.pdf", f"%PDF {order.number} FA".encode())
    assert kept.size_bytes == len(pdf)
    mails = sorted(shop.post.sent.values(), key=lambda mail: mail.to)
    assert [(mail.to, mail.attachments[0].content) for mail in mails] == [
        ("books@x.example", pdf), ("s0@example.com", pdf),
    ]  # fmt: skip


async def test_the_work_done_again_is_the_same_receipt_and_the_same_mails(shop: Shop) -> None:
    done = await shop.buy(receipt_emails=["books@x.example"])
    await shop.work()
    order = await shop.order(done)
    async with shop.database.read() as session:
        mails = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == RECEIPT_MAIL))).all()
    for task in [(RECEIPT, {"order": order.id.hex}), *((RECEIPT_MAIL, mail.payload) for mail in mails)]:
        await shop.handlers[task[0]](Task(1, task[0], "again", task[1], 1))
    await shop.work()

    assert len(shop.press.printed) == 1
    assert (len(shop.post.sent), shop.post.handed) == (2, 4)
    async with shop.database.read() as session:
        assert len((await session.scalars(select(File))).all()) == 1


async def test_a_dead_address_holds_up_no_other(shop: Shop) -> None:
    shop.post.failures = [PermanentDeliveryError("unknown recipient"), TemporaryDeliveryError("busy")]
    await shop.buy(receipt_emails=["a@x.example", "b@x.example"])
    await shop.work()
    for _ in range(4):
        shop.clock.at = shop.clock.at.replace(second=shop.clock.at.second + 5)
        await shop.work()

    assert len(shop.post.sent) == 2
    async with shop.database.read() as session:
        dead = (await session.scalars(select(OutboxRow).where(OutboxRow.state == "DEAD"))).all()
    assert [row.kind for row in dead] == [RECEIPT_MAIL]


async def test_a_receipt_is_mailed_again_even_before_it_is_made(shop: Shop) -> None:
    done = await shop.buy()
    assert done.result is not None
    order_id: UUID = done.result["order"]
    scope = shop.one.as_profile_manager().scope(Permission.ORDER_READ, NOW)
    sent = await carry_out(
        shop.database, scope, Command("orderReceiptSend", MutationMode.APPLY, ""),
        lambda work: service.send_receipt(work, order_id, ["late@x.example"]), at=NOW,
    )  # fmt: skip
    await shop.work()
    shop.clock.at = shop.clock.at.replace(second=10)
    await shop.work()

    assert [(change.field, change.after) for change in sent.plan.changes] == [("receipt", "late@x.example")]
    assert {mail.to for mail in shop.post.sent.values()} == {"s0@example.com", "late@x.example"}
