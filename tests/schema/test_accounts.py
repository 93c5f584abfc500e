"""The account tree and the fleet, as each role sees them."""

from domain.accounts.service import make_account
from domain.accounts.tables import PaymentMode
from domain.kernel.ids import uuid7
from store.session import Database
from tests.world import NOW, TwoTenants, ask, counted_statements

TREE = """query($organization: ID!) { organization(id: $organization) {
  name accounts(first: 20) { totalCount edges { node { id name depth parent { id } counters { total active blocked readyToActivate other } } } }
} }"""
FLEET = """query($account: ID!, $first: Int!, $after: String) { account(id: $account) { sims(first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } edges { cursor node { id msisdn status holder { name } figures { payable { amount currency } } } } } } }"""


async def test_tree_of_a_profile_manager(database: Database, two_tenants: TwoTenants) -> None:
    answer = await ask(database, two_tenants.one.as_profile_manager(), TREE, {"organization": two_tenants.one.gid})

    assert answer.errors == []
    accounts = answer.data["organization"]["accounts"]
    nodes = [edge["node"] for edge in accounts["edges"]]
    assert [(node["name"], node["depth"]) for node in nodes] == [("Root", 0), ("Sales", 1), ("Field", 2), ("Office", 1)]
    assert accounts["totalCount"] == 4
    assert nodes[0]["counters"] == {"total": 12, "active": 9, "blocked": 1, "readyToActivate": 1, "other": 1}
    assert nodes[1]["counters"]["total"] == 8


async def test_tree_of_an_account_manager_is_the_subtree(database: Database, two_tenants: TwoTenants) -> None:
    answer = await ask(database, two_tenants.one.as_account_manager(), TREE, {"organization": two_tenants.one.gid})

    accounts = answer.data["organization"]["accounts"]
    assert [edge["node"]["name"] for edge in accounts["edges"]] == ["Sales", "Field"]
    assert accounts["totalCount"] == 2
    assert accounts["edges"][0]["node"]["parent"] is None


async def test_a_tree_takes_as_many_statements_at_any_depth(database: Database, two_tenants: TwoTenants) -> None:
    tenant, counts = two_tenants.one, {}
    above = tenant.accounts["field"].id
    for number in range(7):
        with counted_statements(database) as statements:
            answer = await ask(database, tenant.as_profile_manager(), TREE, {"organization": tenant.gid})
        assert answer.errors == []
        counts[max(edge["node"]["depth"] for edge in answer.data["organization"]["accounts"]["edges"])] = len(statements)
        async with database.write() as session:
            deeper = {"id": uuid7(), "number": f"D-{number}", "name": f"Deeper {number}", "parent_id": above}
            above = (await make_account(session, tenant.id, **deeper, payment_mode=PaymentMode.POSTPAID, at=NOW)).id

    assert set(counts) == {2, 3, 4, 5, 6, 7, 8} and len(set(counts.values())) == 1, counts


async def test_somebody_elses_company_is_not_found(database: Database, two_tenants: TwoTenants) -> None:
    answer = await ask(database, two_tenants.one.as_profile_manager(), TREE, {"organization": two_tenants.other.gid})

    assert answer.codes == ["NOT_FOUND"]
    assert answer.data["organization"] is None


async def test_fleet_page_walks_in_constant_statements(database: Database, two_tenants: TwoTenants) -> None:
    actor, account = two_tenants.one.as_profile_manager(), two_tenants.one.account("root")
    seen, after = [], None
    for _ in range(3):
        with counted_statements(database) as statements:
            answer = await ask(database, actor, FLEET, {"account": account, "first": 5, "after": after})
        assert answer.errors == []
        page = answer.data["account"]["sims"]
        seen += [edge["node"]["msisdn"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert len(statements) == 2

    assert seen == [sim.msisdn for sim in two_tenants.one.sims]
    assert not page["pageInfo"]["hasNextPage"]


async def test_a_stranger_is_refused(database: Database, two_tenants: TwoTenants) -> None:
    answer = await ask(database, None, TREE, {"organization": two_tenants.one.gid})

    assert answer.codes == ["UNAUTHENTICATED"]
