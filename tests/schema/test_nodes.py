"""Any object by its id, one or many at once."""

import pytest

from domain.kernel.ids import Kind, encode
from store.session import Database
from tests.world import TwoTenants, ask, counted_statements

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_several_come_in_order_with_null_for_what_is_not_there(database: Database, two_tenants: TwoTenants) -> None:
    mine, theirs = two_tenants.one.sims, two_tenants.other.sims
    ids = [encode(Kind.SIM, mine[3].id), encode(Kind.SIM, theirs[0].id), "nonsense", two_tenants.one.account("root"), encode(Kind.SIM, mine[0].id)]

    answer = await ask(database, two_tenants.one.as_profile_manager(), NODES, {"ids": ids})

    assert answer.errors == []
    assert [node and node["id"] for node in answer.data["nodes"]] == [ids[0], None, None, ids[3], ids[4]]


async def test_a_hundred_cost_as_many_statements_as_one(database: Database, two_tenants: TwoTenants) -> None:
    ids = [encode(Kind.SIM, sim.id) for sim in two_tenants.one.sims]
    with counted_statements(database) as one:
        await ask(database, two_tenants.one.as_profile_manager(), NODES, {"ids": ids[:1]})

    with counted_statements(database) as many:
        await ask(database, two_tenants.one.as_profile_manager(), NODES, {"ids": ids})

    assert len(many) == len(one)


async def test_more_than_a_hundred_are_refused(database: Database, two_tenants: TwoTenants) -> None:
    answer = await ask(database, two_tenants.one.as_profile_manager(), NODES, {"ids": ["x"] * 101})

    assert answer.codes == ["INVALID_INPUT"]
