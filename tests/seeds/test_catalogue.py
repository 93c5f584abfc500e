"""The demo catalogue, as the four languages read it and as it is sold."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from domain.accounts.tables import PaymentMode
from domain.catalogue.errors import OfferingUnavailable
from domain.catalogue.queries import OfferingFilter, allowances, offering_on_sale, offerings_page, prices, vat_rate
from domain.catalogue.tables import Offering, OfferingCategory, VatRate
from domain.kernel.errors import NotFound
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.paging import Window
from domain.kernel.quantity import UsageType
from seeds.catalogue import offering_id, seed_catalogue
from store.session import Database
from tests.world import NOW


async def test_seeding_twice_changes_nothing(database: Database) -> None:
    kept = []
    for _ in range(2):
        async with database.write() as session:
            await seed_catalogue(session, NOW)
        async with database.read() as session:
            offerings = (await session.scalars(select(Offering).order_by(Offering.code))).all()
            rates = (await session.scalars(select(VatRate).order_by(VatRate.valid_from))).all()
            kept.append([row.model_dump() for row in (*offerings, *rates)])

    assert kept[0] == kept[1]
    assert len([row for row in kept[0] if row.get("category") == OfferingCategory.BUNDLE]) >= 12
    assert len([row for row in kept[0] if row.get("category") == OfferingCategory.PLAN]) == 3
    assert all(set(row["names"]) == set(row["descriptions"]) == set(Locale) for row in kept[0] if "names" in row)


async def test_the_catalogue_reads_in_every_language_and_is_found_in_every_one(database: Database) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)

    async with database.read() as session:
        for locale in Locale:
            every = await offerings_page(session, locale, at=NOW, window=Window(100, None, False))
            assert len({row.name for row in every.rows}) == len({row.description for row in every.rows}) == len(every.rows) == 16
        for search in ("شبانه", "شبانة", "NIGHT", "ночной", "нощен", "data-30d-night"):
            found = await offerings_page(session, Locale.EN, at=NOW, window=Window(10, None, False), search=search)
            assert [row.code for row in found.rows] == ["DATA-30D-NIGHT-40G"]
        night = found.rows[0]
        assert allowances(night, Locale.EN)[0].restriction == "from 2 to 7 in the morning"
        (price,) = await prices(session, [night.net_price], at=NOW)
        assert (price.net.minor, price.vat.minor, price.gross.minor) == (640_000, 64_000, 704_000)


async def test_filters_and_pages(database: Database) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)

    async def codes(filter: OfferingFilter) -> list[str]:
        async with database.read() as session:
            return [
                row.code for row in (await offerings_page(session, Locale.EN, at=NOW, window=Window(50, None, False), filter=filter)).rows
            ]

    assert await codes(OfferingFilter([OfferingCategory.PLAN], PaymentMode.PREPAID)) == ["PLAN-PREPAID"]
    assert await codes(OfferingFilter([OfferingCategory.PLAN], PaymentMode.POSTPAID)) == ["PLAN-STANDARD", "PLAN-PROFESSIONAL"]
    assert await codes(OfferingFilter(usage_type=UsageType.SMS)) == ["SMS-30D-500", "MIX-30D-TEAM", "IOT-365D-1G", "ROAM-10D-5G"]
    assert await codes(OfferingFilter([])) == []
    seen: list[str] = []
    cursor = None
    while True:
        async with database.read() as session:
            page = await offerings_page(session, Locale.EN, at=NOW, window=Window(5, cursor, False))
        seen += [row.code for row in page.rows]
        if not page.has_next:
            break
        cursor = page.cursors[-1]
    assert seen == await codes(OfferingFilter())


async def test_the_seasonal_offering_is_sold_in_its_season_only(database: Database) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)
    nowruz = datetime(2026, 3, 20, 20, 30, tzinfo=UTC)

    async with database.read() as session:
        assert (await offering_on_sale(session, offering_id("DATA-NOWRUZ"), nowruz)).code == "DATA-NOWRUZ"
        for at in (nowruz - timedelta(seconds=1), nowruz + timedelta(days=14), NOW):
            with pytest.raises(OfferingUnavailable):
                await offering_on_sale(session, offering_id("DATA-NOWRUZ"), at)
        with pytest.raises(NotFound):
            await offering_on_sale(session, uuid7(), NOW)
        assert await vat_rate(session, nowruz) == 10
        assert await vat_rate(session, datetime(2024, 3, 19, 20, 29, tzinfo=UTC)) == 9
