"""Bundles of a fleet, as clients see them: the app's fleet page over 200 cards, and a single line."""

from datetime import timedelta
from pathlib import Path

from domain.bundles import service
from domain.bundles.service import Grant
from domain.catalogue.tables import ActivationMode
from domain.kernel.ids import Kind, encode, uuid7
from domain.sims.tables import Sim
from store.session import Database
from tests.offerings import GB, make_offering, sell
from tests.world import NOW, TwoTenants, ask, counted_statements, make_sim

DOCUMENTS = Path(__file__).parents[2] / "mobile" / "documents"
FLEET = (DOCUMENTS / "05_fleet_page.graphql").read_text()
LINE = """query($by: SimKeyInput!) { sim(by: $by) {
  plan { name }
  buckets { id name usageType priority status isShared total { amount unit } reserved { amount } maxOverrun { amount }
            validFor { startsAt endsAt } asOf source product { id } }
  products { id status isRenewing offering { code name } validFor { startsAt endsAt } sim { msisdn } buckets { id } }
} }"""


async def test_fleet_page_of_200_cards_takes_as_many_statements_as_one_of_10(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    plan, bundle = make_offering("PLAN", category="PLAN"), make_offering()
    await sell(database, plan, bundle)
    account = one.accounts["office"]
    async with database.write() as session:
        cards = [make_sim(one.id, account, 5000 + index, index + 20, NOW) for index in range(196)]
        for card in cards:
            card.plan_id = plan.id
        session.add_all(cards)
        await session.flush()
        for card in cards:
            await service.grant(session, Grant(one.id, card.id, bundle.id, ActivationMode.NOW), at=NOW)

    counts = []
    for first in (10, 200):
        with counted_statements(database) as statements:
            answer = await ask(
                database, one.as_profile_manager(), FLEET, {"account": one.account("office"), "first": first}, operation="Fleet"
            )
        assert answer.errors == []
        counts.append(len(statements))
    nodes = [edge["node"] for edge in answer.data["account"]["sims"]["edges"]]

    assert counts == [4, 4]  # account, cards, plans, buckets
    assert len(nodes) == 200
    assert nodes[-1]["plan"] == {"name": "PLAN bundle"}
    assert nodes[-1]["buckets"] == [
        {
            "name": "DATA10 bundle", "remaining": {"amount": str(10 * GB), "unit": "BYTE"}, "total": {"amount": str(10 * GB)},
            "validFor": {"endsAt": "2026-12-21T08:30:00Z"},
        }
    ]  # fmt: skip


async def test_a_line_shows_its_bundles_in_order_of_use(database: Database, two_tenants: TwoTenants) -> None:
    sim, month, week = two_tenants.one.sims[0], make_offering("MONTH"), make_offering("WEEK", valid_days=7)
    await sell(database, month, week)
    await given(database, sim, month)
    await given(database, sim, week)

    answer = await ask(database, two_tenants.one.as_profile_manager(), LINE, {"by": {"id": encode(Kind.SIM, sim.id)}})

    assert answer.errors == []
    line = answer.data["sim"]
    assert [(bucket["priority"], bucket["name"]) for bucket in line["buckets"]] == [(1, "WEEK bundle"), (2, "MONTH bundle")]
    assert line["plan"] is None
    assert {product["offering"]["code"]: product["status"] for product in line["products"]} == {"MONTH": "ACTIVE", "WEEK": "ACTIVE"}
    ids = {product["id"]: product["buckets"][0]["id"] for product in line["products"]}
    assert {bucket["product"]["id"]: bucket["id"] for bucket in line["buckets"]} == ids


async def test_a_bucket_and_a_product_are_found_again_in_scope_only(database: Database, two_tenants: TwoTenants) -> None:
    sim, offering = two_tenants.one.sims[8], make_offering()
    await sell(database, offering)
    product = await given(database, sim, offering)
    document, variables = "query($id: ID!) { node(id: $id) { id ... on Product { status } } }", {"id": encode(Kind.PRODUCT, product)}

    found = [
        (await ask(database, actor, document, variables)).data["node"]
        for actor in (two_tenants.one.as_profile_manager(), two_tenants.one.as_account_manager(), two_tenants.other.as_profile_manager())
    ]

    assert found == [{"id": variables["id"], "status": "ACTIVE"}, None, None]


async def given(database: Database, sim: Sim, offering: object) -> object:
    async with database.write() as session:
        return await service.grant(
            session, Grant(sim.organization_id, sim.id, offering.id, ActivationMode.NOW, order_item_id=uuid7()), at=NOW - timedelta(hours=1)
        )
