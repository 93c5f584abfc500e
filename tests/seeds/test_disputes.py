"""The demo's disputed bill: opened by its manager, with a ticket, once; and the papers of the demo's bills come to what they say."""

from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from api.books import LOOKS
from auth.wiring import Auth
from domain.billing.papers import PAPERS, papers_handler
from domain.billing.seller import Seller
from domain.billing.states import DisputeState
from domain.billing.tables import Bill, BillDispute, BillDisputeLine, BillDocument
from domain.kernel.sealing import Sealer
from domain.tickets.tables import Ticket
from domain.wallet.proof import prove
from seeds.bills import seed_bills
from seeds.demo import seed_demo
from seeds.disputes import LINES, seed_dispute
from seeds.identities import SARA
from seeds.size import Size
from store.outbox import OutboxRow, Task
from store.session import Database
from tests.press import Scribe
from tests.world import NOW, MovableClock


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_bill_is_disputed_and_all_have_papers(database: Database, documents: Any) -> None:
    await seed_demo(Auth.on(database, Sealer("test master key"), issuer="http://127.0.0.1"), at=NOW, size=Size.SMALL)
    await seed_bills(database, at=NOW)

    await seed_dispute(database, at=NOW)
    await seed_dispute(database, at=NOW)

    async with database.read() as session:
        dispute = (await session.scalars(select(BillDispute))).one()
        lines = (await session.execute(select(func.count()).select_from(BillDisputeLine))).scalar_one()
        ticket = await session.get_one(Ticket, dispute.ticket_id)
        bill = await session.get_one(Bill, dispute.bill_id)
        letters = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == PAPERS))).all()
        assert not await prove(session, looks=LOOKS)
    assert (dispute.state, lines, ticket.about_id, ticket.by["label"]) == (DisputeState.OPEN, LINES, bill.id, SARA.name)
    assert 0 < dispute.amount <= bill.net + bill.vat

    make = papers_handler(database, Scribe(), MovableClock(), Seller("Simurgh", memory_id="A11216"))
    for place, row in enumerate(letters):
        await make(Task(place, PAPERS, row.subject, row.payload, 1))
    async with database.read() as session:
        bills = (await session.execute(select(func.count()).select_from(Bill))).scalar_one()
        papers = (await session.execute(select(func.count()).select_from(BillDocument))).scalar_one()
        numbers = set(await session.scalars(select(Bill.tax_number)))
    assert len(letters) == bills > 6
    assert papers == 3 * bills
    assert len(numbers) == bills
