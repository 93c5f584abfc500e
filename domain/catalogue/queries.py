"""Reading offerings with their prices, and tax rates by effective date."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import starmap
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, String, cast, func
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.catalogue import rules
from domain.catalogue.errors import OfferingUnavailable
from domain.catalogue.tables import Offering, OfferingCategory, VatRate
from domain.kernel.batches import in_order
from domain.kernel.errors import NotFound
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price, taxed
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import UNIT_OF, Quantity, UsageType
from domain.kernel.text import search_key
from domain.reading import By, Wanted, count, narrowed, page
from store.session import Session
from store.statements import Prepared, among


class AllowanceRow(msgspec.Struct, frozen=True):
    """What an offering grants of one service, as it is shown."""

    usage_type: UsageType
    quantity: Quantity
    restriction: str | None


class OfferingRow(msgspec.Struct, frozen=True):
    """An offering in the reader's language, with what was wanted of it."""

    id: UUID
    if TYPE_CHECKING:
        code: str
        name: str
        description: str
        category: str
        valid_from: datetime
        valid_to: datetime | None
        net_price: int
        allowances: list[dict[str, Any]]
        valid_days: int | None
        activations: list[str]
        max_queued: int
        is_rolled_over: bool
        payment_modes: list[str]


SHOWN = (
    "code", "name", "description", "category", "valid_from", "valid_to", "net_price", "allowances", "valid_days", "activations",
    "max_queued", "is_rolled_over", "payment_modes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfferingFilter:
    """Which offerings; null is any."""

    categories: Sequence[OfferingCategory] | None = None
    payment_mode: PaymentMode | None = None
    usage_type: UsageType | None = None


_RATE: tuple[Any, ...] = (VatRate.valid_from, VatRate.rate)
_VAT_RATES = Prepared(select(*_RATE))


async def vat_rates(session: Session) -> list[tuple[datetime, Decimal]]:
    """All rates of value added tax, in percent, with the instants from which they hold."""
    return [(row[0], row[1]) for row in await session.rows(_VAT_RATES)]


async def vat_rate(session: Session, at: datetime) -> Decimal:
    """Value added tax at an instant, in percent."""
    return rules.rate_at(await vat_rates(session), at)


async def offering_on_sale(session: Session, offering_id: UUID, at: datetime) -> Offering:
    """An offering that can be bought at that instant; raises `NotFound`, or `OfferingUnavailable` before and after its sale."""
    offering = await session.get(Offering, offering_id)
    if offering is None:
        raise NotFound(field=("offeringId",))
    if not rules.is_on_sale(offering.valid_from, offering.valid_to, at):
        raise OfferingUnavailable(field=("offeringId",))
    return offering


async def prices(session: Session, net_prices: Sequence[int], *, at: datetime) -> list[Price]:
    """Net prices in rials with the tax of that instant."""
    rate = await vat_rate(session, at)
    return [taxed(Money(net), rate) for net in net_prices]


def _kind(wanted: Wanted) -> type[OfferingRow]:
    return narrowed(OfferingRow, SHOWN, wanted)


def _columns(locale: Locale, wanted: Wanted) -> list[Any]:
    texts = {"name": Offering.names, "description": Offering.descriptions}
    return [worded(texts[name], locale) if name in texts else getattr(Offering, name) for name in _kind(wanted).__struct_fields__]


@functools.lru_cache
def _by_ids(locale: Locale) -> Prepared:
    return Prepared(select(*_columns(locale, None)).where(among(col(Offering.id), "ids")))


async def offerings_by_ids(session: Session, ids: Sequence[UUID], locale: Locale) -> list[OfferingRow | None]:
    """Offerings in the order asked, on sale or not, null for what doesn't exist."""
    return in_order(ids, starmap(_kind(None), await session.rows(_by_ids(locale)(ids=ids))))


async def offerings_page(
    session: Session,
    locale: Locale,
    *,
    at: datetime,
    window: Window,
    filter: OfferingFilter = OfferingFilter(),
    search: str | None = None,
    wanted: Wanted = None,
) -> Page[OfferingRow]:
    """What is on sale at that instant, in the order of the catalogue; `search` is a part of the code or of a name in any language."""
    order = [By(col(Offering.position)), By(col(Offering.id))]
    statement = _on_sale(at, filter, search).with_only_columns(*_columns(locale, wanted))
    kind, rows = _kind(wanted), await page(session, statement, window, order, name="offerings")
    width = len(kind.__struct_fields__)
    return rows.made(kind, width)


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


def allowances(row: OfferingRow, locale: Locale) -> list[AllowanceRow]:
    """What an offering grants, in words of one language."""
    return [_allowance(allowance, locale) for allowance in row.allowances]


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
