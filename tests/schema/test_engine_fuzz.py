"""The engine answers random queries on our own schema exactly as graphql-core does, whoever asks, and notes the same looks."""

import pytest

from api.world import World
from schema.engine import plans
from tests.architecture.full_world import make_full
from tests.schema.engine.comparing import Count
from tests.schema.product_fuzzing import fuzz_product
from tests.world import TwoTenants


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_engine_answers_our_own_queries_as_graphql_core_does(
    world: World, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "PAYS_AFTER", 1)
    full = await make_full(world, two_tenants)
    count = Count()

    await fuzz_product(world, full, two_tenants.one.sims[0].msisdn or "", 1, documents=100, count=count)

    assert count.invalid < count.documents / 5
    assert count.executions > 300
    assert count.compiled > count.executions / 2
    assert count.fallen > 100
    assert count.faulty > 50
    assert count.unsettled < count.executions / 100
