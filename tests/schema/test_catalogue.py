"""The catalogue on the wire, by the app's own document."""

from pathlib import Path

from domain.kernel.ids import Kind, encode
from domain.kernel.locale import Locale
from seeds.catalogue import offering_id, seed_catalogue
from store.session import Database
from tests.world import NOW, TwoTenants, ask, counted_statements

CATALOGUE = Path("mobile/documents/10_catalogue.graphql").read_text(encoding="utf-8")
NODE = "query($id: ID!) { node(id: $id) { ... on ProductOffering { code name validFor { startsAt endsAt } activations paymentModes } } }"


async def test_the_apps_catalogue_in_persian(database: Database, two_tenants: TwoTenants) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)

    with counted_statements(database) as statements:
        answer = await ask(
            database, two_tenants.one.as_profile_manager(), CATALOGUE, {"filter": {"categories": ["ROAMING"]}}, locale=Locale.FA
        )

    assert answer.errors == []
    assert len(statements) == 2
    (edge,) = answer.data["offerings"]["edges"]
    assert edge["node"] == {
        "id": encode(Kind.OFFERING, offering_id("ROAM-10D-5G")), "code": "ROAM-10D-5G", "name": "رومینگ منطقه، ۱۰ روز",
        "description": "اینترنت، مکالمه و پیامک سفر کاری به پنج کشور منطقه.", "category": "ROAMING", "validDays": 10,
        "activations": ["NOW", "LATER", "FIRST_USE"], "maxQueued": 1, "isRolledOver": False,
        "price": {"net": {"amount": "6900000"}, "vat": {"amount": "690000"}, "vatRate": "10", "gross": {"amount": "7590000", "currency": "IRR"}},
        "allowances": [
            {"usageType": "DATA", "quantity": {"amount": str(5 * 1024**3), "unit": "BYTE"}, "restriction": "در ترکیه، امارات، عمان، قطر و گرجستان"},
            {"usageType": "VOICE", "quantity": {"amount": "3600", "unit": "SECOND"}, "restriction": "در ترکیه، امارات، عمان، قطر و گرجستان"},
            {"usageType": "SMS", "quantity": {"amount": "30", "unit": "MESSAGE"}, "restriction": "در ترکیه، امارات، عمان، قطر و گرجستان"},
        ],
    }  # fmt: skip


async def test_what_fits_a_line_is_asked_within_the_viewers_scope(database: Database, two_tenants: TwoTenants) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)
    document = "query($filter: OfferingFilterInput) { offerings(filter: $filter, first: 50) { totalCount edges { node { code } } } }"
    viewer, sim = two_tenants.one.as_account_manager(), encode(Kind.SIM, two_tenants.one.sims[0].id)

    mine = await ask(database, viewer, document, {"filter": {"simId": sim, "organizationId": two_tenants.one.gid, "categories": ["PLAN"]}})

    assert [edge["node"]["code"] for edge in mine.data["offerings"]["edges"]] == ["PLAN-STANDARD", "PLAN-PROFESSIONAL"]
    assert mine.data["offerings"]["totalCount"] == 2
    for filter in (
        {"simId": encode(Kind.SIM, two_tenants.one.sims[11].id)},
        {"simId": encode(Kind.SIM, two_tenants.other.sims[0].id)},
        {"simId": two_tenants.one.gid},
        {"organizationId": two_tenants.other.gid},
    ):
        assert (await ask(database, viewer, document, {"filter": filter})).codes == ["NOT_FOUND"]


async def test_strangers_see_no_offering(database: Database, two_tenants: TwoTenants) -> None:
    async with database.write() as session:
        await seed_catalogue(session, NOW)
    id = encode(Kind.OFFERING, offering_id("PLAN-PREPAID"))

    assert (await ask(database, None, CATALOGUE)).codes == ["UNAUTHENTICATED"]
    assert (await ask(database, None, NODE, {"id": id})).codes == ["UNAUTHENTICATED"]
    known = await ask(database, two_tenants.one.as_support(), NODE, {"id": id})
    assert known.data["node"] == {
        "code": "PLAN-PREPAID", "name": "Corporate prepaid plan", "validFor": {"startsAt": "2024-03-19T20:30:00Z", "endsAt": None},
        "activations": ["NOW", "LATER", "FIRST_USE"], "paymentModes": ["PREPAID"],
    }  # fmt: skip
