"""The demo catalogue: what stands in `catalogue.toml`, as offerings."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from domain.accounts.tables import PaymentMode
from domain.catalogue.service import put_offerings, set_first_vat_rates
from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import uuid7
from domain.kernel.quantity import UsageType
from store.session import Session

ON_SALE_FROM = JalaliMonth(1403, 1).starts_at
NOWRUZ_DAYS = 14
SERVICES = {"data_mb": (UsageType.DATA, 1024 * 1024), "voice_minutes": (UsageType.VOICE, 60), "sms": (UsageType.SMS, 1)}
"""How the file counts a service, and what one of it is in stored units."""


async def seed_catalogue(session: Session, at: datetime) -> None:
    """Puts tax rates and offerings; run again it changes nothing. The seasonal one was sold in the year of `at`."""
    await set_first_vat_rates(session)
    await put_offerings(session, list(_offerings(at)))


def offering_id(code: str) -> UUID:
    """The id of an offering of the demo catalogue, always the same."""
    return uuid7(int(ON_SALE_FROM.timestamp() * 1000), hashlib.sha256(f"offering {code}".encode()).digest()[:10])


def _offerings(at: datetime) -> Iterator[Offering]:
    data = tomllib.loads(files("seeds").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    restrictions = {name: _by_locale(words) for name, words in data["restriction"].items()}
    nowruz = JalaliMonth(JalaliMonth.of(at).year, 1).starts_at
    for position, row in enumerate(data["offering"]):
        is_seasonal = row.get("season") == "nowruz"
        yield Offering(
            id=offering_id(row["code"]),
            code=row["code"],
            names=_by_locale(row["name"]),
            descriptions=_by_locale(row["description"]),
            category=OfferingCategory(row.get("category", OfferingCategory.BUNDLE)),
            net_price=row["price"],
            allowances=[_allowance(allowance, restrictions) for allowance in row.get("allowances", ())],
            valid_days=row.get("days"),
            activations=[ActivationMode(mode).value for mode in row.get("activations", ActivationMode)],
            max_queued=row.get("max_queued", 2),
            is_rolled_over=row.get("rolled_over", False),
            payment_modes=[PaymentMode(mode).value for mode in row.get("modes", PaymentMode)],
            valid_from=nowruz if is_seasonal else ON_SALE_FROM,
            valid_to=nowruz + timedelta(days=NOWRUZ_DAYS) if is_seasonal else None,
            position=position,
        )


def _allowance(row: Mapping[str, Any], restrictions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    (service, count), *_ = row.items()
    usage_type, unit = SERVICES[service]
    restriction = restrictions[row["when"]] if "when" in row else None
    return {"usage_type": usage_type.value, "amount": count * unit, "restriction": restriction}


def _by_locale(words: Mapping[str, str]) -> dict[str, str]:
    return {language.upper(): word for language, word in words.items()}
