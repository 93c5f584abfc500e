"""Keeping the catalogue: offerings by their codes, and tax rates."""

from collections.abc import Sequence

from domain.catalogue import rules
from domain.catalogue.tables import Offering, VatRate
from domain.kernel.text import fold
from store.session import Session
from store.upsert import insert_or_ignore


async def put_offerings(session: Session, offerings: Sequence[Offering]) -> None:
    """Adds offerings to the catalogue, or replaces those of the same ids; what was bought already keeps its price."""
    for offering in offerings:
        offering.search = fold(" ".join((offering.code, *offering.names.values())))
        await session.merge(offering)
    await session.flush()


async def set_first_vat_rates(session: Session) -> None:
    """Puts the tax rates that a new system knows; rows that are there stay."""
    await insert_or_ignore(session, VatRate, [{"valid_from": at, "rate": rate} for at, rate in rules.FIRST_VAT_RATES])
