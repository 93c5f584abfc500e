"""Sending bills to the tax system: each gets its number once, with a serial that the seller's memory never gives twice."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import col

from domain.billing.tables import Bill, TaxMemory
from domain.kernel.calendar import day_of
from domain.kernel.tax_numbers import tax_number
from store.session import Session
from store.upsert import insert_or_ignore


async def give_tax_numbers(session: Session, bills: Sequence[Bill], memory_id: str | None) -> None:
    """Numbers issued bills that have none, in their order; without a memory nothing is sent to the tax system.

    The caller has locked the bills. Whoever numbers bills of one memory at the same time waits, so nobody should linger behind this.
    """
    unnumbered = [bill for bill in bills if bill.tax_number is None and bill.issued_at is not None]
    if memory_id is None or not unnumbered:
        return
    last = await _serials(session, memory_id, len(unnumbered))
    for serial, bill in enumerate(unnumbered, last - len(unnumbered) + 1):
        assert bill.issued_at is not None  # noqa: S101 (chosen above)
        bill.tax_number = tax_number(memory_id, day_of(bill.issued_at), serial)
    await session.flush()


async def _serials(session: Session, memory_id: str, count: int) -> int:
    """Takes the next serials of a memory; returns the last of them."""
    await insert_or_ignore(session, TaxMemory, [{"memory_id": memory_id, "last": 0}])
    here = update(TaxMemory).where(col(TaxMemory.memory_id) == memory_id)
    return int((await session.execute(here.values(last=col(TaxMemory.last) + count).returning(col(TaxMemory.last)))).scalar_one())
