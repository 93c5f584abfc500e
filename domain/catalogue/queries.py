"""Reading offerings with their prices, and tax rates by effective date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, String, cast, func
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.catalogue import rules
from domain.catalogue.errors import OfferingUnavailable
from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory, VatRate
from domain.kernel.errors import NotFound
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price, taxed
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import UNIT_OF, Quantity, UsageType
from domain.kernel.text import search_key
from domain.reading import By, count, page
from store.session import Session


class AllowanceRow(msgspec.Struct, frozen=True):
    """What an offering grants of one service, as it is shown."""

    usage_type: UsageType
    quantity: Quantity
    restriction: str | None


class OfferingRow(msgspec.Struct, frozen=True):
    """An offering in one language at one day's tax."""

    id: UUID
    code: str
    name: str
    description: str
    category: OfferingCategory
    valid_from: datetime
    valid_to: datetime | None
    price: Price
    allowances: list[AllowanceRow]
    valid_days: int | None
    activations: list[ActivationMode]
    max_queued: int
    is_rolled_over: bool
    payment_modes: list[PaymentMode]


@dataclass(frozen=True, slots=True)
class OfferingFilter:
    """Which offerings; null is any."""

    categories: Sequence[OfferingCategory] | None = None
    payment_mode: PaymentMode | None = None
    usage_type: UsageType | None = None


async def vat_rate(session: Session, at: datetime) -> Decimal:
    """Value added tax at an instant, in percent."""
    rows = await session.execute(select(col(VatRate.valid_from), col(VatRate.rate)))
    return rules.rate_at(((row.valid_from, row.rate) for row in rows), at)


async def offering_on_sale(session: Session, offering_id: UUID, at: datetime) -> Offering:
    """An offering that can be bought at that instant; raises `NotFound`, or `OfferingUnavailable` before and after its sale."""
    offering = await session.get(Offering, offering_id)
    if offering is None:
        raise NotFound(field=("offeringId",))
    if not rules.is_on_sale(offering.valid_from, offering.valid_to, at):
        raise OfferingUnavailable(field=("offeringId",))
    return offering


async def offerings_by_ids(session: Session, ids: Sequence[UUID], locale: Locale, *, at: datetime) -> list[OfferingRow | None]:
    """Offerings in the order asked, on sale or not, null for what doesn't exist."""
    rate = await vat_rate(session, at)
    offerings = await session.scalars(select(Offering).where(col(Offering.id).in_(ids)))
    found = {offering.id: _row(offering, locale, rate) for offering in offerings}
    return [found.get(id) for id in ids]


async def offerings_page(
    session: Session,
    locale: Locale,
    *,
    at: datetime,
    window: Window,
    filter: OfferingFilter = OfferingFilter(),
    search: str | None = None,
) -> Page[OfferingRow]:
    """What is on sale at that instant, in the order of the catalogue; `search` is a part of the code or of a name in any language."""
    rate = await vat_rate(session, at)
    order = [By(col(Offering.position)), By(col(Offering.id))]
    rows = await page(session, _on_sale(at, filter, search), window, order, name="offerings")
    return rows.map(lambda row: _row(row[0], locale, rate))


async def offerings_count(
    session: Session, *, at: datetime, filter: OfferingFilter = OfferingFilter(), search: str | None = None
) -> int:
    """How many offerings that is."""
    return await count(session, _on_sale(at, filter, search).with_only_columns(col(Offering.id)))


def _on_sale(at: datetime, filter: OfferingFilter, search: str | None) -> Select[Any]:
    ended = col(Offering.valid_to)
    statement: Any = select(Offering).where(col(Offering.valid_from) <= at, ended.is_(None) | (ended > at))
    if filter.categories is not None:
        statement = statement.where(col(Offering.category).in_(filter.categories))
    if filter.payment_mode is not None:
        statement = statement.where(_names(Offering.payment_modes, filter.payment_mode))
    if filter.usage_type is not None:
        statement = statement.where(_names(Offering.allowances, filter.usage_type))
    if search:
        statement = statement.where(col(Offering.search).contains(search_key(search), autoescape=True))
    return statement  # type: ignore[no-any-return]


def _names(column: Any, value: str) -> Any:
    """Whether a JSON column has an enum's value somewhere: the quoted word is looked for in its text, alike on both engines."""
    return cast(col(column), String).contains(f'"{value}"')


def _row(offering: Offering, locale: Locale, rate: Decimal) -> OfferingRow:
    return OfferingRow(
        id=offering.id,
        code=offering.code,
        name=in_language(offering.names, locale),
        description=in_language(offering.descriptions, locale),
        category=OfferingCategory(offering.category),
        valid_from=offering.valid_from,
        valid_to=offering.valid_to,
        price=taxed(Money(offering.net_price), rate),
        allowances=[_allowance(allowance, locale) for allowance in offering.allowances],
        valid_days=offering.valid_days,
        activations=[ActivationMode(value) for value in offering.activations],
        max_queued=offering.max_queued,
        is_rolled_over=offering.is_rolled_over,
        payment_modes=[PaymentMode(value) for value in offering.payment_modes],
    )


def _allowance(allowance: Mapping[str, Any], locale: Locale) -> AllowanceRow:
    usage_type, restriction = UsageType(allowance["usage_type"]), allowance.get("restriction")
    quantity = Quantity(allowance["amount"], UNIT_OF[usage_type])
    return AllowanceRow(usage_type, quantity, in_language(restriction, locale) if restriction else None)


def in_language(words: Mapping[str, str], locale: Locale) -> str:
    """A text kept in several languages, in one of them; what isn't translated is read in English."""
    return words.get(locale) or words[Locale.EN]


def worded(words: Any, locale: Locale) -> Any:
    """The same of a column, chosen by the store."""
    return func.coalesce(func.nullif(col(words)[locale.value].as_string(), ""), col(words)[Locale.EN.value].as_string())
