"""Offerings for tests: one of each kind that buying treats differently, and the tax rate of the day."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory, VatRate
from domain.kernel.ids import uuid7
from store.session import Database
from tests.world import NOW

GB = 1_000_000_000


def make_offering(code: str = "DATA10", **changes: Any) -> Offering:
    """Ten gigabytes for thirty days at a million rials, for anybody, at any time; `changes` tell otherwise."""
    values: dict[str, Any] = {
        "id": uuid7(), "code": code, "names": {"FA": "ده گیگ", "EN": f"{code} bundle", "RU": code, "BG": code},
        "descriptions": {"FA": "سی روزه", "EN": "Thirty days", "RU": "30", "BG": "30"}, "category": OfferingCategory.BUNDLE,
        "net_price": 1_000_000, "allowances": [{"usage_type": "DATA", "amount": 10 * GB, "restriction": None}], "valid_days": 30,
        "activations": list(ActivationMode), "max_queued": 2, "is_rolled_over": False, "payment_modes": ["PREPAID", "POSTPAID"],
        "valid_from": NOW - timedelta(days=300),
    }  # fmt: skip
    return Offering(**values | changes)


async def sell(database: Database, *offerings: Offering, vat: str = "10") -> None:
    """Puts offerings on sale and sets the tax rate."""
    async with database.write() as session:
        session.add_all(offerings)
        await session.merge(VatRate(valid_from=NOW - timedelta(days=900), rate=Decimal(vat)))
